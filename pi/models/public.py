"""The public list of models that models.dev keeps, put over the catalogue that ships.

    facts = parse(data)                       {"openai": {"gpt-6": {"name": ..., "cost": ...}}}
    updated(catalog.models("openai"), facts["openai"])      the models, known and new

What the list knows is taken from it: names, prices, limits, whether a model reads images. How a
service is spoken to (wire format, address, switches) it does not know; a new model gets that from
the model here whose id is most like its own. Models the list does not have stay.

Source: https://models.dev, its `api.json`. Pure.
"""

from __future__ import annotations

from pi.text.number import is_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.request import Model

MAX_MODELS = 5000  # of one provider

_NAMES = {
    "fireworks-ai": ("fireworks",),
    "togetherai": ("together",),
    "vercel": ("vercel-ai-gateway",),
    "kimi-for-coding": ("kimi-coding",),
    "llama": ("meta",),
    "zai-coding-plan": ("zai",),
    "zhipuai-coding-plan": ("zai-coding-cn",),
    "zai": (),
    "azure": ("azure",),
    "alibaba": (),
}
"""Names there -> providers here, where they differ; () are services that pi does not have."""

_PRICES = {
    "input": "input",
    "output": "output",
    "cache_read": "cacheRead",
    "cache_write": "cacheWrite",
}
_LIMITS = {"context": "contextWindow", "output": "maxTokens"}

_BORROWED = ("type", "api", "baseUrl", "headers", "compat", "inputLimits", "promptCache")
"""Fields a new model has from the one that is most like it."""

_LONG = 200_000
"""The input tokens above which the list's `context_over_200k` prices hold."""


def parse(data: object) -> dict[str, dict[str, dict[str, Any]]]:
    """The usable facts by provider and model id. Raises ValueError for something else altogether.

    Only models that can call tools and write text count; impossible values are left out.
    """
    if isinstance(data, dict) and isinstance(data.get("providers"), dict):
        data = data["providers"]
    if not isinstance(data, dict):
        raise ValueError("not a JSON object of providers")
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, entry in data.items():
        models = entry.get("models") if isinstance(entry, dict) else None
        if isinstance(models, dict):
            rows = dict(_facts(models.items()))
            for provider in _NAMES.get(name, (name,)):
                found[provider] = rows
    if not any(found.values()):
        raise ValueError("no models in it")
    return found


def updated(models: list[Model], facts: dict[str, dict[str, Any]]) -> list[Model]:
    """The models of a provider with what is known now, new ones at the end."""
    known = {model["id"] for model in models}
    result = [_changed(model, facts.get(model["id"], {})) for model in models]
    new = [name for name in facts if name not in known] if models else []
    return result + [_made(name, facts[name], models) for name in new]


def _facts(models: Iterable[tuple[Any, Any]]) -> Iterable[tuple[str, dict[str, Any]]]:
    for count, (name, row) in enumerate(models):
        if count < MAX_MODELS and _is_id(name) and isinstance(row, dict) and _works(row):
            yield name, _fact(name, row)


def _is_id(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) < 200 and name.isprintable() and " " not in name


def _works(row: dict[str, Any]) -> bool:
    kinds = _object(row, "modalities").get("output")
    writes = kinds is None or (isinstance(kinds, list) and "text" in kinds)
    return row.get("tool_call") is True and writes and row.get("status") != "deprecated"


def _fact(name: str, row: dict[str, Any]) -> dict[str, Any]:
    fact: dict[str, Any] = {"reasoning": row.get("reasoning") is True}
    title = row.get("name")
    fact["name"] = title if isinstance(title, str) and title.isprintable() and title else name
    kinds = _object(row, "modalities").get("input")
    if isinstance(kinds, list):
        fact["input"] = ["text", "image"] if "image" in kinds else ["text"]
    for theirs, ours in _LIMITS.items():
        limit = _number(_object(row, "limit").get(theirs))
        if limit and limit >= 1:
            fact[ours] = int(limit)
    prices = _object(row, "cost")
    cost = _prices(prices)
    if "input" in cost and "output" in cost:
        above = _prices(_object(prices, "context_over_200k"))
        tiers = [{"inputTokensAbove": _LONG, **cost, **above}] if above else []
        fact["cost"] = {"cacheRead": 0, "cacheWrite": 0, **cost, "tiers": tiers}
    return fact


def _prices(row: dict[str, Any]) -> dict[str, float]:
    prices = {ours: _number(row.get(theirs)) for theirs, ours in _PRICES.items()}
    return {name: price for name, price in prices.items() if price is not None}


def _number(value: object) -> float | None:
    return value if is_number(value) and 0 <= value < 1e9 else None


def _object(row: dict[str, Any], name: str) -> dict[str, Any]:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _changed(model: Model, fact: dict[str, Any]) -> Model:
    """A known model. Whether it thinks, and how, is known better here."""
    result = {**model, **{name: fact[name] for name in fact if name not in ("reasoning", "cost")}}
    if "cost" in fact:
        result["cost"] = _repriced(model.get("cost") or {}, fact["cost"])
    return result


def _repriced(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Tiers known here stay as long as the price they rise from is still the same."""
    is_same = all(old.get(name) == new.get(name) for name in ("input", "output"))
    return {**new, "tiers": old.get("tiers") or new["tiers"]} if is_same else new


def _made(name: str, fact: dict[str, Any], models: list[Model]) -> Model:
    """A new model, spoken to like the known one whose id is most like its own."""
    near = max(models, key=lambda model: _common(model["id"], name))
    made: Model = {"id": name, "provider": near["provider"]}
    made.update({field: near[field] for field in _BORROWED if field in near})
    made.update({"contextWindow": near["contextWindow"], "maxTokens": near["maxTokens"]})
    made.update({"input": ["text"], **fact})
    if fact["reasoning"] and near.get("reasoning") and "thinkingLevelMap" in near:
        made["thinkingLevelMap"] = near["thinkingLevelMap"]
    return made


def _common(one: str, other: str) -> int:
    """How many characters two ids begin with alike."""
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        len(one),
    )
