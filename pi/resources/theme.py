"""The themes there are: those of pi, and the files that were found.

    themes = load_themes(place, ["./sea.json"], is_closed=False)
    themes.names()                              ["system", "dark", "light", "sea"]
    themes.theme("sea", mode, reported)         a Theme, or None if there is none
    themes.chosen("paper/night", view)          (the theme to use, a problem or None)
    themes.warnings                             one line for each thing that was wrong

Of two files with one name the first counts and the other is told; a file stands in for a theme of
pi with its name. `system` is made of the terminal's colours and has no file.
"""

from __future__ import annotations

import json
from functools import lru_cache

from pi import runtime
from pi.resources.discover import discover
from pi.resources.folder import THEMES
from pi.resources.library import by_name
from pi.settings.jsonfile import FileError, read_object
from pi.text.unicode import shown
from pi.theme import choice, document, system
from pi.theme.depth import TRUECOLOR
from pi.theme.document import RESERVED
from pi.theme.swatch import NOTHING
from pi.theme.theme import Theme
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pi.resources.discover import Found, Place
    from pi.theme.document import Document
    from pi.theme.swatch import Reported

BUILT_IN = ("dark", "light")


class View(Value):
    """What themes are shown on: how many colours there are (`pi.theme.depth`), what the terminal
    reported, and what COLORFGBG and the like say about it."""

    mode: str = TRUECOLOR
    reported: Reported = NOTHING
    environ: Mapping[str, str] = {}


class ThemeFile(Value):
    """A theme that was read; `path` is None for one inside an archive."""

    document: Document
    path: str | None

    @property
    def name(self) -> str:
        """What the theme is called."""
        return self.document.name


class Themes(Value):
    """The themes that can be chosen. `files` are those that were found, by name; `infos` says by
    path where. pi's own are read when one is asked for."""

    files: dict[str, ThemeFile]
    infos: dict[str, dict[str, str]]
    warnings: list[str]

    def names(self) -> list[str]:
        """The names: system, pi's own, then the others by name."""
        return [RESERVED, *BUILT_IN, *sorted(set(self.files) - set(BUILT_IN))]

    def listed(self) -> list[dict[str, str | None]]:
        """The name of each, and its file where there is one."""
        paths = {name: runtime.data_path(_data_file(name)) for name in BUILT_IN}
        paths.update({name: found.path for name, found in self.files.items()})
        return [{"name": name, "path": paths.get(name)} for name in self.names()]

    def theme(self, name: str, view: View | None = None) -> Theme | None:
        """The theme of a name, None if there is none."""
        view = view or View()
        if name == RESERVED:
            return system_theme(view)
        found = self.files.get(name) or (built_in(name) if name in BUILT_IN else None)
        if found is None:
            return None
        theme = Theme(found.document, view.mode, found.path, reported=view.reported)
        theme.info = self.infos.get(found.path or "", {})
        return theme

    def chosen(self, setting: str | None, view: View | None = None) -> tuple[Theme, str | None]:
        """The theme that a setting means ("dark", "paper/night"), and what is wrong with it.

        `system` stands in for a theme that is not there.
        """
        view = view or View()
        name = choice.wanted(setting, choice.appearance(view.reported, view.environ))
        theme = self.theme(name, view)
        if theme is not None:
            return theme, None
        return system_theme(view), self.lacks(name)

    def lacks(self, name: str) -> str:
        """What to tell about a theme that is not there."""
        known = ", ".join(self.names())
        return f'there is no theme "{shown(name)}"; using {RESERVED}. There are: {known}'


def wanted_pair(
    themes: Themes, setting: str | None
) -> tuple[tuple[Theme | None, Theme | None], list[str]]:
    """The themes that a setting means in light and in dark surroundings, for what is no terminal.

    None stands for `system`, and for a theme that is not there, which is told.
    """
    found = []
    problems = []
    for terminal in ("light", "dark"):
        name = choice.wanted(setting, terminal)
        theme = None if name == RESERVED else themes.theme(name)
        if theme is None and name != RESERVED:
            problems.append(themes.lacks(name))
        found.append(theme)
    return (found[0], found[1]), list(dict.fromkeys(problems))


def system_theme(view: View) -> Theme:
    """The theme made of the terminal's own colours."""
    appearance = choice.appearance(view.reported, view.environ)
    made, faint = system.made(view.reported, appearance)
    return Theme(made, view.mode, faint=faint, reported=view.reported)


def load_themes(
    place: Place | None, named: Sequence[str] = (), *, is_closed: bool = False
) -> Themes:
    """pi's themes and those that are found; with no `place`, pi's own alone.

    `named` are paths of the command line; `is_closed` looks nowhere else.
    """
    if place is None:
        return read_themes([])
    found, problems = discover(THEMES, place, named, is_closed=is_closed)
    themes = read_themes(found)
    themes.warnings[:0] = problems
    return themes


def read_themes(found: Sequence[Found]) -> Themes:
    """pi's themes and those of files. Nothing that is wrong with one file costs another."""
    infos: dict[str, dict[str, str]] = {}
    warnings: list[str] = []
    files: dict[str, ThemeFile] = by_name("theme", found, load_theme, infos, warnings)
    return Themes(files, infos, warnings)


def load_theme(path: str) -> tuple[ThemeFile | None, list[str]]:
    """The theme of a file, and what is wrong with it, each with the file's path."""
    try:
        data = read_object(path)
    except FileError as error:
        return None, [f"{shown(str(error))}; theme not loaded"]
    if data is None:
        return None, [f"{shown(path)}: does not exist; theme not loaded"]
    read, problems = document.read(data)
    end = "; theme not loaded" if read is None else ""
    lines = [f"{shown(path)}: {problem}{end}" for problem in problems]
    return (None if read is None else ThemeFile(read, path)), lines


@lru_cache
def built_in(name: str) -> ThemeFile:
    """One of pi's own themes."""
    file = _data_file(name)
    read, problems = document.read(json.loads(runtime.read_data(file)))
    if read is None:
        raise ValueError(f"{file}: {problems[0]}")
    return ThemeFile(read, runtime.data_path(file))


def _data_file(name: str) -> str:
    return f"themes/{name}.json"
