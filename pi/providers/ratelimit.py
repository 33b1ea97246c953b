"""When a rate limit is lifted, as the headers beside a refusal say it.

    x-ratelimit-remaining-requests: 0        x-ratelimit-reset-requests: 6m0s       OpenAI, Groq
    anthropic-ratelimit-tokens-remaining: 0  anthropic-ratelimit-tokens-reset: 2026-01-02T03:04:05Z
    x-ratelimit-remaining: 0                 x-ratelimit-reset: 1767323045000       OpenRouter
    ratelimit-remaining: 0                   ratelimit-reset: 17                    IETF draft

A limit counts if nothing remains of it; one without a figure of what remains counts if it stands
alone. OpenAI's headers tell when a limit is whole again, not when the next request fits in, so a
long time there says nothing. Sources: the vendors' pages on rate limits; draft-ietf-httpapi-
ratelimit-headers.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_ROWS = (
    ("ratelimit-remaining", "ratelimit-reset", False),
    ("x-ratelimit-remaining", "x-ratelimit-reset", False),
    *(
        (f"x-ratelimit-remaining-{what}", f"x-ratelimit-reset-{what}", True)
        for what in ("requests", "tokens")
    ),
    *(
        (f"anthropic-ratelimit-{what}-remaining", f"anthropic-ratelimit-{what}-reset", False)
        for what in ("requests", "tokens", "input-tokens", "output-tokens")
    ),
)
"""(what remains, when it is there again, whether that means: whole again)."""

_ALONE = ("ratelimit-reset", "x-ratelimit-reset")
"""Resets that count without a figure of what remains."""

_WHOLE_S = 60.0  # from how long on "whole again" says nothing of the next request
_EPOCH_S = 1e9  # numbers from here on are moments, below they are seconds to wait
_EPOCH_MS = 1e11  # from here on in milliseconds
_SPAN = re.compile(
    r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9})ms)?"
)
_UNITS = (86400.0, 3600.0, 60.0, 1.0, 0.001)


def until_reset(headers: Mapping[str, str], now_s: float | None) -> float | None:
    """Seconds until all exhausted limits are lifted; None where the headers do not tell.

    `headers` has lower-case names. Moments need the provider's time, `now_s`.
    """
    found = []
    for remaining, reset, is_whole in _ROWS:
        left = headers.get(remaining, "" if reset not in _ALONE else "0").strip()
        delay = _delay(headers.get(reset, "").strip(), now_s) if _is_nothing(left) else None
        if delay is not None and not (is_whole and delay > _WHOLE_S):
            found.append(delay)
    return max(found, default=None)


def _is_nothing(text: str) -> bool:
    return bool(re.fullmatch(r"0+(?:\.0*)?|-\d+", text))


def _delay(text: str, now_s: float | None) -> float | None:
    if re.fullmatch(r"\d{1,16}(?:\.\d{1,9})?", text):
        value = float(text)
        moment = value / 1000 if value >= _EPOCH_MS else value
        return value if value < _EPOCH_S else _until(moment, now_s)
    span = _SPAN.fullmatch(text) if text else None
    if span is not None:
        parts = zip(span.groups(), _UNITS, strict=True)
        return sum(float(part) * unit for part, unit in parts if part)
    return _until(_moment(text), now_s)


def _until(moment_s: float | None, now_s: float | None) -> float | None:
    return None if moment_s is None or now_s is None else max(0.0, moment_s - now_s)


def _moment(text: str) -> float | None:
    """An RFC 3339 moment in Unix seconds; None for what is none."""
    if not re.match(r"\d{4}-\d\d-\d\dT", text):
        return None
    from datetime import datetime, timezone  # noqa: PLC0415 - only when something failed

    try:
        moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()
