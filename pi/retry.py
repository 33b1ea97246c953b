"""When a failed request is repeated, and how long to wait before it.

Pure: no clock, no sleep, the random number is handed in. Defaults are the reference's: three
retries, two seconds doubling, at most a minute. Ours adds jitter, so that many agents do not come
back together, and obeys `Retry-After`.
"""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.errors import ProviderError

RETRYABLE = frozenset(("overloaded", "rate_limit", "server", "network", "stall", "protocol"))
"""Kinds of `ProviderError` that another attempt may cure."""

JITTER = 0.25
"""A delay is lengthened by up to this share; never shortened."""


class Policy(Value):
    """The `retry` settings. `max_requested_ms` bounds what Retry-After may ask for; 0: no bound."""

    enabled: bool = True
    max_retries: int = 3
    base_delay_ms: int = 2000
    max_delay_ms: int = 60_000
    max_requested_ms: int = 60_000


def is_retryable(error: ProviderError | None) -> bool:
    """Whether another attempt may succeed. None (an abort) is never retried."""
    return error is not None and error.kind in RETRYABLE


def delay_ms(
    policy: Policy, attempt: int, error: ProviderError | None, random: float
) -> int | None:
    """Milliseconds to wait before retry number `attempt` (from 1); None: do not retry at all.

    `random` is in [0, 1). A provider that asks for a longer pause than the policy allows is not
    asked again, since it would only refuse.
    """
    if not policy.enabled or attempt > policy.max_retries or not is_retryable(error):
        return None
    backoff = min(policy.base_delay_ms * 2 ** min(attempt - 1, 40), policy.max_delay_ms)
    delay = min(round(backoff * (1 + JITTER * random)), policy.max_delay_ms)
    if error is None or error.retry_after_s is None:
        return delay
    requested = round(error.retry_after_s * 1000)
    if policy.max_requested_ms and requested > policy.max_requested_ms:
        return None
    return max(delay, requested)
