"""URLs, taken apart strictly."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.transport.route import Url, is_loopback, parse


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://host/p", ("http", "host", 80, "/p")),
        ("HTTPS://Host.Example", ("https", "host.example", 443, "/")),
        ("https://h:8443?q=1", ("https", "h", 8443, "/?q=1")),
        ("https://h:/p/?a=/b?c#f", ("https", "h", 443, "/p/?a=/b?c")),
        ("http://[::1]:11434/v1", ("http", "::1", 11434, "/v1")),
        ("http://[FE80::1%eth0]/", ("http", "fe80::1%eth0", 80, "/")),
        ("http://my_host.local/a:b@c", ("http", "my_host.local", 80, "/a:b@c")),
        ("http://h/%zz//..", ("http", "h", 80, "/%zz//..")),
    ],
)
def test_good(url, parts):
    assert parse(url) == Url(*parts)


@pytest.mark.parametrize(
    "url",
    [
        "", "h", "//h/", "http:/h", "http:///p", "http://", "mailto:x@y", "http://h:port/", "http://h:/\\x",
        "http://h:65536/", "http://h:-1/", "http://h:\u0661/", "http://[::1/", "http://::1/", "http://[]/",
        "http://[::1]x/", "http://a,b/", "http://h\n/", "http://h/\t", "http://h/\x7f", "http://h/\u00fc",
        "http://u@h/", "http://u:p@h/", "http://h%00/", "http:// h/",
    ],
)  # fmt: skip
def test_bad(url):
    with pytest.raises(ProviderError) as caught:
        parse(url)
    assert caught.value.kind == "bad_request"


@pytest.mark.parametrize(
    ("url", "text", "place"),
    [
        ("http://h/", "http://h/", "h:80"),
        ("HTTP://H:80?a#b", "http://h/?a", "h:80"),
        ("http://h:443/", "http://h:443/", "h:443"),
        ("https://h:443/p", "https://h/p", "h:443"),
        ("http://[::1]:8080/", "http://[::1]:8080/", "[::1]:8080"),
    ],
)
def test_text(url, text, place):
    assert (parse(url).text, parse(url).place) == (text, place)


def test_no_repr_shows_the_query():
    assert "secret" not in repr(parse("http://h/p?key=secret"))


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("0.0.0.0", True),
        ("::ffff:127.0.0.1", True),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("127.example", False),
        ("192.168.0.1", False),
        ("::2", False),
    ],
)
def test_loopback(host, is_own):
    assert is_loopback(host) is is_own
