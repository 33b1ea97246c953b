"""Time limits, and connecting."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from pi.errors import ProviderError
from pi.transport import Limits, Transport
from pi.value import replace
from tests.rawserver import (
    FullBacklog,
    RawServer,
    answering,
    ask,
    chunked,
    failure,
    new_token,
    post,
    reply,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT = 0.05  # seconds; a limit that is meant to run out
SECRET = "sk-very-secret"


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(environ={})
    yield made
    made.close()


def test_silence_in_the_body_is_a_stall(transport):
    def script(peer):
        peer.read_request()
        peer.send(chunked(b"hello", end=b""))
        peer.wait_closed()

    with RawServer(script) as server:
        error = failure(transport, server.url, limits=Limits(idle_s=SHORT))
    assert error.kind == "stall"
    assert "0.05 s" in str(error)
    assert "httpIdleTimeoutMs" in str(error)


def test_bytes_that_trickle_in_are_no_silence(transport):
    def script(peer):
        peer.read_request()
        peer.send(chunked(end=b""))
        for _ in range(8):
            time.sleep(0.02)
            peer.send(b"1\r\nx\r\n")
        peer.send(b"0\r\n\r\n")

    with RawServer(script) as server:
        assert ask(transport, server.url, limits=Limits(idle_s=0.12)) == b"x" * 8


def test_the_first_byte_is_waited_for_on_loopback_without_limit(transport):
    def script(peer):
        peer.read_request()
        time.sleep(0.15)
        peer.send(reply(b"slow"))

    limits = Limits(first_byte_s=SHORT, idle_s=SHORT)
    with RawServer(script) as server:
        assert ask(transport, server.url, limits=limits) == b"slow"
        url = server.url.replace("127.0.0.1", "localhost")
        assert ask(transport, url, limits=limits) == b"slow"


def test_who_is_patient_waits_for_the_first_byte_of_the_body_too(transport):
    """A server may send the head at once and then read a long prompt for minutes."""

    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        time.sleep(0.15)
        peer.send(b"slow")

    with RawServer(script) as server:
        limits = Limits(idle_s=SHORT, is_patient=True)
        assert ask(transport, server.url, limits=limits) == b"slow"
        error = failure(transport, server.url, limits=replace(limits, is_patient=False))
    assert error.kind == "stall"
    assert "went silent" in str(error)


def test_the_patient_do_not_wait_for_ever_in_the_middle_of_a_body(transport):
    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
        peer.wait_closed()

    with RawServer(script) as server:
        error = failure(transport, server.url, limits=Limits(idle_s=SHORT, is_patient=True))
    assert error.kind == "stall"


def test_the_first_byte_is_limited_elsewhere():
    """Another host, reached through a proxy on loopback."""

    def script(peer):
        peer.read_request()
        peer.wait_closed()

    with RawServer(script) as server:
        transport = Transport(environ={"http_proxy": f"http://{server.place}"})
        error = failure(transport, "http://model.test/v1", limits=Limits(first_byte_s=SHORT))
    assert error.kind == "stall"
    assert "no answer from model.test:80" in str(error)
    assert "0.05 s" in str(error)
    assert "httpIdleTimeoutMs" in str(error)


def test_a_head_that_stops_halfway_is_a_stall_on_loopback_too(transport):
    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        peer.wait_closed()

    with RawServer(script) as server:
        error = failure(transport, server.url, limits=Limits(idle_s=SHORT))
    assert error.kind == "stall"


def test_a_server_that_does_not_take_the_request_is_a_stall(transport):
    done = threading.Event()
    with RawServer(lambda peer: done.wait(5)) as server:
        with pytest.raises(ProviderError) as caught:
            transport.open(post(server.url, bytes(30_000_000)), new_token(), Limits(idle_s=SHORT))
        done.set()
    assert caught.value.kind == "stall"
    assert "nothing of the request was taken" in str(caught.value)


@pytest.mark.parametrize("limit", [None, 0, -1, 1e12, 9e15])
def test_no_limit_and_absurd_limits_work(transport, limit):
    limits = Limits(connect_s=limit, first_byte_s=limit, idle_s=limit)
    with RawServer(answering(chunked(b"fine"))) as server:
        assert ask(transport, server.url, limits=limits) == b"fine"


# Connecting


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_refused_connection_says_where_and_what_to_do(transport):
    port = free_port()
    for host in ("127.0.0.1", "localhost"):
        error = failure(transport, f"http://{host}:{port}/v1?key={SECRET}")
        assert error.kind == "network"
        assert f"{host}:{port}" in str(error)
        assert "refused" in str(error)
        assert SECRET not in str(error)


def test_an_unknown_host_says_which(transport):
    error = failure(transport, "http://no-such-host.invalid/v1", limits=Limits(connect_s=5))
    assert error.kind == "network"
    assert "no-such-host.invalid" in str(error)


def test_a_host_name_that_dns_cannot_carry(transport):
    error = failure(transport, f"http://{'a' * 70}.test/v1", limits=Limits(connect_s=5))
    assert error.kind == "network"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "x.localhost", "127.1"])
def test_ways_to_write_loopback(transport, host):
    with RawServer(answering(reply())) as server:
        assert ask(transport, f"http://{host}:{server.port}/") == b"ok"


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 loopback on this machine")
@pytest.mark.parametrize("host", ["[::1]", "localhost"])
def test_ipv6(transport, host):
    with RawServer(answering(reply()), host="::1") as server:
        assert ask(transport, f"http://{host}:{server.port}/") == b"ok"
        assert f"Host: {host}:{server.port}\r\n".encode() in server.requests[0]


def test_the_limit_on_connecting(transport):
    with FullBacklog() as port:
        error = failure(transport, f"http://127.0.0.1:{port}/", limits=Limits(connect_s=SHORT))
    assert error.kind == "network"
    assert f"no connection to 127.0.0.1:{port} within 0.05 s" in str(error)
