"""A module of the extension's own."""


def title_of(text):
    return " ".join(word.capitalize() for word in text.split())
