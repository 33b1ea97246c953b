"""What is kept of a long text: its first or its last whole lines, within a line and a byte limit.

    cut = head(text)               # keeps the beginning: read, grep, find, ls
    cut = tail(text)               # keeps the end: bash
    cut.text, cut.by               # what is kept, and "lines", "bytes" or None (nothing was cut)
    details(cut)                   # the `truncation` object stored with a tool result
    size_text(60_000)              # "58.6KB"

Lines are separated by LF alone; a final LF ends the last line and begins no new one. Bytes are
UTF-8 bytes of the kept lines with the separators between them. A text within both limits is kept
as it is, its final LF included; a cut text ends without one.

Source of limits, shapes and figures: the reference's results.
"""

from __future__ import annotations

from pi.text.unicode import clean
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_LINES = 2000
MAX_BYTES = 50 * 1024
MAX_LINE_CHARS = 500
"""How much of one line grep shows."""

_KB = 1024


class Cut(Value):
    """A text and what was left out of it.

    `lines` and `size` (bytes) measure the whole text, `kept_lines` and `kept_size` what is left.
    `partial` marks a tail that begins inside its only line; `first_too_long` a head that is empty
    because the first line alone is over the byte limit.
    """

    text: str
    by: str | None  # "lines", "bytes" or None
    lines: int
    size: int
    kept_lines: int
    kept_size: int
    partial: bool = False
    first_too_long: bool = False
    max_lines: int = MAX_LINES
    max_bytes: int = MAX_BYTES


def head(
    text: str,
    max_lines: int = MAX_LINES,
    max_bytes: int = MAX_BYTES,
    *,
    more_lines: int = 0,
    more_bytes: int = 0,
) -> Cut:
    """The first whole lines of `text` within both limits.

    A caller that holds only the beginning of a longer text says what follows it with `more_lines`
    and `more_bytes`; `text` must then be over a limit itself, or end a line without its LF.
    """
    data = clean(text).encode()
    lines, size = count_lines(data) + more_lines, len(data) + more_bytes
    if lines <= max_lines and size <= max_bytes:
        return Cut(text, None, lines, size, lines, size, max_lines=max_lines, max_bytes=max_bytes)
    end, kept, by = _head_end(data, max_lines, max_bytes)
    return Cut(
        data[:end].decode(),
        by,
        lines,
        size,
        kept,
        end,
        first_too_long=kept == 0 and max_lines > 0,
        max_lines=max_lines,
        max_bytes=max_bytes,
    )


def tail(
    text: str,
    max_lines: int = MAX_LINES,
    max_bytes: int = MAX_BYTES,
    *,
    less_lines: int = 0,
    less_bytes: int = 0,
) -> Cut:
    """The last whole lines of `text` within both limits; of one huge line, its last bytes.

    A caller that holds only the end of a longer text says what came before it with `less_lines`
    (how many LF it dropped) and `less_bytes`; `text` must then be over a limit itself.
    """
    data = clean(text).encode()
    lines, size = count_lines(data) + less_lines, len(data) + less_bytes
    if lines <= max_lines and size <= max_bytes:
        return Cut(text, None, lines, size, lines, size, max_lines=max_lines, max_bytes=max_bytes)
    end = len(data) - data.endswith(b"\n")
    begin, kept, by, partial = _tail_begin(data, end, max_lines, max_bytes)
    return Cut(
        data[begin:end].decode(),
        by,
        lines,
        size,
        kept,
        end - begin,
        partial=partial,
        max_lines=max_lines,
        max_bytes=max_bytes,
    )


def details(cut: Cut) -> dict[str, Any]:
    """The `truncation` object of a tool result's details."""
    return {
        "content": cut.text,
        "truncated": cut.by is not None,
        "truncatedBy": cut.by,
        "totalLines": cut.lines,
        "totalBytes": cut.size,
        "outputLines": cut.kept_lines,
        "outputBytes": cut.kept_size,
        "lastLinePartial": cut.partial,
        "firstLineExceedsLimit": cut.first_too_long,
        "maxLines": cut.max_lines,
        "maxBytes": cut.max_bytes,
    }


def line(text: str, max_chars: int = MAX_LINE_CHARS) -> tuple[str, bool]:
    """One line cut at `max_chars` characters, with a mark, and whether it was cut."""
    if len(text) <= max_chars:
        return text, False
    return f"{text[:max_chars]}... [truncated]", True


def size_text(size: int) -> str:
    """A number of bytes for people: "900B", "50.0KB", "4.5MB"; halves are rounded up."""
    if size < _KB:
        return f"{size}B"
    unit, name = (_KB, "KB") if size < _KB * _KB else (_KB * _KB, "MB")
    tenths = (size * 20 + unit) // (unit * 2)
    return f"{tenths // 10}.{tenths % 10}{name}"


def count_lines(data: bytes) -> int:
    """How many lines a text has: none if it is empty, else one for each LF or unended rest."""
    return data.count(b"\n") + bool(data and not data.endswith(b"\n"))


def _head_end(data: bytes, max_lines: int, max_bytes: int) -> tuple[int, int, str]:
    """Where the kept lines end (their last LF left out), how many they are, and what cut them."""
    end = kept = 0
    at = 0
    while kept < max_lines:
        feed = data.find(b"\n", at, max_bytes + 1)
        stop = feed if feed >= 0 else len(data)
        if stop > max_bytes:
            return end, kept, "bytes"
        end, kept, at = stop, kept + 1, stop + 1
        if at >= len(data):
            break
    return end, kept, "lines"


def _tail_begin(
    data: bytes, end: int, max_lines: int, max_bytes: int
) -> tuple[int, int, str, bool]:
    begin, kept = end + 1, 0
    while kept < max_lines and begin > 0:
        start = data.rfind(b"\n", 0, begin - 1) + 1
        if end - start > max_bytes:
            if kept == 0:
                return _character_start(data, end - max_bytes), 1, "bytes", True
            return begin, kept, "bytes", False
        begin, kept = start, kept + 1
    return min(begin, end), kept, "lines", False


def _character_start(data: bytes, at: int) -> int:
    """The first index from `at` on where a UTF-8 character begins."""
    while at < len(data) and data[at] & 0xC0 == 0x80:
        at += 1
    return at
