"""An answer whose head has come: its status, its headers, and its body as it arrives.

    with transport.open(request, token) as response:
        for chunk in response.chunks(): ...

The body ends only at its real end. A body cut short, by Content-Length, by chunks or within its
compression, is an error. Read to its end, the connection goes back to the pool.
"""

from __future__ import annotations

from pi.errors import Cancelled, ProviderError
from pi.transport import trouble
from pi.transport.body import CutError
from pi.transport.head import MalformedError
from pi.transport.limit import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pi.transport.body import Chunked, Sized, UntilClose
    from pi.transport.connection import Connection
    from pi.transport.content import Inflate
    from pi.transport.exchange import Answer

READ_LIMIT = 64 * 1024 * 1024  # bytes `read` takes without a limit of the caller's
FINISH_S = 0.25  # how long `finish` waits for the end of the body
LINGER_S = 0.02  # how long `close` does
LINGER_SIZE = 64 * 1024  # bytes they read for it
ERROR_IDLE_S = 10.0  # an error's text is not worth a longer silence


class Response:
    """One answer. It owns its connection until the body ends; call `close` in any case.

    `status` is the HTTP status; `headers` has lower-case names, repeated ones joined with ", ".
    """

    def __init__(
        self,
        connection: Connection,
        answer: Answer,
        body: Sized | Chunked | UntilClose,
        idle_s: float | None,
        keep: Callable[[Connection], object],
    ) -> None:
        self.status = answer.head.status
        self.headers = answer.head.headers
        self._connection = connection
        self._body = body
        self._idle_s = min(idle_s or ERROR_IDLE_S, ERROR_IDLE_S) if self.status >= 400 else idle_s
        self._keep = keep
        self._keeps_alive = answer.is_sent and answer.head.keeps_alive
        self._start = answer.rest  # of the body, until it is taken
        self._received = 0
        self._is_settled = False  # the connection has been kept or closed
        if body.done:
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
        try:
            inflate = _inflate_for(self.headers)
            while not self._body.done:
                payload = self._next()
                self._received += len(payload)
                if inflate is not None:
                    yield from inflate.feed(payload)
                elif payload:
                    yield payload
            if inflate is not None:
                inflate.end()
        except GeneratorExit:  # the reader has enough; `finish` and `close` may still be called
            raise
        except MalformedError as exc:
            self._give_up()
            raise trouble.malformed(self._connection.peer, str(exc)) from None
        except CutError as exc:
            self._give_up()
            raise trouble.cut(self._connection.peer, self._received, str(exc)) from None
        except BaseException:
            self._give_up()
            raise
        self._settle()

    def _next(self) -> bytes:
        """The payload of the next bytes off the connection; may be empty."""
        if self._body.failure is not None:
            raise self._body.failure
        data, self._start = self._start or self._receive(), b""
        if data:
            return self._body.feed(data)
        self._body.end()
        return b""

    def _receive(self) -> bytes:
        peer = self._connection.peer
        if self._is_settled:
            raise ProviderError(f"the answer of {peer} was closed before its end", "network")
        try:
            return self._connection.receive(self._idle_s)
        except OSError as exc:
            if trouble.is_timeout(exc):
                what = "the answer went silent: no byte from"
                raise trouble.stalled(peer, what, self._idle_s) from exc
            raise trouble.broken(exc, peer, f"after {self._received} bytes of its answer") from exc

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
        budget = LINGER_SIZE
        try:
            while not self._body.done:
                data, self._start = self._start or self._connection.receive(deadline.left()), b""
                budget -= len(data)
                if not data or budget < 0:
                    return False
                self._body.feed(data)
                if self._body.failure is not None:
                    return False
        except (OSError, MalformedError, Cancelled):
            return False
        return True

    def _settle(self) -> None:
        """The body has ended: keep the connection if it can be used again."""
        if self._is_settled:
            return
        if not self._keeps_alive or self._body.rest or self._start:
            self._give_up()
            return
        self._is_settled = True
        self._connection.unbind()
        self._keep(self._connection)

    def _give_up(self) -> None:
        if not self._is_settled:
            self._is_settled = True
            self._connection.close()


def _inflate_for(headers: dict[str, str]) -> Inflate | None:
    coding = headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        return None
    from pi.transport.content import Inflate  # noqa: PLC0415 - only when it was not asked for

    return Inflate(coding)
