"""Heads and bodies as servers really write them, and as nobody should."""

from __future__ import annotations

import random
import threading

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, ProviderError
from pi.request import Request
from pi.transport import Limits, Transport
from tests.rawserver import RawServer, answering, failure, new_token, post, reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rawserver import Peer


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(environ={})
    yield made
    made.close()


def once(*pieces: bytes) -> Callable[[Peer], None]:
    """A script that answers one request with `pieces` and closes."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(*pieces)

    return script


def ok(headers: bytes, body: bytes = b"hello") -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\n" + body


# Heads

HEADS = [
    (b"HTTP/1.1 200 OK", 200, {}),
    (b"HTTP/1.1 200", 200, {}),
    (b"HTTP/1.1 200 ", 200, {}),
    (b"HTTP/1.0 404 Not Found", 404, {}),
    (b"HTTP/1.1 500 \xff\xfe", 500, {}),
    (b"HTTP/1.1 999 What", 999, {}),
    (b"HTTP/1.1 200 OK\r\nA: b", 200, {"a": "b"}),
    (b"HTTP/1.1 200 OK\nA:b\nC : d", 200, {"a": "b", "c": "d"}),
    (b"HTTP/1.1 200 OK\r\nA: b: c\r\nA:", 200, {"a": "b: c, "}),
    (b"HTTP/1.1 200 OK\r\nA: caf\xe9\x85x", 200, {"a": "caf\u00e9\x85x"}),
    (b"HTTP/1.1 200 OK\r\nA: b\t \r\n\t c\r\n \r\nD: e", 200, {"a": "b c", "d": "e"}),
    (b"HTTP/1.1 200 OK\r\n lost\r\nD: e", 200, {"d": "e"}),
    (b"HTTP/1.1 200 OK\r\nFrom: x\r\nD: e", 200, {"from": "x", "d": "e"}),
    (b"HTTP/1.1 200 OK\r\nA: b\x0bc\x1cd\r\nD: e", 200, {"a": "b\x0bc\x1cd", "d": "e"}),
    (
        b"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=x\r\nD: e",
        200,
        {"content-type": "multipart/mixed; boundary=x", "d": "e"},
    ),
]


@pytest.mark.parametrize(("head", "status", "headers"), HEADS)
def test_heads(transport, head, status, headers):
    end = b"\n\n" if b"\r" not in head and b"\n" in head else b"\r\n\r\n"
    with RawServer(once(head + end + b"body")) as server:
        response = transport.open(post(server.url), new_token())
        assert (response.status, response.headers) == (status, headers)
        assert response.read() == b"body"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_interim_heads_are_passed_over(transport, size):
    heads = (
        b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 H\nA: b\n\nHTTP/1.1 102\r\nContent-Length: 9\r\n\r\n"
    )
    data = heads + b"HTTP/1.1 200 OK\r\nC: d\r\n\r\nBODY"
    with RawServer(once(*(data[at : at + size] for at in range(0, len(data), size)))) as server:
        response = transport.open(post(server.url), new_token())
        assert (response.status, response.headers, response.read()) == (200, {"c": "d"}, b"BODY")


@pytest.mark.parametrize("method", ["", "GET /", "G\r\nX", "G\u00c9T"])
def test_a_method_that_is_none(transport, method):
    with RawServer(answering(reply())) as server, pytest.raises(ProviderError) as caught:
        transport.open(Request(server.url, {}, b"", method=method), new_token())
    assert caught.value.kind == "bad_request"
    assert server.connections == 0


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.0 200 OK\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: x, close\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n", True),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n", True),
    ],
)
def test_keep_alive(transport, head, keeps):
    with RawServer(answering(head + b"Content-Length: 2\r\n\r\nhi")) as server:
        for _ in range(3):
            assert transport.open(post(server.url), new_token()).read() == b"hi"
        assert server.connections == (1 if keeps else 3)


# Where a body ends


@pytest.mark.parametrize(
    ("method", "answer", "body"),
    [
        ("HEAD", ok(b"Content-Length: 3", b""), b""),
        ("HEAD", ok(b"Transfer-Encoding: chunked", b""), b""),
        ("GET", b"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n", b""),
        ("POST", ok(b"Content-Length: 0003", b"abc"), b"abc"),
        ("POST", ok(b"Transfer-Encoding: identity\r\nContent-Length: 3", b"abc"), b"abc"),
        ("POST", ok(b"Transfer-Encoding: \t Chunked  ", b"3\r\nabc\r\n0\r\n\r\n"), b"abc"),
        ("POST", ok(b"Content-Length: 0", b""), b""),
    ],
)
def test_the_end_is_known(transport, method, answer, body):
    with RawServer(answering(answer)) as server:
        for _ in range(2):
            request = Request(server.url, {}, b"", method=method)
            assert transport.open(request, new_token()).read() == body
        assert server.connections == 1


@pytest.mark.parametrize(
    "length",
    [b"", b"-1", b"+1", b"1_0", b"0x1", b"\xd9\xa3", b"1, 2", b"1" * 19, b"1" * 5000, b"5 5"],
)
def test_lengths_that_are_none(transport, length):
    with RawServer(once(ok(b"Content-Length: " + length))) as server:
        error = failure(transport, server.url)
    assert error.kind == "protocol"
    assert "Content-Length" in str(error)


@pytest.mark.parametrize(
    "coding", [b"gzip", b"gzip, chunked", b"chunked, chunked", b"chunked\r\nTransfer-Encoding: x"]
)
def test_codings_that_are_not_known(transport, coding):
    with RawServer(once(ok(b"Transfer-Encoding: " + coding))) as server:
        error = failure(transport, server.url)
    assert error.kind == "protocol"
    assert "transfer coding" in str(error)


CHUNKS = b'5\r\nhello\r\n1;ext="a"\r\n \r\n0a \r\nworld, 12\n\r\n2\nab\n000\r\nT: 1\nU: 2\r\n\r\n'
PAYLOAD = b"hello world, 12\nab"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("seed", range(40))
def test_chunks_split_at_random(transport, seed):
    dice = random.Random(seed)
    most = dice.choice([1, 2, 5, 100])

    def script(peer):
        while peer.read_request():
            data = HEAD + CHUNKS
            while data:
                size = dice.randint(1, most)
                peer.send(data[:size])
                data = data[size:]

    with RawServer(script) as server:
        for _ in range(2):
            assert transport.open(post(server.url), new_token()).read() == PAYLOAD
        assert server.connections == 1


def test_what_follows_the_end_is_not_the_next_answer(transport):
    with RawServer(answering(HEAD + CHUNKS + b"NEXT")) as server:
        for _ in range(2):
            assert transport.open(post(server.url), new_token()).read() == PAYLOAD
        assert server.connections == 2


def test_every_cut_of_a_chunked_body_is_seen(transport):
    cuts = iter(range(len(CHUNKS)))

    def script(peer):
        peer.read_request()
        peer.send(HEAD + CHUNKS[: next(cuts)])

    with RawServer(script) as server:
        for _ in CHUNKS:
            seen = []
            with pytest.raises(ProviderError) as caught:
                seen.extend(transport.open(post(server.url), new_token()).chunks())
            assert caught.value.kind == "network"
            assert f"after {len(b''.join(seen))} bytes" in str(caught.value)
            assert PAYLOAD.startswith(b"".join(seen))


def test_every_cut_of_a_head_is_seen(transport):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: b\r\n\r\n"
    cuts = iter(range(len(answer)))

    def script(peer):
        peer.read_request()
        peer.send(answer[: next(cuts)])

    with RawServer(script) as server:
        for _ in answer:
            assert failure(transport, server.url).kind == "network"


def test_what_came_before_a_malformed_line_is_handed_on(transport):
    answer = HEAD + b"2\r\nhi\r\n3\r\nyou\r\nnonsense\r\n"
    seen = []
    with RawServer(once(answer)) as server:
        response = transport.open(post(server.url), new_token())
        with pytest.raises(ProviderError, match="valid size"):
            seen.extend(response.chunks())
    assert b"".join(seen) == b"hiyou"


@pytest.mark.parametrize(
    "start",
    [
        HEAD + b"fffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 18 + b"\r\n\r\n",
    ],
    ids=["chunk", "length"],
)
def test_what_a_size_claims_is_not_reserved(transport, start):
    def script(peer):
        peer.read_request()
        peer.send(start)
        for _ in range(100):
            peer.send(b"x" * 1000)
            assert taken.acquire(timeout=5)

    taken = threading.Semaphore(0)
    with RawServer(script) as server, transport.open(post(server.url), new_token()) as response:
        chunks = response.chunks()
        for _ in range(100):
            assert next(chunks) == b"x" * 1000  # each as it comes
            taken.release()


@pytest.mark.parametrize("length", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
def test_a_closed_answer_is_not_a_short_one(transport, length):
    def script(peer):
        peer.read_request()
        peer.send(ok(length, b""))
        peer.wait_closed()

    with RawServer(script) as server:
        response = transport.open(post(server.url), new_token())
        response.close()
        with pytest.raises(ProviderError, match="closed before its end"):
            response.read()


# Anything at all

PARTS = [
    HEAD, CHUNKS, b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 C\r\n\r\n", b"Content-Length: 5\r\n",
    b"Content-Length: -5\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: deflate\r\n", b"Location: http://[\r\n", b"Connection: close\r\n",
    b"Content-Type: message/rfc822\r\n", b"Content-Type: message/delivery-status\r\n",
    b"Content-Type: multipart/mixed\r\n", b"Set-Cookie: =?utf-8?q?=FF?=\r\n", b"\r\n", b"\r\n\r\n",
    b"\n", b"hello", b"5\r\nhello\r\n", b"0\r\n\r\n", b"\x1f\x8b\x08\0\0\0\0\0", b"x" * 5000,
    b": \r\n", b" \r\n", b"\0", b"\xff", b"\x15\x03\x01", b"HTTP/1.1 302 F\r\n",
    b"HTTP/1.1 401\r\n",
]  # fmt: skip


def mutated(dice: random.Random) -> bytes:
    data = bytearray(b"".join(dice.choices(PARTS, k=dice.randint(1, 8))))
    if dice.random() < 0.7:
        data[:0] = dice.choice((b"HTTP/1.1 200 OK\r\n", HEAD))
    for _ in range(dice.choice((0, 0, 1, 3))):
        at = dice.randrange(len(data) + 1)
        data[at : at + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
    return bytes(data[: dice.choice((len(data), dice.randrange(len(data) + 1)))])


def outcome(transport: Transport, url: str, dice: random.Random) -> ProviderError | None:
    """The error that an answer ends in; a reader that loses interest half-way gets none."""
    token = CancelToken()
    try:
        with transport.open(post(url), token, Limits(idle_s=5)) as response:
            for chunk in response.chunks():
                assert chunk
                if dice.random() < 0.05:
                    token.cancel()
    except Cancelled:
        assert token.cancelled
    except ProviderError as exc:
        return exc
    return None


@pytest.mark.parametrize("seed", range(10))
def test_whatever_comes_ends_in_an_answer_or_one_clear_line(transport, seed):
    dice = random.Random(seed)

    def script(peer):
        peer.read_request()
        peer.send(answer)

    with RawServer(script) as server:
        for _ in range(60):
            answer = mutated(dice)
            error = outcome(transport, server.url, dice)
            if error is not None:
                assert str(error).isprintable(), answer
                assert error.kind in ("network", "protocol", "bad_request"), answer
