"""One TCP or TLS connection: made, used and given up under a cancel token and time limits.

While a token is bound to it, cancelling shuts the socket down (`shutdown`, not `close`: that would
wait for the reader and free a number another thread may get). Whatever the blocked call then
raises or returns, the token is looked at first, so an abort is never taken for a network error.

    connection = Connection(peer="api.example.com:443")
    connection.bind(token)
    connection.dial("api.example.com", 443, deadline)
    connection.secure(tls, "api.example.com", deadline)
    connection.send(data, idle_s)
    data = connection.receive(idle_s)          # b"" at the end of the stream
    connection.unbind()                        # it may go to the pool now

OSError and ssl.SSLError come out of here as they are; `exchange.py` puts them into words. A limit
that runs out is a TimeoutError without an errno.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from errno import EADDRNOTAVAIL, EAFNOSUPPORT, ENETUNREACH

from pi.transport.address import resolve
from pi.transport.limit import usable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.cancel import CancelToken
    from pi.transport.limit import Deadline
    from pi.transport.tls import TlsClient

READ_SIZE = 64 * 1024  # bytes asked of the socket at a time
SEND_SIZE = 64 * 1024  # bytes whose sending may take the idle limit
ATTEMPT_S = 5.0  # how long one address may take while others are left

_NO_ROUTE = (EADDRNOTAVAIL, EAFNOSUPPORT, ENETUNREACH)
"""What an address of a family that is not in use here fails with: the least telling reason."""

_PROBES = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 6))
"""Keep-alive probes: they keep a router's table alive through a long tool call, and find out
within 90 s that the other side is gone."""

_QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)
"""Set before an answer: a server that sends it in small writes would else wait 40 ms for us after
the first of them (its Nagle algorithm against our delayed acknowledgement)."""


class Connection:
    """A socket, who is at its other end, and the token it obeys at present."""

    def __init__(self, peer: str) -> None:
        self.peer = peer  # for messages: "host:port", with the proxy when there is one
        self._sock: socket.socket | None = None
        self._token: CancelToken | None = None
        self._undo: Callable[[], object] | None = None
        self._timeout_s: float | None = None
        self._blocked: type[OSError] = BlockingIOError  # what a read without data raises

    # Who may stop it

    def bind(self, token: CancelToken) -> None:
        """Obey `token` from now on. Raises Cancelled if it has fired."""
        self.unbind()
        token.check()
        self._token = token
        self._undo = token.on_cancel(self._shut_down)

    def unbind(self) -> None:
        """Obey no token any more."""
        if self._undo is not None:
            self._undo()
        self._undo = self._token = None

    def _shut_down(self) -> None:
        sock = self._sock
        if sock is not None:
            with suppress(OSError):  # not connected, or closed already: nothing is blocked on it
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # past TLS, which would say goodbye

    def check(self) -> None:
        """Raise Cancelled if the token has fired."""
        if self._token is not None:
            self._token.check()

    # Making it

    def dial(self, host: str, port: int, deadline: Deadline) -> None:
        """Connect to the first address of `host` that answers. Raises OSError."""
        addresses = resolve(host, port, self._token, deadline)
        failure: OSError | None = None
        while addresses:
            family, address = addresses.pop(0)
            left = deadline.left()
            limit = min(left, ATTEMPT_S) if left and addresses else left
            try:
                self._connect(socket.socket(family, socket.SOCK_STREAM), address, limit)
                return
            except OSError as exc:
                self._close_socket()
                self.check()
                if failure is None or exc.errno not in _NO_ROUTE:
                    failure = exc
        raise failure or OSError("the name has no address")

    def _connect(self, sock: socket.socket, address: Any, limit_s: float | None) -> None:
        self._sock = sock
        self._timeout_s = usable(limit_s)
        sock.settimeout(self._timeout_s)
        self.check()
        sock.connect(address)
        self.check()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES:
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def secure(self, tls: TlsClient, host: str, deadline: Deadline) -> None:
        """Put TLS on the connection, as a client of `host`. Raises OSError (ssl.SSLError)."""
        try:
            self._sock.settimeout(deadline.left())
            self._sock = tls.wrap(self._sock, host)
            self._blocked = tls.blocked
            self.check()
            self._sock.do_handshake()
        except (OSError, ValueError):
            self.check()
            raise
        self.check()
        self._timeout_s = -1.0  # unknown: set it anew

    # Using it

    def send(self, data: bytes, limit_s: float | None) -> None:
        """Send all of `data`; the limit is on each 64 KiB of it. Raises OSError."""
        view = memoryview(data)
        try:
            self._set_timeout(limit_s)
            while view:
                sent = self._sock.send(view[:SEND_SIZE])
                self.check()
                view = view[sent:]
            if _QUICK_ACK is not None:
                self._sock.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        except OSError:
            self.check()
            raise

    def receive(self, limit_s: float | None) -> bytes:
        """The next bytes, b"" at the end of the stream. Raises OSError."""
        try:
            self._set_timeout(limit_s)
            data = self._sock.recv(READ_SIZE)
        except OSError:
            self.check()
            raise
        self.check()
        return data

    def _set_timeout(self, limit_s: float | None) -> None:
        limit_s = usable(limit_s)
        if limit_s != self._timeout_s:
            self._sock.settimeout(limit_s)
            self._timeout_s = limit_s

    def is_quiet(self) -> bool:
        """Whether an idle connection is still open and has nothing to say, as it should."""
        try:
            self._sock.settimeout(0)
            self._timeout_s = -1.0
            self._sock.recv(1)
        except self._blocked:
            return True
        except OSError:
            pass
        return False

    # Giving it up

    def close(self) -> None:
        """Close the socket and obey no token any more. May be repeated."""
        self.unbind()
        self._close_socket()

    def _close_socket(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()
