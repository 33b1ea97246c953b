"""The JSON schema of theme files, for editors; made from the roles.

`docs/theme.schema.json` is made from it (`build/schema.py`). Source: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

from pi.schema import DIALECT
from pi.theme.document import APPEARANCES, KEYS
from pi.theme.role import EXPORT, ROLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COLOR = {
    "anyOf": [
        {
            "type": "string",
            "description": 'A colour: "#rgb", "#rrggbb", "oklch(62% 0.1 200)", "okhsl(250 60% '
            '55%)", the name of a variable, or "" for the terminal\'s own.',
        },
        {
            "type": "integer",
            "minimum": 0,
            "maximum": 255,
            "description": "A colour: an index of the terminal's palette.",
        },
    ]
}


def schema() -> dict[str, Any]:
    """The schema of a theme file."""
    abouts = {
        "$schema": "The schema of this file.",
        "name": "What the theme is called, in its file's name too.",
        "appearance": "The background it is made for; seen from the colours when it lacks.",
        "vars": "Colours by names of your own.",
        "colors": "A colour for each role.",
        "export": "Backgrounds of exported pages; made from userMessageBg where they lack.",
    }
    shapes: dict[str, dict[str, Any]] = {
        "$schema": {"type": "string"},
        "name": {
            "type": "string",
            "minLength": 1,
            "pattern": "^[^/]+$",
            "not": {"const": "system"},
        },
        "appearance": {"enum": list(APPEARANCES)},
        "vars": {"type": "object", "additionalProperties": _reference()},
        "colors": _colors(),
        "export": {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _reference(about) for name, about in EXPORT.items()},
        },
    }
    return {
        "$schema": DIALECT,
        "title": "A theme of pi",
        "type": "object",
        "required": ["name", "colors"],
        "additionalProperties": False,
        "properties": {key: {**shapes[key], "description": abouts[key]} for key in KEYS},
        "$defs": {"color": _COLOR},
    }


def _colors() -> dict[str, Any]:
    properties = {}
    for name, role in ROLES.items():
        stand_in = f" As {role.fallback} where it lacks." if role.fallback else ""
        properties[name] = _reference(role.about + stand_in)
    return {
        "type": "object",
        "required": [name for name, role in ROLES.items() if not role.fallback],
        "additionalProperties": False,
        "properties": properties,
    }


def _reference(about: str | None = None) -> dict[str, Any]:
    target = {"$ref": "#/$defs/color"}
    return target if about is None else {**target, "description": about}
