"""Writing `packages` entries of settings files.

    declare(site, "user", "./tools", cwd)       {"packages": ["../../tools"]}
    withdraw(site, "user", source, cwd)         True: there was one
    choose(site, "project", ...)                the filters of an entry

A package that is declared already gets its new version in the same place, with its filters. Other
entries, unknown keys and the order stay. A local path is written relative to its settings file.
"""

from __future__ import annotations

import os

from pi import paths
from pi.packages.site import source_text
from pi.packages.source import Local, SourceError, identity, parse
from pi.settings.jsonfile import FileError, change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.packages.site import Site
    from pi.packages.source import Source


def written(site: Site, scope: str, source: Source, cwd: str) -> str:
    """A source as the settings of a scope have it; `cwd` is what its path is below here."""
    if not isinstance(source, Local):
        return source.text
    path = paths.absolute(source.path, cwd, site.home)
    return os.path.relpath(path, os.path.abspath(site.root(scope)))


def declare(site: Site, scope: str, text: str) -> None:
    """Put a source, as `written` gives it, into the settings of a scope. Raises FileError."""
    wanted = _identity(site, scope, text)

    def edit(entries: list[Any]) -> None:
        for at, entry in enumerate(entries):
            if _identity(site, scope, source_text(entry)) == wanted:
                entries[at] = {**entry, "source": text} if isinstance(entry, dict) else text
                return
        entries.append(text)

    _edit(site, scope, edit)


def withdraw(site: Site, scope: str, text: str) -> None:
    """Take every entry of a package out of the settings of a scope. Raises FileError."""
    wanted = _identity(site, scope, text)

    def edit(entries: list[Any]) -> None:
        entries[:] = [
            entry for entry in entries if _identity(site, scope, source_text(entry)) != wanted
        ]

    _edit(site, scope, edit)


def choose(site: Site, scope: str, text: str, kind: str, pattern: str, *, is_delta: bool) -> None:
    """Add a pattern (`+path` or `-path`) to the filters of a package's entry. Raises FileError.

    Earlier patterns for the same path go. `is_delta` makes an entry with `autoload` false where
    there is none yet: a project's changes of a package of the user.
    """
    wanted = _identity(site, scope, text)

    def edit(entries: list[Any]) -> None:
        for at, entry in enumerate(entries):
            if _identity(site, scope, source_text(entry)) == wanted:
                entries[at] = _with_pattern(entry, kind, pattern)
                return
        entry = {"source": text, "autoload": False} if is_delta else text
        entries.append(_with_pattern(entry, kind, pattern))

    _edit(site, scope, edit)


def with_pattern(patterns: list[str], pattern: str) -> list[str]:
    """A list of patterns with one more, in place of what it said about the same path."""
    path = pattern[1:]
    return [each for each in patterns if each not in (f"+{path}", f"-{path}")] + [pattern]


def _with_pattern(entry: Any, kind: str, pattern: str) -> dict[str, Any]:
    entry = dict(entry) if isinstance(entry, dict) else {"source": entry}
    old = entry.get(kind)
    if old == [] and pattern.startswith("+") and entry.get("autoload") is not False:
        entry[kind] = [pattern[1:]]  # nothing was to load: now this alone
    else:
        entry[kind] = with_pattern(old if isinstance(old, list) else [], pattern)
    return entry


def _identity(site: Site, scope: str, text: str | None) -> str | None:
    """The identity of an entry's source; the text itself where it names nothing."""
    if text is None:
        return None
    try:
        return identity(parse(text), site.root(scope), site.home)
    except SourceError:
        return text


def _edit(site: Site, scope: str, edit: Callable[[list[Any]], None]) -> None:
    path = site.settings_path(scope)

    def change_packages(data: dict[str, Any]) -> None:
        entries = data.setdefault("packages", [])
        if not isinstance(entries, list):
            raise FileError(path, "packages: expected a list; mend it first")
        edit(entries)

    change(path, change_packages)
