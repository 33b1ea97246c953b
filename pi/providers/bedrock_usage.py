"""Token usage as Bedrock's Converse API reports it, once, at the end of an answer.

    {"inputTokens": 10, "outputTokens": 5, "totalTokens": 19, "cacheReadInputTokens": 4,
     "cacheWriteInputTokens": 0, "cacheDetails": [{"ttl": "1h", "inputTokens": 0}]}

`inputTokens` counts neither what was read from nor what was written to a cache. Source: the API
reference, "TokenUsage"; recordings of the service.
"""

from __future__ import annotations

from pi.messages import zero_usage
from pi.text.number import MOST, count_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.messages import Usage

_FIGURES = {
    "input": "inputTokens",
    "output": "outputTokens",
    "cacheRead": "cacheReadInputTokens",
    "cacheWrite": "cacheWriteInputTokens",
}
"""Our figures -> where a report has them."""


def usage_of(report: dict[str, Any]) -> Usage:
    """The usage a report tells; figures that are missing or make no sense are 0."""
    usage = zero_usage()
    for name, key in _FIGURES.items():
        usage[name] = count_of(report.get(key))
    counted = sum(usage[name] for name in _FIGURES)
    usage["totalTokens"] = count_of(report.get("totalTokens")) or min(MOST, counted)
    details = report.get("cacheDetails")
    if isinstance(details, list):
        usage["cacheWrite1h"] = min(usage["cacheWrite"], sum(map(_kept_long, details)))
    return usage


def _kept_long(detail: object) -> int:
    is_long = isinstance(detail, dict) and detail.get("ttl") == "1h"
    return count_of(detail.get("inputTokens")) if is_long else 0
