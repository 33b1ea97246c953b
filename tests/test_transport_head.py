"""HTTP/1.1 heads without a socket."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.transport.head import Head, HeadReader, encode_head, parse_head


def test_a_request_head():
    head = encode_head("POST", "/v1?x=1", {"Host": "h", "X-Name": "caf\u00e9\t1"})
    assert head == b"POST /v1?x=1 HTTP/1.1\r\nHost: h\r\nX-Name: caf\xe9\t1\r\n\r\n"


@pytest.mark.parametrize("method", ["", "GET /", "G\r\nX", "G\u00c9T"])
def test_a_method_that_is_none(method):
    with pytest.raises(ProviderError) as caught:
        encode_head(method, "/", {})
    assert caught.value.kind == "bad_request"


HEADS = [
    (b"HTTP/1.1 200 OK", Head(1, 200, {})),
    (b"HTTP/1.1 200", Head(1, 200, {})),
    (b"HTTP/1.0 404 Not Found", Head(0, 404, {})),
    (b"HTTP/1.1 500 \xff\xfe", Head(1, 500, {})),
    (b"HTTP/1.1 200 OK\r\nA: b", Head(1, 200, {"a": "b"})),
    (b"HTTP/1.1 200 OK\nA:b\nC : d", Head(1, 200, {"a": "b", "c": "d"})),
    (b"HTTP/1.1 200 OK\r\nA: b: c\r\nA:\r\n", Head(1, 200, {"a": "b: c, "})),
    (b"HTTP/1.1 200 OK\r\nA: caf\xe9", Head(1, 200, {"a": "caf\u00e9"})),
]


@pytest.mark.parametrize(("block", "head"), HEADS)
def test_heads(block, head):
    assert parse_head(block.rstrip(b"\r\n")) == head


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_the_reader_passes_interim_heads_over_and_keeps_the_rest(size):
    data = b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 H\nA: b\n\nHTTP/1.1 200 OK\r\nA: c\r\n\r\nBODY"
    reader = HeadReader()
    at = 0
    head = None
    while head is None:
        head = reader.feed(data[at : at + size])
        at += size
    assert head == Head(1, 200, {"a": "c"})
    assert reader.rest + data[at:] == b"BODY"


@pytest.mark.parametrize(
    ("headers", "minor", "keeps"),
    [
        ({}, 1, True),
        ({}, 0, False),
        ({"connection": "Close"}, 1, False),
        ({"connection": "x, close"}, 1, False),
        ({"connection": "closed"}, 1, True),
        ({"connection": "Keep-Alive"}, 0, True),
        ({"transfer-encoding": "chunked", "content-length": "3"}, 1, False),
    ],
)
def test_keep_alive(headers, minor, keeps):
    assert Head(minor, 200, headers).keeps_alive is keeps
