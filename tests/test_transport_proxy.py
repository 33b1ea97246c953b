"""Proxies: which one is chosen, and what is said to it."""

from __future__ import annotations

import socket

import pytest

from pi.errors import ProviderError
from pi.transport import Transport
from pi.transport.proxy import is_excepted, parse, proxy_for
from pi.transport.route import parse as parse_url
from tests.rawserver import RawServer, answering, ask, failure, new_token, post, reply

SECRET = "p%40ss:w0rd"
BASIC = b"Proxy-Authorization: Basic dXNlcjpwQHNzOncwcmQ="  # user:p@ss:w0rd


@pytest.mark.parametrize(
    ("url", "environ", "setting", "place"),
    [
        ("http://h/", {}, None, None),
        ("http://h/", {}, "http://s:1", "s:1"),
        ("http://h/", {}, "", None),
        ("http://h/", {"http_proxy": "a:1", "HTTP_PROXY": "b:1"}, "s:1", "a:1"),
        ("http://h/", {"HTTP_PROXY": "b:1"}, "s:1", "b:1"),
        ("http://h/", {"HTTPS_PROXY": "b:1"}, None, None),
        ("http://h/", {"ALL_PROXY": "c:1"}, None, "c:1"),
        ("http://h/", {"ALL_PROXY": "c:1"}, "s:1", "s:1"),
        ("https://h/", {"HTTPS_PROXY": "b:1", "HTTP_PROXY": "a:1"}, "s:1", "b:1"),
        ("https://h/", {"HTTP_PROXY": "a:1"}, None, "a:1"),
        ("https://h/", {"HTTP_PROXY": "a:1"}, "s:1", "s:1"),
        ("https://h/", {"HTTP_PROXY": "a:1", "all_proxy": "c:1"}, None, "c:1"),
        ("https://h/", {"https_proxy": "", "HTTPS_PROXY": "b:1"}, "s:1", None),
        ("https://h/", {"HTTPS_PROXY": "b:1", "NO_PROXY": "h"}, None, None),
        ("https://h/", {"HTTPS_PROXY": "b:1", "NO_PROXY": "h", "no_proxy": ""}, None, "b:1"),
        ("https://h/", {"NO_PROXY": "h"}, "s:1", None),
        ("http://h/", {"HTTP_PROXY": " http://[::1]:3128/ "}, None, "[::1]:3128"),
        ("http://h/", {"HTTP_PROXY": "http://proxy"}, None, "proxy:80"),
    ],
)
def test_choice(url, environ, setting, place):
    proxy = proxy_for(parse_url(url), environ, setting)
    assert (proxy and proxy.place) == place


@pytest.mark.parametrize(
    ("host", "port", "exceptions", "is_out"),
    [
        ("a.example", 80, "", False),
        ("a.example", 80, "*", True),
        ("a.example", 80, "a.example", True),
        ("a.example", 80, "A.Example", True),
        ("a.example", 80, "example", True),
        ("a.example", 80, ".example", True),
        ("a.example", 80, "*.example", True),
        ("example", 80, ".example", True),
        ("notexample", 80, "example", False),
        ("a.example", 80, "b.example, a.example", True),
        ("a.example", 80, "b.example a.example", True),
        ("a.example", 80, " , ,", False),
        ("a.example", 80, "a.example:80", True),
        ("a.example", 443, "a.example:80", False),
        ("a.example.", 80, "a.example", True),
        ("127.0.0.1", 80, "127.0.0.1", True),
        ("127.0.0.1", 80, "127.0.0.1:81", False),
        ("127.0.0.1", 80, "0.0.1", False),
        ("10.1.2.3", 80, "10.0.0.0/8", True),
        ("11.1.2.3", 80, "10.0.0.0/8", False),
        ("10.1.2.3", 80, "0.0.0.0/0", True),
        ("10.1.2.3", 80, "10.1.2.3/32", True),
        ("10.1.2.3", 80, "10.1.2.2/31", True),
        ("10.1.2.3", 80, "10.1.2.0/x", False),
        ("10.1.2.3", 80, "::/0", False),
        ("::1", 80, "::1", True),
        ("::1", 80, "[::1]:80", True),
        ("::1", 80, "[::1]", True),
        ("0:0:0:0:0:0:0:1", 80, "::1", True),
        ("fd00::5", 80, "fd00::/8", True),
        ("localhost", 80, "127.0.0.1", False),
    ],
)
def test_exceptions(host, port, exceptions, is_out):
    assert is_excepted(host, port, exceptions) is is_out


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("socks5://h:1", "socks5://"),
        ("https://h:1", "https://"),
        ("http://", "not a proxy address"),
        ("http://h:x", "not a proxy address"),
        (f"ftp://user:{SECRET}@h", "ftp://"),
        (f"http://user:{SECRET}@h:99999", "not a proxy address"),
        (f"user:{SECRET}@h\r\n", "not a proxy address"),
    ],
)
def test_a_proxy_that_cannot_be_used(value, says):
    with pytest.raises(ProviderError) as caught:
        parse(value, "HTTPS_PROXY")
    assert caught.value.kind == "bad_request"
    assert says in str(caught.value)
    assert "HTTPS_PROXY" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_no_repr_shows_the_password():
    proxy = parse(f"http://user:{SECRET}@h:1", "HTTP_PROXY")
    assert proxy.authorization == BASIC.decode().partition(": ")[2]
    assert proxy.authorization not in repr(proxy)
    assert "h:1" in repr(proxy)


