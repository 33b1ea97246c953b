"""Changing a settings file: single keys, with everything else left as it is.

update(path, {"steeringMode": "all", "compaction.enabled": False})
update(path, {"theme": None})                                        removes the key
update(path, {("modelThinkingLevels", "openai/gpt-5.1"): "high"})    a key with dots in it
"""

from __future__ import annotations

from pi.errors import UsageError
from pi.settings.jsonfile import FileError, change
from pi.settings.kind import check, describe
from pi.settings.table import ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def update(path: str, changes: Mapping[str | tuple[str, ...], Any]) -> None:
    """Set keys of a settings file, atomically and under a lock; None removes one.

    Unknown keys and the order of keys stay; a missing file is made. Raises UsageError for a value
    that is not of its setting's kind, FileError for a file that is broken or cannot be written:
    it is left as it is.
    """
    for key, value in changes.items():
        rule = ROWS.get(key) if isinstance(key, str) else None
        if rule is not None and value is not None:
            for problem in check(rule.kind, value, rule.key):
                raise UsageError(problem)

    def edit(data: dict[str, Any]) -> None:
        for key, value in changes.items():
            _put(data, tuple(key.split(".")) if isinstance(key, str) else key, value, path)

    change(path, edit)


def _put(data: dict[str, Any], parts: tuple[str, ...], value: Any, path: str) -> None:
    *parents, name = parts
    for parent in parents:
        inner = data.get(parent)
        if inner is None and value is None:
            return
        if inner is None:
            inner = data[parent] = {}
        if not isinstance(inner, dict):
            found = describe(inner)
            raise FileError(path, f"{parent}: expected an object, got {found}; mend it first")
        data = inner
    if value is None:
        data.pop(name, None)
    else:
        data[name] = value
