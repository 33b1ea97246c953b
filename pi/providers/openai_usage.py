"""Token usage as Chat Completions and Responses services report it, in any of their spellings.

    {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
    -> {"input": 6, "output": 5, "cacheRead": 4, "cacheWrite": 0, "reasoning": 0, ...}

`input` is what was neither read from nor written to a cache; `output` includes reasoning. Numbers
that cannot be (negative, text, infinite) count as 0.
"""

from __future__ import annotations

from pi.text.number import count_of, dollars

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.messages import Usage

_CACHE_READ = (
    ("prompt_tokens_details", "cached_tokens"),
    ("input_tokens_details", "cached_tokens"),
    ("prompt_cache_hit_tokens",),  # DeepSeek
    ("cached_tokens",),  # Moonshot
    ("prompt_token_details", "cached_tokens"),  # Mistral, by its SDK's names
    ("num_cached_tokens",),  # Mistral
    ("cache_read_input_tokens",),  # LiteLLM
)
_CACHE_WRITE = (
    ("prompt_tokens_details", "cache_write_tokens"),  # OpenRouter
    ("input_tokens_details", "cache_write_tokens"),  # Responses
    ("prompt_tokens_details", "cache_creation_tokens"),  # LiteLLM
    ("cache_creation_input_tokens",),  # LiteLLM
)
_REASONING = (
    ("completion_tokens_details", "reasoning_tokens"),
    ("output_tokens_details", "reasoning_tokens"),
    ("reasoning_tokens",),
)


def report_of(chunk: dict[str, Any], choice: Any) -> dict[str, Any] | None:
    """The usage report of a chunk: its own, one in its choice, or Groq's."""
    groq = chunk.get("x_groq")
    for holder in (chunk, choice, groq):
        report = holder.get("usage") if isinstance(holder, dict) else None
        if isinstance(report, dict) and report:
            return report
    return None


def read_usage(report: dict[str, Any], *, priced: bool) -> Usage:
    """A report as usage. `priced`: the service says what it charged, in US dollars."""
    prompt = _first(report, (("prompt_tokens",), ("input_tokens",)))
    output = _first(report, (("completion_tokens",), ("output_tokens",)))
    cache_read, cache_write = _first(report, _CACHE_READ), _first(report, _CACHE_WRITE)
    reasoning = _first(report, _REASONING)
    if reasoning and count_of(report.get("total_tokens")) == prompt + output + reasoning:
        output += reasoning  # xAI and some proxies count reasoning beside the output
    fresh = max(0, prompt - cache_read - cache_write)
    return {
        "input": fresh,
        "output": output,
        "cacheRead": cache_read,
        "cacheWrite": cache_write,
        "reasoning": reasoning,
        "totalTokens": fresh + output + cache_read + cache_write,
        "cost": _cost(report if priced else {}),
    }


def _cost(report: dict[str, Any]) -> dict[str, Any]:
    """All zero, to be priced later, unless the service itself says what it charged.

    OpenRouter: `cost` is its own charge; with the user's own key (`is_byok`) what the provider
    behind it charges comes on top, and without that figure the total is unknown.
    """
    cost: dict[str, Any] = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "total": 0}
    charged = dollars(report.get("cost"))
    own_key = report.get("is_byok")
    details = report.get("cost_details")
    if own_key is True:
        upstream = details.get("upstream_inference_cost") if isinstance(details, dict) else None
        beside = dollars(upstream)
        charged = None if charged is None or beside is None else charged + beside
    if charged is not None and isinstance(own_key, bool):
        cost.update(total=charged, totalFromProvider=True)
    return cost


def _first(report: dict[str, Any], paths: tuple[tuple[str, ...], ...]) -> int:
    """The first count there is along these paths, or 0."""
    for path in paths:
        value: Any = report
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            return count_of(value)
    return 0
