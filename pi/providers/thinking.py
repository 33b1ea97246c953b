"""Thinking levels: which a model supports, what the provider calls them, how many tokens they get.

    levels(model)                ["off", "low", "medium", "high"]
    clamp(model, "xhigh")        "high": the nearest level the model supports
    value_of(model, "high")      what is sent for it; its own name unless the model maps it
    budget(model, "low", {}, 16384)   2048 tokens

A model's `thinkingLevelMap` maps level -> the provider's value; null marks a level unsupported.
Levels it does not name use their own name, up to high; xhigh and max must be named to exist. A
model that does not reason supports "off" only. Source: the reference's models-configuration page.
"""

from __future__ import annotations

from pi.messages import made_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.request import Model

LEVELS = ("off", "minimal", "low", "medium", "high", "xhigh", "max")
"""All levels, from none to most."""

BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384}
"""Tokens a level may spend on thinking where a provider wants a number; more than high is high."""

ANSWER_ROOM = 1024
"""Tokens kept for the answer where thinking and answer share one limit."""

_MUST_BE_NAMED = ("xhigh", "max")


def levels(model: Model) -> list[str]:
    """The levels a model supports, in order."""
    if not model.get("reasoning"):
        return ["off"]
    mapped = _map_of(model)
    return [
        level
        for level in LEVELS
        if (mapped[level] is not None if level in mapped else level not in _MUST_BE_NAMED)
    ]


def clamp(model: Model, level: str) -> str:
    """The supported level nearest to `level`: the next higher one, else the next lower one.

    A name that is no level, and any level of a model that does not reason, gives "off".
    """
    supported = levels(model)
    if level in supported:
        return level
    if level not in LEVELS or not model.get("reasoning"):
        return "off"
    wanted = LEVELS.index(level)
    higher = [name for name in supported if LEVELS.index(name) > wanted]
    return (higher[:1] or supported[-1:] or ["off"])[0]


def effective(model: Model, level: str) -> str:
    """The level a request is made with: "off" stays off even where it cannot be asked for."""
    return "off" if level == "off" else clamp(model, level)


def value_of(model: Model, level: str) -> str:
    """What the provider calls a level."""
    value = _map_of(model).get(level)
    return value if isinstance(value, str) else level


def mapped_value(model: Model, level: str) -> str | None:
    """The value a model's map gives a level; None where it does not name it or refuses it."""
    value = _map_of(model).get(level)
    return value if isinstance(value, str) else None


def refuses(model: Model, level: str) -> bool:
    """Whether a model's map marks a level unsupported. For "off": thinking cannot be turned off."""
    mapped = _map_of(model)
    return level in mapped and mapped[level] is None


def budget(level: str, budgets: Mapping[str, int] | None, limit: int | None) -> int | None:
    """Thinking tokens of a level, leaving ANSWER_ROOM of `limit`; None when nothing is left.

    `budgets` are the user's own figures by level, up to high; `limit` is the request's output
    limit.
    """
    if level == "off":
        return None
    name = "high" if level in _MUST_BE_NAMED else level
    tokens = (budgets or {}).get(name)
    if not isinstance(tokens, int) or isinstance(tokens, bool):
        tokens = BUDGETS.get(name, 0)
    if limit is not None:
        tokens = min(tokens, limit - ANSWER_ROOM)
    return tokens if tokens > 0 else None


def effort_of_answer(
    model: Model, answer: Mapping[str, Any], word: Callable[[Model, str], str]
) -> str | None:
    """The effort an earlier answer of this model was made with, in the provider's words.

    None when another model made it or it was made without thinking. What the answer recorded
    (`providerThinkingLevel`) counts; else `word` names its level.
    """
    if not made_by(answer, model):
        return None
    recorded, level = answer.get("providerThinkingLevel"), answer.get("thinkingLevel")
    if isinstance(recorded, str) and recorded:
        return None if recorded == "off" else recorded
    return word(model, level) if level in LEVELS and level != "off" else None


def _map_of(model: Model) -> Mapping[str, Any]:
    mapped = model.get("thinkingLevelMap")
    return mapped if isinstance(mapped, dict) else {}
