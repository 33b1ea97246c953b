"""What a theme file says, checked: every key known, every colour found.

    document, problems = read({"name": "sea", "vars": {...}, "colors": {...}})
    document.colors["accent"]       (28, 152, 158), an index, or "" for the terminal's own
    problems                        ['colors.accent: "blu" is no variable of this theme; ...']

A problem of something that is used means no document; one of a variable or an export colour that
nothing needs only is told. Source: the reference's themes page and its schema.
"""

from __future__ import annotations

from pi.theme.notation import FORMS, ColorError, Reference, parse, short
from pi.theme.role import EXPORT, ROLES
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.theme.notation import Color

KEYS = ("$schema", "name", "appearance", "vars", "colors", "export")
APPEARANCES = ("dark", "light")
MAX_PROBLEMS = 10
RESERVED = "system"
"""The theme that pi makes of the terminal's colours; no file can be it."""


class Document(Value):
    """A theme file. `colors` has every role, `export` what was given, `appearance` may be None."""

    name: str
    appearance: str | None
    colors: dict[str, Color]
    export: dict[str, Color]


def read(data: Any) -> tuple[Document | None, list[str]]:
    """The theme of a file's JSON, None where it cannot be used, and what is wrong with it."""
    if not isinstance(data, dict):
        return None, ["expected an object with name and colors"]
    problems = _shape(data)
    if problems:
        return None, problems
    variables = _Variables(data.get("vars") or {})
    colors, problems = _resolved("colors", data["colors"], variables)
    if problems:
        return None, problems
    for name, role in ROLES.items():
        if name not in colors:
            colors[name] = colors[role.fallback]
    export, problems = _resolved("export", data.get("export") or {}, variables)
    problems += _resolved("vars", data.get("vars") or {}, variables)[1]
    ordered = {name: colors[name] for name in ROLES}
    return Document(data["name"], data.get("appearance"), ordered, export), problems


def name_problem(name: Any) -> str | None:
    """What is wrong with a theme's name, None if nothing is."""
    if not isinstance(name, str) or not name.strip():
        return "name: expected a string that is not empty"
    if not name.isprintable():
        return "name: has characters that cannot be shown"
    if "/" in name:
        return f'name: "{name}" has a "/", which stands between two themes in the setting'
    if name == RESERVED:
        return f'name: "{RESERVED}" is the theme made of the terminal\'s colours; take another name'
    return None


def _shape(data: dict[str, Any]) -> list[str]:
    problems = _unknown("", data, KEYS)
    wrong_name = name_problem(data.get("name")) if "name" in data else "name: is missing"
    if wrong_name:
        problems.append(wrong_name)
    if data.get("appearance", "dark") not in APPEARANCES:
        problems.append('appearance: expected "dark" or "light"')
    if not isinstance(data.get("$schema", ""), str):
        problems.append("$schema: expected a string")
    for key in ("vars", "colors", "export"):
        if key in data and not isinstance(data[key], dict):
            problems.append(f"{key}: expected an object of colours")
    if "colors" not in data:
        problems.append("colors: is missing")
    colors, export = (data.get(key) for key in ("colors", "export"))
    if isinstance(colors, dict):
        problems += _unknown("colors.", colors, ROLES)
        missing = [name for name, role in ROLES.items() if not role.fallback and name not in colors]
        if missing:
            problems.append(f"colors: without {', '.join(missing)}")
    if isinstance(export, dict):
        problems += _unknown("export.", export, EXPORT)
    return problems


def _unknown(prefix: str, data: dict[str, Any], known: Iterable[str]) -> list[str]:
    names = [key for key in data if key not in known]
    if not names:
        return []
    allowed = "the roles of the themes page" if prefix == "colors." else ", ".join(known)
    hint = "; own colours go into vars" if prefix else ""
    listed = ", ".join(f"{prefix}{short(name)}" for name in names)
    return [f"{listed}: not allowed; there are {allowed}{hint}"]


def _resolved(
    where: str, given: dict[str, Any], variables: _Variables
) -> tuple[dict[str, Color], list[str]]:
    found: dict[str, Color] = {}
    problems = []
    for key, value in given.items():
        color = variables.color(value)
        if isinstance(color, ColorError):
            problems.append(f"{where}.{short(key)}: {color}")
        else:
            found[key] = color
    if len(problems) > MAX_PROBLEMS:
        rest = len(problems) - MAX_PROBLEMS
        problems[MAX_PROBLEMS:] = [f"{where}: and {rest} more that are wrong"]
    return found, problems


class _Variables:
    """The variables of a theme; each is looked at once, however long the chains are."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._known: dict[str, Color | ColorError] = {}

    def color(self, value: Any) -> Color | ColorError:
        """The colour of a value, through as many variables as it takes, or what is wrong."""
        chain: dict[str, None] = {}
        result = self._parsed(value)
        while isinstance(result, Reference):
            name = result.name
            if name in self._known:
                result = self._known[name]
            elif name in chain:
                result = ColorError(f"variables lead in a circle: {_circle([*chain], name)}")
            elif name not in self._given:
                result = ColorError(f'"{short(name)}" is no variable; expected {FORMS}')
            else:
                chain[name] = None
                result = self._parsed(self._given[name])
        self._known.update(dict.fromkeys(chain, result))
        return result

    def _parsed(self, value: Any) -> Color | Reference | ColorError:
        try:
            return parse(value)
        except ColorError as error:
            return error


def _circle(chain: list[str], name: str) -> str:
    names = [*map(short, chain[chain.index(name) :][:MAX_PROBLEMS]), short(name)]
    return " -> ".join(names)
