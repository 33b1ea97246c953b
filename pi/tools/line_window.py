"""Some lines of a file of any size, read once and in bounded memory.

    window = read_lines(stream, start=10, limit=5, check=token.check)
    window.text          lines 10 to 14 as bytes, or their beginning if they are long
    window.total         how many lines the file has

Lines are what lies between LFs: a final LF begins one more, empty line. Numbers count from 1. Of
the wanted lines at most KEEP_BYTES are kept; all are counted. The whole file is read, for the
total, at the speed of the disk; after COUNT_BYTES counting stops (`complete` is then False), since
some files, such as /proc/kcore, have no real end.
"""

from __future__ import annotations

from pi.text.truncate import MAX_BYTES
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from io import RawIOBase

KEEP_BYTES = MAX_BYTES + 16  # enough to see that the limit was passed, inside a character or not
COUNT_BYTES = 16 << 30
_CHUNK = 1 << 20


class Window(Value):
    """The wanted lines, and what is around them.

    `text` is their beginning, without the LF that ends the last of them if others follow; `size`
    and `lines` measure all of them, as `truncate.Cut` does; `first_size` is the bytes of the first
    line, `total` the number of lines in the file, or of those counted if not `complete`.
    """

    text: bytes
    size: int
    lines: int
    first_size: int
    total: int
    complete: bool = True


class _Reader:
    """Takes the file chunk by chunk. Offsets are positions in the file."""

    def __init__(self, start: int, limit: int | None) -> None:
        self.skip = start - 1  # LFs before the wanted lines
        self.limit = limit
        self.feeds = 0
        self.size = 0
        self.begin: int | None = 0 if start == 1 else None
        self.end: int | None = 0 if start == 1 and limit == 0 else None
        self.first_end: int | None = None
        self.kept: list[bytes] = []
        self.kept_size = 0
        self.last = b""  # the last byte of the wanted lines

    def take(self, chunk: bytes) -> None:
        """Count a chunk and keep what is wanted of it."""
        count = chunk.count(b"\n")
        if self.begin is None and self.feeds + count >= self.skip:
            self.begin = self.size + _nth_feed(chunk, self.skip - self.feeds) + 1
            if self.limit == 0:
                self.end = self.begin
        if self.begin is not None and self.end is None:
            self._look(chunk, count)
        if self.begin is not None:
            self._keep(chunk)
        self.feeds += count
        self.size += len(chunk)

    def _look(self, chunk: bytes, count: int) -> None:
        """Find the ends of the first and of the last wanted line."""
        assert self.begin is not None
        if self.first_end is None:
            at = chunk.find(b"\n", max(0, self.begin - self.size))
            self.first_end = None if at < 0 else self.size + at
        if self.limit is not None:
            missing = self.skip + self.limit - self.feeds
            if count >= missing:
                self.end = self.size + _nth_feed(chunk, missing)

    def _keep(self, chunk: bytes) -> None:
        assert self.begin is not None
        begin = max(0, self.begin - self.size)
        stop = len(chunk) if self.end is None else self.end - self.size
        if stop <= begin:
            return
        self.last = chunk[stop - 1 : stop]
        piece = chunk[begin : min(stop, begin + KEEP_BYTES - self.kept_size)]
        self.kept.append(piece)
        self.kept_size += len(piece)

    def window(self, *, complete: bool) -> Window | None:
        """What was found; None if the file ends before the first wanted line."""
        if self.begin is None:
            return None
        end = self.size if self.end is None else self.end
        first_end = end if self.first_end is None else min(end, self.first_end)
        feeds = self.feeds - self.skip if self.end is None else max(0, (self.limit or 0) - 1)
        return Window(
            b"".join(self.kept),
            end - self.begin,
            feeds + (self.last not in (b"", b"\n")),
            first_end - self.begin,
            self.feeds + 1,
            complete,
        )


def read_lines(
    stream: RawIOBase,
    start: int,
    limit: int | None,
    check: Callable[[], None],
    most: int = COUNT_BYTES,
) -> tuple[Window | None, int]:
    """The wanted lines, None if the file has fewer, and the number of lines in the file.

    `check` is called for every chunk and may raise; after `most` bytes reading stops.
    """
    reader = _Reader(start, limit)
    while reader.size < most:
        check()
        chunk = stream.read(_CHUNK)
        if not chunk:
            return reader.window(complete=True), reader.feeds + 1
        reader.take(chunk)
    return reader.window(complete=False), reader.feeds + 1


def _nth_feed(chunk: bytes, number: int) -> int:
    """Where the LF with a number (from 1) is in a chunk; -1 for number 0."""
    if number == 0:
        return -1
    low, high = 0, len(chunk)  # it is in chunk[low:high]
    while high - low > 1:
        middle = (low + high) // 2
        count = chunk.count(b"\n", low, middle)
        if count >= number:
            high = middle
        else:
            low, number = middle, number - count
    return low
