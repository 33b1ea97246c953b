from __future__ import annotations

import json

import pytest

from pi.providers.failure import from_http, from_object, from_wrong_type, retry_after


def body(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("status", "value", "kind", "said"),
    [
        (
            429,
            {"error": {"message": "Rate limit reached for gpt-x", "code": "rate_limit_exceeded"}},
            "rate_limit",
            "429 Too Many Requests: Rate limit reached for gpt-x (rate_limit_exceeded)",
        ),
        (
            429,
            {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}},
            "quota",
            "429 Too Many Requests: You exceeded your current quota (insufficient_quota)",
        ),
        (400, {"error": {"message": "boom", "type": "server_error"}}, "server", "boom"),
        (
            529,
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            "overloaded",
            "529: Overloaded (overloaded_error)",
        ),
        (
            401,
            {"type": "error", "error": {"type": "authentication_error", "message": "bad key"}},
            "auth",
            "401 Unauthorized: bad key",
        ),
        (403, {"message": "Forbidden by rule"}, "auth", "403 Forbidden: Forbidden by rule"),
        (402, {"error": "Payment Required"}, "quota", "402 Payment Required"),
        (
            400,
            {"error": {"message": "This model's maximum context length is 8192 tokens."}},
            "context_overflow",
            "maximum context length",
        ),
        (
            400,
            {"type": "error", "error": {"message": "prompt is too long: 210000 tokens > 200000"}},
            "context_overflow",
            "prompt is too long",
        ),
        (
            400,
            [{"error": {"code": 400, "message": "The input token count (9) exceeds the maximum"}}],
            "context_overflow",
            "input token count",
        ),
        (413, {"error": {"type": "request_too_large", "message": "x"}}, "context_overflow", "413"),
        (422, {"detail": [{"msg": "field required"}]}, "bad_request", "field required"),
        (404, {"error": {"message": "model not found"}}, "bad_request", "model not found"),
        (500, {}, "server", "500 Internal Server Error"),
        (503, {"error": {"message": "The model is busy"}}, "overloaded", "503"),
        (
            400,
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": '{"error":{"message":"upstream words"}}'},
                }
            },
            "bad_request",
            "Provider returned error: upstream words",
        ),
        (429, {"error": {"code": "1308", "message": "Usage limit"}}, "quota", "Usage limit"),
    ],
)
def test_vendors_errors(status, value, kind, said):
    error = from_http(status, {"content-type": "application/json"}, body(value))
    assert (error.kind, error.status) == (kind, status)
    assert said in str(error)
    assert "{" not in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "bad_request"), (400, "server"), (500, "server")]
)
def test_a_general_code_does_not_make_a_missing_model_worth_repeating(status, kind):
    value = {"error": {"message": 'model "qwen-none" not found, try pulling it first',
                       "type": "api_error"}}  # fmt: skip
    assert from_http(status, {"content-type": "application/json"}, body(value)).kind == kind


def test_an_empty_400_is_an_overflow():
    assert from_http(400, {}, b"").kind == "context_overflow"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<html><head><title>502 Bad\nGateway</title>", "an HTML page (502 Bad Gateway)"),
        (b"<!doctype html>x", "an HTML page (no title)"),
        (b"upstream \xff died\nbadly", "upstream \ufffd died badly"),
        (b"{" * 5000, "{{{"),
        (b"null", "502 Bad Gateway"),
        (b'"just words"', "just words"),
        (b"x" * 100_000, "xxx..."),
    ],
)
def test_bodies_that_are_not_an_error_object(raw, said):
    error = from_http(502, {}, raw)
    assert said in str(error)
    assert error.kind == "server"
    assert len(str(error)) < 1200


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, "overloaded", "Overloaded"),
        ({"error": {"message": "boom", "code": 502}}, "server", "502: boom"),
        ("plain words", "unknown", "plain words"),
        ({}, "unknown", "without saying which"),
        ({"code": "content_filter", "message": "no"}, "content_filter", "no (content_filter)"),
        (None, "unknown", "without saying which"),
        ([], "unknown", "without saying which"),
    ],
)
def test_errors_inside_a_stream(value, kind, said):
    error = from_object(value)
    assert error.kind == kind
    assert said in str(error)


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"retry-after": "3"}, "", 3),
        ({"retry-after": "1.5"}, "", 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, "", 0.25),
        ({"retry-after": "-1"}, "", 0),
        (
            {
                "retry-after": "Wed, 21 Oct 2015 07:28:10 GMT",
                "date": "Wed, 21 Oct 2015 07:28:00 GMT",
            },
            "",
            10,
        ),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:10 GMT"}, "", None),
        ({}, "Please try again in 1m30.5s.", 90.5),
        ({}, "try again in 20s", 20),
        ({}, "try again in 120ms", 0.12),
        ({}, "retry after 2 hours", 7200),
        ({}, "limit resets in 5 minutes", 300),
        ({}, "try again later", None),
        ({}, "", None),
    ],
)
def test_retry_after(headers, message, seconds):
    assert retry_after(headers, message) == pytest.approx(seconds)


