"""Signatures. The vectors are those of AWS's published test suite for Signature Version 4."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from pi.auth.sigv4 import AwsKeys, Scope, host_of, sign, signed
from pi.request import Request

KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SCOPE = Scope("us-east-1", "service")
NOW_S = 1_440_938_160.0  # 2015-08-30T12:36:00Z
HOST = "https://example.amazonaws.com"


def signature(method="GET", path="/", headers=None, body=b""):
    signed = sign(method, HOST + path, headers or {}, body, KEYS, SCOPE, NOW_S)
    return signed["authorization"].rpartition("=")[2]


@pytest.mark.parametrize(
    ("case", "request_line", "headers", "body", "expected"),
    [
        (
            "get-vanilla",
            ("GET", "/"),
            {},
            b"",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "post-vanilla",
            ("POST", "/"),
            {},
            b"",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        (
            "get-vanilla-query-order-key-case",
            ("GET", "/?Param2=value2&Param1=value1"),
            {},
            b"",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "get-utf8",
            ("GET", "/\u1234"),
            {},
            b"",
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        ),
        (
            "get-vanilla-utf8-query",
            ("GET", "/?\u1234=bar"),
            {},
            b"",
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        ),
        (
            "get-header-value-trim",
            ("GET", "/"),
            {"my-header1": " value1", "my-header2": ' "a   b   c"'},
            b"",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
        (
            "get-slashes",
            ("GET", "//example//"),
            {},
            b"",
            "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
        ),
        (
            "get-relative",
            ("GET", "/example/.."),
            {},
            b"",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "post-x-www-form-urlencoded",
            ("POST", "/"),
            {"content-type": "application/x-www-form-urlencoded"},
            b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
)
def test_published_vector(case, request_line, headers, body, expected):
    assert signature(*request_line, headers, body) == expected, case


def test_all_of_the_header():
    assert sign("GET", HOST, {}, b"", KEYS, SCOPE, NOW_S) == {
        "x-amz-date": "20150830T123600Z",
        "authorization": (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
    }


def test_a_request_to_bedrock_counted_by_hand():
    """The canonical request is written out here, so that nothing of the module is believed."""
    url = "https://bedrock-runtime.eu-west-1.amazonaws.com:443/model/a.b-v1%3A0/converse-stream"
    keys = AwsKeys("AKID", "secret", "a session/token==")
    body = b'{"messages":[]}'
    checked = hashlib.sha256(body).hexdigest()
    headers = {"content-type": "application/json", "x-amz-content-sha256": checked}
    signed = sign("POST", url, headers, body, keys, Scope("eu-west-1", "bedrock"), NOW_S)
    names = "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
    canonical = (
        "POST\n/model/a.b-v1%253A0/converse-stream\n\n"
        "content-type:application/json\n"
        "host:bedrock-runtime.eu-west-1.amazonaws.com\n"
        f"x-amz-content-sha256:{checked}\n"
        "x-amz-date:20150830T123600Z\n"
        "x-amz-security-token:a session/token==\n\n"
        f"{names}\n{checked}"
    )
    scope = "20150830/eu-west-1/bedrock/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = b"AWS4secret"
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n20150830T123600Z\n{scope}\n{hashed}"
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    assert signed["x-amz-security-token"] == "a session/token=="
    assert signed["authorization"].endswith(f"SignedHeaders={names}, Signature={expected}")
    assert f"Credential=AKID/{scope}," in signed["authorization"]


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "PUT"},
        {"path": "/other"},
        {"path": "/?a=b"},
        {"headers": {"x": "1"}},
        {"body": b"1"},
    ],
)
def test_whatever_changes_is_signed(changed):
    assert signature(**changed) != signature()


def test_every_key_region_service_and_second_signs_differently():
    def signed(keys=KEYS, scope=SCOPE, now_s=NOW_S):
        return sign("GET", HOST, {}, b"", keys, scope, now_s)["authorization"][-64:]

    others = {
        signed(),
        signed(keys=AwsKeys("AKIDEXAMPLE", "other")),
        signed(scope=Scope("us-east-2", "service")),
        signed(scope=Scope("us-east-1", "bedrock")),
        signed(now_s=NOW_S + 1),
    }
    assert len(others) == 5


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example/x", "a.example"),
        ("https://a.example:443/x", "a.example"),
        ("http://a.example:443", "a.example:443"),
        ("http://u:p@127.0.0.1:8080/x?y", "127.0.0.1:8080"),
        ("http://[::1]:80/", "[::1]"),
    ],
)
def test_host(url, host):
    assert host_of(url) == host


def test_secrets_are_not_shown():
    keys = AwsKeys("AKIDEXAMPLE", "wJalr", "session")
    assert "wJalr" not in f"{keys!r} {keys}"
    assert "session" not in repr(keys)


def request(**headers):
    url = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse-stream"
    return Request(url, {"content-type": "application/json", **headers}, b"{}", "sigv4")


def test_a_request_is_signed_and_otherwise_the_same():
    keys = AwsKeys("AKID", "secret", "session")
    sent = signed(request(Accept="x", **{"X-Amz-Date": "old"}), keys, "eu-west-1", NOW_S)
    assert (sent.url, sent.body) == (request().url, b"{}")
    covered = {
        "content-type": "application/json",
        "x-amz-content-sha256": hashlib.sha256(b"{}").hexdigest(),
    }
    expected = sign("POST", sent.url, covered, b"{}", keys, Scope("eu-west-1", "bedrock"), NOW_S)
    assert sent.headers == {**covered, "Accept": "x", **expected}
    shown = repr(sent)
    assert expected["authorization"] not in shown
    assert "session" not in shown.replace("x-amz-security-token", "")


@pytest.mark.parametrize(
    ("headers", "covers"),
    [
        ({"Host": "inner.example"}, {"host": "inner.example"}),
        ({"CONTENT-TYPE": "text/plain"}, {"content-type": "text/plain"}),
    ],
)
def test_configured_headers_are_what_is_signed(headers, covers):
    base = Request(request().url, headers, b"{}", "sigv4")
    digest = {"x-amz-content-sha256": hashlib.sha256(b"{}").hexdigest()}
    expected = sign("POST", base.url, {**covers, **digest}, b"{}", KEYS, Scope("r", "bedrock"), 0)
    sent = signed(base, KEYS, "r", 0)
    assert sent.headers["authorization"] == expected["authorization"]
    assert sent.headers | headers == sent.headers


def test_an_authorization_of_the_user_s_own_stays():
    own = request(Authorization="Bearer own")
    assert signed(own, KEYS, "eu-west-1", NOW_S) is own
