"""An `http.client` connection that is kept, cancelled and limited; its failures as readable lines.

    connection = Connection(url, proxy, context)
    connection.bind(token, limits)
    connection.connect()
    connection.request("POST", "/v1/chat", body, headers)
    answer = connection.getresponse()          # the head has been read
    connection.channel.unbind()                # the answer has been read, so
    pool.put(key, connection)                  # somebody else may take(key) it

Everything that fails here leaves as ProviderError in words, or as Cancelled. `DroppedError` alone
is for the caller: the other side closed before the first byte of an answer, which on a kept
connection means that it had been closed all along. A pool looks at what it gives out, but a server
may close a connection at any time.
"""

from __future__ import annotations

from _thread import allocate_lock
from http.client import HTTPConnection, HTTPException
from time import monotonic

from pi.transport import tls, trouble
from pi.transport.answer import Answer
from pi.transport.channel import Channel
from pi.transport.limit import Deadline, Limits, usable
from pi.transport.route import DEFAULT_PORTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from ssl import SSLContext

    from pi.cancel import CancelToken
    from pi.transport.proxy import Proxy
    from pi.transport.route import Url

MAX_KEPT = 16
MAX_IDLE_S = 600.0

_JOINED = 64 * 1024  # a request up to this size goes out in one piece


class DroppedError(Exception):
    """The connection ended before the first byte of an answer; its cause is the OSError."""


class Connection(HTTPConnection):
    """A connection to `url`, through `proxy` if any; `context` is needed for https only.

    `peer` names the other end for messages. `is_sent` says whether the whole of the last request
    went out before its answer came.
    """

    response_class = Answer

    def __init__(self, url: Url, proxy: Proxy | None, context: SSLContext | None) -> None:
        super().__init__(url.host, url.port)
        self.default_port = DEFAULT_PORTS[url.scheme]  # http.client leaves it out of Host
        self.peer = url.place + (f" (through the proxy {proxy.place})" if proxy else "")
        self.is_sent = True
        self.channel = self.sock = Channel()
        self._url = url
        self._proxy = proxy
        self._context = context
        self._limits = Limits()
        self._outgoing: list[bytes] = []

    def bind(self, token: CancelToken, limits: Limits) -> None:
        """Obey `token` and `limits` from now on. Raises Cancelled if it has fired."""
        self._limits = limits
        self.channel.bind(token)

    def connect(self) -> None:
        """Make the connection, its tunnel and its TLS. Raises ProviderError, Cancelled."""
        self.channel.deadline = Deadline(self._limits.connect_s)
        self._dial()
        if self._context is not None:
            if self._proxy is not None:
                self._tunnel()
            try:
                self.channel.secure(self._context, self._url.host)
            except (OSError, ValueError) as exc:
                raise tls.refused(exc, self.peer) from exc

    def _dial(self) -> None:
        proxy = self._proxy
        hop = f"the proxy {proxy.place} (named by {proxy.source})" if proxy else self._url.place
        target = proxy or self._url
        try:
            self.channel.dial(target.host, target.port)
        except OSError as exc:
            raise trouble.unreachable(exc, hop, self._limits.connect_s) from exc

    def _tunnel(self) -> None:
        """Have the proxy connect us through.

        http.client's own says HTTP/1.0 without a Host, and of a refusal no more than a text.
        """
        place, proxy = self._url.place, self._proxy
        self.putrequest("CONNECT", place, skip_host=True, skip_accept_encoding=True)
        self.putheader("Host", place)
        if proxy.authorization:
            self.putheader("Proxy-Authorization", proxy.authorization)
        self.endheaders()
        try:
            self._transmit()
            answer = super().getresponse()
        except OSError as exc:
            raise trouble.untunnelled(exc, proxy.place, place) from exc
        except HTTPException as exc:
            raise trouble.malformed(f"the proxy {proxy.place}", exc) from None
        if not 200 <= answer.status < 300:
            raise trouble.proxy_refused(answer.status, proxy, place)
        if self.channel.has_rest():
            raise trouble.malformed(f"the proxy {proxy.place}", "goes on where TLS should begin")
        answer.close()

    def send(self, data: bytes) -> None:
        """Hold `data` until `getresponse`.

        http.client would send head and body apart, as two packets, and fail where the other side
        stops reading, though it may have answered first (413, 401).
        """
        self._outgoing.append(data)

    @property
    def is_patient(self) -> bool:
        """Whether the body's first byte is waited for without limit."""
        return self._limits.is_patient

    def getresponse(self) -> Answer:
        """Send what was requested and read the head of the answer.

        Raises DroppedError, ProviderError, Cancelled; the connection is of no further use then.
        """
        channel, broken = self.channel, None
        channel.deadline, channel.idle_s = Deadline(None), usable(self._limits.idle_s)
        try:
            self._transmit()
        except OSError as exc:
            if trouble.is_timeout(exc):
                what = "nothing of the request was taken by"
                raise trouble.stalled(self.peer, what, channel.limit_s) from exc
            broken = exc
        self.is_sent = broken is None
        channel.deadline, channel.has_heard = Deadline(self._limits.first_byte_s), False
        try:
            return super().getresponse()
        except OSError as exc:
            if trouble.is_timeout(exc):
                raise trouble.stalled(self.peer, "no answer from", channel.limit_s) from exc
            if channel.has_heard:
                raise trouble.broken(exc, self.peer, "within the head of its answer") from exc
            raise DroppedError from broken or exc
        except HTTPException as exc:
            raise trouble.malformed(self.peer, exc) from None

    def _transmit(self) -> None:
        pieces, self._outgoing = self._outgoing, []
        if sum(map(len, pieces)) <= _JOINED:
            pieces = [b"".join(pieces)]
        for piece in pieces:
            self.channel.sendall(piece)


class Pool:
    """Idle connections, youngest last. Safe for several threads. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = allocate_lock()
        self._idle: list[tuple[object, Connection, float]] = []
        self._most = MAX_KEPT

    def take(self, key: object) -> Connection | None:
        """The youngest that is still open for `key`; it is the caller's from then on."""
        while True:
            with self._lock:
                found = [item for item in self._idle if item[0] == key]
                if not found:
                    return None
                self._idle.remove(found[-1])
            _, connection, since = found[-1]
            if self._clock() - since < MAX_IDLE_S and connection.channel.is_quiet():
                return connection
            connection.close()

    def put(self, key: object, connection: Connection) -> None:
        """Keep `connection`, which nobody else may use any more."""
        with self._lock:
            self._idle.append((key, connection, self._clock()))
        self._drop_oldest()

    def close(self) -> None:
        """Close what is idle, and from now on what is put."""
        self._most = 0
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        with self._lock:
            count = max(0, len(self._idle) - self._most)
            dropped, self._idle = self._idle[:count], self._idle[count:]
        for _, connection, _ in dropped:
            connection.close()
