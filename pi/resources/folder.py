"""The files of one resource folder: which of them are skills, templates or themes.

    skill_files("/home/u/.pi/agent/skills", problems)      every SKILL.md, and Markdown at the top
    markdown_files("/home/u/.pi/agent/prompts", problems)  Markdown at the top
    theme_files("/home/u/.pi/agent/themes", problems)      JSON at the top

A folder with a SKILL.md is a skill; nothing below it is looked at. Left out is what begins with a
dot, node_modules, and what .gitignore, .ignore and .fdignore of the folder and those in it say.
Links are followed, but not in circles. Source: `contracts.md` section 7.
"""

from __future__ import annotations

import os

from pi import files
from pi.resources.skill import FILE
from pi.text import ignore
from pi.text.unicode import decode, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rules = tuple[int, ignore.Rules]  # how much of a path is the folder the rules are for

SKILLS = "skills"
PROMPTS = "prompts"
THEMES = "themes"
EXTENSIONS = "extensions"
MAX_ENTRIES = 20_000
MAX_DEPTH = 40
_IGNORE_FILES = (".gitignore", ".ignore", ".fdignore")
_MAX_IGNORE_FILE = 64 << 10  # reading more rules would hold up every start


def skill_files(folder: str, problems: list[str], *, is_shared: bool = False) -> list[str]:
    """The files of a folder that are skills, or may be: Markdown counts by its front matter.

    In an `.agents` folder (`is_shared`) Markdown counts below the top, elsewhere only at the top.
    """
    walk = _Walk(folder, problems, lambda depth: (depth > 0) == is_shared)
    return list(walk.files(folder, "", ()))


def markdown_files(folder: str, problems: list[str], *, deep: bool = False) -> list[str]:
    """The Markdown files of a folder; if `deep`, of those below it too."""
    walk = _Walk(
        folder, problems, lambda depth: True, holds_skills=False, depth=None if deep else 0
    )
    return list(walk.files(folder, "", ()))


def theme_files(folder: str, problems: list[str], *, deep: bool = False) -> list[str]:
    """The JSON files of a folder; if `deep`, of those below it too."""
    depth = None if deep else 0
    walk = _Walk(
        folder, problems, lambda depth: True, holds_skills=False, depth=depth, ending=".json"
    )
    return list(walk.files(folder, "", ()))


class _Walk:
    """One walk. `takes(depth)` says whether files with the `ending` count at a depth; `depth` is
    the last one."""

    def __init__(
        self,
        root: str,
        problems: list[str],
        takes: Callable[[int], bool],
        *,
        holds_skills: bool = True,
        depth: int | None = None,
        ending: str = ".md",
    ) -> None:
        self._root = root
        self._problems = problems
        self._takes = takes
        self._holds_skills = holds_skills
        self._depth = MAX_DEPTH if depth is None else depth
        self._ending = ending
        self._left = MAX_ENTRIES
        self._inside: list[str] = []  # the real folders the walk is in

    def files(self, folder: str, prefix: str, rules: tuple[Rules, ...]) -> Iterator[str]:
        """The files of a folder and those in it; `prefix` is its path below the root, with `/`."""
        entries = self._entries(folder)
        own = _read_rules(folder, {entry.name for entry in entries}, self._problems)
        rules = rules if own is None else ((len(prefix), own), *rules)
        for entry in entries if self._holds_skills else ():
            if entry.name == FILE and _is_there(entry) and not _ignored(rules, prefix, entry):
                yield entry.path
                return
        self._inside.append(os.path.realpath(folder))
        for entry in entries:
            if not _is_passed_over(entry.name) and not _ignored(rules, prefix, entry):
                yield from self._at(entry, prefix, rules)
        self._inside.pop()

    def _at(self, entry: os.DirEntry[str], prefix: str, rules: tuple[Rules, ...]) -> Iterator[str]:
        depth = len(self._inside) - 1
        if _is_folder(entry):
            if depth < self._depth and os.path.realpath(entry.path) not in self._inside:
                yield from self.files(entry.path, f"{prefix}{entry.name}/", rules)
        elif entry.name.endswith(self._ending) and self._takes(depth) and _is_there(entry):
            yield entry.path

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return []
        except OSError as error:
            self._problems.append(f"{shown(folder)}: cannot be read ({error.strerror})")
            return []
        if len(entries) > self._left:
            self._problems.append(
                f"{shown(self._root)}: holds more than {MAX_ENTRIES} files; not all were looked at"
            )
        entries = entries[: self._left]
        self._left -= len(entries)
        return entries


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in circles
        return False


def _is_there(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is to be read: a pipe too, to be told of; a link to nothing is nothing."""
    return os.path.exists(entry.path) and not _is_folder(entry)


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name == "node_modules"


def _read_rules(folder: str, names: set[str], problems: list[str]) -> ignore.Rules | None:
    texts = []
    for name in _IGNORE_FILES:
        if name in names:
            path = os.path.join(folder, name)
            try:
                data = files.read_bounded(path, _MAX_IGNORE_FILE)
            except (FileNotFoundError, IsADirectoryError):  # a link to nothing; a folder
                continue
            except OSError as error:  # more is loaded, nothing is lost
                problems.append(f"{shown(path)}: cannot be read ({error.strerror}); not applied")
                continue
            texts.append(decode(data).removeprefix("\ufeff"))
    return ignore.parse("\n".join(texts)) if texts else None


def _ignored(rules: tuple[Rules, ...], prefix: str, entry: os.DirEntry[str]) -> bool:
    """What the rules say about an entry, those nearest to it first."""
    path = prefix + entry.name
    for start, table in rules:
        verdict = table.verdict(path[start:], entry.name, _is_folder(entry))
        if verdict is not None:
            return verdict
    return False
