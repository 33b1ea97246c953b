"""The 256 colours of terminals by their usual values, and which of them is nearest to a colour.

    rgb_of(39)                      (0, 175, 255)
    nearest_256((10, 170, 250))     39
    nearest_16((10, 170, 250))      6

0 to 15 are set by the terminal's own theme, so their values here are a guess, and `nearest_256`
never answers with one of them; 16 to 231 are a cube of 6 levels, 232 to 255 are greys. A colour
that is not grey never becomes one, so that dark colours keep their hue. Source: xterm.
"""

from __future__ import annotations

from pi.theme.color import oklch_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pi.theme.color import Rgb

LEVELS = (0, 95, 135, 175, 215, 255)
NEARLY_GREY = 10
"""How far the channels of a colour may be apart for it to be taken for grey."""
GREY_CHROMA = 0.025  # the same, for eyes
GREYS = (0, 7, 8, 15)
"""The indexes of black, the two greys and white."""

ANSI: tuple[Rgb, ...] = (
    (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0),
    (0, 0, 128), (128, 0, 128), (0, 128, 128), (192, 192, 192),
    (128, 128, 128), (255, 0, 0), (0, 255, 0), (255, 255, 0),
    (0, 0, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255),
)  # fmt: skip
"""The first sixteen as xterm names them, for terminals that do not say what theirs are."""


def rgb_of(index: int, ansi: Sequence[Rgb] = ANSI) -> Rgb:
    """The colour of an index; `ansi` are the first sixteen."""
    if index < 16:
        return ansi[index]
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return grey, grey, grey
    rest = index - 16
    return LEVELS[rest // 36], LEVELS[rest // 6 % 6], LEVELS[rest % 6]


def nearest_256(rgb: Rgb) -> int:
    """The index from 16 on whose colour is nearest."""
    steps = [min(range(6), key=lambda at, each=each: abs(LEVELS[at] - each)) for each in rgb]
    found = [16 + 36 * steps[0] + 6 * steps[1] + steps[2]]
    if max(rgb) - min(rgb) < NEARLY_GREY:
        found.append(232 + min(23, max(0, round((sum(rgb) / 3 - 8) / 10))))
    return min(found, key=lambda index: _distance(rgb, rgb_of(index)))


def nearest_16(rgb: Rgb, ansi: Sequence[Rgb] = ANSI) -> int:
    """The index from 0 to 15 that is nearest in hue, then in lightness; a grey for what is grey."""
    lightness, chroma, hue = oklch_of(rgb)
    is_grey = chroma < GREY_CHROMA

    def distance(index: int) -> float:
        other = oklch_of(ansi[index])
        off = 0.0 if is_grey else abs((other[2] - hue + 180) % 360 - 180) / 90
        return (other[0] - lightness) ** 2 + off**2

    return min((at for at in range(16) if is_grey == (at in GREYS)), key=distance)


def _distance(one: Rgb, other: Rgb) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
