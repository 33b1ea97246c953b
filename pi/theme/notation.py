"""Colours as theme files write them.

    parse("#0af")                       (0, 170, 255)
    parse("oklch(62% 0.1 200)")         (28, 152, 158)
    parse("okhsl(250 60% 55%)")         (78, 136, 194)
    parse(39)                           39: an index of the terminal's palette
    parse("")                           "": the terminal's own default
    parse("primary")                    Reference("primary"): look among the variables

Lightness and saturation are percentages or fractions of 1, chroma is a number, hue is in degrees
with or without `deg`. Source: the reference's page about themes and what it accepts.
"""

from __future__ import annotations

import re

from pi.text.unicode import shown
from pi.theme.color import from_oklch
from pi.theme.okhsl import from_okhsl
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.theme.color import Rgb

    Color = Rgb | int | str

DEFAULT = ""
"""The terminal's own foreground or background."""

FORMS = (
    '"#rgb" or "#rrggbb", "oklch(62% 0.1 200)", "okhsl(250 60% 55%)", a number from 0 to 255, '
    'the name of a variable, or "" for the terminal\'s own'
)
"""What a colour may be, for messages."""

_LONGEST = 40
_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_CALL = rf"(oklch|okhsl)\(\s*{_NUMBER}(%|deg)?\s+{_NUMBER}(%)?\s+{_NUMBER}(%|deg)?\s*\)"


class Reference(Value):
    """The name of a variable that has the colour."""

    name: str


class ColorError(ValueError):
    """A value that is no colour; the message says why."""


def parse(value: Any) -> Color | Reference:
    """The colour a value stands for. Raises ColorError."""
    if isinstance(value, float) and value.is_integer():  # 39.0 is the same JSON number as 39
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ColorError(f"expected {FORMS}")
    if isinstance(value, int):
        if 0 <= value <= 255:
            return value
        raise ColorError(f"{value} is no index of the palette; those are 0 to 255")
    if value == DEFAULT:
        return DEFAULT
    if value.startswith("#"):
        return _hexadecimal(value)
    if value[:6].lower() in ("oklch(", "okhsl("):
        return _called(value)
    return Reference(value)


def _hexadecimal(text: str) -> Rgb:
    digits = text[1:]
    if not re.fullmatch(r"[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?", digits):
        raise ColorError(f"{_quoted(text)} is not # and three or six hexadecimal digits")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def _called(text: str) -> Rgb:
    found = re.fullmatch(_CALL, text, re.IGNORECASE)
    if found is None:
        raise ColorError(f"{_quoted(text)} is not like {_example(text)}")
    first, second, third = (float(found[at]) for at in (2, 4, 6))
    units = found[3], found[5], found[7]
    if found[1].lower() == "oklch":
        if units[0] == "deg" or units[1] == "%" or units[2] == "%":
            raise ColorError(f"{_quoted(text)} is not like {_example(text)}")
        lightness = _share(text, "lightness", first, units[0])
        if not 0 <= second <= 100:
            raise ColorError(f"{_quoted(text)}: the chroma must not be negative or over 100")
        return from_oklch(lightness, second, _degrees(text, third))
    if units[0] == "%" or units[2] == "deg":
        raise ColorError(f"{_quoted(text)} is not like {_example(text)}")
    saturation = _share(text, "saturation", second, units[1])
    return from_okhsl(_degrees(text, first), saturation, _share(text, "lightness", third, units[2]))


def _share(text: str, what: str, number: float, unit: str | None) -> float:
    share = number / 100 if unit else number
    if not 0 <= share <= 1:
        raise ColorError(f"{_quoted(text)}: the {what} must be from 0% to 100%, or 0 to 1")
    return share


def _degrees(text: str, number: float) -> float:
    if not abs(number) < 1e9:
        raise ColorError(f"{_quoted(text)}: the hue must be in degrees, 0 to 360")
    return number % 360


def _example(text: str) -> str:
    return '"okhsl(250 60% 55%)"' if text[:5].lower() == "okhsl" else '"oklch(62% 0.1 200)"'


def short(text: str) -> str:
    """Text from a file for a message: printable, and not too long."""
    return shown(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _quoted(text: str) -> str:
    return f'"{short(text)}"'
