"""HTTP/1.1 bodies as bytes: where the payload is and where it ends. No socket, no clock.

    body = framing_of(head, "POST")        # Sized, Chunked or UntilClose
    payload = body.feed(data)              # b"" when it held no payload
    body.done, body.rest, body.failure     # whether the end was seen; bytes after it; see Chunked
    body.end()                             # the peer closed: fine, or raises CutError

Every body takes the bytes as they come, however they are split, and keeps only what a line needs.
Source: RFC 9112. Accepted beyond it: lines that end in a bare LF. Not accepted: transfer codings
other than chunked, lengths that contradict each other.
"""

from __future__ import annotations

import re

from pi.transport.head import MalformedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.transport.head import Head

MAX_LINE = 4096  # bytes of a chunk-size line
MAX_TRAILER = 64 * 1024  # bytes of all trailer lines

_HEX = re.compile(rb"[0-9A-Fa-f]{1,15}")
_CHUNK_START = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")


class CutError(Exception):
    """The peer closed the connection before the end of the answer."""


def framing_of(head: Head, method: str) -> Sized | Chunked | UntilClose:
    """How the end of the answer's body is known. Raises MalformedError."""
    if method == "HEAD" or head.status in (204, 304):
        return Sized(0)
    coding = head.headers.get("transfer-encoding", "identity").strip().lower()
    if coding == "chunked":
        return Chunked()
    if coding != "identity":
        raise MalformedError("has a transfer coding other than chunked")
    length = head.headers.get("content-length")
    if length is None:
        return UntilClose()
    sizes = {size.strip() for size in length.split(",")}
    size = sizes.pop()
    if sizes or not (size.isascii() and size.isdigit() and len(size) < 19):
        raise MalformedError("has an invalid Content-Length")
    return Sized(int(size))


class Sized:
    """A body of a known number of bytes."""

    failure = None

    def __init__(self, size: int) -> None:
        self._left = size
        self.done = size == 0
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """The payload in `data`."""
        if len(data) > self._left:
            data, self.rest = data[: self._left], data[self._left :]
        self._left -= len(data)
        self.done = self._left == 0
        return data

    def end(self) -> None:
        """The peer closed. Raises CutError before the last byte."""
        if not self.done:
            raise CutError(f"{self._left} bytes before the end of the answer")


class UntilClose:
    """A body without a length: it ends where the connection does, and a cut cannot be seen."""

    failure = None

    def __init__(self) -> None:
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """`data`, all of which is payload."""
        return data

    def end(self) -> None:
        """The peer closed, which is the end."""
        self.done = True


class Chunked:
    """A body in chunks. Ends with the empty chunk and the trailer lines, which are dropped.

    What came before a malformed line is payload still: it is returned, and `failure` set.
    """

    def __init__(self) -> None:
        self.failure: MalformedError | None = None
        self.done = False
        self.rest = b""
        self._line = Chunked._on_size  # what the next line is
        self._left = 0  # bytes of the current chunk still to come
        self._held = b""  # the start of a line
        self._trailer = 0

    def feed(self, data: bytes) -> bytes:
        """The payload in `data`. Raises MalformedError when nothing came before it."""
        pieces: list[bytes] = []
        try:
            self._take(data, pieces)
        except MalformedError as exc:
            self.failure = exc
            if not pieces:
                raise
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _take(self, data: bytes, pieces: list[bytes]) -> None:
        if self._held:
            data, self._held = self._held + data, b""
        at, size = 0, len(data)
        while at < size:
            if self._line is Chunked._on_size:
                at = _whole_chunks(data, at, pieces)
            if self._left:
                piece = data[at : at + self._left]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                continue
            end = data.find(b"\n", at)
            if end < 0:
                self._hold(data[at:])
                break
            self._line(self, data[at:end].removesuffix(b"\r"))
            at = end + 1
            if self.done:
                self.rest = data[at:]
                break

    def end(self) -> None:
        """The peer closed. Raises CutError before the final chunk and its blank line."""
        if not self.done:
            raise CutError("before the final chunk of the answer")

    def _hold(self, start: bytes) -> None:
        if len(start) > MAX_LINE:
            raise MalformedError("has a chunk whose size line does not end")
        self._held = start

    def _on_size(self, line: bytes) -> None:
        digits = line.partition(b";")[0].strip(b" \t")
        if not _HEX.fullmatch(digits):
            raise MalformedError("has a chunk without a valid size")
        self._left = int(digits, 16)
        self._line = Chunked._on_chunk_end if self._left else Chunked._on_trailer

    def _on_chunk_end(self, line: bytes) -> None:
        if line:
            raise MalformedError("has a chunk that is longer than its size says")
        self._line = Chunked._on_size

    def _on_trailer(self, line: bytes) -> None:
        self._trailer += len(line) + 2
        if self._trailer > MAX_TRAILER:
            raise MalformedError("has an endless trailer")
        self.done = not line


def _whole_chunks(data: bytes, at: int, pieces: list[bytes]) -> int:
    """Add the chunks that stand whole in `data` from `at` on; returns where they end.

    The short way through what a stream mostly is, at a third of the time of the long one.
    """
    while found := _CHUNK_START.match(data, at):
        start = found.end()
        end = start + int(found[1], 16)
        if end == start or data[end : end + 2] != b"\r\n":
            break
        pieces.append(data[start:end])
        at = end + 2
    return at
