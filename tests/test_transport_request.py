"""What the transport sends, and what it refuses to."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.request import Request
from pi.transport import Transport
from tests.rawserver import RawServer, answering, ask, failure, new_token, post, reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "sk-very-secret"


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(environ={})
    yield made
    made.close()


def test_the_request_as_the_server_gets_it(transport):
    with RawServer(answering(reply())) as server:
        request = Request(
            f"{server.url}?key=x#fragment",
            {
                "content-type": "application/json",
                "Authorization": "Bearer k",
                "Content-Length": "9",
            },
            b'{"a":1}',
        )
        with transport.open(request, new_token()) as response:
            assert response.read() == b"ok"
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert line == "POST /v1/chat?key=x HTTP/1.1"
    assert body == b'{"a":1}'
    sent = {name.lower(): value for name, value in (header.split(": ", 1) for header in headers)}
    assert len(sent) == len(headers)  # none twice
    assert sent["host"] == server.place
    assert sent["user-agent"].startswith("pi/")
    assert sent["content-length"] == "7"
    assert sent["accept-encoding"] == "identity"
    assert sent["authorization"] == "Bearer k"


def test_own_headers_replace_ours_whatever_their_case(transport):
    with RawServer(answering(reply())) as server:
        request = post(server.url, user_agent="other/1", ACCEPT="text/event-stream")
        transport.open(request, new_token()).close()
        head = server.requests[0].lower()
    assert head.count(b"user-agent:") == 1
    assert b"user-agent: other/1" in head
    assert head.count(b"accept:") == 1


def test_a_get_has_no_body_headers(transport):
    with RawServer(answering(reply(b"[]"))) as server:
        request = Request(server.url, {}, b"", method="GET")
        with transport.open(request, new_token()) as response:
            assert response.read() == b"[]"
        assert b"content-length" not in server.requests[0].lower()


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3_000_000])
def test_a_body_of_any_size_arrives_whole(transport, size):
    body = bytes(range(256)) * (size // 256 + 1)
    with RawServer(answering(reply())) as server:
        with transport.open(post(server.url, body[:size]), new_token()) as response:
            assert response.read() == b"ok"
        assert server.requests[0].partition(b"\r\n\r\n")[2] == body[:size]


def test_a_small_request_is_one_packet(transport):
    sizes = []

    def script(peer):
        sizes.append(len(peer.sock.recv(65536)))
        peer.send(reply())

    with RawServer(script) as server:
        ask(transport, server.url)
    assert sizes[0] > len(b"POST /v1/chat HTTP/1.1\r\n\r\n{}") + 40


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://host/x", "http:// or https://"),
        ("host/x", "http:// or https://"),
        ("http://127.0.0.1:1/a\r\nX: y", "U+000D"),
        ("http://127.0.0.1:1/a b", "U+0020"),
        ("http://127.0.0.1:1/\u4e2d", "U+4E2D"),
        ("http:///x", "no valid host"),
        ("http://a{b}/x", "no valid host"),
        ("http://host:99999/x", "1 to 65535"),
        ("http://host:0/x", "1 to 65535"),
        ("http://host:1_0/x", "1 to 65535"),
        (f"http://user:{SECRET}@host/", "user name or password"),
    ],
)
def test_a_bad_url_is_refused_before_anything_is_sent(transport, url, says):
    error = failure(transport, f"{url}?key={SECRET}" if "?" not in url else url)
    assert error.kind == "bad_request"
    assert says in str(error)
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Key", f"{SECRET}\r\nEvil: 1"),
        ("X-Key", f"{SECRET}\n"),
        ("X-Key", f"{SECRET}\0"),
        ("X-Key", f"{SECRET}\u20ac"),
        ("X Key", "x"),
        ("", "x"),
        ("X-Key:", "x"),
        (f"Authorization: Bearer {SECRET}", ""),
        ("X-\u00e9", "x"),
    ],
)
def test_a_bad_header_is_refused_before_anything_is_sent(transport, name, value):
    with RawServer(answering(reply())) as server:
        with pytest.raises(ProviderError) as caught:
            transport.open(Request(server.url, {name: value}, b""), new_token())
        assert server.connections == 0
    assert caught.value.kind == "bad_request"
    assert "header" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert str(caught.value).isascii()


def test_latin_1_in_a_header_value_is_sent_as_it_is(transport):
    with RawServer(answering(reply())) as server:
        transport.open(post(server.url, x_name="caf\u00e9"), new_token()).close()
        assert b"\r\nx-name: caf\xe9\r\n" in server.requests[0].lower()


# Secrets


def test_no_repr_shows_a_secret(transport):
    with RawServer(answering(reply())) as server:
        request = post(f"{server.url}?key={SECRET}", Authorization=SECRET)
        with transport.open(request, new_token()) as response:
            shown = [repr(value) for value in (response, transport, *vars(response).values())]
    assert not any(SECRET in text for text in shown)
    assert server.place in repr(response)
