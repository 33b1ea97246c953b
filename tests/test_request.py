"""A prepared request: what its text shows."""

from __future__ import annotations

import pytest

from pi.request import Request

SECRET = "sk-very-secret"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "x-api-key", "api-key", "X-Goog-Api-Key", "Cookie", "Proxy-Authorization",
        "cf-aig-authorization", "x-amz-security-token",
    ],
)  # fmt: skip
def test_no_header_shows_a_credential(name):
    shown = repr(Request("https://h/v1", {name: SECRET, "Accept": "text/x"}, b"{}"))
    assert SECRET not in shown
    assert f"'{name}': '***'" in shown
    assert "'Accept': 'text/x'" in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/v1?alt=sse&key=S", "https://h/v1?alt=sse&key=***"),
        ("https://h?access_token=S&x=a=b", "https://h?access_token=***&x=a=b"),
        ("https://h/?API_KEY=S#S", "https://h/?API_KEY=***"),
        ("https://user:S@h:1/a@b?x", "https://***@h:1/a@b?x"),
        ("https://h/a/b?key=", "https://h/a/b?key="),
        ("not a url", "not a url"),
        ("", ""),
    ],
)
def test_no_url_shows_a_credential(url, shown):
    request = Request(url.replace("S", SECRET), {}, b"")
    assert f"Request(POST {shown}, headers" in repr(request)
    assert SECRET not in repr(request)


def test_the_rest_is_shown_and_bounded():
    shown = repr(Request("http://h/", {}, b"abc" * 10_000, "x-api-key", "json", "PUT"))
    assert shown.startswith("Request(PUT http://h/, headers={}, body=b'abcabc")
    assert shown.endswith("auth='x-api-key', framing='json')")
    assert len(shown) < 1200
