"""Text that can be encoded: joining and removing lone surrogates, decoding hostile bytes.

A lone surrogate is a code point from U+D800 to U+DFFF in a Python string. It comes from JSON with
an unpaired `\\ud83c` escape, from a stream that cut an emoji in two, or from file names
(`surrogateescape`). It cannot be encoded as UTF-8, so none may reach a request, a session or
stdout.
"""

from __future__ import annotations

REPLACEMENT = "\ufffd"


def clean(value: str) -> str:
    """`value` with surrogate pairs joined and lone surrogates replaced by U+FFFD."""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def clean_json(value: object) -> object:
    """`clean` on every string of a JSON value, keys too; returns the same object if all is well."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): clean_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_json(item) for item in value]
    return value


def ends_in_half_pair(value: str) -> bool:
    """Whether the last character is the first half of a surrogate pair."""
    return "\ud800" <= value[-1:] <= "\udbff"


def decode(data: bytes) -> str:
    """Bytes as text: UTF-8, each invalid byte sequence replaced by U+FFFD."""
    return data.decode("utf-8", "replace")


def shown(value: str) -> str:
    """Outside text, such as a file's name, for a line of the user: what is not printable, line
    ends and escape sequences included, is U+FFFD."""
    if value.isprintable():
        return value
    return "".join(char if char.isprintable() else REPLACEMENT for char in value)