def test_a_page_instead_of_a_stream():
    error = from_wrong_type("text/html", b"<html><title>Log in</title></html>")
    assert error.kind == "bad_request"
    assert "HTML page (Log in)" in str(error)
    assert "baseUrl" in str(error)


def test_an_error_object_instead_of_a_stream():
    error = from_wrong_type("application/json", body({"error": {"message": "overloaded"}}))
    assert (error.kind, str(error)) == ("overloaded", "overloaded")


@pytest.mark.parametrize(
    ("fields", "seconds", "says"),
    [
        ({"resets_in_seconds": 3600}, 3600, "it resets in 60 min"),
        ({"resets_in_seconds": 500_000}, 500_000, "it resets in 6 days"),
        ({"resets_at": 1_445_412_480 + 7200}, 7200, "it resets in 2 h"),
        ({"resets_at": 1_445_412_480 - 5}, 0, "it resets in 0 s"),
        ({"resets_in_seconds": "soon", "resets_at": None}, None, "limit has been reached"),
    ],
)
def test_a_plan_limit_says_when_it_is_lifted(fields, seconds, says):
    error = {"type": "usage_limit_reached", "message": "The usage limit has been reached"}
    headers = {"date": "Wed, 21 Oct 2015 07:28:00 GMT"}
    found = from_http(429, headers, body({"error": {**error, "plan_type": "plus", **fields}}))
    assert (found.kind, found.retry_after_s) == ("quota", seconds)
    assert says in str(found)


def test_a_model_that_a_plan_does_not_have_is_not_asked_again():
    error = {"type": "usage_not_included", "message": "Upgrade"}
    assert from_http(429, {}, body({"error": error})).kind == "quota"


def google_error(message, *details):
    error = {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details}
    return json.dumps({"error": error}).encode()


def quota(name):
    return {"@type": "QuotaFailure", "violations": [{"quotaId": name}, None]}


@pytest.mark.parametrize(
    ("body", "kind", "seconds"),
    [
        (google_error("Slow down.", {"retryDelay": "22s"}), "rate_limit", 22.0),
        (google_error("Slow down.", {"retryDelay": "1.5s"}), "rate_limit", 1.5),
        (google_error("Slow down.", {"retryDelay": 5}, None, "x"), "rate_limit", None),
        (
            google_error("You exceeded your current quota.", quota("RequestsPerMinute-Free")),
            "rate_limit",
            None,
        ),
        (
            google_error(
                "You exceeded your current quota. Please retry in 3.5s.",
                quota("RequestsPerMinute-Free"),
                quota("RequestsPerDay-Free"),
                {"retryDelay": "3s"},
            ),
            "quota",
            3.5,
        ),
    ],
)
def test_what_google_adds(body, kind, seconds):
    for data in (body, b"[" + body + b"]"):
        error = from_http(429, {"content-type": "application/json"}, data)
        assert (error.kind, error.retry_after_s) == (kind, seconds)


def test_a_key_that_google_does_not_know():
    body = b'{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}'
    assert from_http(400, {}, body).kind == "auth"


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("one\ntwo\x1b[31m\x07 three\x9b", "one two [31m three"),
        ('{"error": {"message": "inner", "code": 3}}', "inner"),
        ('Upstream said: [{"error": {"message": "inner"}}]', "Upstream said: inner"),
        ('Upstream said: {"error": {}}', 'Upstream said: {"error": {}}'),
        ("Unexpected token } in {}", "Unexpected token } in {}"),
        ('use {"a": 1} or {"b": 2}', 'use {"a": 1} or {"b": 2}'),
    ],
)
def test_the_line_of_a_message(message, line):
    body = json.dumps({"error": {"message": message}}).encode()
    assert str(from_http(418, {}, body)).partition(": ")[2] == line
