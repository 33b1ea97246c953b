"""A loopback server that says exactly the bytes a test wants, on a raw socket.

    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi")

    with RawServer(script) as server:
        ...  # server.url, server.connections, server.requests

The script runs once for every connection, on a thread of its own; the connection is closed when it
returns. What it raises fails the test when the server stops. `answering(reply)` is a script that
answers every request of a connection alike.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest

from pi.cancel import CancelToken
from pi.errors import ProviderError
from pi.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from pi.transport import Transport

PATIENCE_S = 10.0  # nothing in a test may take longer


def reply(body: bytes = b"ok", status: str = "200 OK", headers: str = "") -> bytes:
    """An answer with a Content-Length; `headers` are whole lines with CRLF."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode("latin-1") + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n", headers: str = "") -> bytes:
    """An answer in chunks."""
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode("latin-1")
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def post(url: str, body: bytes = b"{}", **headers: str) -> Request:
    """A POST request; header names are written with underscores."""
    return Request(url, {name.replace("_", "-"): text for name, text in headers.items()}, body)


class Peer:
    """The server's side of one connection."""

    def __init__(self, server: RawServer, sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self.number = server.connections  # from 1
        self._buffer = b""

    def read_request(self) -> bytes:
        """The next request, head and body; b"" when the client has closed."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return b""
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        size = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        while len(self._buffer) < size and self._more():
            pass
        body, self._buffer = self._buffer[:size], self._buffer[size:]
        request = head + b"\r\n\r\n" + body
        self.server.requests.append(request)
        return request

    def _more(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except OSError:
            return False
        self._buffer += data
        return bool(data)

    def send(self, *pieces: bytes) -> None:
        """Send the pieces one by one. A client that has gone is no error."""
        for piece in pieces:
            if not self._send(piece):
                return

    def _send(self, piece: bytes) -> bool:
        try:
            self.sock.sendall(piece)
        except OSError:
            return False
        return True

    def wait_closed(self) -> bool:
        """Wait until the client is gone; whether that happened in time."""
        try:
            while self.sock.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def start_tls(self, context: ssl.SSLContext) -> None:
        self.sock = context.wrap_socket(self.sock, server_side=True)


class RawServer:
    """Listens on a loopback port and hands every connection to `script`."""

    def __init__(self, script: Callable[[Peer], object], host: str = "127.0.0.1") -> None:
        self._script = script
        self._listener = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        self.host = f"[{host}]" if ":" in host else host
        self.port: int = self._listener.getsockname()[1]
        self.place = f"{self.host}:{self.port}"
        self.url = f"http://{self.place}/v1/chat"
        self.connections = 0
        self.requests: list[bytes] = []
        self.reached = threading.Event()  # for a script to say that it is where the test wants it
        self._failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._peers: set[Peer] = set()

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in [*self._peers]:
            with suppress(OSError):
                socket.socket.shutdown(peer.sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "a script of the raw server hangs"
        if self._failures and kind is None:
            raise self._failures[0]

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            sock.settimeout(PATIENCE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(self, sock)
            self._peers.add(peer)
            self._start(self._serve, peer)

    def _serve(self, peer: Peer) -> None:
        try:
            self._script(peer)
        except Exception as exc:  # noqa: BLE001 - handed to the test
            self._failures.append(exc)
        finally:
            self._peers.discard(peer)
            peer.sock.close()


def answering(*replies: bytes) -> Callable[[Peer], None]:
    """A script that answers the requests of a connection with `replies`, the last one for ever."""

    def script(peer: Peer) -> None:
        number = 0
        while peer.read_request():
            peer.send(replies[min(number, len(replies) - 1)])
            number += 1

    return script


class FullBacklog:
    """A port on which the handshake of TCP is never completed."""

    def __enter__(self) -> int:
        self._sockets = [socket.socket()]
        self._sockets[0].bind(("127.0.0.1", 0))
        self._sockets[0].listen(0)
        address = self._sockets[0].getsockname()
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(address)
            self._sockets.append(filler)
        return address[1]

    def __exit__(self, *_: object) -> None:
        for sock in self._sockets:
            sock.close()


class Running:
    """`work` on a thread; `result()` waits for what it returned or raised."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.outcome: object = None
        self.ended_at = 0.0
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.outcome = self._work()
        except BaseException as exc:  # noqa: BLE001 - it is what the test asks for
            self.outcome = exc
        self.ended_at = time.monotonic()

    def result(self) -> object:
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the call did not return"
        return self.outcome


def new_token() -> CancelToken:
    """A token that nobody fires."""
    return CancelToken()


def ask(transport: Transport, url: str, **options: object) -> bytes:
    """The whole body of the answer to a POST."""
    with transport.open(post(url), new_token(), **options) as response:
        return b"".join(response.chunks())


def failure(transport: Transport, url: str, **options: object) -> ProviderError:
    """The error that a POST ends in; checks that it is one line."""
    with pytest.raises(ProviderError) as caught:
        ask(transport, url, **options)
    assert str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value
