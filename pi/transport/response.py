"""An answer whose head has come: its status, its headers, and its body as it arrives.

    with transport.open(request, token) as response:
        for chunk in response.chunks(): ...

The body ends only at its real end. A body cut short, by Content-Length, by chunks or within its
compression, is an error. Read to its end, the connection goes back to the pool.

Requests say `Accept-Encoding: identity`; some gateways compress all the same. That is undone, gzip
and deflate, one layer (RFC 9110 section 8.4), in pieces, so that memory stays bounded however much
a few bytes unfold to. (`gzip.GzipFile` gives nothing out before 8 KiB have come.)
"""

from __future__ import annotations

import zlib
from http.client import HTTPException

from pi.errors import Cancelled, ProviderError
from pi.transport import trouble
from pi.transport.answer import CutError, MalformedError
from pi.transport.limit import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pi.transport.answer import Answer
    from pi.transport.connection import Connection

READ_LIMIT = 64 * 1024 * 1024  # bytes `read` takes without a limit of the caller's
FINISH_S = 0.25  # how long `finish` waits for the end of the body
LINGER_S = 0.02  # how long `close` does
LINGER_SIZE = 64 * 1024  # bytes they read for it
ERROR_IDLE_S = 10.0  # an error's text is not worth a longer silence
PIECE = 256 * 1024  # bytes unfolded at a time


class Response:
    """One answer. It owns its connection until the body ends; call `close` in any case.

    `status` is the HTTP status; `headers` has lower-case names, repeated ones joined with ", ".
    """

    def __init__(
        self, answer: Answer, connection: Connection, keep: Callable[[Connection], object]
    ) -> None:
        self.status = answer.status
        self.headers = answer.fields
        self._answer = answer
        self._connection = connection
        self._channel = channel = connection.channel
        self._keep = keep
        self._keeps_alive = answer.keeps_alive and connection.is_sent
        self._received = 0
        self._is_settled = False  # the connection has been kept, or given up:
        self._is_given_up = False
        channel.deadline = Deadline(None)
        if self.status >= 400:
            channel.idle_s = min(channel.idle_s or ERROR_IDLE_S, ERROR_IDLE_S)
        elif connection.is_patient and not channel.has_rest():
            channel.has_heard = False  # some servers send the head before they read the prompt
        if answer.length == 0:
            self._settle()

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Response({self.status} from {self._connection.peer})"

    def chunks(self) -> Iterator[bytes]:
        """What arrives of the body, as soon as it does; pieces are never empty.

        To be called once. Raises ProviderError ("network" for a body that is cut or reset, "stall"
        for silence, "protocol" for a malformed one), Cancelled.
        """
        pieces = self._pieces()
        coding = self.headers.get("content-encoding", "").lower()
        try:
            yield from pieces if coding in ("", "identity") else _unfolded(pieces, coding)
        except GeneratorExit:  # the reader has enough; `finish` and `close` may still be called
            raise
        except (OSError, HTTPException) as exc:
            error = self._explained(exc)
            self._give_up()
            raise error from exc
        except BaseException:
            self._give_up()
            raise
        if self._is_given_up:
            raise self._closed()
        self._settle()

    def _pieces(self) -> Iterator[bytes]:
        next_piece = self._answer.next_piece
        while piece := next_piece():
            self._received += len(piece)
            yield piece

    def _explained(self, exc: OSError | HTTPException) -> ProviderError:
        peer = self._connection.peer
        if self._is_given_up:
            return self._closed()
        if isinstance(exc, CutError):
            return trouble.cut(peer, self._received, str(exc))
        if isinstance(exc, HTTPException):
            return trouble.malformed(peer, exc)
        if trouble.is_timeout(exc):
            what = "the answer went silent: no byte from"
            return trouble.stalled(peer, what, self._channel.limit_s)
        return trouble.broken(exc, peer, f"after {self._received} bytes of its answer")

    def _closed(self) -> ProviderError:
        peer = self._connection.peer
        return ProviderError(f"the answer of {peer} was closed before its end", "network")

    def read(self, limit: int | None = None) -> bytes:
        """The whole body; with a `limit`, at most so many bytes, the rest is given up.

        Of an error answer (status from 400) whose body breaks off, what has come is returned, since
        its status says more than the break. Raises as `chunks` does, and for 64 MiB without limit.
        """
        parts = []
        size = 0
        try:
            for chunk in self.chunks():
                parts.append(chunk)
                size += len(chunk)
                if size >= (READ_LIMIT if limit is None else limit):
                    break
        except ProviderError:
            if self.status < 400:
                raise
        self.close()
        if limit is None and size >= READ_LIMIT:
            what = f"is larger than {READ_LIMIT // 2**20} MiB"
            raise trouble.malformed(self._connection.peer, what)
        return b"".join(parts)[:limit]

    def finish(self) -> None:
        """Wait a moment for the end of a body whose reader has all it wanted, then `close`.

        A reader stops at its own end marker, when the last empty chunk has yet to come; without
        that one the connection could not be kept. Raises nothing: the answer is complete.
        """
        self._close_within(FINISH_S)

    def close(self) -> None:
        """Give the connection up, unless the body's end has come or does so at once.

        May be repeated. Raises nothing.
        """
        self._close_within(LINGER_S)

    def _close_within(self, limit_s: float) -> None:
        if self._is_settled:
            return
        if self._keeps_alive and self._reaches_end(Deadline(limit_s)):
            self._settle()
        else:
            self._give_up()

    def _reaches_end(self, deadline: Deadline) -> bool:
        self._channel.deadline = deadline
        budget = LINGER_SIZE
        try:
            while piece := self._answer.next_piece():
                budget -= len(piece)
                if budget < 0:
                    return False
        except (OSError, HTTPException, Cancelled):
            return False
        return True

    def _settle(self) -> None:
        """The body has ended: keep the connection if it can be used again."""
        if self._is_settled:
            return
        if not self._keeps_alive or self._channel.has_rest():
            self._give_up()
            return
        self._is_settled = True
        self._answer.close()
        self._channel.unbind()
        self._keep(self._connection)

    def _give_up(self) -> None:
        if not self._is_settled:
            self._is_settled = self._is_given_up = True
            self._connection.close()


def _unfolded(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """What compressed `pieces` stand for. Raises MalformedError, CutError."""
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise MalformedError("is compressed in a way that was not asked for and is not supported")
    engine = None
    for data in pieces:
        while data:
            if engine is None or engine.eof:
                if engine is not None and (coding == "deflate" or data[0] != 0x1F):
                    break  # padding after the end
                engine = zlib.decompressobj(_window(coding, data))
            try:
                piece = engine.decompress(data, PIECE)
                while len(piece) == PIECE:
                    yield piece
                    piece = engine.decompress(engine.unconsumed_tail, PIECE)
            except zlib.error:
                raise MalformedError("is compressed but damaged") from None
            if piece:
                yield piece
            data = engine.unused_data
    if engine is not None and not engine.eof:
        raise CutError("within the compressed data of the answer")


def _window(coding: str, start: bytes) -> int:
    if coding != "deflate":
        return zlib.MAX_WBITS | 16
    has_wrapper = start[0] & 0x8F == 0x08  # some senders leave it out
    return zlib.MAX_WBITS if has_wrapper else -zlib.MAX_WBITS
