"""The roles of colours in a theme, one row each: what the screen asks for by name.

    role("accent")       Role("accent", "fg", "text", "", "What is chosen or matters most ...")

Names and what stands in for the five that may lack are the reference's; its schema is the source.
"""

from __future__ import annotations

from pi.value import Value

FG, BG = "fg", "bg"
TEXT, LINE, PANEL = "text", "line", "panel"


class Role(Value):
    """A role. `slot` is fg or bg: where its colour goes, and whose default "" means.

    `kind` says how well it must be seen: text is read (4.5:1 where pi chooses the colour), lines
    only need to be noticed, panels lie under text. `fallback` is the role that stands in for one
    that a theme leaves out, "" where it may not.
    """

    name: str
    slot: str
    kind: str
    fallback: str
    about: str


def _text(name: str, about: str, fallback: str = "") -> Role:
    return Role(name, FG, TEXT, fallback, about)


def _line(name: str, about: str, fallback: str = "") -> Role:
    return Role(name, FG, LINE, fallback, about)


def _panel(name: str, about: str, fallback: str = "") -> Role:
    return Role(name, BG, PANEL, fallback, about)


GROUPS = {
    "General": (
        _text("accent", "What is chosen or matters most: the name of the program, the cursor."),
        _line("border", "Frames."),
        _line("borderAccent", "Frames of what has the focus."),
        _line("borderMuted", "Frames that should hardly be seen, and the editor's."),
        _text("success", "Something went well."),
        _text("error", "Something failed."),
        _text("warning", "Something needs care."),
        _text("muted", "Text of second rank."),
        _text("dim", "Text of third rank: hints, the footer."),
        _text("text", "Text in general; mostly the terminal's own colour."),
        _text("thinkingText", "What the model thinks."),
    ),
    "Scrolling and selection": (
        _line("scrollbarTrack", "The scrollbar's track.", "muted"),
        _line("scrollbarThumb", "The part of the scrollbar that moves.", "text"),
        _panel("selectedBg", "Behind the chosen row of a list."),
        _panel("searchMatchBg", "Behind what a search found.", "selectedBg"),
        _text("searchMatchText", "What a search found.", "text"),
    ),
    "Messages": (
        _panel("userMessageBg", "Behind the user's messages."),
        _text("userMessageText", "The user's messages."),
        _panel("customMessageBg", "Behind messages of extensions."),
        _text("customMessageText", "Messages of extensions."),
        _text("customMessageLabel", "The kind of such a message."),
    ),
    "Tools": (
        _panel("toolPendingBg", "Behind a tool that runs."),
        _panel("toolSuccessBg", "Behind a tool that is done."),
        _panel("toolErrorBg", "Behind a tool that failed."),
        _text("toolTitle", "The tool's name and what it is called with."),
        _text("toolOutput", "What it gave back."),
    ),
    "Markdown": (
        _text("mdHeading", "Headings."),
        _text("mdLink", "Links."),
        _text("mdLinkUrl", "Addresses of links."),
        _text("mdCode", "Code within a line."),
        _text("mdCodeBlock", "Code in blocks, where its language is not known."),
        _line("mdCodeBlockBorder", "The fences of blocks."),
        _text("mdQuote", "Quotes."),
        _line("mdQuoteBorder", "The bar beside a quote."),
        _line("mdHr", "Rules."),
        _text("mdListBullet", "Bullets and numbers of lists."),
    ),
    "Differences": (
        _text("toolDiffAdded", "Lines that were added."),
        _text("toolDiffRemoved", "Lines that were removed."),
        _text("toolDiffContext", "Lines around them."),
    ),
    "Code": (
        _text("syntaxComment", "Comments."),
        _text("syntaxKeyword", "Keywords."),
        _text("syntaxFunction", "Names of functions."),
        _text("syntaxVariable", "Names of variables."),
        _text("syntaxString", "Strings."),
        _text("syntaxNumber", "Numbers."),
        _text("syntaxType", "Names of types."),
        _text("syntaxOperator", "Operators."),
        _text("syntaxPunctuation", "Brackets, commas and the like."),
    ),
    "Editor": (
        _line("thinkingOff", "The editor's frame when the model does not think."),
        _line("thinkingMinimal", "The same at level minimal."),
        _line("thinkingLow", "The same at level low."),
        _line("thinkingMedium", "The same at level medium."),
        _line("thinkingHigh", "The same at level high."),
        _line("thinkingXhigh", "The same at level xhigh."),
        _line("thinkingMax", "The same at level max.", "thinkingXhigh"),
        _line("bashMode", "The editor's frame while a shell command is typed."),
    ),
}
"""Title -> roles, as the documentation lists them."""

ROLES = {role.name: role for roles in GROUPS.values() for role in roles}
"""Name -> role."""

EXPORT = {
    "pageBg": "The page.",
    "cardBg": "What lies on the page.",
    "infoBg": "Remarks and code.",
}
"""The colours of an exported page, all of which may lack."""


def role(name: str) -> Role:
    """The role of a name. Raises KeyError with what is wrong."""
    if name not in ROLES:
        raise KeyError(f"{name!r} is no colour role of themes")
    return ROLES[name]
