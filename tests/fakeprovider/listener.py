"""The listening socket of the fake provider, and the thread that accepts.

Only that thread touches the socket. Others leave an order and wake it; an order is a moment until
which connections are refused, and an event that says it has been carried out.
"""

from __future__ import annotations

import queue
import selectors
import socket
import threading
import time
from math import inf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_WAIT_S = 5.0
_STOP = -inf


class Listener:
    """Accepts connections at `address` and hands each socket to `take`, until closed.

    While connections are refused the port stays bound but is not listened at, so nobody else can
    take it. Raises OSError when the port is taken.
    """

    def __init__(self, address: tuple[str, int], take: Callable[[socket.socket], None]) -> None:
        self._take = take
        self._socket = _bound(address)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._refuse_until_s: float | None = 0.0
        self._orders: queue.SimpleQueue[tuple[float, threading.Event]] = queue.SimpleQueue()
        self._wake_out, self._wake_in = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._listen_when_due()
        self._thread = threading.Thread(target=self._run, name="fakeprovider accept", daemon=True)
        self._thread.start()

    def refuse(self, for_s: float | None) -> None:
        """Refuse connections for so many seconds; None: for ever, 0: no longer."""
        self._order(inf if for_s is None else time.monotonic() + for_s)

    def close(self) -> None:
        """Stop accepting; returns when the thread has ended."""
        self._order(_STOP)
        self._thread.join(_WAIT_S)
        self._selector.close()
        for sock in (self._socket, self._wake_in, self._wake_out):
            sock.close()

    def _order(self, until_s: float) -> None:
        done = threading.Event()
        self._orders.put((until_s, done))
        self._wake_in.send(b"x")
        if not done.wait(_WAIT_S):
            raise RuntimeError("the accepting thread does not answer")

    def _run(self) -> None:
        while self._carry_out_orders():
            self._listen_when_due()
            for key, _ in self._selector.select(self._left_s()):
                if key.fileobj is self._wake_out:
                    self._wake_out.recv(4096)
                else:
                    self._accept()

    def _carry_out_orders(self) -> bool:
        """Returns whether to go on."""
        while not self._orders.empty():
            until_s, done = self._orders.get()
            if until_s != _STOP:
                self._stop_listening(until_s)
            done.set()
            if until_s == _STOP:
                return False
        return True

    def _stop_listening(self, until_s: float) -> None:
        if self._refuse_until_s is None:
            self._selector.unregister(self._socket)
        self._socket.close()
        self._socket = _bound(self.address)
        self._refuse_until_s = until_s
        self._listen_when_due()

    def _listen_when_due(self) -> None:
        if self._refuse_until_s is None or time.monotonic() < self._refuse_until_s:
            return
        self._socket.listen(128)
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._refuse_until_s = None

    def _left_s(self) -> float | None:
        """How long to wait at most; None: for ever."""
        if self._refuse_until_s in (None, inf):
            return None
        return max(0.0, self._refuse_until_s - time.monotonic())

    def _accept(self) -> None:
        try:
            sock, _ = self._socket.accept()
        except OSError:
            return  # the client gave up between knocking and entering
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._take(sock)


def _bound(address: tuple[str, int]) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock
