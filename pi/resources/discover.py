"""Where extensions, skills, prompt templates and themes are found, in the order in which they win.

    found, problems = discover("skills", place, ["./mine"], is_closed=False)
    found[0]    Found("/app/.pi/skills/x/SKILL.md", "auto", "project", "/app/.pi")

    1  what -e named: packages for one run, extensions
    2  the project's settings, then its folders     only if it is trusted
       .pi/extensions, .pi/skills, .pi/prompts, .pi/themes; .agents/skills in the project and above,
       up to the repository's top
    3  the user's settings, then their folders
       the same in the agent folder; ~/.agents/skills
    4  packages: the project's, then the user's
    5  paths from the command line

Within one place the order is that of names. A file that is met twice counts where it was met first.
An extension is found as its entry file: `x.py`, `x/__init__.py`, `x/index.py` or what its
package.json names. Source: `contracts.md` sections 7 and 9, and the reference's results.
"""

from __future__ import annotations

import os

from pi import paths
from pi.resources.extension import BUILT_IN, entry_files, extension_files, is_script
from pi.resources.folder import (
    EXTENSIONS,
    PROMPTS,
    SKILLS,
    THEMES,
    markdown_files,
    skill_files,
    theme_files,
)
from pi.resources.pattern import CHANGES, is_pattern, is_wanted
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pi.packages.resolve import Package, Packages
    from pi.settings import Settings

__all__ = ["EXTENSIONS", "PROMPTS", "SKILLS", "THEMES", "Found", "Place", "discover"]


_FORMS = {
    EXTENSIONS: (".py", "Python"),
    SKILLS: (".md", "Markdown"),
    PROMPTS: (".md", "Markdown"),
    THEMES: (".json", "JSON"),
}
_MOST_NAMES = 5


class Found(Value):
    """A file and where it comes from.

    `source` is auto for a usual folder, local for a path that was named, cli for `-e`, and for a
    package its source as in the settings; `scope` is project, user or temporary. `base` is the
    folder it was found for, None for an entry of a settings list. `python_path` is a folder with
    Python packages that the extension may import, "" for none; `changelog` is the package's.
    """

    path: str
    source: str
    scope: str
    base: str | None = None
    origin: str = "top-level"
    python_path: str = ""
    changelog: str = ""

    def info(self) -> dict[str, str]:
        """The `sourceInfo` of a command made of it."""
        info = {
            "path": self.path,
            "source": self.source,
            "scope": self.scope,
            "origin": self.origin,
        }
        if self.base is not None:
            info["baseDir"] = self.base
        if self.changelog:
            info["changelogPath"] = self.changelog
        return info


class Place(Value):
    """Where to look. `cwd` is what paths of the command line are below; `packages` are those in
    force (`pi.packages.resolve`), with what `-e` named, None for none."""

    agent_dir: str
    home: str
    cwd: str
    project: str
    is_trusted: bool
    settings: Settings
    packages: Packages | None = None


def discover(
    kind: str, place: Place, named: Sequence[str], *, is_closed: bool
) -> tuple[list[Found], list[str]]:
    """The files of a kind (EXTENSIONS, SKILLS, PROMPTS or THEMES), and what is wrong with places.

    `named` are paths of the command line; `is_closed` looks nowhere else, but for what `-e` named.
    """
    looked, problems = look(kind, place, named, is_closed=is_closed)
    return [found for found, wanted in looked if wanted], problems


def look(
    kind: str, place: Place, named: Sequence[str] = (), *, is_closed: bool = False
) -> tuple[list[tuple[Found, bool]], list[str]]:
    """As `discover`, with what settings leave out: each file once, and whether it is wanted."""
    problems: list[str] = []
    packages = place.packages.packages if place.packages else ()
    looked = [*_in_packages(kind, packages, ["temporary"], problems)]
    if not is_closed:
        lists = {scope: (base, entries) for scope, base, entries in place.settings.each(kind)}
        for scope in ("project", "user"):
            base, entries = lists.get(scope, ("", []))
            looked += _listed(kind, place, scope, base, entries, problems)
            if scope == "user" or place.is_trusted:
                looked += _usual(kind, place, scope, entries, problems)
        looked += _in_packages(kind, packages, ["project", "user"], problems)
    looked += ((found, True) for found in _named(kind, place, named, problems))
    return _once(looked), problems


