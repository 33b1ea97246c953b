"""One request and the head of its answer: the way there, the sending, the waiting.

    connection = connect(url, proxy, tls, token, limits)
    answer = ask(connection, message, limits)

Everything that fails here leaves as ProviderError in words, or as Cancelled. `DroppedError` alone
is for the caller: the other side closed before the first byte of an answer, which on a kept
connection means that it had been closed all along.
"""

from __future__ import annotations

from pi.transport import trouble
from pi.transport.connection import Connection
from pi.transport.head import HeadReader, MalformedError, encode_head
from pi.transport.limit import Deadline
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.cancel import CancelToken
    from pi.transport.head import Head
    from pi.transport.limit import Limits
    from pi.transport.proxy import Proxy
    from pi.transport.route import Url
    from pi.transport.tls import TlsClient

_JOINED = 64 * 1024  # a body up to this size goes out together with the head


class DroppedError(Exception):
    """The connection ended before the first byte of an answer."""

    def __init__(self, cause: OSError) -> None:
        super().__init__("dropped")
        self.cause = cause


class Message(Value):
    """A request ready to be sent."""

    method: str
    head: bytes
    body: bytes

    def __repr__(self) -> str:  # the head holds the credential
        return f"Message({self.method}, {len(self.body)} bytes)"


def connect(
    url: Url, proxy: Proxy | None, tls: TlsClient | None, token: CancelToken, limits: Limits
) -> Connection:
    """A new connection to `url`, bound to `token`. Raises ProviderError, Cancelled.

    `tls` is needed for https only.
    """
    through = f" (through the proxy {proxy.place})" if proxy else ""
    hop = f"the proxy {proxy.place} (named by {proxy.source})" if proxy else url.place
    deadline = Deadline(limits.connect_s)
    connection = Connection(url.place + through)
    try:
        connection.bind(token)
        try:
            connection.dial((proxy or url).host, (proxy or url).port, deadline)
        except OSError as exc:
            raise trouble.unreachable(exc, hop, limits.connect_s) from exc
        if tls is not None:
            if proxy is not None:
                _tunnel(connection, url, proxy, deadline)
            _secure(connection, url, tls, deadline)
    except BaseException:
        connection.close()
        raise
    return connection


def _secure(connection: Connection, url: Url, tls: TlsClient, deadline: Deadline) -> None:
    try:
        connection.secure(tls, url.host, deadline)
    except (OSError, ValueError) as exc:
        raise tls.refused(exc, connection.peer) from exc


def _tunnel(connection: Connection, url: Url, proxy: Proxy, deadline: Deadline) -> None:
    """Have the proxy connect us through to `url`."""
    headers = {"Host": url.place}
    if proxy.authorization:
        headers["Proxy-Authorization"] = proxy.authorization
    try:
        connection.send(encode_head("CONNECT", url.place, headers), deadline.left())
        reader = HeadReader()
        head = None
        while head is None:
            data = connection.receive(deadline.left())
            if not data:
                raise ConnectionResetError(None, "it closed the connection")
            head = reader.feed(data)
    except MalformedError as exc:
        raise trouble.malformed(f"the proxy {proxy.place}", str(exc)) from None
    except OSError as exc:
        raise trouble.untunnelled(exc, proxy.place, url.place) from exc
    if not 200 <= head.status < 300:
        raise trouble.proxy_refused(head.status, proxy, url.place)
    if reader.rest:
        raise trouble.malformed(f"the proxy {proxy.place}", "goes on where TLS should begin")


class Answer(Value):
    """The beginning of an answer."""

    head: Head
    rest: bytes  # what came with the head
    is_sent: bool  # whether the whole request went out before it


def ask(connection: Connection, message: Message, limits: Limits) -> Answer:
    """Send the request and read the answer's head.

    Raises DroppedError, ProviderError, Cancelled; the connection is of no further use then.
    """
    broken = _send(connection, message, limits.idle_s)
    reader = HeadReader()
    deadline = Deadline(limits.first_byte_s)
    limit_s = limits.first_byte_s
    try:
        head = None
        while head is None:
            left = deadline.left()
            if reader.started and limits.idle_s and (left is None or limits.idle_s < left):
                left = limit_s = limits.idle_s
            data = connection.receive(left)
            if not data:
                raise broken or ConnectionResetError(None, "closed by the other side")
            head = reader.feed(data)
    except MalformedError as exc:
        raise trouble.malformed(connection.peer, str(exc)) from None
    except OSError as exc:
        if trouble.is_timeout(exc):
            raise trouble.stalled(connection.peer, "no answer from", limit_s) from exc
        if reader.started:
            raise trouble.broken(exc, connection.peer, "within the head of its answer") from exc
        raise DroppedError(broken or exc) from exc
    return Answer(head, reader.rest, broken is None)


def _send(connection: Connection, message: Message, idle_s: float | None) -> OSError | None:
    """Send the request; returns what broke that off, None if nothing did.

    A peer that closes meanwhile is no error yet: it may have answered first (413, 401).
    """
    try:
        if len(message.body) <= _JOINED:
            connection.send(message.head + message.body, idle_s)
        else:
            connection.send(message.head, idle_s)
            connection.send(message.body, idle_s)
    except OSError as exc:
        if trouble.is_timeout(exc):
            what = "nothing of the request was taken by"
            raise trouble.stalled(connection.peer, what, idle_s) from exc
        return exc
    return None
