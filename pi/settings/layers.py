"""Settings in force: defaults, the user's file, and the project's if it is trusted.

    settings = load("/home/u/.pi/agent", "/home/u/app", trusted=True)
    settings.get("retry.maxRetries")        3
    settings.source_of("retry.maxRetries")  "default"
    settings.each("extensions")             [("user", "/home/u/.pi/agent", ["./x"]), ...]
    settings.warnings                       ["/home/u/.pi/agent/settings.json: theme: expected ..."]

A file that cannot be read counts as empty, with a warning. Nothing is written here.
"""

from __future__ import annotations

import os.path

from pi import paths
from pi.errors import UsageError
from pi.settings.jsonfile import FileError, read_object
from pi.settings.kind import check
from pi.settings.merge import clean, lookup, merged, modernised
from pi.settings.table import ROWS, row
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Layer(Value):
    """One file: `scope` is "user" or "project"; `folder` is what its relative paths are below."""

    scope: str
    path: str
    folder: str
    data: dict[str, Any]


class Compaction(Value):
    """When and how far history is summarised; tokens."""

    enabled: bool
    reserve_tokens: int
    keep_recent_tokens: int


class Settings:
    """What all layers say together. `data` is the merged JSON, unknown keys too; only read it."""

    def __init__(self, layers: list[Layer], warnings: list[str]) -> None:
        self.layers = layers
        self.warnings = warnings
        self.data = merged(layer.data for layer in layers)

    def get(self, key: str) -> Any:
        """The value in force. Raises KeyError for a name that is no setting."""
        rule = row(key)
        value = lookup(self.data, key)
        if value is None:
            return rule.default
        return rule.read(value) if rule.read else value

    def source_of(self, key: str) -> str:
        """Where the value in force comes from: "project", "user" or "default"."""
        row(key)
        if lookup(self.data, key) is None:
            return "default"
        return next(
            layer.scope for layer in reversed(self.layers) if lookup(layer.data, key) is not None
        )

    def each(self, key: str) -> list[tuple[str, str, Any]]:
        """(scope, folder, value) of each layer that sets a key: for lists of relative paths."""
        row(key)
        found = ((layer, lookup(layer.data, key)) for layer in self.layers)
        return [(layer.scope, layer.folder, value) for layer, value in found if value is not None]

    def with_project(self, project_dir: str) -> Settings:
        """These settings with those of a project, which is trusted, over the user's."""
        user, path = self.layers[0], paths.project_settings_file(project_dir)
        if os.path.realpath(path) == os.path.realpath(user.path):
            return self
        warnings = list(self.warnings)
        return Settings([user, _layer("project", path, warnings)], warnings)

    def compaction(self, model: str = "") -> Compaction:
        """The compaction settings of a model, given as "provider/id".

        Raises UsageError, with file and key, where a number is wrong.
        """
        for name in _COMPACTION:
            self._insist(name)
        overrides = self.get("compaction.modelOverrides") or {}
        own = overrides.get(model) or {}
        reserve, keep = (
            self.get(f"compaction.{name}") if own.get(name) is None else own[name]
            for name in ("reserveTokens", "keepRecentTokens")
        )
        return Compaction(self.get("compaction.enabled"), int(reserve), int(keep))

    def _insist(self, key: str) -> None:
        for layer in self.layers:
            value = lookup(layer.data, key)
            if value is not None:
                for problem in check(row(key).kind, value, key):
                    raise UsageError(f"{layer.path}: {problem}")


_COMPACTION = [rule.key for rule in ROWS.values() if rule.strict]


def load(agent_dir: str, project_dir: str | None = None, *, trusted: bool = False) -> Settings:
    """The settings of a user, and of a project when it is trusted; wrong content only warns."""
    warnings: list[str] = []
    found = Settings([_layer("user", paths.settings_file(agent_dir), warnings)], warnings)
    return found if project_dir is None or not trusted else found.with_project(project_dir)


def _layer(scope: str, path: str, warnings: list[str]) -> Layer:
    try:
        data = modernised(read_object(path) or {})
    except FileError as error:
        warnings.append(f"{error}; using the defaults")
        data = {}
    data, problems = clean(data, scope)
    warnings += [f"{path}: {problem}; ignored" for problem in problems]
    return Layer(scope, path, os.path.dirname(path), data)
