"""Escape sequences for colours and attributes: each is a pair, how it begins and how it ends.

    colored((28, 152, 158), "fg", "truecolor")      ("\\x1b[38;2;28;152;158m", "\\x1b[39m")
    wrapped(attribute("bold"), "text")              "\\x1b[1mtext\\x1b[22m"

Source: ECMA-48 (SGR), ITU-T T.416 as terminals have it.
"""

from __future__ import annotations

from pi.theme import depth
from pi.theme.notation import DEFAULT
from pi.theme.palette import ANSI, nearest_16, nearest_256, rgb_of
from pi.theme.role import FG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pi.theme.color import Rgb
    from pi.theme.notation import Color

    Pair = tuple[str, str]

ATTRIBUTES = {
    "bold": (1, 22),
    "faint": (2, 22),
    "italic": (3, 23),
    "underline": (4, 24),
    "inverse": (7, 27),
    "strikethrough": (9, 29),
}
"""Name -> the numbers that switch it on and off. Bold and faint end together."""

NONE: Pair = ("", "")


def attribute(name: str) -> Pair:
    """The pair of an attribute. Raises KeyError with the names there are."""
    if name not in ATTRIBUTES:
        raise KeyError(f"{name!r} is no attribute of text; there are {', '.join(ATTRIBUTES)}")
    on, off = ATTRIBUTES[name]
    return f"\x1b[{on}m", f"\x1b[{off}m"


def colored(value: Color, slot: str, mode: str, ansi: Sequence[Rgb] = ()) -> Pair:
    """The pair of a colour; `mode` is one of `depth.DEPTHS`, `ansi` the terminal's sixteen."""
    if mode in (depth.MONO, depth.PLAIN):
        return NONE
    base = 38 if slot == FG else 48
    end = f"\x1b[{base + 1}m"
    if value == DEFAULT:
        return end, end
    if isinstance(value, tuple) and mode == depth.TRUECOLOR:
        return f"\x1b[{base};2;{value[0]};{value[1]};{value[2]}m", end
    if mode == depth.ANSI:
        index = _of_sixteen(value, ansi or ANSI)
        return f"\x1b[{base - 8 + index if index < 8 else base + 44 + index}m", end
    index = nearest_256(value) if isinstance(value, tuple) else value
    return f"\x1b[{base};5;{index}m", end


def wrapped(pair: Pair, text: str) -> str:
    """Text between the two of a pair; where the same kind ends within it, this one goes on."""
    start, end = pair
    if not start:
        return text
    if end in text:
        text = text.replace(end, start)
    return f"{start}{text}{end}"


def _of_sixteen(value: Rgb | int, ansi: Sequence[Rgb]) -> int:
    if isinstance(value, int):
        return value if value < 16 else nearest_16(rgb_of(value), ansi)
    return nearest_16(value, ansi)
