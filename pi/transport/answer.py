"""An HTTP answer read by `http.client`, with a guard wherever that takes more than it should.

    answer = connection.getresponse()      # the head has been read
    answer.status, answer.fields, answer.keeps_alive
    answer.next_piece()                    # of the body, as it arrives; b"" at its real end

What `http.client` (Python 3.10 to 3.13) leaves open, and what stands against it here:

- a head that is cut off counts as whole; 1xx answers may go on for ever; lines without a colon end
  the headers silently; anything that begins like HTTP is; only 100 is skipped     -> `_Head`
- a Content-Length that is none is taken for none at all; of two the first counts; a transfer
  coding it does not know is ignored                                               -> `begin`
- "-5", "0x5" and "1_0" are chunk sizes; a chunk may be longer than it says; a trailer may be
  endless, or cut                                                                  -> `_get_chunk_left`
- a body shorter than its Content-Length ends without a word                       -> `next_piece`

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
MAX_LINE = 4096  # bytes of a chunk-size line
MAX_TRAILER = 64 * 1024  # bytes of all trailer lines

_VERSION = b"HTTP/1."
_STATUS = re.compile(rb"HTTP/1\.[0-9] [1-9][0-9]{2}(?: .*)?")
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:(.*)|[ \t].*")
_FOLD = re.compile(r"\s*\n\s*")
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
        finally:
            self.fp = file
        self.fields = {}
        for name, value in self.headers.items():
            key, value = name.lower(), _FOLD.sub(" ", value).strip()
            self.fields[key] = f"{self.fields[key]}, {value}" if key in self.fields else value
        self._settle_length()
        has_two_ends = self.chunked and "content-length" in self.fields  # RFC 9112 section 6.3
        self.keeps_alive = not (self.will_close or has_two_ends)
        self.will_close = False  # else http.client would close the socket before the body is read

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()
        if status == 101:
            raise MalformedError("switches to another protocol, which was not asked for")
        return version, 100 if status < 200 else status, reason  # `begin` skips a 100

    def _settle_length(self) -> None:
        if self.fields.get("transfer-encoding", "identity").lower() not in ("chunked", "identity"):
            raise MalformedError("has a transfer coding other than chunked")
        length = self.fields.get("content-length")
        if length is None or self.chunked or self.length == 0:
            return
        sizes = {size.strip() for size in length.split(",")}
        size = sizes.pop()
        if sizes or not re.fullmatch("[0-9]{1,18}", size):
            raise MalformedError("has an invalid Content-Length")
        self.length = int(size)

    def next_piece(self) -> bytes:
        """What has arrived of the body, b"" at its end. Raises HTTPException, OSError."""
        try:
            data = self.read1()
        except IncompleteRead:
            raise CutError("within a chunk of the answer") from None
        if not data and self.length:
            raise CutError(f"{self.length} bytes before the end of the answer")
        return data

    def _get_chunk_left(self) -> int | None:
        left = self.chunk_left
        if left:
            return left
        if left is not None and self._line(self.fp.readline(MAX_LINE)) not in (b"\r\n", b"\n"):
            raise MalformedError("has a chunk that is longer than its size says")
        line = self._line(self.fp.readline(MAX_LINE))
        found = _SIZE.fullmatch(line)
        if found is None:
            raise MalformedError("has a chunk without a valid size")
        left = int(found[1], 16) or None
        if left is None:
            self._read_and_discard_trailer()
            self._close_conn()
        self.chunk_left = left
        return left

    def _read_and_discard_trailer(self) -> None:
        left = MAX_TRAILER
        while True:
            line = self.fp.readline(left)
            left -= len(line)
            if not left:
                raise MalformedError("has an endless trailer")
            if self._line(line) in (b"\r\n", b"\n"):
                return
