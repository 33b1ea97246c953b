"""How entries of `models.json` meet the models that ship with pi. Pure.

    with_entry("openai", models, entry)
        a provider's baseUrl and compat go over every model; its `models` add or replace whole
        models; its `modelOverrides` go over single models, field by field

What a `models` entry leaves out: name is the id, contextWindow 128000, maxTokens 16384, input text,
no reasoning; api and baseUrl are the provider's. A price that is not given stays unknown.
Source: the reference's models-configuration page.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.request import Model

_DEFAULTS = {"reasoning": False, "input": ["text"], "contextWindow": 128000, "maxTokens": 16384}

_NESTED_COMPAT = (
    "openRouterRouting",
    "vercelGatewayRouting",
    "chatTemplateKwargs",
    "chatTemplateArgs",
)
"""Switches that are objects and merge key by key; others replace."""

_NESTED = ("thinkingLevelMap", "promptCache", "samplingParams")
"""Objects of a model that an override changes key by key; a null in them means something."""


def with_entry(
    provider: str, models: list[Model], entry: Mapping[str, Any]
) -> tuple[list[Model], list[str]]:
    """A provider's models as its entry makes them, and what is wrong with some that are left out.

    `models` are changed and belong to the result.
    """
    result = {model["id"]: _rerouted(model, entry) for model in models}
    own, problems = replaced(provider, list(result.values()), entry)
    result.update((model["id"], model) for model in own)
    for model_id, override in (entry.get("modelOverrides") or {}).items():
        if model_id in result:
            result[model_id] = with_override(result[model_id], override)
    return list(result.values()), problems


def replaced(
    provider: str, models: list[Model], entry: Mapping[str, Any]
) -> tuple[list[Model], list[str]]:
    """The `models` of a provider's entry alone, and what is wrong with some that are left out.

    `models`, which may be others of the provider, lend what an entry lacks.
    """
    problems: list[str] = []
    own: dict[str, Model] = {}
    lenders = {model["id"]: model for model in models}
    for row in entry.get("models") or ():
        near = _nearest([*{**lenders, **own}.values()], row, entry)
        model = own_model(provider, row, entry, near)
        lacking = [name for name in ("api", "baseUrl") if not model[name]]
        if lacking:
            names = " and no ".join(lacking)
            problems.append(f'model "{row["id"]}": no {names}, its own or the provider\'s')
        else:
            own[row["id"]] = model
    return list(own.values()), problems


def own_model(
    provider: str, row: Mapping[str, Any], entry: Mapping[str, Any], near: Model | None = None
) -> Model:
    """A model as a `models` entry defines it.

    `near` lends a wire format and an address it lacks; they are None if there is none to lend.
    """
    model: Model = {"provider": provider, "name": row["id"], **_DEFAULTS, **row}
    model["provider"] = provider  # whatever the row says
    for name in ("api", "baseUrl"):
        model[name] = row.get(name) or entry.get(name) or (near or {}).get(name)
    _put_headers(model, _headers_for_all(entry), row.get("headers"))
    _put(model, "compat", merged_compat(entry.get("compat"), row.get("compat")))
    _put(model, "authHeader", entry.get("authHeader"))
    return model


def with_override(model: Model, override: Mapping[str, Any]) -> Model:
    """A model with the fields of a `modelOverrides` entry over its own."""
    result = dict(model)
    for name, value in override.items():
        if value is None:
            continue
        if name in _NESTED:
            result[name] = {**(model.get(name) or {}), **value}
        elif name == "cost":
            result[name] = {**(model.get(name) or {}), **_present(value)}
        elif name == "compat":
            result[name] = merged_compat(model.get(name), value)
        elif name == "inputLimits":
            result[name] = _merged_limits(model.get(name) or {}, value)
        elif name == "samplingParamsByThinkingLevel":
            result[name] = _merged_levels(model.get(name) or {}, value)
        elif name == "headers":
            _put_headers(result, model.get(name), value)
        else:
            result[name] = value
    return result


def merged_compat(
    base: Mapping[str, Any] | None, change: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Switches with others over them."""
    base, change = base or {}, change or {}
    result = {**base, **change}
    for name in _NESTED_COMPAT:
        if isinstance(base.get(name), dict) and isinstance(change.get(name), dict):
            result[name] = {**base[name], **change[name]}
    return result


def _rerouted(model: Model, entry: Mapping[str, Any]) -> Model:
    """A model that ships with pi, at the address and with the switches of its provider's entry."""
    if entry.get("baseUrl") and entry.get("oauth") != "radius":
        model["baseUrl"] = entry["baseUrl"]
    _put_headers(model, model.get("headers"), _headers_for_all(entry))
    _put(model, "compat", merged_compat(model.get("compat"), entry.get("compat")))
    _put(model, "authHeader", entry.get("authHeader"))
    return model


def _nearest(models: list[Model], row: Mapping[str, Any], entry: Mapping[str, Any]) -> Model | None:
    """The model whose format and address a new one takes: its namesake, else one of its format."""
    wanted = (
        lambda model: model["id"] == row["id"],
        lambda model: model["api"] == (row.get("api") or entry.get("api")),
        lambda model: model["api"] == "openai-completions",
        lambda model: True,
    )
    return next((model for matches in wanted for model in models if matches(model)), None)


def _merged_limits(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    result = {**base, **_present(change)}
    if isinstance(base.get("images"), dict) and isinstance(change.get("images"), dict):
        old, new = base["images"], _present(change["images"])
        result["images"] = {**old, **new}
        if isinstance(old.get("resize"), dict) and isinstance(new.get("resize"), dict):
            result["images"]["resize"] = {**old["resize"], **_present(new["resize"])}
    return result


def _merged_levels(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    levels = {
        level: {**(base.get(level) or {}), **(params or {})} for level, params in change.items()
    }
    return {**base, **levels}


def _headers_for_all(entry: Mapping[str, Any]) -> dict[str, str]:
    """A provider's headers; with authHeader the key takes the place of an Authorization."""
    headers = entry.get("headers") or {}
    if not entry.get("authHeader"):
        return headers
    return {name: value for name, value in headers.items() if name.lower() != "authorization"}


def _put_headers(model: Model, *layers: Mapping[str, str] | None) -> None:
    """Headers of several layers, the last one counting; names differ in more than case."""
    headers: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for name, value in _present(layer or {}).items():
            headers[name.lower()] = (name, value)
    _put(model, "headers", dict(headers.values()))


def _put(model: Model, name: str, value: Any) -> None:
    if value:
        model[name] = value
    else:
        model.pop(name, None)


def _present(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item is not None}
