"""How a Chat Completions request says how much to think: one function per dialect.

    fields(model, switches, "high", None)    {"reasoning_effort": "high"}

`FORMATS` is keyed by the `thinkingFormat` switch. Source: the reference's models-configuration page
and the requests it sends in each format.
"""

from __future__ import annotations

from pi.providers import thinking
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.request import Model


class Wish(Value):
    """What is asked for.

    `on` is whether to think. `value` is the provider's word for the level, `mapped` the same only
    if the model's map names it, `none` its word for no thinking, if it has one. `must_think` marks
    a model that cannot be told not to. `effort` is whether the service takes reasoning_effort.
    """

    on: bool
    value: str
    mapped: str | None
    none: str | None
    must_think: bool
    effort: bool
    budget: int | None
    switches: dict[str, Any]


def fields(
    model: Model, switches: dict[str, Any], level: str, budget: int | None
) -> dict[str, Any]:
    """The body fields for a thinking level, in the order they are sent; {} if it cannot think."""
    if not model.get("reasoning"):
        return {}
    wish = Wish(
        on=level != "off",
        value=thinking.value_of(model, level),
        mapped=thinking.mapped_value(model, level),
        none=thinking.mapped_value(model, "off"),
        must_think=thinking.refuses(model, "off"),
        effort=bool(switches["supportsReasoningEffort"]),
        budget=budget,
        switches=switches,
    )
    result = FORMATS.get(switches["thinkingFormat"], _openai)(wish)
    field = switches["thinkingTokenBudgetField"]
    if isinstance(field, str) and budget is not None:
        result[field] = budget
    return result


def _openai(wish: Wish) -> dict[str, Any]:
    word = wish.value if wish.on else wish.none
    return {"reasoning_effort": word} if wish.effort and word else {}


def _effort(wish: Wish) -> dict[str, Any]:
    return {"reasoning_effort": wish.value} if wish.effort and wish.on else {}


def _openrouter(wish: Wish) -> dict[str, Any]:
    if wish.on:
        return {"reasoning": {"effort": wish.value}}
    return {} if wish.must_think else {"reasoning": {"effort": wish.none or "none"}}


def _deepseek(wish: Wish) -> dict[str, Any]:
    if wish.on:
        return {"thinking": {"type": "enabled"}, **_effort(wish)}
    return {} if wish.must_think else {"thinking": {"type": "disabled"}}


def _together(wish: Wish) -> dict[str, Any]:
    return {"reasoning": {"enabled": wish.on}, **_effort(wish)}


def _zai(wish: Wish) -> dict[str, Any]:
    if wish.on:
        return {"thinking": {"type": "enabled", "clear_thinking": False}, **_effort(wish)}
    return {"thinking": {"type": "disabled"}}


def _qwen(wish: Wish) -> dict[str, Any]:
    return {"enable_thinking": wish.on, **_effort(wish)}


def _qwen_chat_template(wish: Wish) -> dict[str, Any]:
    return {"chat_template_kwargs": {"enable_thinking": wish.on, "preserve_thinking": True}}


def _chat_template(wish: Wish) -> dict[str, Any]:
    values = _filled(wish.switches["chatTemplateKwargs"], wish)
    return {"chat_template_kwargs": values} if values else {}


def _baseten(wish: Wish) -> dict[str, Any]:
    values = _filled(wish.switches["chatTemplateArgs"], wish)
    return {**({"chat_template_args": values} if values else {}), **_openai(wish)}


def _string_thinking(wish: Wish) -> dict[str, Any]:
    if wish.on:
        return {"thinking": wish.value}
    return {} if wish.must_think else {"thinking": wish.none or "none"}


def _ant_ling(wish: Wish) -> dict[str, Any]:
    if wish.on:
        return {"reasoning": {"effort": wish.mapped}} if wish.mapped else {}
    return _openai(wish)


FORMATS: dict[str, Callable[[Wish], dict[str, Any]]] = {
    "openai": _openai,
    "openrouter": _openrouter,
    "deepseek": _deepseek,
    "together": _together,
    "baseten": _baseten,
    "zai": _zai,
    "qwen": _qwen,
    "chat-template": _chat_template,
    "qwen-chat-template": _qwen_chat_template,
    "string-thinking": _string_thinking,
    "ant-ling": _ant_ling,
}
"""`thinkingFormat` -> its fields. An unknown format is taken for "openai"."""


_VARIABLES: dict[str, Callable[[Wish], Any]] = {
    "thinking.enabled": lambda wish: wish.on,
    "thinking.effort": lambda wish: wish.value if wish.on else wish.none,
    "thinking.budget": lambda wish: wish.budget if wish.on else None,
}
"""`{"$var": name}` -> its value; None leaves the argument out."""


def _filled(template: Any, wish: Wish) -> dict[str, Any]:
    """A template's arguments with variables replaced; everything else is sent as it is written."""
    result: dict[str, Any] = {}
    for name, value in template.items() if isinstance(template, dict) else ():
        variable = value.get("$var") if isinstance(value, dict) else None
        if not isinstance(variable, str) or variable not in _VARIABLES:
            result[name] = value
        elif wish.on or value.get("omitWhenOff") is not True:
            found = _VARIABLES[variable](wish)
            if found is not None:
                result[name] = found
    return result
