"""Servers that speak HTTP badly, or something else."""

from __future__ import annotations

import socket
import time

import pytest

from pi.transport import Limits, Transport
from tests.rawserver import RawServer, chunked, failure, new_token, post

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(environ={})
    yield made
    made.close()


LONG = b"x" * 70_000
HOSTILE: dict[str, tuple[bytes, Callable[[str], bool]]] = {
    "garbage": (b"SSH-2.0-OpenSSH_9.2\r\n", lambda text: "is not HTTP" in text),
    "0.9": (b"<html>hello</html>", lambda text: "is not HTTP" in text),
    "HTTP/2": (b"HTTP/2 200\r\n\r\n", lambda text: "version" in text),
    "TLS alert": (b"\x15\x03\x01\x00\x02\x02\x16", lambda text: "https://" in text),
    "status word": (b"HTTP/1.1 OK 200\r\n\r\n", lambda text: "status line" in text),
    "status 42": (b"HTTP/1.1 42 x\r\n\r\n", lambda text: "status" in text),
    "status 099": (b"HTTP/1.1 099 x\r\n\r\n", lambda text: "status" in text),
    "upgrade": (b"HTTP/1.1 101 Switching\r\n\r\n", lambda text: "another protocol" in text),
    "no colon": (b"HTTP/1.1 200 OK\r\nhello\r\n\r\n", lambda text: "colon" in text),
    "no name": (b"HTTP/1.1 200 OK\r\n: x\r\n\r\n", lambda text: "name" in text),
    "NUL": (b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", lambda text: "control" in text),
    "negative length": (
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        lambda text: "Content-Length" in text,
    ),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        lambda text: "Content-Length" in text,
    ),
    "huge length": (
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nhello",
        lambda text: "Content-Length" in text,
    ),
    "coding": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        lambda text: "transfer coding" in text,
    ),
    "huge chunk size": (chunked(end=b"f" * 30 + b"\r\n"), lambda text: "size" in text),
    "negative chunk": (chunked(end=b"-5\r\nhello"), lambda text: "size" in text),
    "hex prefix": (chunked(end=b"0x5\r\nhello"), lambda text: "size" in text),
    "underscore": (chunked(end=b"1_0\r\nhello"), lambda text: "size" in text),
    "no chunk size": (chunked(end=b"\r\nhello\r\n"), lambda text: "size" in text),
    "endless chunk size": (chunked(end=b"1;" + LONG), lambda text: "size" in text),
    "chunk too long": (chunked(end=b"3\r\nhello\r\n0\r\n\r\n"), lambda text: "longer" in text),
    "endless trailer": (
        chunked(end=b"0\r\n" + b"A: b\r\n" * 20_000),
        lambda text: "trailer" in text,
    ),
    "long header": (b"HTTP/1.1 200 OK\r\nA: " + LONG * 5, lambda text: "65536 bytes" in text),
    "many headers": (
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000 + b"\r\n",
        lambda text: "100 headers" in text,
    ),
    "many 1xx": (b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000, lambda text: "256 KiB" in text),
}


@pytest.mark.parametrize(("answer", "is_told"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_is_one_clear_line(transport, answer, is_told):
    def script(peer):
        peer.read_request()
        peer.send(answer)
        peer.wait_closed()  # the client must not need the end of the stream to know

    with RawServer(script) as server:
        error = failure(transport, server.url, limits=Limits(idle_s=5))
    assert error.kind == "protocol"
    assert is_told(str(error)), str(error)
    assert server.place in str(error)


@pytest.mark.parametrize(
    "endless", [b"A: " + b"b" * 1000 + b"\r\n", b"b" * 1000], ids=["lines", "one line"]
)
def test_an_endless_head_ends_for_us(transport, endless):
    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        try:
            while True:
                peer.sock.sendall(endless)
        except OSError:
            pass

    with RawServer(script) as server:
        assert failure(transport, server.url).kind == "protocol"


def test_an_answer_given_before_the_request_was_taken_counts(transport):
    """A gateway refuses an upload by its head alone and closes."""

    def script(peer):
        peer.sock.recv(100)
        peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge")
        peer.sock.shutdown(socket.SHUT_WR)
        time.sleep(0.05)

    with (
        RawServer(script) as server,
        transport.open(post(server.url, bytes(20_000_000)), new_token()) as response,
    ):
        assert response.status == 413
        assert response.read() == b"large"
