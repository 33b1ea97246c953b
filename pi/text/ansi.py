"""Removing terminal control from text: escape sequences and control characters.

    strip("\\x1b[31mred\\x1b[0m\\r\\n")          "red\\n"

    stripper = Stripper()                       # for text that comes in pieces
    stripper.feed("a\\x1b[3"), stripper.feed("1mb"), stripper.flush()       "a", "b", ""

Removed are CSI, OSC, DCS, SOS, PM, APC and two-character sequences in their 7-bit and 8-bit forms,
and all C0 and C1 characters but tab and line feed. Of a sequence that is not ended as it should
be, only the beginning is removed, so that no text is lost. Source: ECMA-48; xterm's ctlseqs.
"""

from __future__ import annotations

import re

_MAX_PENDING = 4096
"""How long an unfinished sequence is waited for; titles and links are shorter."""

_CSI = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*"
_STRING = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c\n]*"
_SEQUENCE = re.compile(
    rf"{_CSI}[@-~]|{_STRING}(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_UNFINISHED = re.compile(rf"(?:{_CSI}|{_STRING}\x1b?|\x1b[ -/]*)\Z")


def strip(text: str) -> str:
    """The text without terminal control."""
    return _SEQUENCE.sub("", text)


class Stripper:
    """`strip` for text in pieces, whose sequences may be cut anywhere."""

    def __init__(self) -> None:
        self._pending = ""

    def feed(self, text: str) -> str:
        """What is certain by now of the text without terminal control."""
        text = self._pending + text
        match = _UNFINISHED.search(text, max(0, len(text) - _MAX_PENDING))
        end = match.start() if match else len(text)
        self._pending = text[end:]
        return strip(text[:end])

    def flush(self) -> str:
        """What is left at the end."""
        text, self._pending = self._pending, ""
        return strip(text)
