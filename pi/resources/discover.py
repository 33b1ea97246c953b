"""Where skills and prompt templates are found, in the order in which they win.

    found, problems = discover("skills", place, ["./mine"], is_closed=False)
    found[0]    Found("/app/.pi/skills/x/SKILL.md", "auto", "project", "/app/.pi")

    1  the project's settings, then its folders     only if it is trusted
       .pi/skills, .pi/prompts; .agents/skills in the project and above, up to the repository's top
    2  the user's settings, then their folders
       skills and prompts in the agent folder; ~/.agents/skills
    3  paths from the command line

Within one place the order is that of names. A file that is met twice counts where it was met first.
Source: `contracts.md` section 7 and the reference's results.
"""

from __future__ import annotations

import os

from pi import paths
from pi.resources.folder import PROMPTS, SKILLS, markdown_files, skill_files
from pi.resources.pattern import CHANGES, is_pattern, is_wanted
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pi.settings import Settings

__all__ = ["PROMPTS", "SKILLS", "Found", "Place", "discover"]


class Found(Value):
    """A file and where it comes from.

    `source` is auto for a usual folder, local for a path that was named; `scope` is project, user
    or temporary. `base` is the folder it was found for, None for an entry of a settings list.
    """

    path: str
    source: str
    scope: str
    base: str | None = None

    def info(self) -> dict[str, str]:
        """The `sourceInfo` of a command made of it."""
        info = {
            "path": self.path,
            "source": self.source,
            "scope": self.scope,
            "origin": "top-level",
        }
        return info if self.base is None else {**info, "baseDir": self.base}


class Place(Value):
    """Where to look. `cwd` is what paths of the command line are below."""

    agent_dir: str
    home: str
    cwd: str
    project: str
    is_trusted: bool
    settings: Settings


def discover(
    kind: str, place: Place, named: Sequence[str], *, is_closed: bool
) -> tuple[list[Found], list[str]]:
    """The files of a kind, SKILLS or PROMPTS, and what is wrong with the places.

    `named` are paths of the command line; `is_closed` looks nowhere else.
    """
    problems: list[str] = []
    looked: list[tuple[Found, bool]] = []
    if not is_closed:
        lists = {scope: (base, entries) for scope, base, entries in place.settings.each(kind)}
        for scope in ("project", "user"):
            base, entries = lists.get(scope, ("", []))
            looked += _listed(kind, place, scope, base, entries, problems)
            if scope == "user" or place.is_trusted:
                looked += _usual(kind, place, scope, entries, problems)
    looked += ((found, True) for found in _named(kind, place, named, problems))
    return _once(looked), problems


def _once(looked: list[tuple[Found, bool]]) -> list[Found]:
    """What is wanted, each file once; links to it are the same file."""
    seen = set()
    result = []
    for found, wanted in looked:
        real = os.path.realpath(found.path)
        if real not in seen:
            seen.add(real)
            if wanted:
                result.append(found)
    return result


def _listed(
    kind: str, place: Place, scope: str, base: str, entries: list[str], problems: list[str]
) -> Iterator[tuple[Found, bool]]:
    patterns = [entry for entry in entries if is_pattern(entry)]
    for entry in entries:
        if is_pattern(entry):
            continue
        path = _absolute(entry, base, place)
        for file in _files_at(kind, path, problems, deep=True):
            yield Found(file, "local", scope), is_wanted(file, patterns, base)


def _usual(
    kind: str, place: Place, scope: str, entries: list[str], problems: list[str]
) -> Iterator[tuple[Found, bool]]:
    changes = [entry for entry in entries if entry.startswith(CHANGES)]
    is_own = scope == "user"
    own = place.agent_dir if is_own else os.path.join(place.project, paths.PROJECT_FOLDER)
    if kind == PROMPTS:
        groups = [(own, markdown_files(os.path.join(own, PROMPTS), problems))]
    else:
        folders = [os.path.join(place.home, ".agents")] if is_own else _agents_folders(place)
        groups = [(own, skill_files(os.path.join(own, SKILLS), problems))]
        groups += (
            (base, skill_files(os.path.join(base, SKILLS), problems, is_shared=True))
            for base in folders
        )
    for base, found in groups:
        for file in found:
            yield Found(file, "auto", scope, base), is_wanted(file, changes, base)


def _named(kind: str, place: Place, named: Sequence[str], problems: list[str]) -> Iterator[Found]:
    for name in named:
        path = _absolute(name, place.cwd, place)
        for file in _files_at(kind, path, problems):
            yield Found(file, "local", "temporary", os.path.dirname(file))


def _files_at(kind: str, path: str, problems: list[str], *, deep: bool = False) -> Iterator[str]:
    """The files that a named path stands for; templates of deeper folders too, if `deep`."""
    if os.path.isdir(path):
        if kind == SKILLS:
            yield from skill_files(path, problems)
        else:
            yield from markdown_files(path, problems, deep=deep)
    elif not os.path.lexists(path):
        problems.append(f"{shown(path)}: does not exist ({kind})")
    elif not path.endswith(".md"):
        problems.append(f"{shown(path)}: is neither a folder nor a Markdown file ({kind})")
    else:
        yield path


def _absolute(path: str, base: str, place: Place) -> str:
    return paths.absolute(path.strip().replace("\0", ""), base, place.home)


def _agents_folders(place: Place) -> list[str]:
    """`.agents` in the project and the folders above it, up to the top of its repository."""
    own = os.path.realpath(os.path.join(place.home, ".agents"))
    top = _repository(place.project)
    found = []
    for folder in paths.upwards(place.project):
        agents = os.path.join(folder, ".agents")
        if os.path.realpath(agents) != own:
            found.append(agents)
        if folder == top:
            break
    return found


def _repository(folder: str) -> str | None:
    marked = (each for each in paths.upwards(folder) if os.path.exists(os.path.join(each, ".git")))
    return next(marked, None)
