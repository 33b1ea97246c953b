"""One connection: its thread reads requests, has them answered, and sends the answers.

It is the `Line` that `delivery` talks to. Waiting is done in short steps, so that a client that
leaves and a server that stops are noticed while nothing is being sent.
"""

from __future__ import annotations

import socket
import struct
import threading
import time

from tests.fakeprovider.delivery import GoneError, deliver
from tests.fakeprovider.http_message import BadRequestError, head, read_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakeprovider.server import FakeProvider

_STEP_S = 0.01
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection:
    """A connection with number `number`, of the provider `owner`."""

    def __init__(self, owner: FakeProvider, sock: socket.socket, number: int) -> None:
        self._owner = owner
        self._socket = sock
        self._stream = sock.makefile("rb")
        self.number = number
        self.is_idle = True
        self._stopping = threading.Event()
        self.thread = threading.Thread(
            target=self._serve, name=f"fakeprovider connection {number}", daemon=True
        )

    def stop(self) -> None:
        """End it: whatever its thread waits for returns at once."""
        self._stopping.set()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was over already

    def _serve(self) -> None:
        try:
            while self._serve_one():
                self.is_idle = True
        except (OSError, GoneError):
            pass  # the client has left; what it missed is in the request's outcome
        finally:
            self._close()
            self._owner.forget(self)

    def _serve_one(self) -> bool:
        """One request; returns whether there may be another."""
        try:
            request = read_request(self._stream, self.send)
        except BadRequestError as error:
            text = f"bad request: {error}\n".encode()
            headers = {"content-length": str(len(text)), "connection": "close"}
            self.send(head("1.1", 400, headers) + text)
            self._owner.note_problem(f"connection {self.number}: {error}")
            return False
        if request is None:
            return False
        self.is_idle = False
        answer, fault = self._owner.receive(request, self.number)
        request.status = fault.status or answer.status
        keep = request.headers.get("connection", "").lower() != "close"
        try:
            outcome, keep = deliver(answer, fault, self, keep)
        except (OSError, GoneError):
            outcome, keep = "stopped" if self._stopping.is_set() else "client left", False
        if fault.refuse_s:
            self._owner.refuse(fault.refuse_s)
        self._owner.finish(request, outcome)
        return keep

    def _close(self) -> None:
        self._stream.close()
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # not connected any more
        finally:
            self._socket.close()

    # what delivery asks for

    def send(self, data: bytes) -> None:
        """Send all of it."""
        if data:
            self._socket.sendall(data)

    def pause(self, delay_s: float) -> None:
        """Wait. Raises GoneError when the client leaves or the server stops."""
        deadline = time.monotonic() + delay_s
        self._wait_until(lambda step_s: False, deadline)

    def hold(self) -> None:
        """Wait for the owner's `release`. Raises GoneError."""
        self._wait_until(self._owner.take_release)

    def stall(self) -> None:
        """Wait until the client leaves or the server stops."""
        try:
            self._wait_until(lambda step_s: False)
        except GoneError:
            return

    def reset(self) -> None:
        """Reset the connection when it is closed."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._stream.close()
        self._socket.close()

    def _wait_until(self, is_done: Callable[[float], bool], deadline: float = float("inf")) -> None:
        """Wait in steps; `is_done` may itself wait for one."""
        while True:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or is_done(min(_STEP_S, left_s)):
                return
            if self._stopping.wait(min(_STEP_S, left_s)) or self._client_left():
                raise GoneError

    def _client_left(self) -> bool:
        try:
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
