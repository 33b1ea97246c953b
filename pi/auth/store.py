"""`auth.json`: keys and logins that pi keeps, one per provider, readable by their owner only.

    {"openai": {"type": "api_key", "key": "sk-...", "env": {"NAME": "value"}},
     "anthropic": {"type": "oauth", "access": "...", "refresh": "...", "expires": 1790000000000}}

    stored, problems = load(path)
    save(path, "openai", {"type": "api_key", "key": "sk-..."})
    remove(path, "openai")                     True if there was one

`key` may be a reference (`pi.auth.value`). The format is the reference's; unknown fields and the
entries of other programs stay. Writing is atomic, under a lock that other processes of pi obey, and
never touches a file that cannot be read.
"""

from __future__ import annotations

from pi.models.catalog import FORMER_IDS
from pi.settings.jsonfile import FileError, change, read_object
from pi.settings.kind import NUMBER, STRING, check, describe, map_of, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MODE = 0o600

_KINDS = {
    "api_key": record({"key": STRING, "env": map_of(STRING, "strings")}),
    "oauth": record(
        {"access": STRING, "refresh": STRING, "expires": NUMBER}, ("access", "refresh", "expires")
    ),
}


def load(path: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The usable entries by provider, and what is wrong with the others, one line each."""
    try:
        data = read_object(path) or {}
    except FileError as error:
        return {}, [f"{error}; stored keys and logins are not used"]
    stored, problems = {}, []
    for name, entry in data.items():
        found = _problems(entry, name)
        if found:
            problems += [f"{path}: {problem}" for problem in found]
        else:
            stored[FORMER_IDS.get(name, name)] = entry
    return stored, problems


def save(path: str, provider: str, entry: dict[str, Any]) -> None:
    """Store a provider's key or login over the one it had. Raises FileError."""

    def edit(data: dict[str, Any]) -> None:
        _forget(data, provider, but=provider)
        data[provider] = entry

    change(path, edit, mode=_MODE)


def remove(path: str, provider: str) -> bool:
    """Forget a provider's key or login; says whether there was one. Raises FileError."""
    if read_object(path) is None:
        return False
    removed: list[str] = []
    change(path, lambda data: removed.extend(_forget(data, provider)), mode=_MODE)
    return bool(removed)


def _forget(data: dict[str, Any], provider: str, but: str = "") -> list[str]:
    """Delete a provider's entries, under its id and under former ones; returns their names."""
    names = [name for name in data if FORMER_IDS.get(name, name) == provider and name != but]
    for name in names:
        del data[name]
    return names


def _problems(entry: Any, name: str) -> list[str]:
    if not isinstance(entry, dict):
        return [f"{name}: expected an object, got {describe(entry)}"]
    kind = _KINDS.get(entry.get("type"))
    if kind is None:
        return [f'{name}.type: expected "api_key" or "oauth"']
    return check(kind, entry, name)