def _once(looked: list[tuple[Found, bool]]) -> list[tuple[Found, bool]]:
    """Each file once, as it was met first; links to it are the same file."""
    result: dict[str, tuple[Found, bool]] = {}
    for found, wanted in looked:
        result.setdefault(os.path.realpath(found.path), (found, wanted))
    return list(result.values())


def _listed(
    kind: str, place: Place, scope: str, base: str, entries: list[str], problems: list[str]
) -> Iterator[tuple[Found, bool]]:
    patterns = [entry for entry in entries if is_pattern(entry)]
    for entry in entries:
        if is_pattern(entry) or entry.startswith(BUILT_IN):
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
    groups = [(own, _in_folder(kind, os.path.join(own, kind), problems))]
    if kind == SKILLS:
        folders = [os.path.join(place.home, ".agents")] if is_own else _agents_folders(place)
        groups += (
            (base, skill_files(os.path.join(base, SKILLS), problems, is_shared=True))
            for base in folders
        )
    for base, found in groups:
        for file in found:
            yield Found(file, "auto", scope, base), is_wanted(file, changes, base)


def _in_packages(
    kind: str, packages: Sequence[Package], scopes: Sequence[str], problems: list[str]
) -> Iterator[tuple[Found, bool]]:
    if not packages:
        return
    from pi.packages.offer import offer  # noqa: PLC0415 - start-up: only with packages

    for scope in scopes:
        for package in packages:
            if package.scope == scope:
                files, foreign = offer(package, kind, problems)
                for file, wanted in files:
                    yield _of_package(kind, package, file), wanted
                problems += _not_loadable(foreign, package.root)


def _of_package(kind: str, package: Package, file: str) -> Found:
    text, scope, path = package.text, package.scope, package.python_path
    if scope == "temporary" and kind in (EXTENSIONS, SKILLS):  # as the reference has it
        return Found(file, "cli", scope, python_path=path)
    return Found(file, text, scope, package.root, "package", path, package.changelog)


def _named(kind: str, place: Place, named: Sequence[str], problems: list[str]) -> Iterator[Found]:
    for name in named:
        path = _absolute(name, place.cwd, place)
        for file in _files_at(kind, path, problems):
            yield Found(file, "local", "temporary", os.path.dirname(file))


def _files_at(kind: str, path: str, problems: list[str], *, deep: bool = False) -> Iterator[str]:
    """The files that a named path stands for; templates of deeper folders too, if `deep`."""
    ending, what = _FORMS[kind]
    if os.path.isdir(path):
        yield from _in_folder(kind, path, problems, deep=deep, is_named=True)
    elif not os.path.lexists(path):
        problems.append(f"{shown(path)}: does not exist ({kind})")
    elif kind == EXTENSIONS and is_script(path):
        problems += _not_loadable([path], os.path.dirname(path))
    elif not path.endswith(ending):
        problems.append(f"{shown(path)}: is neither a folder nor a {what} file ({kind})")
    else:
        yield path


def _in_folder(
    kind: str, folder: str, problems: list[str], *, deep: bool = False, is_named: bool = False
) -> list[str]:
    """The files of a kind in a folder; one that `is_named` may be an extension itself."""
    if kind == SKILLS:
        return skill_files(folder, problems)
    if kind == PROMPTS:
        return markdown_files(folder, problems, deep=deep)
    if kind == THEMES:
        return theme_files(folder, problems, deep=deep)
    foreign: list[str] = []
    found = entry_files(folder, problems, foreign) if is_named else None
    if found is None:
        found = extension_files(folder, problems, foreign)
    problems += _not_loadable(foreign, folder)
    return found


def _not_loadable(foreign: Sequence[str], folder: str) -> list[str]:
    """One line for the extensions of a folder that are of the reference alone."""
    if not foreign:
        return []
    names = ", ".join(os.path.relpath(path, folder) for path in foreign[:_MOST_NAMES])
    more = f" and {len(foreign) - _MOST_NAMES} more" if len(foreign) > _MOST_NAMES else ""
    return [
        f"{shown(folder)}: not loadable here, being TypeScript or JavaScript: {shown(names)}{more}"
    ]


def _absolute(path: str, base: str, place: Place) -> str:
    return paths.listed(path, base, place.home)


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
