"""The theme `system`: pi's roles in the terminal's own colours.

    colors, faint = made(Reported(foreground=..., background=..., palette=...), "dark")

The terminal reported      what a role becomes
background and palette     the palette's colour for it, lighter or darker if it is hard to read
background only            the same from colours of our own
nothing                    an index of the palette, which the terminal draws as it likes; text of
                           second rank is faint, panels are the terminal's background

Text has a contrast of at least 4.5:1 on the background and on every panel. A colour that is moved
keeps its hue and never gains chroma, so that pale palettes stay pale. Known limit: on a background
of middle grey there is nothing but black or white with that contrast, and panels hardly differ.
"""

from __future__ import annotations

from pi.theme import color
from pi.theme.choice import READABLE, of_background
from pi.theme.document import RESERVED, Document
from pi.theme.notation import DEFAULT
from pi.theme.okhsl import toed, untoed
from pi.theme.role import FG, PANEL, ROLES, TEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.theme.color import Rgb
    from pi.theme.notation import Color
    from pi.theme.swatch import Reported

RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, BRIGHT_MAGENTA = 1, 2, 3, 4, 5, 6, 13

_HUED = {
    "accent": MAGENTA, "borderAccent": MAGENTA, "customMessageLabel": MAGENTA, "mdCode": MAGENTA,
    "mdListBullet": MAGENTA, "syntaxType": MAGENTA, "syntaxNumber": MAGENTA,
    "border": BLUE, "mdLink": BLUE, "syntaxKeyword": BLUE, "thinkingMinimal": BLUE,
    "thinkingLow": BLUE, "syntaxVariable": CYAN, "thinkingMedium": CYAN,
    "success": GREEN, "mdCodeBlock": GREEN, "toolDiffAdded": GREEN, "bashMode": GREEN,
    "syntaxString": GREEN, "warning": YELLOW, "mdHeading": YELLOW, "syntaxFunction": YELLOW,
    "error": RED, "toolDiffRemoved": RED, "thinkingHigh": MAGENTA,
    "thinkingXhigh": BRIGHT_MAGENTA, "thinkingMax": RED,
}  # fmt: skip
"""Role -> which of the sixteen it takes; the rest is grey, or the terminal's own colour."""

_PLAIN = ("text", "userMessageText", "toolTitle", "searchMatchText")
_TINTED = {
    "customMessageBg": MAGENTA,
    "toolSuccessBg": GREEN,
    "toolErrorBg": RED,
    "searchMatchBg": YELLOW,
}
_FAR = ("selectedBg", "searchMatchBg")  # panels that must be told from the others

_OWN_LEVEL = {"dark": 0.76, "light": 0.52}  # lightness of our own colours
_OWN_HUES = {RED: 22, GREEN: 150, YELLOW: 85, BLUE: 245, MAGENTA: 300, CYAN: 205,
              BRIGHT_MAGENTA: 340}  # fmt: skip
_OWN_CHROMA = 0.115
_NOTICEABLE = 1.6  # the contrast of lines
_SHARES = {"dim": 0.5, "scrollbarThumb": 0.5}
_TEXT_SHARE = {"dark": 0.72, "light": 0.6}
_LINE_SHARE = 0.22
"""How much of the foreground there is in what has no hue."""
_SOFT = {"thinkingMinimal": 0.4, "thinkingLow": 0.7}
"""How much there is of the hue of lines that are less than others."""
_STEPS = 16
_PANEL_STEP = 0.055
_TINT_CHROMA = 0.035
_ROOM = 0.1  # contrast that a panel leaves over


def made(reported: Reported, appearance: str) -> tuple[Document, tuple[str, ...]]:
    """The document of the theme, and which of its roles are faint.

    `appearance` counts only where the terminal did not report its background.
    """
    if reported.background is None:
        return _from_indexes(appearance)
    appearance = of_background(reported.background, reported.foreground)
    return _Builder(reported, reported.background, appearance).document(), ()


def _from_indexes(appearance: str) -> tuple[Document, tuple[str, ...]]:
    colors: dict[str, Color] = {}
    faint = []
    for name, role in ROLES.items():
        colors[name] = _HUED.get(name, DEFAULT) if role.slot == FG else DEFAULT
        if role.slot == FG and name not in _HUED and name not in _PLAIN:
            faint.append(name)
    return Document(RESERVED, appearance, colors, {}), tuple(faint)


