"""How Claude models are asked to think, whichever service they are reached through.

Newer models think as much as they find right (`ADAPTIVE`) and are told an effort; older ones get a
budget of tokens within the output limit. Source: Anthropic's guides "Extended thinking" and
"Effort"; the requests the reference sends.
"""

from __future__ import annotations

from pi.providers import thinking
from pi.providers.limits import output_limit
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Context, Model, Options

ADAPTIVE = {"type": "adaptive", "display": "summarized"}
"""Thinking of the newer models; what they thought comes back in short."""

DROPPED_WHERE_CHANGED = {"block_binding": {"prefix_mismatch_behavior": "drop_block"}}
"""What to do with earlier thinking whose conversation is not the same any more."""

INTERLEAVED = "interleaved-thinking-2025-05-14"
BINDING = "thinking-binding-controls-2026-08-01"
"""Beta features: thinking between tool calls, and DROPPED_WHERE_CHANGED."""

MIN_BUDGET = 1024
"""Fewest tokens a thinking budget may have; the output limit must be higher."""

DEFAULT_LIMIT = 16384
"""Output tokens to ask for where neither the model nor the caller says."""


def effort(model: Model, level: str) -> str:
    """Anthropic's word for a level: what the model maps it to, else the nearest all models have."""
    own = {"minimal": "low", "low": "low", "medium": "medium"}
    return thinking.mapped_value(model, level) or own.get(level, "high")


def answer_limit(model: Model, context: Context, options: Options) -> int:
    """The output limit: no more than the model's own, and than fits into the context window."""
    own = model.get("maxTokens")
    limit = output_limit(model, context, options)
    if limit is None:
        return DEFAULT_LIMIT
    return min(limit, own) if isinstance(own, int) and own > 0 else limit


def limit_and_budget(
    model: Model, context: Context, options: Options, level: str
) -> tuple[int, int | None]:
    """The output limit and the tokens of it for thinking; None where it leaves no room for any.

    A limit of the caller's is for the answer, so the budget comes on top of it.
    """
    wanted = thinking.budget(level, options.budgets, None)
    if options.max_tokens is not None and wanted is not None:
        options = replace(options, max_tokens=options.max_tokens + wanted)
    limit = answer_limit(model, context, options)
    tokens = thinking.budget(level, options.budgets, limit)
    return limit, None if tokens is None else max(MIN_BUDGET, tokens)


def budgeted(tokens: int) -> dict[str, object]:
    """Thinking with a budget."""
    return {"type": "enabled", "budget_tokens": tokens, "display": "summarized"}
