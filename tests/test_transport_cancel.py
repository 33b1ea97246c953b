"""A cancel takes effect at once, in whatever state a request is."""

from __future__ import annotations

import threading
import time

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, ProviderError
from pi.transport import Transport
from tests.rawserver import (
    FullBacklog,
    Peer,
    RawServer,
    Running,
    answering,
    ask,
    chunked,
    post,
    reply,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pi.request import Request


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(environ={})
    yield made
    made.close()


def stays_silent(peer: Peer) -> None:
    peer.read_request()
    peer.server.reached.set()
    peer.wait_closed()


def stops_in_the_head(peer: Peer) -> None:
    peer.read_request()
    peer.send(b"HTTP/1.1 200 OK\r\nX: ")
    peer.server.reached.set()
    peer.wait_closed()


def stops_in_the_body(peer: Peer) -> None:
    peer.read_request()
    peer.send(chunked(b"hello", end=b""))
    peer.server.reached.set()
    peer.wait_closed()


def floods(peer: Peer) -> None:
    peer.read_request()
    peer.send(chunked(end=b""))
    for number in range(1_000_000):
        try:
            peer.sock.sendall(b"4\r\nword\r\n" * 1000)
        except OSError:
            return
        if number == 5:
            peer.server.reached.set()


def stops_reading(peer: Peer) -> None:
    peer.sock.recv(100)
    peer.server.reached.set()
    threading.Event().wait(0.3)


def cancelled_in(transport: Transport, request: Request, server: RawServer) -> tuple[object, float]:
    """What came of a request cancelled where its script says, and how long that took."""
    token = CancelToken()

    def work() -> bytes:
        with transport.open(request, token) as response:
            return b"".join(response.chunks())

    run = Running(work)
    assert server.reached.wait(5)
    time.sleep(0.02)  # let the client get to its blocking call
    began = time.monotonic()
    token.cancel("stop")
    return run.result(), run.ended_at - began


@pytest.mark.parametrize(
    ("script", "size"),
    [
        (stays_silent, 2),
        (stops_in_the_head, 2),
        (stops_in_the_body, 2),
        (floods, 2),
        (stops_reading, 50_000_000),
    ],
    ids=["no answer", "head", "body", "flood", "sending"],
)
@pytest.mark.parametrize("is_reused", [False, True], ids=["fresh", "reused"])
def test_cancel_in_every_state(transport, script, size, is_reused):
    def whole(peer):
        if is_reused:
            peer.read_request()
            peer.send(reply(b"warm"))
        script(peer)

    with RawServer(whole) as server:
        if is_reused:
            ask(transport, server.url)
        outcome, took_s = cancelled_in(transport, post(server.url, bytes(size)), server)
        assert isinstance(outcome, Cancelled)
        assert took_s < 0.5  # 50 ms on an idle machine
        assert server.connections == 1  # and no second attempt
        server.reached.clear()


def test_cancel_while_connecting(transport):
    token = CancelToken()
    with FullBacklog() as port:
        run = Running(lambda: transport.open(post(f"http://127.0.0.1:{port}/"), token))
        time.sleep(0.05)
        assert run.outcome is None
        token.cancel()
        assert isinstance(run.result(), Cancelled)


def test_a_token_that_has_fired_sends_nothing(transport):
    token = CancelToken()
    token.cancel()
    with RawServer(answering(reply())) as server:
        with pytest.raises(Cancelled):
            transport.open(post(server.url), token)
        ask(transport, server.url)
        with pytest.raises(Cancelled):
            transport.open(post(server.url), token)
        assert len(server.requests) == 1


def test_cancel_after_the_end_leaves_the_kept_connection_alone(transport):
    with RawServer(answering(reply())) as server:
        token = CancelToken()
        with transport.open(post(server.url), token) as response:
            assert response.read() == b"ok"
        token.cancel()
        assert ask(transport, server.url) == b"ok"
        assert server.connections == 1


def test_cancel_between_two_chunks(transport):
    token = CancelToken()

    def script(peer):
        peer.read_request()
        peer.send(chunked(b"one", end=b""))
        peer.wait_closed()

    with RawServer(script) as server, transport.open(post(server.url), token) as response:
        chunks = response.chunks()
        assert next(chunks) == b"one"
        token.cancel()
        with pytest.raises(Cancelled):
            next(chunks)


def test_a_network_error_is_not_reported_as_cancelled(transport):
    token = CancelToken()

    def script(peer):
        peer.read_request()
        peer.send(chunked(b"one", end=b""))

    with RawServer(script) as server, pytest.raises(ProviderError):
        transport.open(post(server.url), token).read()
    assert not token.cancelled


def test_a_cancel_from_a_signal_handler_of_the_same_thread(transport):
    """The handler runs inside the blocked call."""
    signal = pytest.importorskip("signal")
    token = CancelToken()
    before = signal.signal(signal.SIGALRM, lambda *_: token.cancel())
    try:
        with RawServer(stays_silent) as server:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(Cancelled):
                transport.open(post(server.url), token)
    finally:
        signal.signal(signal.SIGALRM, before)
