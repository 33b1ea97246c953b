"""Token usage as Anthropic Messages reports it: in parts, each later figure replacing the earlier.

    {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 4,
     "cache_creation_input_tokens": 0, "cache_creation": {"ephemeral_1h_input_tokens": 0},
     "output_tokens_details": {"thinking_tokens": 3}}

message_start brings what is known of the prompt, message_delta the output and perhaps the prompt
again; a figure that is missing or null there stays as it was. `input_tokens` counts neither what
was read from nor what was written to a cache. Source: Anthropic's API reference, "Usage".
"""

from __future__ import annotations

from pi.providers.openrouter import is_openrouter, reported_cost
from pi.text.number import is_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.messages import Usage
    from pi.request import Model

_PATHS = {
    "input": ("input_tokens",),
    "output": ("output_tokens",),
    "cacheRead": ("cache_read_input_tokens",),
    "cacheWrite": ("cache_creation_input_tokens",),
    "cacheWrite1h": ("cache_creation", "ephemeral_1h_input_tokens"),
    "reasoning": ("output_tokens_details", "thinking_tokens"),
}
"""Our figures -> where a report has them."""

_TOTAL = ("input", "output", "cacheRead", "cacheWrite")
_MOST = 2**53


class Tally:
    """The figures of one answer so far."""

    def __init__(self, model: Model) -> None:
        self._is_openrouter = is_openrouter(model)
        self._figures = dict.fromkeys(_TOTAL, 0)

    def take(self, report: dict[str, Any]) -> Usage:
        """Take over the figures a report has; returns the usage as it is now, always a new dict."""
        figures = self._figures
        for name, path in _PATHS.items():
            value: Any = report
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            if is_number(value):
                figures[name] = min(_MOST, max(0, int(value)))
        usage: Usage = {
            **{name: figures[name] for name in _TOTAL},
            "totalTokens": sum(figures[name] for name in _TOTAL),
            "cost": self._cost(report),
            "cacheWrite1h": min(figures.get("cacheWrite1h", 0), figures["cacheWrite"]),
        }
        if "reasoning" in figures:
            usage["reasoning"] = min(figures["reasoning"], figures["output"])
        return usage

    def _cost(self, report: dict[str, Any]) -> dict[str, Any]:
        """All zero, to be priced later, unless OpenRouter says what it charged."""
        cost: dict[str, Any] = {**dict.fromkeys(_TOTAL, 0), "total": 0}
        charged = reported_cost(report) if self._is_openrouter else None
        if charged is not None:
            cost.update(total=charged, totalFromProvider=True)
        return cost
