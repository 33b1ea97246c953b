from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.retry import Policy, delay_ms, is_retryable


@pytest.mark.parametrize(
    "kind", ["overloaded", "rate_limit", "server", "network", "stall", "protocol"]
)
def test_transient_kinds_are_retried(kind):
    assert is_retryable(ProviderError("x", kind))


@pytest.mark.parametrize(
    "kind", ["quota", "auth", "context_overflow", "content_filter", "bad_request", "unknown"]
)
def test_other_kinds_are_not(kind):
    error = ProviderError("x", kind)
    assert not is_retryable(error)
    assert delay_ms(Policy(), 1, error, 0.0) is None


def test_an_abort_is_not_retried():
    assert not is_retryable(None)


def test_delays_double_and_are_capped():
    error = ProviderError("x", "server")
    policy = Policy(max_retries=99, base_delay_ms=2000, max_delay_ms=60_000)
    assert [delay_ms(policy, n, error, 0.0) for n in (1, 2, 3, 5, 6, 99)] == [
        2000,
        4000,
        8000,
        32_000,
        60_000,
        60_000,
    ]


def test_jitter_lengthens_but_never_past_the_cap():
    error = ProviderError("x", "server")
    assert delay_ms(Policy(), 1, error, 0.999999) == 2500
    assert delay_ms(Policy(max_delay_ms=2100), 1, error, 0.999999) == 2100


def test_attempts_and_switch():
    error = ProviderError("x", "server")
    assert delay_ms(Policy(max_retries=3), 3, error, 0.0) == 8000
    assert delay_ms(Policy(max_retries=3), 4, error, 0.0) is None
    assert delay_ms(Policy(enabled=False), 1, error, 0.0) is None


@pytest.mark.parametrize(
    ("asked_s", "limit_ms", "expected"),
    [
        (0.5, 60_000, 2000),  # the longer of the two
        (10, 60_000, 10_000),
        (61, 60_000, None),  # asking again earlier would be refused anyway
        (3600, 0, 3_600_000),  # 0: no limit
    ],
)
def test_retry_after(asked_s, limit_ms, expected):
    error = ProviderError("x", "rate_limit", retry_after_s=asked_s)
    assert delay_ms(Policy(max_requested_ms=limit_ms), 1, error, 0.0) == expected
