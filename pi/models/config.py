"""The user's `models.json`: own endpoints and models, and changes to those that ship with pi.

    config = load("/home/u/.pi/agent/models.json")
    config.entry("ollama")            its entry, valid throughout; None when there is none
    config.broken.get("mine")         why an entry cannot be used at all
    config.problems                   ["/home/u/.pi/agent/models.json: providers.mine...", ...]

A wrong field takes out as little as is safe: the model or the override it is in, else the provider,
because half an entry could send a key to the wrong place. `//` comments and trailing commas are
allowed. Source: the reference's models-configuration page.
"""

from __future__ import annotations

from pi.models.catalog import FORMER_IDS
from pi.settings.jsonfile import FileError, read_object
from pi.settings.kind import check, describe, join
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_DOING_SOMETHING = ("baseUrl", "apiKey", "headers", "compat", "models", "modelOverrides", "oauth")


class Config(Value):
    """What the file says. `entries` maps provider ids to their valid entries; only read them."""

    path: str
    entries: dict[str, dict[str, Any]]
    broken: dict[str, str]
    problems: list[str]

    def entry(self, provider: str) -> dict[str, Any] | None:
        """The valid entry of a provider."""
        return self.entries.get(provider)


def load(path: str) -> Config:
    """Read a `models.json`. A missing file is an empty one; nothing in it makes this raise."""
    try:
        data = read_object(path, lenient=True)
    except FileError as error:
        return Config(path, {}, {}, [str(error)])
    return parse(data or {}, path)


def parse(data: dict[str, Any], path: str) -> Config:
    """The configuration in an object; `path` is for its problems."""
    if not data:
        return Config(path, {}, {}, [])
    from pi.models import fields  # noqa: PLC0415 - only with a models.json

    reader = _Reader(path, fields)
    providers = data.get("providers")
    if isinstance(providers, dict):
        for name, entry in providers.items():
            reader.provider(FORMER_IDS.get(name, name), entry, join("providers", name))
    else:
        found = describe(providers) if "providers" in data else "nothing"
        reader.problems.append(f"{path}: providers: expected an object, got {found}")
    return Config(path, reader.entries, reader.broken, reader.problems)


class _Reader:
    def __init__(self, path: str, fields: ModuleType) -> None:
        self.entries: dict[str, dict[str, Any]] = {}
        self.broken: dict[str, str] = {}
        self.problems: list[str] = []
        self._path = path
        self._fields = fields

    def provider(self, name: str, entry: Any, place: str) -> None:
        found = check(self._fields.PROVIDER, entry, place)
        if not found and isinstance(entry, dict):
            entry = {key: value for key, value in entry.items() if value is not None}
            found = self._contradictions(entry, place)
        if found:
            self.broken[name] = self._say(found)
            return
        entry["models"] = self._models(entry.get("models") or [], entry, place)
        entry["modelOverrides"] = self._overrides(entry.get("modelOverrides") or {}, place)
        self.entries[name] = entry

    def _contradictions(self, entry: dict[str, Any], place: str) -> list[str]:
        models, overrides = entry.get("models", []), entry.get("modelOverrides", {})
        if not isinstance(models, list):
            return [f"{place}.models: expected a list, got {describe(models)}"]
        if not isinstance(overrides, dict):
            return [f"{place}.modelOverrides: expected an object, got {describe(overrides)}"]
        if "oauth" in entry and "baseUrl" not in entry:
            return [f"{place}.baseUrl: missing; oauth needs it"]
        if not any(entry.get(key) for key in _DOING_SOMETHING) and "authHeader" not in entry:
            return [f"{place}: says nothing; give it a baseUrl, headers, compat or models"]
        return []

    def _models(self, models: list[Any], entry: dict[str, Any], place: str) -> list[dict[str, Any]]:
        valid: dict[str, dict[str, Any]] = {}
        for at, model in enumerate(models):
            found = check(self._fields.MODEL, model, f"{place}.models[{at}]")
            if found:
                self._say(found)
            else:
                row = {key: value for key, value in model.items() if value is not None}
                valid[row["id"]] = row
        return list(valid.values())

    def _overrides(self, overrides: dict[str, Any], place: str) -> dict[str, dict[str, Any]]:
        valid = {}
        for model_id, override in overrides.items():
            found = check(
                self._fields.OVERRIDE, override, join(f"{place}.modelOverrides", model_id)
            )
            if found:
                self._say(found)
            else:
                valid[model_id] = override
        return valid

    def _say(self, found: list[str]) -> str:
        lines = [f"{self._path}: {problem}" for problem in found]
        self.problems += lines
        return lines[0]
