"""What settings files mean together. Pure: dicts in, dicts out.

    clean(data)      ({...valid...}, ["retry.maxRetries: expected ..., got a string"])
    merged([user, project])
    lookup({"retry": {"enabled": True}}, "retry.enabled")     True

A project's objects go over the user's key by key; its lists replace the user's, except those of
resources, which follow them. Source: the reference's settings page.
"""

from __future__ import annotations

from pi.settings.kind import check, describe
from pi.settings.table import ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


def lookup(data: Mapping[str, Any], key: str) -> Any:
    """The value at a dotted key; None when it is not there."""
    value: Any = data
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def modernised(data: dict[str, Any]) -> dict[str, Any]:
    """The settings with names of older versions read as today's; `data` itself is not changed."""
    data = dict(data)
    if "queueMode" in data:
        data.setdefault("steeringMode", data.pop("queueMode"))
    if isinstance(data.get("websockets"), bool):
        data.setdefault("transport", "websocket" if data.pop("websockets") else "sse")
    if isinstance(data.get("skills"), dict):
        old = data.pop("skills")
        if old.get("enableSkillCommands") is not None:
            data.setdefault("enableSkillCommands", old["enableSkillCommands"])
        if old.get("customDirectories"):
            data["skills"] = old["customDirectories"]
    retry = data.get("retry")
    if isinstance(retry, dict) and "maxDelayMs" in retry:
        data["retry"] = _modern_retry(retry)
    return data


def _modern_retry(retry: dict[str, Any]) -> dict[str, Any]:
    retry = dict(retry)
    delay = retry.pop("maxDelayMs")
    provider = retry.get("provider") or {}
    if isinstance(provider, dict) and provider.get("maxRetryDelayMs") is None:
        retry["provider"] = {**provider, "maxRetryDelayMs": delay}
    return retry


def clean(data: dict[str, Any], scope: str = "user") -> tuple[dict[str, Any], list[str]]:
    """The settings without wrong values, and what is wrong, one line a key.

    `scope` is "user" or "project". Unknown keys stay. Strict settings stay whatever they are. A
    list of resources loses its wrong entries alone.
    """
    result = dict(data)
    problems: list[str] = []
    for row in ROWS.values():
        *parents, name = row.key.split(".")
        place = _reach(result, parents, problems)
        if place is None or place.get(name) is None:
            continue
        if scope == "project" and row.scope == "user":
            del place[name]
            problems.append(f"{row.key}: only the user's own settings can set this")
        elif not row.strict:
            found = check(row.kind, place[name], row.key)
            if found and row.merge == "join" and isinstance(place[name], list):
                place[name] = [each for each in place[name] if not check(row.kind, [each], "")]
            elif found:
                del place[name]
            problems += found
    return result, problems


def _reach(data: dict[str, Any], parents: list[str], problems: list[str]) -> dict[str, Any] | None:
    """The object a row's value is in, copied on the way so that it may be changed."""
    for at, name in enumerate(parents):
        inner = data.get(name)
        if inner is None:
            return None
        if not isinstance(inner, dict):
            del data[name]
            path = ".".join(parents[: at + 1])
            problems.append(f"{path}: expected an object, got {describe(inner)}")
            return None
        data[name] = dict(inner)
        data = data[name]
    return data


def merged(layers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """All layers as one, each over those before it."""
    result: dict[str, Any] = {}
    for layer in layers:
        before = result
        result = _over(before, layer)
        for row in ROWS.values():
            if row.merge != "over" and isinstance(before.get(row.key), list):
                result[row.key] = _lists(row.merge, before[row.key], layer.get(row.key))
    return result


def _over(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in change.items():
        old = base.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = _over(old, value) if both else value
    return result


def _lists(how: str, base: list[Any], change: Any) -> list[Any]:
    if not isinstance(change, list):
        return base
    if how == "join":
        return [*base, *change]
    only_changes = bool(change) and all(entry[:1] in ("+", "-") for entry in change)
    return [*base, *change] if only_changes else change
