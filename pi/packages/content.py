"""The resources of one package folder: what its manifest and the settings entry leave.

    content = Content("/x/tools", filters=None, autoload=True, is_own=False)
    content.files("skills")         ["/x/tools/skills/pdf/SKILL.md", ...]
    content.problems                one line for each thing that was wrong
    content.foreign                 ["/x/tools/extensions/a.ts"]: not loadable here

A manifest's list has paths, globs and patterns (`!glob`, `+exact`, `-exact`); without a manifest
the folders `extensions`, `skills`, `prompts` and `themes` count. A kind that neither manifest nor
filters mention has its usual folder in the object form of an entry, and none in the plain form: so
does the reference. Nothing outside of the folder is reached by a manifest; in a package that was
fetched (`is_own` false) not by a link either.
"""

from __future__ import annotations

import os

from pi.packages.manifest import read_manifest
from pi.resources.extension import entry_files, extension_files, is_helper, is_script
from pi.resources.folder import markdown_files, skill_files, theme_files
from pi.resources.pattern import CHANGES, is_pattern, is_wanted, verdict
from pi.text import glob
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MATCHES = 20_000


class Content:
    """What is in a package; each kind is looked up when it is asked for."""

    def __init__(
        self,
        root: str,
        filters: dict[str, list[str]] | None = None,
        *,
        autoload: bool = True,
        is_own: bool = False,
    ) -> None:
        self.root = root
        self.problems: list[str] = []
        self.foreign: list[str] = []
        self._filters = filters
        self._autoload = autoload
        self._is_own = is_own
        self._real = os.path.realpath(root)
        self.manifest = read_manifest(root, self.problems)

    def files(self, kind: str) -> list[str]:
        """The files of a kind that are to be loaded, in the order in which they were found."""
        return [path for path, verdict in self.verdicts(kind) if verdict]

    def verdicts(self, kind: str) -> list[tuple[str, bool | None]]:
        """(file, whether it is to be loaded) of all that the package offers.

        None instead of False where `autoload` is false and the filters say nothing about it.
        """
        patterns = (self._filters or {}).get(kind)
        found = []
        for path in self.offered(kind):
            if not self._autoload:
                found.append((path, verdict(path, patterns or [], self.root)))
            elif patterns is None:
                found.append((path, True))
            else:
                wanted = bool(patterns) and is_wanted(path, patterns, self.root)
                found.append((path, wanted))
        return found

    def offered(self, kind: str) -> list[str]:
        """All files of a kind that the package itself offers, each once."""
        lists = self.manifest.lists
        if lists is not None and kind in lists:
            found = self._listed(kind, lists[kind])
        elif lists is None or self._filters is not None:
            found = self._in_folder(kind, os.path.join(self.root, kind))
        else:
            found = []
        return [path for path in dict.fromkeys(found) if self._is_inside(path)]

    def _listed(self, kind: str, entries: list[str]) -> list[str]:
        changes = [entry for entry in entries if entry.startswith(CHANGES)]
        found: list[str] = []
        for entry in entries:
            if entry.startswith(CHANGES):
                continue
            path = os.path.normpath(os.path.join(self.root, entry))
            if path != self.root and not path.startswith(self.root + os.sep):
                self.problems.append(
                    f"{shown(self.root)}: its manifest names {shown(entry)}, which is outside of "
                    "the package; not loaded"
                )
            elif is_pattern(entry):
                for match in _matching(self.root, entry.removeprefix("./")):
                    if kind != "extensions" or not is_helper(os.path.basename(match)):
                        found += self._at(kind, match)
            else:
                found += self._at(kind, path)
        return [path for path in found if is_wanted(path, changes, self.root)]

    def _at(self, kind: str, path: str) -> list[str]:
        """The files that a path of the manifest stands for."""
        if os.path.isdir(path):
            if kind == "extensions":
                return self._extensions(path)
            return self._in_folder(kind, path)
        if kind == "extensions" and is_script(path):
            self.foreign.append(path)
        ending = {"extensions": ".py", "themes": ".json"}.get(kind, ".md")
        return [path] if path.endswith(ending) and os.path.exists(path) else []

    def _extensions(self, folder: str) -> list[str]:
        own = None
        if folder != self.root:  # the root's manifest is the one that led here
            own = entry_files(folder, self.problems, self.foreign)
        return extension_files(folder, self.problems, self.foreign) if own is None else own

    def _in_folder(self, kind: str, folder: str) -> list[str]:
        if kind == "extensions":
            return extension_files(folder, self.problems, self.foreign)
        if kind == "skills":
            return skill_files(folder, self.problems)
        find = theme_files if kind == "themes" else markdown_files
        return find(folder, self.problems, deep=True)

    def _is_inside(self, path: str) -> bool:
        if self._is_own:
            return True
        real = os.path.realpath(path)
        if real.startswith(self._real + os.sep):
            return True
        self.problems.append(f"{shown(path)}: leads out of its package; not loaded")
        return False


def _matching(root: str, pattern: str) -> Iterator[str]:
    """What a glob finds below a folder, in the order of names; nothing for one that is wrong."""
    left = [MAX_MATCHES]
    try:
        for each in glob.expand(pattern):
            parts = [part for part in each.split("/") if part not in ("", ".")]
            if parts and ".." not in parts:
                yield from _walk(root, parts, left)
    except glob.GlobError:
        return


def _walk(folder: str, parts: list[str], left: list[int]) -> Iterator[str]:
    """What the components of a glob stand for below a folder."""
    if not parts:
        yield folder
    elif parts[0] == "**":
        yield from _walk_deep(folder, parts, left)
    elif any(char in parts[0] for char in "*?["):
        matcher = glob.compile(parts[0])
        for entry in _entries(folder, left):
            if matcher.fullmatch(entry.name) and (len(parts) == 1 or entry.is_dir()):
                yield from _walk(entry.path, parts[1:], left)
    elif os.path.lexists(os.path.join(folder, parts[0])):
        yield from _walk(os.path.join(folder, parts[0]), parts[1:], left)


def _walk_deep(folder: str, parts: list[str], left: list[int]) -> Iterator[str]:
    """The same for components that begin with `**`: this folder and all below it."""
    rest = parts[1:]
    if rest:
        yield from _walk(folder, rest, left)
    for entry in _entries(folder, left):
        if entry.is_dir(follow_symlinks=False):
            yield from _walk_deep(entry.path, parts, left)
        elif not rest:
            yield entry.path


def _entries(folder: str, left: list[int]) -> list[os.DirEntry[str]]:
    """What a glob may meet in a folder; hidden names and node_modules only when they are named."""
    try:
        with os.scandir(folder) as found:
            entries = [
                each for each in found if each.name[0] != "." and each.name != "node_modules"
            ]
    except OSError:
        return []
    entries.sort(key=lambda entry: os.fsencode(entry.name))
    entries = entries[: left[0]]
    left[0] -= len(entries)
    return entries
