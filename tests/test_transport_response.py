"""Bodies: whole, cut, coded."""

from __future__ import annotations

import gzip
import threading
import zlib

import pytest

from pi.errors import ProviderError
from pi.transport import Transport
from tests.rawserver import RawServer, answering, ask, chunked, failure, new_token, post, reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(environ={})
    yield made
    made.close()


def test_chunks_come_as_soon_as_they_arrive(transport):
    go_on = threading.Semaphore(0)

    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (b"1", b"2", b"3"):
            peer.send(b"1\r\n%s\r\n" % piece)
            assert go_on.acquire(timeout=5)
        peer.send(b"0\r\n\r\n")

    with RawServer(script) as server, transport.open(post(server.url), new_token()) as response:
        seen = []
        for chunk in response.chunks():
            seen.append(chunk)
            go_on.release()
    assert seen == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    "answer",
    [
        chunked(b"hello ", b"world"),
        reply(b"hello world"),
        b"HTTP/1.1 200 OK\r\n\r\nhello world",
        b"HTTP/1.0 200\r\n\r\nhello world",
        b"HTTP/1.1 200 OK\nContent-Length: 11\n\nhello world",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
        + reply(b"hello world"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 11, 11\r\n\r\nhello world",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        b'000b;x="y"\r\nhello world\r\n0;z\r\n\r\n',
    ],
    ids=["chunked", "length", "close", "1.0", "LF", "1xx", "twice", "extension"],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_every_framing_split_anywhere(transport, answer, size):
    def script(peer):
        peer.read_request()
        peer.send(*(answer[at : at + size] for at in range(0, len(answer), size)))

    with RawServer(script) as server, transport.open(post(server.url), new_token()) as response:
        assert b"".join(response.chunks()) == b"hello world"
        assert response.status == 200


CUT = {
    "no final chunk": chunked(b"hello", end=b""),
    "in the final chunk": chunked(b"hello", end=b"0\r\n"),
    "in a chunk": chunked(b"hello", end=b"ff\r\nabc"),
    "in a size": chunked(b"hello", end=b"f"),
    "after a size": chunked(b"hello", end=b"f\r\n"),
    "no chunk at all": chunked(end=b""),
    "short of its length": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
    "nothing of its length": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
}


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT.keys())
@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
def test_a_cut_body_is_an_error(transport, answer, is_reset):
    received = threading.Event()

    def script(peer):
        peer.read_request()
        peer.send(answer)
        if is_reset:
            received.wait(0.02)
            peer.reset()

    with RawServer(script) as server:
        error = failure(transport, server.url)
    assert error.kind == "network"
    assert server.place in str(error)


def test_what_came_before_the_cut_was_handed_on(transport):
    def script(peer):
        peer.read_request()
        peer.send(chunked(b"hello", end=b""))

    with RawServer(script) as server, transport.open(post(server.url), new_token()) as response:
        chunks = response.chunks()
        assert next(chunks) == b"hello"
        with pytest.raises(ProviderError, match="5 bytes"):
            next(chunks)


def test_a_closed_answer_does_not_read_as_a_short_one(transport):
    def script(peer):
        peer.read_request()
        peer.send(chunked(b"x" * 10, end=b""))
        peer.wait_closed()

    with RawServer(script) as server:
        response = transport.open(post(server.url), new_token())
        response.close()
        with pytest.raises(ProviderError, match="closed before its end"):
            response.read()


def test_read_is_bounded(transport):
    with RawServer(answering(chunked(b"x" * 100_000))) as server:
        with transport.open(post(server.url), new_token()) as response:
            assert response.read(10) == b"x" * 10
        with transport.open(post(server.url), new_token()) as response:
            assert len(response.read()) == 100_000


def test_an_error_answer_that_breaks_off_still_tells_what_came(transport):
    answer = b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 99\r\n\r\ntoo man"

    def script(peer):
        peer.read_request()
        peer.send(answer)

    with RawServer(script) as server, transport.open(post(server.url), new_token()) as response:
        assert (response.status, response.headers["retry-after"]) == (429, "7")
        assert response.read(65536) == b"too man"


def test_headers_are_lower_case_and_joined(transport):
    head = "X-One: a\r\nx-one:b\r\nFolded: a\r\n  b\r\nEmpty:\r\n"
    with (
        RawServer(answering(reply(headers=head))) as server,
        transport.open(post(server.url), new_token()) as response,
    ):
        headers = response.headers
    assert headers["x-one"] == "a, b"
    assert headers["folded"] == "a b"
    assert headers["empty"] == ""


# Content coding


def deflate_raw(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


TEXT = b"".join(b"data: %d\n\n" % number for number in range(3000))
CODED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "x-gzip": ("X-GZip", gzip.compress(TEXT)),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "raw deflate": ("deflate", deflate_raw(TEXT)),
    "two members": ("gzip", gzip.compress(TEXT[:99]) + gzip.compress(TEXT[99:])),
    "padded": ("gzip", gzip.compress(TEXT) + b"\0" * 20),
    "identity": ("identity", TEXT),
}


@pytest.mark.parametrize(("coding", "data"), CODED.values(), ids=CODED.keys())
@pytest.mark.parametrize("size", [1, 100, 100_000])
def test_a_coded_body_is_unfolded_as_it_comes(transport, coding, data, size):
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    answer = chunked(*pieces, headers=f"Content-Encoding: {coding}\r\n")
    with RawServer(answering(answer)) as server:
        assert ask(transport, server.url) == TEXT
        assert ask(transport, server.url) == TEXT
        assert server.connections == 1


def test_a_coded_body_keeps_memory_bounded(transport):
    bomb = gzip.compress(bytes(50_000_000))
    with (
        RawServer(answering(reply(bomb, headers="Content-Encoding: gzip\r\n"))) as server,
        transport.open(post(server.url), new_token()) as response,
    ):
        sizes = [len(chunk) for chunk in response.chunks()]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= 256 * 1024


@pytest.mark.parametrize(
    ("coding", "data", "kind"),
    [
        ("br", b"whatever", "protocol"),
        ("gzip, gzip", gzip.compress(b"x"), "protocol"),
        ("gzip", b"not gzip at all", "protocol"),
        ("gzip", gzip.compress(TEXT)[:-9], "network"),
        ("deflate", zlib.compress(TEXT)[:-1], "network"),
    ],
)
def test_a_coded_body_that_cannot_be_read_is_an_error(transport, coding, data, kind):
    answer = reply(data, headers=f"Content-Encoding: {coding}\r\n")
    with RawServer(answering(answer)) as server:
        error = failure(transport, server.url)
    assert error.kind == kind
    assert server.place in str(error)
