"""Which theme is meant: the setting, a pair of themes, and whether the terminal is dark or light.

    appearance(reported, {"COLORFGBG": "0;15"})     "light"
    wanted("paper/night", "dark")                   "night"
    wanted(None, "dark")                            "system"

The background that the terminal reported decides, then its own announcement, then COLORFGBG; what
says nothing is dark.
"""

from __future__ import annotations

from pi.theme import color
from pi.theme.document import RESERVED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.theme.swatch import Reported

READABLE = 4.5
"""The contrast that text needs, by WCAG 2 at level AA."""

_DARK_INDEXES = (0, 1, 2, 3, 4, 5, 6, 8)


def appearance(reported: Reported, environ: Mapping[str, str]) -> str:
    """Whether a terminal is "dark" or "light"."""
    if reported.background is not None:
        return of_background(reported.background, reported.foreground)
    return reported.scheme or of_variable(environ.get("COLORFGBG", "")) or "dark"


def of_background(background: color.Rgb, foreground: color.Rgb | None = None) -> str:
    """Dark if the terminal's text is the lighter of the two; without readable text, if white is
    easier to read than black."""
    if foreground is not None and color.contrast(foreground, background) >= READABLE:
        return "dark" if color.luminance(foreground) > color.luminance(background) else "light"
    on_white, on_black = (color.contrast(background, text) for text in (color.BLACK, color.WHITE))
    return "dark" if on_black > on_white else "light"


def of_variable(text: str) -> str | None:
    """What COLORFGBG says: "15;0", or with a field between; None if it says nothing."""
    last = text.rpartition(";")[2]
    if ";" not in text or not last.isascii() or not last.isdigit() or int(last[:4]) > 15:
        return None
    return "dark" if int(last[:4]) in _DARK_INDEXES else "light"


def pair(setting: str) -> tuple[str, str] | None:
    """The two names of a setting like "light/dark"; None if it is the name of one theme."""
    light, slash, dark = setting.partition("/")
    light, dark = light.strip(), dark.strip()
    return (light, dark) if slash and light and dark and "/" not in dark else None


def wanted(setting: str | None, terminal: str) -> str:
    """The name of the theme that a setting means on a terminal that is "dark" or "light"."""
    if not setting:
        return RESERVED
    both = pair(setting)
    return setting if both is None else both[terminal == "dark"]
