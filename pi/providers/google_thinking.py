"""How much a model of Google's is to think: the request's `thinkingConfig`.

    Gemini 3 and later   {"includeThoughts": true, "thinkingLevel": "LOW"}
    before               {"includeThoughts": true, "thinkingBudget": 2048}
    off                  {"thinkingBudget": 0}, or the least a model can do, unseen

Budgets are those of the model's kind, -1 (the model decides) for a kind that is not known; a user's
own figures come first. Source: Google's guide to thinking; the requests the reference sends. One
difference: Gemini 2.5 Pro cannot be told not to think, so "off" asks it for its least budget.
"""

from __future__ import annotations

from pi.errors import ProviderError
from pi.providers import thinking
from pi.providers.google_family import LEVEL_WORDS, thinks_by_level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Model, Options

_BUDGETS = {
    "2.5-pro": {"minimal": 128, "low": 2048, "medium": 8192, "high": 32768},
    "2.5-flash-lite": {"minimal": 512, "low": 2048, "medium": 8192, "high": 24576},
    "2.5-flash": {"minimal": 128, "low": 2048, "medium": 8192, "high": 24576},
}
"""Part of a model's id -> tokens by level; the first that is found counts."""

_MODEL_DECIDES = -1
_ALWAYS_THINKS = "2.5-pro"


def thinking_config(model: Model, options: Options) -> dict[str, Any]:
    """The `thinkingConfig`; {} for a model that does not think.

    Raises ProviderError("bad_request") when the model's level map has a word Google does not know.
    """
    if not model.get("reasoning"):
        return {}
    level = thinking.effective(model, options.thinking)
    by_level = thinks_by_level(model)
    if level != "off":
        amount = _level(model, level) if by_level else _budget(model, level, options)
        return {"includeThoughts": True, **amount}
    if by_level and thinking.refuses(model, "off"):
        return _level(model, thinking.clamp(model, "off"))
    least = _BUDGETS[_ALWAYS_THINKS]["minimal"] if _ALWAYS_THINKS in model["id"] else 0
    return {"thinkingBudget": least}


def _level(model: Model, level: str) -> dict[str, Any]:
    word = thinking.value_of(model, level).upper()
    if word not in LEVEL_WORDS:
        raise ProviderError(
            f"{model['provider']}/{model['id']}: its thinkingLevelMap calls {level} "
            f'"{thinking.value_of(model, level)}", which is no level of Google\'s; '
            f"known are: {', '.join(LEVEL_WORDS)}",
            "bad_request",
        )
    return {"thinkingLevel": word}


def _budget(model: Model, level: str, options: Options) -> dict[str, Any]:
    name = level if level in thinking.BUDGETS else "high"
    own = (options.budgets or {}).get(name)
    if isinstance(own, int) and not isinstance(own, bool):
        return {"thinkingBudget": own}
    kind = next((kind for kind in _BUDGETS if kind in model["id"]), None)
    return {"thinkingBudget": _BUDGETS[kind][name] if kind else _MODEL_DECIDES}
