"""Where packages are kept, and the settings entries that declare them.

    site = Site("/home/u/.pi/agent", "/home/u/app", "/home/u", is_trusted=True)
    site.root("user")                       "/home/u/.pi/agent"
    site.folder(parse("npm:x"), "user")     "/home/u/.pi/agent/npm/node_modules/x"
    entries(settings)                       [Entry("npm:x", "user", ...), ...]

    scope       root                        settings file and lock file are in
    user        the agent folder            the same
    project     .pi of the project          the same
    temporary   tmp/extensions of the agent folder, for `-e`; no settings, no lock file

The folders are the reference's, so that both programs can share them. Source: `contracts.md`
section 9; `pypi` and `url` beside `npm` and `git` are ours.
"""

from __future__ import annotations

import os

from pi import paths
from pi.packages.source import Local, SourceError, folder_of, identity, parse, public
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.packages.source import Source
    from pi.settings import Settings

USER = "user"
PROJECT = "project"
TEMPORARY = "temporary"

KINDS = ("extensions", "skills", "prompts", "themes")
"""What a package may hold; also the keys of a manifest and of an entry's filters."""

LOCK_NAME = "pi-lock.json"


class Site(Value):
    """The folders that packages are about. `project` is the folder that is worked in."""

    agent_dir: str
    project: str
    home: str
    is_trusted: bool = True

    def root(self, scope: str) -> str:
        """The folder a scope keeps its packages in, and what its relative paths are below."""
        if scope == PROJECT:
            return os.path.join(self.project, paths.PROJECT_FOLDER)
        if scope == TEMPORARY:
            return os.path.join(self.agent_dir, "tmp", "extensions")
        return self.agent_dir

    def folder(self, source: Source, scope: str) -> str:
        """Where a package is, or would be, once it is installed."""
        if isinstance(source, Local):
            return paths.absolute(source.path, self.root(scope), self.home)
        return os.path.join(self.root(scope), *folder_of(source).split("/"))

    def settings_path(self, scope: str) -> str:
        """The settings file of a scope."""
        if scope == PROJECT:
            return paths.project_settings_file(self.project)
        return paths.settings_file(self.agent_dir)

    def lock_path(self, scope: str) -> str:
        """The lock file of a scope, beside its settings file."""
        return os.path.join(os.path.dirname(self.settings_path(scope)), LOCK_NAME)

    def identity(self, source: Source, scope: str) -> str:
        """What two sources of one package have in common."""
        return identity(source, self.root(scope), self.home)


class Entry(Value):
    """One entry of a `packages` list.

    `filters` has the kinds an object form narrows; None for the plain form. With `autoload` false
    nothing loads but what the filters ask for.
    """

    text: str
    scope: str
    source: Source
    filters: dict[str, list[str]] | None = None
    autoload: bool = True


def entries(layers: Iterable[tuple[str, str, Any]], problems: list[str]) -> list[Entry]:
    """The entries of (scope, folder, `packages` list), and a line for each that names nothing."""
    found = []
    for scope, folder, values in layers:
        for value in values:
            entry = _entry_or_problem(value, scope)
            if isinstance(entry, str):
                problems.append(f"{os.path.join(folder, 'settings.json')}: packages: {entry}")
            else:
                found.append(entry)
    return found


def _entry_or_problem(value: Any, scope: str) -> Entry | str:
    try:
        return entry_of(value, scope)
    except SourceError as error:
        return str(error)


def declared(settings: Settings, problems: list[str]) -> list[Entry]:
    """The entries in force, the project's first."""
    return entries(reversed(settings.each("packages")), problems)


def entry_of(value: Any, scope: str) -> Entry:
    """The entry that a value of a `packages` list is. Raises SourceError."""
    text = source_text(value)
    if text is None:
        raise SourceError("an entry has no source; ignored")
    source = parse(text)
    if isinstance(value, str):
        return Entry(text, scope, source)
    filters = {
        kind: [each for each in value[kind] if isinstance(each, str)]
        for kind in KINDS
        if isinstance(value.get(kind), list)
    }
    return Entry(text, scope, source, filters, value.get("autoload") is not False)


def source_text(value: Any) -> str | None:
    """The source of an entry in either form; None for what is no entry."""
    if isinstance(value, dict):
        value = value.get("source")
    return value.strip() if isinstance(value, str) and value.strip() else None


def settled(found: list[Entry], site: Site) -> list[Entry]:
    """One entry for each package, the project's before the user's.

    A project's entry takes the place of the user's, unless `autoload` is false: then both stay.
    """
    result: list[Entry] = []
    first: dict[str, Entry] = {}
    for entry in found:
        name = site.identity(entry.source, entry.scope)
        earlier = first.setdefault(name, entry)
        is_base = earlier.scope != entry.scope and not earlier.autoload
        if earlier is entry or is_base:
            result.append(entry)
    return result


def named(entry: Entry) -> str:
    """An entry's source for a line of the user."""
    return public(entry.text)
