"""Connections are kept, and given up, and replaced when they died."""

from __future__ import annotations

import threading

import pytest

from pi.transport import Transport
from tests.rawserver import (
    RawServer,
    Running,
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


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(environ={})
    yield made
    made.close()


@pytest.mark.parametrize(
    "answer",
    [
        chunked(b"one", b"two"),
        reply(b"onetwo"),
        reply(b""),
        chunked(),
        chunked(b"x", end=b"0\r\nTrailer: 1\r\n\r\n"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx",
    ],
    ids=["chunked", "length", "empty", "no chunk", "trailer", "204", "1.0 keep-alive"],
)
def test_fifty_requests_use_one_connection(transport, answer):
    with RawServer(answering(answer)) as server:
        bodies = {ask(transport, server.url) for _ in range(50)}
        assert server.connections == 1
        assert len(server.requests) == 50
    assert len(bodies) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: foo, Close\r\n\r\nx",
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n",
    ],
    ids=["close", "among others", "1.0", "two lengths", "goes on"],
)
def test_a_connection_that_must_not_be_kept_is_not(transport, answer):
    with RawServer(answering(answer)) as server:
        assert ask(transport, server.url) == b"x"
        assert ask(transport, server.url) == b"x"
        assert server.connections == 2


def test_other_places_get_other_connections(transport):
    with RawServer(answering(reply(b"a"))) as one, RawServer(answering(reply(b"b"))) as two:
        assert [ask(transport, url) for url in (one.url, two.url, one.url)] == [b"a", b"b", b"a"]
        assert (one.connections, two.connections) == (1, 1)


def test_a_reader_that_stops_at_its_own_end_marker_keeps_the_connection(transport):
    with RawServer(answering(chunked(b"data: 1\n\n", b"data: [DONE]\n\n"))) as server:
        for _ in range(5):
            with transport.open(post(server.url), new_token()) as response:
                for chunk in response.chunks():
                    if b"[DONE]" in chunk:
                        break
        assert server.connections == 1


def test_finish_waits_for_the_last_chunk_and_close_does_not(transport):
    go_on = threading.Event()

    def script(peer):
        while peer.read_request():
            peer.send(chunked(b"data: [DONE]\n\n", end=b""))
            go_on.wait(5)
            peer.send(b"0\r\n\r\n")

    def stopped_early():
        response = transport.open(post(server.url), new_token())
        assert next(response.chunks()) == b"data: [DONE]\n\n"
        return response

    with RawServer(script) as server:
        response = stopped_early()
        threading.Timer(0.03, go_on.set).start()
        response.finish()
        go_on.clear()
        stopped_early().close()
        assert server.connections == 1  # it was kept for the second request
        go_on.set()
        stopped_early().finish()
        assert server.connections == 2  # and given up by `close`


def test_finish_does_not_wait_for_ever_nor_raise(transport):
    def script(peer):
        peer.read_request()
        peer.send(chunked(b"x", end=b"" if peer.number == 1 else b"garbage\r\n"))
        peer.wait_closed()

    with RawServer(script) as server:
        for token in (new_token(), new_token(), new_token()):
            response = transport.open(post(server.url), token)
            assert next(response.chunks()) == b"x"
            if server.connections == 3:
                token.cancel()
            response.finish()
        assert server.connections == 3


def test_a_reader_that_stops_early_gives_the_connection_up(transport):
    def script(peer):
        while peer.read_request():
            peer.send(chunked(b"one", end=b""))
            assert peer.wait_closed()

    with RawServer(script) as server:
        for _ in range(2):
            with transport.open(post(server.url), new_token()) as response:
                assert next(response.chunks()) == b"one"
        assert server.connections == 2


def test_a_connection_that_died_while_idle_is_replaced(transport):
    closed = threading.Event()

    def script(peer):
        peer.read_request()
        peer.send(reply(b"%d" % peer.number))
        peer.sock.close()
        closed.set()

    with RawServer(script) as server:
        for number in (1, 2, 3):
            assert ask(transport, server.url) == b"%d" % number
            assert closed.wait(5)
            closed.clear()
        assert len(server.requests) == 3


@pytest.mark.parametrize("ending", ["close", "reset"])
def test_a_kept_connection_closed_by_the_next_request_is_retried_once(transport, ending):
    """The server closes only when it sees the second request: no look beforehand can tell."""

    def script(peer):
        peer.read_request()
        if peer.number == 1:
            peer.send(reply(b"first"))
            peer.read_request()
            if ending == "reset":
                peer.reset()
        else:
            peer.send(reply(b"again"))

    with RawServer(script) as server:
        assert ask(transport, server.url) == b"first"
        assert ask(transport, server.url) == b"again"
        assert server.connections == 2


def test_a_fresh_connection_closed_without_an_answer_is_not_retried(transport):
    with RawServer(lambda peer: peer.read_request()) as server:
        error = failure(transport, server.url)
        assert server.connections == 1
    assert error.kind == "network"
    assert server.place in str(error)
    assert "before an answer" in str(error)


def test_an_answer_cut_in_its_head_is_not_retried(transport):
    def script(peer):
        peer.read_request()
        if peer.number == 1 and len(peer.server.requests) == 1:
            peer.send(reply(b"first"))
            peer.read_request()
            peer.send(b"HTTP/1.1 200")

    with RawServer(script) as server:
        assert ask(transport, server.url) == b"first"
        error = failure(transport, server.url)
        assert server.connections == 1
    assert error.kind == "network"


def test_an_unasked_for_word_on_an_idle_connection_ends_it(transport):
    spoke = threading.Event()

    def script(peer):
        peer.read_request()
        peer.send(reply(b"%d" % peer.number))
        peer.send(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        spoke.set()
        peer.wait_closed()

    with RawServer(script) as server:
        for number in (b"1", b"2"):
            with transport.open(post(server.url), new_token()) as response:
                assert response.read() == number
            assert spoke.wait(5)
            spoke.clear()


def test_many_threads_at_once(transport):
    def script(peer):
        while request := peer.read_request():
            peer.send(chunked(request.partition(b"\r\n\r\n")[2]))

    def work(number):
        return [
            transport.open(post(server.url, b"%d-%d" % (number, turn)), new_token()).read()
            for turn in range(20)
        ]

    with RawServer(script) as server:
        runs = [Running(lambda number=number: work(number)) for number in range(8)]
        for number, run in enumerate(runs):
            assert run.result() == [b"%d-%d" % (number, turn) for turn in range(20)]
        assert server.connections <= 8


def test_after_close_nothing_is_kept(transport):
    with RawServer(answering(reply())) as server:
        ask(transport, server.url)
        transport.close()
        ask(transport, server.url)
        ask(transport, server.url)
        assert server.connections == 3