class _Builder:
    """Places the colours of one terminal; `_extreme` is the end of the scale that text is at."""

    def __init__(self, reported: Reported, background: Rgb, appearance: str) -> None:
        self._background = background
        self._appearance = appearance
        self._extreme = color.WHITE if appearance == "dark" else color.BLACK
        self._palette = reported.palette if len(reported.palette) >= 16 else ()
        self._foreground = reported.foreground or color.mixed(background, self._extreme, 0.88)
        self._panels = {
            name: self._panel(name) for name, role in ROLES.items() if role.kind == PANEL
        }
        self._alone = (color.luminance(background),)
        self._surfaces = (*self._alone, *map(color.luminance, self._panels.values()))
        self._placed: dict[tuple[Rgb, float], Rgb] = {}

    def document(self) -> Document:
        """Every role in its place."""
        colors: dict[str, Color] = {
            name: self._panels[name] if role.kind == PANEL else self._foreground_of(name)
            for name, role in ROLES.items()
        }
        return Document(RESERVED, self._appearance, colors, {})

    def _foreground_of(self, name: str) -> Rgb:
        is_text = ROLES[name].kind == TEXT
        level = READABLE if is_text else _NOTICEABLE
        if name in _HUED:
            found = self._readable(self._hued(_HUED[name]), level)
            return color.mixed(self._background, found, _SOFT.get(name, 1.0))
        if name in _PLAIN:
            return self._readable(self._foreground, READABLE)
        share = _SHARES.get(name, _TEXT_SHARE[self._appearance] if is_text else _LINE_SHARE)
        grey = color.mixed(self._background, self._foreground, share)
        if not is_text:
            return grey
        text = self._readable(self._foreground, READABLE)
        found = self._readable(grey, level)
        return min(found, text, key=lambda rgb: color.contrast(rgb, self._background))

    def _hued(self, index: int) -> Rgb:
        if self._palette:
            return self._palette[index]
        return color.from_oklch(_OWN_LEVEL[self._appearance], _OWN_CHROMA, _OWN_HUES[index])

    def _panel(self, name: str) -> Rgb:
        """The background moved a little towards text, or away where text would not be readable."""
        step = _PANEL_STEP * (2 if name in _FAR else 1)
        light, chroma, hue = color.oklch_of(self._background)
        if name in _TINTED:
            _, chroma, hue = color.oklch_of(self._hued(_TINTED[name]))
            chroma = min(chroma, _TINT_CHROMA)
        towards = 1 if self._appearance == "dark" else -1
        for way in (towards, towards / 2, -towards):
            level = min(1.0, max(0.0, toed(light) + way * step))
            panel = color.from_oklch(untoed(level), chroma, hue)
            if color.contrast(panel, self._extreme) >= READABLE + _ROOM:
                return panel
        return self._background

    def _readable(self, rgb: Rgb, level: float) -> Rgb:
        """The colour itself if it has that contrast, else lighter or darker until it has.

        For text (`READABLE`) the panels count too.
        """
        key = rgb, level
        if key not in self._placed:
            self._placed[key] = rgb if self._is_seen(rgb, level) else self._moved(rgb, level)
        return self._placed[key]

    def _moved(self, rgb: Rgb, level: float) -> Rgb:
        start, chroma, hue = color.oklch_of(rgb)
        end = 1.0 if self._extreme == color.WHITE else 0.0
        best = self._extreme
        for _ in range(_STEPS):
            middle = (start + end) / 2
            found = color.from_oklch(middle, chroma, hue)
            if self._is_seen(found, level):
                best, end = found, middle
            else:
                start = middle
        return best

    def _is_seen(self, rgb: Rgb, level: float) -> bool:
        """Whether a colour has a contrast, and is on the side of the background that text is on."""
        own = color.luminance(rgb)
        if (own > self._alone[0]) != (self._appearance == "dark"):
            return False
        surfaces = self._surfaces if level >= READABLE else self._alone
        return all(color.ratio(own, surface) >= level for surface in surfaces)
