"""HTTP/1.1 bodies without a socket, split anywhere."""

from __future__ import annotations

import random

import pytest

from pi.transport.body import Chunked, CutError, Sized, UntilClose, framing_of
from pi.transport.head import Head, MalformedError


@pytest.mark.parametrize(
    ("method", "status", "headers", "kind"),
    [
        ("POST", 200, {}, UntilClose),
        ("POST", 200, {"content-length": "3"}, Sized),
        ("POST", 200, {"content-length": "0003"}, Sized),
        ("POST", 200, {"transfer-encoding": "chunked", "content-length": "3"}, Chunked),
        ("POST", 200, {"transfer-encoding": "identity", "content-length": "3"}, Sized),
        ("HEAD", 200, {"content-length": "3"}, Sized),
        ("GET", 204, {"transfer-encoding": "chunked"}, Sized),
        ("GET", 304, {"content-length": "3"}, Sized),
    ],
)
def test_framing(method, status, headers, kind):
    body = framing_of(Head(1, status, headers), method)
    assert type(body) is kind
    assert body.done is (method == "HEAD" or status in (204, 304))


@pytest.mark.parametrize("length", ["", "-1", "+1", "1_0", "0x1", "\u0663", "1, 2", "1" * 19])
def test_lengths_that_are_none(length):
    with pytest.raises(MalformedError):
        framing_of(Head(1, 200, {"content-length": length}), "POST")


def drained(body, data, sizes):
    """(payload, rest) of `data` fed in pieces of the given sizes."""
    payload = b""
    at = 0
    for size in sizes:
        piece, at = data[at : at + size], at + size
        payload += body.feed(piece)
        if body.done:
            return payload, body.rest + data[at:]
    return payload, data[at:]


BODY = b'5\r\nhello\r\n1;ext="a"\r\n \r\n0a \r\nworld, 12\n\r\n000\r\nT: 1\r\nU: 2\r\n\r\nNEXT'


@pytest.mark.parametrize("seed", range(40))
def test_chunks_split_at_random(seed):
    dice = random.Random(seed)
    most = dice.choice([1, 2, 5, 100])
    sizes = [dice.randint(1, most) for _ in BODY]
    body = Chunked()
    assert drained(body, BODY, sizes) == (b"hello world, 12\n", b"NEXT")
    body.end()


def test_every_cut_of_a_chunked_body_is_seen():
    end = len(BODY) - len(b"NEXT")
    for at in range(end):
        body = Chunked()
        assert b"hello world, 12\n".startswith(body.feed(BODY[:at]))
        assert not body.done
        with pytest.raises(CutError):
            body.end()


def test_what_came_before_a_malformed_line_is_kept():
    body = Chunked()
    assert body.feed(b"2\r\nhi\r\n3\r\nyou\r\nnonsense\r\n") == b"hiyou"
    assert "size" in str(body.failure)
    assert not body.done
    with pytest.raises(MalformedError):
        Chunked().feed(b"nonsense\r\n")


def test_a_sized_body():
    body = Sized(5)
    assert [body.feed(b"he"), body.done] == [b"he", False]
    with pytest.raises(CutError, match="3 bytes"):
        body.end()
    assert [body.feed(b"lloNEXT"), body.done, body.rest] == [b"llo", True, b"NEXT"]
    body.end()


def test_a_body_until_close_ends_only_there():
    body = UntilClose()
    assert [body.feed(b"any"), body.done] == [b"any", False]
    body.end()
    assert body.done


def test_a_chunk_as_large_as_it_likes_is_not_held():
    body = Chunked()
    body.feed(b"fffffffffffffff\r\n")
    for _ in range(100):
        assert body.feed(b"x" * 1000) == b"x" * 1000
    assert sum(len(value) for value in vars(body).values() if isinstance(value, bytes)) == 0
