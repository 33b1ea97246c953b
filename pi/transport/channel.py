"""One TCP or TLS socket: made, used and given up under a cancel token and time limits.

While a token is bound to it, cancelling shuts the socket down (`shutdown`, not `close`: that would
wait for the reader and free a number another thread may get). Whatever the blocked call then
raises or returns, the token is looked at first, so an abort is never taken for a network error.

    channel = Channel()
    channel.bind(token)
    channel.dial("api.example.com", 443, deadline)
    channel.secure(context, "api.example.com")
    channel.sendall(data)
    channel.makefile().read1()                # the same buffered file every time
    channel.unbind()                          # it may go to the pool now

To `http.client` it is the socket of a connection. OSError and ssl.SSLError come out of here as they
are; `connection.py` puts them into words. A limit that runs out is a TimeoutError without an errno.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from errno import EADDRNOTAVAIL, EAFNOSUPPORT, ENETUNREACH
from io import BufferedReader, RawIOBase
from ssl import SSLWantReadError

from pi.transport.address import resolve
from pi.transport.limit import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from ssl import SSLContext
    from typing import Any

    from pi.cancel import CancelToken

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


class _Reader(BufferedReader):
    """What has been read ahead of a channel."""

    def close(self) -> None:
        """Leave the channel open: an HTTPResponse closes its file at the end of every body."""


class Channel(RawIOBase):
    """A socket as a raw file, and the token and the limits it obeys at present.

    Every wait ends with `deadline`; one for bytes also after `idle_s` seconds, but not the one for
    the first byte since `has_heard` was last set to False. `limit_s` is the limit that applied.
    """

    def __init__(self) -> None:
        self.deadline = Deadline(None)
        self.idle_s: float | None = None
        self.limit_s: float | None = None
        self.has_heard = False
        self._sock: socket.socket | None = None
        self._token: CancelToken | None = None
        self._undo: Callable[[], object] | None = None
        self._timeout_s: float | None = None  # of the socket
        self._is_paused = False
        self._reader = _Reader(self, READ_SIZE)

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

    def _check(self) -> None:
        if self._token is not None:
            self._token.check()

    # Making it

    def dial(self, host: str, port: int) -> None:
        """Connect to the first address of `host` that answers. Raises OSError."""
        addresses = resolve(host, port, self._token, self.deadline)
        failure: OSError | None = None
        while addresses:
            family, address = addresses.pop(0)
            left = self.deadline.left()
            limit = min(left, ATTEMPT_S) if left and addresses else left
            try:
                self._connect(socket.socket(family, socket.SOCK_STREAM), address, limit)
                return
            except OSError as exc:
                self._close_socket()
                self._check()
                if failure is None or exc.errno not in _NO_ROUTE:
                    failure = exc
        raise failure or OSError("the name has no address")

    def _connect(self, sock: socket.socket, address: Any, limit_s: float | None) -> None:
        self._sock = sock
        self._set_timeout(limit_s)
        self._check()
        sock.connect(address)
        self._check()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES:
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def secure(self, context: SSLContext, host: str) -> None:
        """Put TLS on the connection, as a client of `host`. Raises OSError (ssl.SSLError)."""
        name = host.partition("%")[0].rstrip(".").encode("ascii")  # text would import IDNA
        try:
            self._set_timeout(self.deadline.left())
            self._sock = context.wrap_socket(
                self._sock, server_hostname=name, do_handshake_on_connect=False
            )
            self._check()
            self._sock.do_handshake()
        except (OSError, ValueError):
            self._check()
            raise
        self._check()

    # Using it

    def sendall(self, data: bytes) -> None:
        """Send all of `data`; the idle limit is on each 64 KiB of it. Raises OSError."""
        view = memoryview(data)
        try:
            while view:
                self._limit_wait(self.idle_s)
                sent = self._sock.send(view[:SEND_SIZE])
                self._check()
                view = view[sent:]
            if _QUICK_ACK is not None:
                self._sock.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        except OSError:
            self._check()
            raise

    def makefile(self, *_: object) -> BufferedReader:
        """The one file to read from: what it holds beyond one answer is not lost to the next."""
        return self._reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:
        """For the buffered file: the next bytes, none at the end. Raises OSError."""
        if self._is_paused:
            return None
        try:
            self._limit_wait(self.idle_s if self.has_heard else None)
            size = self._sock.recv_into(buffer)
        except OSError:
            self._check()
            raise
        self._check()
        self.has_heard = self.has_heard or size > 0
        return size

    def _limit_wait(self, idle_s: float | None) -> None:
        left = self.deadline.left()
        is_idle = idle_s is not None and (left is None or idle_s < left)
        self.limit_s = idle_s if is_idle else self.deadline.limit_s
        self._set_timeout(idle_s if is_idle else left)

    def _set_timeout(self, limit_s: float | None) -> None:
        if limit_s != self._timeout_s:
            self._sock.settimeout(limit_s)
            self._timeout_s = limit_s

    def has_rest(self) -> bool:
        """Whether bytes were read that nobody has asked for yet."""
        self._is_paused = True
        try:
            return bool(self._reader.peek())
        finally:
            self._is_paused = False

    def is_quiet(self) -> bool:
        """Whether an idle connection is still open and has nothing to say, as it should."""
        try:
            self._set_timeout(0.0)
            self._sock.recv(1)
        except (BlockingIOError, SSLWantReadError):
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
            self._timeout_s = None
            sock.close()
