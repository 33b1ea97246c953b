"""Reading what an extension registers: a provider, the models it lists, a virtual model.

    provider("acme", {"base_url": "https://acme/v1", "api_key": "$ACME_KEY"}, "acme.py", catalog)
    virtual({"provider": "router", "id": "auto", "thinking_levels": ["low", "high"], "route": f},
            "router.py")

A provider's config has the fields of one in `models.json` (`pi.models.fields`), written like there
or in snake_case, and two functions beside them: `refresh_models` and `stream`. What is wrong is a
UsageError of one line that begins with the extension: half a provider could send a key to the
wrong place, so nothing of it is kept. Source: the reference's custom-provider and virtual-models
pages.
"""

from __future__ import annotations

import json

from pi.errors import PiError, UsageError
from pi.extensions.naming import camel
from pi.extensions.takes import checked
from pi.models import fields
from pi.models.added import VIRTUAL_API, Added, Virtual
from pi.models.merge import replaced
from pi.providers.registry import FORMATS
from pi.providers.thinking import LEVELS
from pi.settings.kind import NAME, POSITIVE, STRING, check, describe, list_of, one_of, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.models.catalog import Catalog
    from pi.request import Model
    from pi.settings.kind import Kind

_FREE = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}
_STREAMS = ("stream", "streamSimple")
"""The names of the function that answers by itself; the second one is the reference's."""

_NOT_HERE = ("oauth", "images", "classifiers")
"""Parts of the reference's config that pi does not have."""

_SAYS_SOMETHING = ("baseUrl", "apiKey", "headers", "compat", "models", "authHeader")

_VIRTUAL = record(
    {
        "provider": NAME,
        "id": NAME,
        "name": STRING,
        "thinkingLevels": list_of(one_of(*LEVELS), "thinking levels"),
        "contextWindow": POSITIVE,
        "maxTokens": POSITIVE,
        "input": list_of(one_of("text", "image"), "modalities"),
    },
    ("provider", "id"),
)


def provider(name: str, config: Mapping[str, Any], source: str, catalog: Catalog) -> Added:
    """The provider a config describes. Raises UsageError."""
    where = _place(source, "provider", name)
    entry, functions = _read(config, ("refreshModels", *_STREAMS), where)
    refresh = functions.get("refreshModels")
    stream = next((functions[key] for key in _STREAMS if key in functions), None)
    for key in _NOT_HERE:
        if entry.pop(key, None) is not None:
            raise UsageError(f"{where}: {key}: not supported by pi")
    replaces = "models" in entry
    entry["models"] = rows(entry.get("models", []), where)
    if stream is not None:
        _take_stream(entry, name, where)
    _insist(fields.PROVIDER, entry, where)
    if refresh is None and stream is None and not any(entry.get(key) for key in _SAYS_SOMETHING):
        raise UsageError(f"{where}: says nothing; give it a baseUrl, headers or models")
    added = Added(entry, replaces, source, refresh, stream)
    _, problems = replaced(name, catalog.models(name), entry)
    for problem in [*problems, *_unspoken(added)]:
        raise UsageError(f"{where}: {problem}")
    return added


def rows(given: object, where: str) -> list[dict[str, Any]]:
    """Model definitions as entries of `models` in `models.json`. Raises UsageError."""
    if not isinstance(given, (list, tuple)):
        raise UsageError(f"{where}: models: expected a list, got {describe(given)}")
    found: dict[str, dict[str, Any]] = {}
    for at, each in enumerate(given):
        place = f"{where}: models[{at}]"
        row, _ = _read(each, (), place)
        if row.pop("type", "chat") != "chat":
            raise UsageError(f"{place}: type: pi has chat models only")
        _insist(fields.MODEL, row, place)
        found[row["id"]] = row
    return list(found.values())


def virtual(definition: Mapping[str, Any], source: str) -> Virtual:
    """The virtual model a definition describes. Raises UsageError."""
    given, functions = _read(definition, ("route",), source)
    where = _place(source, "virtual model", given.get("id"))
    _insist(_VIRTUAL, given, where)
    if "route" not in functions:
        raise UsageError(f"{where}: route: missing; it picks the model of each request")
    offered = given.get("thinkingLevels") or ["off"]
    model: Model = {
        "id": given["id"],
        "name": given.get("name") or given["id"],
        "api": VIRTUAL_API,
        "provider": given["provider"],
        "baseUrl": "",
        "reasoning": offered != ["off"],
        "thinkingLevelMap": _level_map(offered),
        "input": given.get("input") or ["text", "image"],
        "cost": dict(_FREE),
        "contextWindow": given.get("contextWindow", 0),
        "maxTokens": given.get("maxTokens", 0),
    }
    return Virtual(model, functions["route"], source)


def _level_map(offered: list[str]) -> dict[str, str | None]:
    return {level: level if level in offered else None for level in LEVELS}


def _place(source: str, what: str, name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise UsageError(f"{source}: a {what} needs a name: a string that is not empty")
    return f"{source}: {what} {name}"


def _read(
    given: object, functions: tuple[str, ...], where: str
) -> tuple[dict[str, Any], dict[str, Callable[..., Any]]]:
    """A copy of a dict with the usual spelling of its keys, and its functions apart."""
    if not isinstance(given, dict):
        raise UsageError(f"{where}: expected a dict, got {_python_type(given)}")
    named = {camel(str(key)): value for key, value in given.items() if value is not None}
    found = {key: named.pop(key) for key in functions if key in named}
    try:
        for key, function in found.items():
            checked(function, key, may_yield=key in _STREAMS)
        return json.loads(json.dumps(named, allow_nan=False)), found
    except (TypeError, ValueError, RecursionError, PiError) as error:
        raise UsageError(f"{where}: {error}") from None


def _python_type(value: object) -> str:
    return type(value).__name__


def _insist(kind: Kind, value: Any, where: str) -> None:
    for problem in check(kind, value, ""):
        raise UsageError(f"{where}: {problem}")


def _take_stream(entry: dict[str, Any], name: str, where: str) -> None:
    """Give a provider that answers itself what a wire format would need: a name, an address."""
    entry.setdefault("api", name)
    entry.setdefault("baseUrl", f"{name}:")  # never asked; the models must have one
    spoken = {entry["api"], *(row.get("api", entry["api"]) for row in entry["models"])}
    for api in sorted(str(api) for api in spoken):
        if api in FORMATS or api == VIRTUAL_API:
            raise UsageError(
                f'{where}: api: "{api}" is a wire format of pi; '
                "a provider with a stream of its own needs another name"
            )
    if len(spoken) > 1:
        raise UsageError(f"{where}: its models must all have the api of its stream")


def _unspoken(added: Added) -> list[str]:
    """What is wrong with the wire formats that are named."""
    if added.stream is not None:
        return []
    named = [added.entry.get("api"), *(row.get("api") for row in added.entry["models"])]
    known = ", ".join(sorted(FORMATS))
    return [
        f'api: pi speaks no "{api}"; give the provider a stream, or one of {known}'
        for api in named
        if api is not None and api not in FORMATS
    ]
