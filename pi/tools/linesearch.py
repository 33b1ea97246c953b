"""Searching one file: its matching lines and their neighbours, in memory of bounded size.

    for number, line, is_match in Search(matcher, 1, token).lines(path, named=True):
        ...         (2, "beta", False), (3, "alpha", True), (4, "gamma", False)

A file is read in blocks of whole lines. A line of more than MAX_LINE_BYTES is searched in pieces.
"""

from __future__ import annotations

import codecs
from collections import deque

from pi import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from pi.cancel import CancelToken
    from pi.text.linematch import LineMatcher

    Line = tuple[int, str, bool]

MAX_LINE_BYTES = 16 << 20

_FIRST_CHUNK = 1 << 16
_CHUNK = 1 << 20
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Search:
    """One pattern, for many files."""

    def __init__(self, matcher: LineMatcher, context: int, token: CancelToken) -> None:
        self._matcher = matcher
        self._context = context
        self._token = token

    def lines(self, path: str, *, named: bool) -> Iterator[Line]:
        """Matches and neighbours, each once and in order: number from 1, text, is it a match.

        What cannot be read has none; what holds NUL bytes has some only if it is `named`.
        """
        try:
            with files.open_regular(path) as stream:
                yield from self._lines(stream, named=named)
        except OSError:
            return

    def _lines(self, stream: io.FileIO, *, named: bool) -> Iterator[Line]:
        window = _Window(self._context)
        head = stream.read(_FIRST_CHUNK) or b""
        if head.startswith(_UTF16_MARKS):
            for text in self._utf16_blocks(head, stream):
                yield from window.lines(text, self._matcher.starts(text))
            return
        for block, is_whole in self._blocks(head.removeprefix(codecs.BOM_UTF8), stream):
            if not named and b"\0" in block:
                return
            if self._matcher.may_match(block):
                text = block.decode("utf-8", "replace")
                yield from window.lines(text, self._matcher.starts(text))
            elif self._context and not is_whole:
                yield from window.lines(block.decode("utf-8", "replace"), iter(()))
            else:
                window.skip(block.count(b"\n"))

    def _blocks(self, rest: bytes, stream: io.FileIO) -> Iterator[tuple[bytes, bool]]:
        """Blocks of whole lines, and whether there is but the one."""
        is_first = True
        while chunk := stream.read(_CHUNK):
            self._token.check()
            rest += chunk
            end = rest.rfind(b"\n") + 1
            if end or len(rest) > MAX_LINE_BYTES:
                end = end or len(rest)
                yield rest[:end], False
                rest = rest[end:]
                is_first = False
        if rest:
            yield rest, is_first

    def _utf16_blocks(self, chunk: bytes, stream: io.FileIO) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        rest = ""
        while chunk:
            self._token.check()
            rest += decoder.decode(chunk)
            end = rest.rfind("\n") + 1
            if end or len(rest) > MAX_LINE_BYTES:
                end = end or len(rest)
                yield rest[:end]
                rest = rest[end:]
            chunk = stream.read(_CHUNK) or b""
        rest += decoder.decode(b"", final=True)
        if rest:
            yield rest


class _Window:
    """Numbers the lines of the blocks of one file, and adds the neighbours of those that match."""

    def __init__(self, context: int) -> None:
        self._context = context
        self._first = 1  # the number of the next block's first line
        self._last_shown = 0
        self._wanted = 0  # neighbours are wanted up to this number
        self._before: deque[str] = deque(maxlen=context)

    def skip(self, count: int) -> None:
        """Pass over lines that nobody will want to see."""
        self._first += count

    def lines(self, text: str, starts: Iterator[int]) -> Iterator[Line]:
        """What is to be shown of a block, in which matching lines begin at `starts`."""
        if self._context:
            yield from self._with_neighbours(text, starts)
        else:
            for number, start in self._numbered(text, starts):
                yield number, _line_at(text, start), True
        self._first += text.count("\n")

    def _numbered(self, text: str, starts: Iterator[int]) -> Iterator[tuple[int, int]]:
        number, at = self._first, 0
        for start in starts:
            number += text.count("\n", at, start)
            at = start
            if number > self._last_shown:  # not another piece of a line that was shown
                self._last_shown = number
                yield number, start

    def _with_neighbours(self, text: str, starts: Iterator[int]) -> Iterator[Line]:
        lines = [*self._before, *text.removesuffix("\n").split("\n")]
        offset = self._first - len(self._before)  # the number of lines[0]
        shown = self._last_shown
        for number, _ in self._numbered(text, starts):
            gap = max(min(self._wanted, number - 1), shown)
            for each in (*range(shown + 1, gap + 1), *self._before_match(gap, number)):
                if each >= offset:
                    yield each, lines[each - offset].removesuffix("\r"), False
            yield number, lines[number - offset].removesuffix("\r"), True
            shown = number
            self._wanted = number + self._context
        end = offset + len(lines) - 1
        for each in range(max(shown + 1, offset), min(self._wanted, end) + 1):
            yield each, lines[each - offset].removesuffix("\r"), False
            shown = each
        self._last_shown = shown
        self._before.extend(lines[-self._context :])

    def _before_match(self, shown: int, number: int) -> range:
        return range(max(shown + 1, number - self._context), number)


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)].removesuffix("\r")
