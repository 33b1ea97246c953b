"""When a rate limit is lifted, by the headers beside a refusal."""

from __future__ import annotations

import pytest

from pi.providers.failure import from_http
from pi.providers.ratelimit import until_reset

NOW = 1_800_000_000.0


def openai(remaining, reset, what="requests"):
    return {f"x-ratelimit-remaining-{what}": remaining, f"x-ratelimit-reset-{what}": reset}


def claude(remaining, reset, what="input-tokens"):
    name = f"anthropic-ratelimit-{what}"
    return {f"{name}-remaining": remaining, f"{name}-reset": reset}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        (openai("0", "1s"), 1),
        (openai("0", "120ms", "tokens"), 0.12),
        (openai("0", "7.66s"), 7.66),
        (openai("0", "1m0s"), 60),
        (openai("0", "6m0s"), None),
        (openai("12", "1s"), None),
        ({"x-ratelimit-reset-requests": "1s"}, None),
        ({**openai("0", "2s"), **openai("0", "5s", "tokens")}, 5),
        ({**openai("0", "2s"), **openai("9", "5s", "tokens")}, 2),
        (claude("0", "2027-01-15T08:00:30Z"), 30),
        (claude("0", "2027-01-15T09:00:30+01:00"), 30),
        (claude("0", "2027-01-15T08:00:30"), 30),
        (claude("0", "2026-01-15T08:00:30Z"), 0),
        (claude("5", "2027-01-15T08:00:30Z"), None),
        (claude("0", "2027-99-15T08:00:30Z"), None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000090000"}, 90),
        ({"x-ratelimit-reset": "1800000090"}, 90),
        ({"x-ratelimit-reset": "17"}, 17),
        ({"ratelimit-remaining": "3", "ratelimit-reset": "17"}, None),
        ({"ratelimit-reset": "soon"}, None),
        ({"ratelimit-reset": "-5"}, None),
        ({"ratelimit-reset": "9" * 400}, None),
        ({"ratelimit-reset": ""}, None),
    ],
)
def test_until_reset(headers, seconds):
    assert until_reset(headers, NOW) == (None if seconds is None else pytest.approx(seconds))


def test_a_moment_needs_the_providers_time():
    assert until_reset(claude("0", "2027-01-15T08:00:30Z"), None) is None
    assert until_reset({"x-ratelimit-reset": "1800000090"}, None) is None
    assert until_reset({"x-ratelimit-reset": "17"}, None) == 17


BODY = b'{"error": {"message": "Rate limit exceeded"}}'


@pytest.mark.parametrize(
    ("headers", "seconds", "says"),
    [
        ({"retry-after": "2", **openai("0", "9s")}, 2, "exceeded"),
        (openai("0", "9s"), 9, "exceeded"),
        (
            {"x-ratelimit-reset": "1800086400", "date": "Fri, 15 Jan 2027 08:00:00 GMT"},
            86400,
            "exceeded; it asks to wait 24 h",
        ),
        ({"retry-after": "600"}, 600, "exceeded; it asks to wait 10 min"),
    ],
)
def test_a_refusal_tells_when_to_come_back(headers, seconds, says):
    error = from_http(429, headers, BODY)
    assert (error.kind, error.retry_after_s) == ("rate_limit", seconds)
    assert str(error).endswith(says)


def test_other_failures_have_no_limits():
    assert (
        from_http(500, openai("0", "9s"), BODY.replace(b"Rate limit", b"Nap")).retry_after_s is None
    )