def test_plain_http_goes_to_the_proxy_whole():
    with RawServer(answering(reply(b"by proxy"))) as proxy:
        transport = Transport(environ={"HTTP_PROXY": f"http://user:{SECRET}@{proxy.place}"})
        for _ in range(3):
            assert ask(transport, "http://model.test:8080/v1?x=1") == b"by proxy"
        assert proxy.connections == 1
        request = proxy.requests[0]
        transport.close()
    assert request.startswith(b"POST http://model.test:8080/v1?x=1 HTTP/1.1\r\n")
    assert b"Host: model.test:8080\r\n" in request
    assert BASIC.partition(b": ")[2] in request


def test_the_setting_is_used_and_no_proxy_beats_it():
    with (
        RawServer(answering(reply(b"direct"))) as server,
        RawServer(answering(reply(b"by proxy"))) as proxy,
    ):
        environ: dict[str, str] = {}
        transport = Transport(environ=environ, proxy=f"http://{proxy.place}")
        assert ask(transport, server.url) == b"by proxy"
        environ["NO_PROXY"] = "127.0.0.1"
        assert ask(transport, server.url) == b"direct"
        assert b"Proxy-Authorization" not in server.requests[0]
        transport.close()


@pytest.mark.parametrize(
    ("user", "status", "kind", "says"),
    [
        ("", "407 Proxy Authentication Required", "auth", "put user:password@"),
        (f"user:{SECRET}@", "407 Nope", "auth", "correct the user and password in HTTPS_PROXY"),
        ("", "403 Forbidden", "bad_request", "NO_PROXY"),
        ("", "502 Bad Gateway", "network", "502"),
        ("", "301 Moved", "bad_request", "301"),
    ],
)
def test_a_proxy_that_refuses_the_tunnel_is_named(user, status, kind, says):
    with RawServer(answering(reply(b"<html>", status))) as proxy:
        transport = Transport(environ={"HTTPS_PROXY": f"http://{user}{proxy.place}"})
        error = failure(transport, "https://model.test/v1")
        request = proxy.requests[0]
    assert request.startswith(b"CONNECT model.test:443 HTTP/1.1\r\nHost: model.test:443\r\n")
    assert (BASIC in request) is bool(user)
    assert error.kind == kind
    assert f"the proxy {proxy.place}" in str(error)
    assert "model.test:443" in str(error)
    assert says in str(error)
    assert "w0rd" not in str(error)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (b"", "network", "did not connect to model.test:443"),
        (b"SSH-2.0\r\n", "protocol", "is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "protocol", "TLS should begin"),
    ],
)
def test_a_proxy_that_breaks_the_tunnel_is_named(answer, kind, says):
    def script(peer):
        peer.read_request()
        peer.send(answer)

    with RawServer(script) as proxy:
        transport = Transport(environ={"HTTPS_PROXY": f"http://{proxy.place}"})
        error = failure(transport, "https://model.test/v1")
    assert error.kind == kind
    assert f"the proxy {proxy.place}" in str(error)
    assert says in str(error)


def test_a_plain_proxy_that_refuses_is_named():
    for status, kind in (("407 Nope", "auth"), ("403 Forbidden", "bad_request")):
        answer = reply(b"<html>", status, "Content-Type: text/html\r\n")
        with RawServer(answering(answer)) as proxy:
            transport = Transport(environ={"HTTP_PROXY": f"http://{proxy.place}"})
            error = failure(transport, "http://model.test/v1")
            transport.close()
        assert error.kind == kind
        assert f"the proxy {proxy.place}" in str(error)


def test_a_refusal_in_json_through_a_proxy_is_the_providers():
    answer = reply(b'{"error":1}', "403 Forbidden", "Content-Type: application/json\r\n")
    with RawServer(answering(answer)) as proxy:
        transport = Transport(environ={"HTTP_PROXY": f"http://{proxy.place}"})
        with transport.open(post("http://model.test/v1"), new_token()) as response:
            assert (response.status, response.read()) == (403, b'{"error":1}')
        transport.close()


def test_a_proxy_that_is_not_there_is_named():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for scheme, variable in (("http", "HTTP_PROXY"), ("https", "HTTPS_PROXY")):
        transport = Transport(environ={variable: f"http://user:{SECRET}@127.0.0.1:{port}"})
        error = failure(transport, f"{scheme}://model.test/")
        assert error.kind == "network"
        assert f"the proxy 127.0.0.1:{port}" in str(error)
        assert variable in str(error)
        assert "refused" in str(error)
        assert "w0rd" not in str(error)
