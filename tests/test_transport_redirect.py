"""Redirects: followed only where nothing secret can leave."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.request import Request
from pi.transport import Transport
from pi.value import replace
from tests.rawserver import RawServer, answering, failure, new_token, post, reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "sk-very-secret"


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(environ={})
    yield made
    made.close()


def redirect(status: str, location: str) -> bytes:
    return reply(b"moved", status, f"Location: {location}\r\n")


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
@pytest.mark.parametrize("location", ["/v2/chat?x=1", "../v2/chat?x=1", "ABSOLUTE"])
def test_a_redirect_to_the_same_place_is_followed(transport, status, location):
    def script(peer):
        peer.read_request()
        target = f"{peer.server.url.replace('/v1/', '/v2/')}?x=1"
        peer.send(redirect(status, target if location == "ABSOLUTE" else location))
        peer.read_request()
        peer.send(reply(b"there"))

    with RawServer(script) as server:
        with transport.open(post(server.url, b"body", Authorization="k"), new_token()) as response:
            assert response.read() == b"there"
        second = server.requests[1]
        assert server.connections == 1
    assert second.startswith(b"POST /v2/chat?x=1 HTTP/1.1\r\n")
    assert b"Authorization: k\r\n" in second
    assert second.endswith(b"body")


def test_without_following_a_redirect_is_an_answer(transport):
    request = Request("", {"Authorization": "k"}, b"", method="GET")
    with RawServer(answering(redirect("302 Found", "http://elsewhere.test/"))) as server:
        asked = replace(request, url=server.url)
        with transport.open(asked, new_token(), follow=False) as response:
            assert response.status == 302
            assert response.headers["location"] == "http://elsewhere.test/"
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "location", "shows"),
    [
        ("307", f"http://elsewhere.test/x?token={SECRET}", "http://elsewhere.test/x"),
        ("308", "//elsewhere.test:8080/", "http://elsewhere.test:8080/"),
        ("307", "https://127.0.0.1/", "https://127.0.0.1/"),
        ("302", "/login", "/login"),
        ("301", "/x", "/x"),
        ("303", "/x", "/x"),
        ("307", f"http://user:{SECRET}@elsewhere.test/", "cannot be used"),
        ("307", "http://[::1/", "cannot be used"),
        ("307", "file:///etc/passwd", "cannot be used"),
        ("307", "/caf\u00e9", "cannot be used"),
    ],
)
def test_a_redirect_that_is_not_followed_says_where_it_points(transport, status, location, shows):
    with RawServer(answering(redirect(f"{status} Moved", location))) as server:
        error = failure(transport, server.url)
        assert len(server.requests) == 1
    assert error.kind == "bad_request"
    assert shows in str(error)
    assert server.place in str(error)
    assert SECRET not in str(error)


def test_a_get_without_a_secret_follows_to_another_place(transport):
    with (
        RawServer(answering(reply(b"file"))) as two,
        RawServer(answering(redirect("302 Found", two.url))) as one,
    ):
        plain = Request(one.url, {"Accept": "x/y"}, b"", method="GET")
        with transport.open(plain, new_token()) as response:
            assert response.read() == b"file"
        with pytest.raises(ProviderError, match="not followed"):
            transport.open(replace(plain, headers={"X-Api-Key": SECRET}), new_token())
        assert len(two.requests) == 1


def test_a_redirect_in_circles_ends(transport):
    with RawServer(answering(redirect("307 T", "/v1/chat"))) as server:
        assert "in circles" in str(failure(transport, server.url))
        assert len(server.requests) < 10


def test_a_redirect_without_an_address_is_an_answer(transport):
    with (
        RawServer(answering(reply(b"", "302 Found"))) as server,
        transport.open(post(server.url), new_token()) as response,
    ):
        assert response.status == 302
