"""An HTTP answer read by `http.client`, with a guard wherever that takes more than it should.

    answer = connection.getresponse()      # the head has been read
    answer.status, answer.fields, answer.keeps_alive
    answer.next_piece()                    # of the body, as it arrives; b"" at its real end

What `http.client` (Python 3.10 to 3.13) leaves open, and what stands against it here:

    `_Head`             a head that is cut off counts as whole; 1xx answers may follow for ever; a
                        line without a colon ends the headers silently, and "A : b" does
    `_settle_length`    a Content-Length that is no number counts as none, of two the first; a
                        transfer coding it does not know is passed over; a 204 may be chunked
    `_get_chunk_left`   "-5", "0x5" and "1_0" are sizes; a chunk may be longer than its size says;
                        a trailer may be endless, or cut
    `next_piece`        a body shorter than its Content-Length ends without a word; as much memory
                        is reserved as a size claims

Source: RFC 9112. Accepted beyond it: lines that end in a bare LF. Not accepted: HTTP/0.9, heads
over 256 KiB, a switch to another protocol, transfer codings other than chunked.
"""

from __future__ import annotations

import re
from http.client import HTTPException, HTTPResponse, IncompleteRead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader

MAX_HEAD = 256 * 1024  # bytes of an answer's head, with all interim (1xx) heads before it
READ_SIZE = 64 * 1024  # bytes of the body in a piece
MAX_LINE = 4096  # bytes of a chunk-size line
MAX_TRAILER = 64 * 1024  # bytes of all trailer lines

_VERSION = b"HTTP/1."
_STATUS = re.compile(rb"HTTP/1\.[0-9] [1-9][0-9]{2}(?: .*)?")
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:(.*)|[ \t].*")
_FOLD = re.compile(r"\s*\n\s*")
_IN_CHUNKS = "before the final chunk of the answer"
_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n")


class MalformedError(HTTPException):
    """The answer is not acceptable HTTP/1.1; the text completes "the answer ..."."""


class CutError(HTTPException):
    """The connection ended before the answer did; the text completes "was cut ..."."""


class Answer(HTTPResponse):
    """An answer. `fields` are its headers, names lower-case, repeated ones joined with ", "."""

    fields: dict[str, str]
    keeps_alive: bool  # whether the peer will take another request on this connection

    def begin(self) -> None:
        """Read the head. Raises HTTPException, OSError."""
        file, self.fp = self.fp, _Head(self.fp)
        try:
            super().begin()
        except MalformedError:
            raise
        except HTTPException as exc:  # over 100 headers, or one over 64 KiB
            raise MalformedError(f"cannot be read: {exc}") from None
        finally:
            self.fp = file
        self.fields = {}
        for name, value in self.headers.items():
            key, value = name.lower(), _FOLD.sub(" ", value).strip()
            self.fields[key] = f"{self.fields[key]}, {value}" if key in self.fields else value
        self._settle_length()
        has_two_ends = self.chunked and "content-length" in self.fields  # RFC 9112 section 6.3
        says_close = "close" in self.fields.get("connection", "").lower()  # in whichever of several
        self.keeps_alive = not (self.will_close or has_two_ends or says_close)
        self.will_close = False  # else http.client would close the socket before the body is read

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()
        if status == 101:
            raise MalformedError("switches to another protocol, which was not asked for")
        return version, 100 if status < 200 else status, reason  # `begin` skips a 100

    def _settle_length(self) -> None:
        if self._method == "HEAD" or self.status in (204, 304):
            self.chunked = False  # whatever the head says
            return
        if self.fields.get("transfer-encoding", "identity").lower() not in ("chunked", "identity"):
            raise MalformedError("has a transfer coding other than chunked")
        length = self.fields.get("content-length")
        if length is not None and not self.chunked:
            sizes = {size.strip() for size in length.split(",")}
            size = sizes.pop()
            if sizes or not re.fullmatch("[0-9]{1,18}", size):
                raise MalformedError("has an invalid Content-Length")
            self.length = int(size)

    def next_piece(self) -> bytes:
        """What has arrived of the body, b"" at its end. Raises HTTPException, OSError."""
        try:
            data = self.read1(READ_SIZE)  # without a limit it would reserve what a size claims
        except IncompleteRead:
            raise CutError(_IN_CHUNKS) from None
        if not data and self.length:
            raise CutError(f"{self.length} bytes before the end of the answer")
        return data

    def _get_chunk_left(self) -> int | None:
        left = self.chunk_left
        if left:
            return left
        if left == 0 and (end := self.fp.readline(2)) not in (b"\r\n", b"\n"):
            if end in (b"", b"\r"):
                raise CutError(_IN_CHUNKS)
            raise MalformedError("has a chunk that is longer than its size says")
        line = self.fp.readline(MAX_LINE)
        found = _SIZE.fullmatch(line)
        if found is None:
            if line.endswith(b"\n") or len(line) == MAX_LINE:
                raise MalformedError("has a chunk without a valid size")
            raise CutError(_IN_CHUNKS)
        self.chunk_left = left = int(found[1], 16) or None
        if left is None:
            self._read_and_discard_trailer()
            self._close_conn()
        return left

    def _read_and_discard_trailer(self) -> None:
        left = MAX_TRAILER
        while (line := self.fp.readline(left)) not in (b"\r\n", b"\n"):
            left -= len(line)
            if not left:
                raise MalformedError("has an endless trailer")
            if not line.endswith(b"\n"):
                raise CutError(_IN_CHUNKS)


class _Head:
    """The lines of a head on their way to http.client: checked, counted, ended alike."""

    def __init__(self, file: BufferedReader) -> None:
        self.close = file.close
        self.flush = file.flush
        self._file = file
        self._left = MAX_HEAD
        self._is_first = True  # the next line is a status line

    def readline(self, limit: int) -> bytes:
        """The next line. Raises MalformedError, OSError."""
        line = (self._start() if self._is_first else b"") + self._file.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise MalformedError(f"has more than {MAX_HEAD // 1024} KiB of headers")
        if not line.endswith(b"\n"):
            if len(line) >= limit:
                return line  # for http.client to refuse
            raise ConnectionResetError(None, "closed by the other side")
        line = line[:-1].removesuffix(b"\r")
        if b"\r" in line or b"\0" in line:
            raise MalformedError("has a header with a control character in it")
        if self._is_first:
            if not _STATUS.fullmatch(line):
                raise MalformedError("has a status line that cannot be read")
        elif line:
            line = _field(line)
        self._is_first = not line
        return line + b"\r\n"

    def _start(self) -> bytes:
        """What an HTTP/1 answer starts with; anything else is told before its line ends."""
        start = b""
        while start != _VERSION and (more := self._file.read1(len(_VERSION) - len(start))):
            start += more
            if not _VERSION.startswith(start):
                raise MalformedError(_what_instead(start))
        return start


def _field(line: bytes) -> bytes:
    """A header line as the e-mail parser needs it, which takes "A : b" for the end of them all."""
    found = _FIELD.fullmatch(line)
    if found is None:
        raise MalformedError("has a header line without a name and a colon")
    return found[1] + b": " + found[2].strip() if found[1] else b" " + line.strip()


def _what_instead(start: bytes) -> str:
    if start[:2] in (b"\x15\x03", b"\x16\x03"):
        return "is TLS, not HTTP: write https:// in the base URL"
    if start.startswith(b"HTTP/"):
        return "is of another HTTP version than 1.1"
    return "is not HTTP: check the host and port"
