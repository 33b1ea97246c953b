"""The colours of a theme as values: what a role is on this terminal, or most likely is.

swatch.value("text")        "": the terminal's own
swatch.rgb("text")          (229, 229, 231): what it reported, else a guess
swatch.hex("text")          "#e5e5e7"
swatch.appearance           "dark"
"""

from __future__ import annotations

from pi.theme import color
from pi.theme.notation import DEFAULT
from pi.theme.palette import ANSI, rgb_of
from pi.theme.role import BG, FG, PANEL, ROLES, TEXT, role
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pi.theme.color import Rgb
    from pi.theme.notation import Color

GUESSES = {"dark": ((0xE5, 0xE5, 0xE7), color.BLACK), "light": (color.BLACK, color.WHITE)}
"""Foreground and background of a terminal that does not say what its own are."""

_FAINT_SHARE = 0.5


class Reported(Value):
    """What a terminal said about itself: its own two colours, its first sixteen (or none of them),
    and whether it announced itself as dark or light."""

    foreground: Rgb | None = None
    background: Rgb | None = None
    palette: Sequence[Rgb] = ()
    scheme: str | None = None


NOTHING = Reported()


class Swatch:
    """The colours of a theme. `colors` has every role; `faint` are roles that are shown faint."""

    def __init__(
        self,
        colors: Mapping[str, Color],
        appearance: str | None = None,
        faint: Collection[str] = (),
        reported: Reported = NOTHING,
    ) -> None:
        self.faint = frozenset(faint)
        self.reported = reported
        self._values = dict(colors)
        self._own_appearance = appearance

    def value(self, name: str) -> Color:
        """The colour of a role as the theme has it: channels, an index or "" for the default."""
        return self._values[role(name).name]

    def rgb(self, name: str) -> Rgb:
        """The colour of a role as channels."""
        rgb = self.concrete(self.value(name), role(name).slot)
        if name in self.faint:
            return color.mixed(rgb, self.concrete(DEFAULT, BG), _FAINT_SHARE)
        return rgb

    def hex(self, name: str) -> str:
        """The colour of a role as "#1c989e"."""
        return color.hexadecimal(self.rgb(name))

    def concrete(self, value: Color, slot: str = BG) -> Rgb:
        """Any colour as channels; of a default, what the terminal reported or most likely has."""
        if isinstance(value, tuple):
            return value
        if isinstance(value, int):
            return rgb_of(value, self.reported.palette or ANSI)
        foreground, background = GUESSES[self.appearance]
        if slot == FG:
            return self.reported.foreground or foreground
        return self.reported.background or background

    @property
    def colors(self) -> dict[str, str]:
        """Every role's colour as "#1c989e"."""
        return {name: self.hex(name) for name in ROLES}

    @property
    def appearance(self) -> str:
        """dark or light: what the theme says, what its colours say, or what the terminal is."""
        return self._own_appearance or self._seen() or self.reported.scheme or "dark"

    def _seen(self) -> str | None:
        """Dark if text is lighter than panels; None where all of it is the terminal's own."""
        text, panel = self._mean(TEXT), self._mean(PANEL)
        if text is None and panel is None:
            return None
        if panel is None:
            return "dark" if text > 0.5 else "light"
        if text is None:
            return "dark" if panel < 0.5 else "light"
        return "dark" if text > panel else "light"

    def _mean(self, kind: str) -> float | None:
        """The mean lightness of the roles of a kind that have a colour of their own."""
        values = (self._values[each.name] for each in ROLES.values() if each.kind == kind)
        levels = [color.oklab_of(self.concrete(value))[0] for value in values if value != DEFAULT]
        return sum(levels) / len(levels) if levels else None
