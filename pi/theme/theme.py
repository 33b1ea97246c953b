"""A theme in use: text in the colours of its roles.

    theme = Theme(document, "truecolor")
    theme.fg("accent", "pi")                    "\\x1b[38;2;28;152;158mpi\\x1b[39m"
    theme.bg("userMessageBg", " hello ")
    theme.style("careful", fg="warning", bold=True)
    theme.hex("accent")                         "#1c989e", for a page

A colour within a colour ends in the outer one. The reference's names work too:
`theme.getFgAnsi("accent")` is `theme.fg_code("accent")`. An unknown role is a KeyError that names
it. With "mono" there are no colours, and what is chosen or found is shown inverted; with "plain"
there is nothing but the text.
"""

from __future__ import annotations

from pi.theme import depth, escape
from pi.theme.notation import parse
from pi.theme.role import BG, FG, ROLES, role
from pi.theme.swatch import NOTHING, Swatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pi.theme.color import Rgb
    from pi.theme.document import Document
    from pi.theme.swatch import Reported

_INVERTED = ("selectedBg", "searchMatchBg")
_OTHER_NAMES = {
    "getFgAnsi": "fg_code",
    "getBgAnsi": "bg_code",
    "getColorMode": "color_mode",
    "getThinkingBorderColor": "thinking_border",
    "getBashModeBorderColor": "bash_border",
}


class Theme(Swatch):
    """A theme for a terminal; `mode` is one of `pi.theme.depth.DEPTHS`.

    `path` is the theme's file, None for one that has none; `faint` are roles that are shown faint;
    `info` says where the theme was found.
    """

    def __init__(
        self,
        document: Document,
        mode: str = depth.TRUECOLOR,
        path: str | None = None,
        *,
        faint: Collection[str] = (),
        reported: Reported = NOTHING,
    ) -> None:
        super().__init__(document.colors, document.appearance, faint, reported)
        self.name = document.name
        self.export = document.export
        self.mode = mode
        self.path = path
        self.info: dict[str, str] = {}
        self._pairs: dict[str, tuple[str, str]] = {}

    def __getattr__(self, name: str) -> object:
        if name in _OTHER_NAMES:
            return getattr(self, _OTHER_NAMES[name])
        raise AttributeError(f"a theme has no {name!r}")

    def fg(self, name: str, text: str) -> str:
        """Text in the colour of a foreground role."""
        return escape.wrapped(self._pair(name, FG), text)

    def bg(self, name: str, text: str) -> str:
        """Text on the colour of a background role."""
        return escape.wrapped(self._pair(name, BG), text)

    def style(
        self, text: str, *, fg: str | Rgb = "", bg: str | Rgb = "", **attributes: bool
    ) -> str:
        """Text with a foreground, a background and any of `pi.theme.escape.ATTRIBUTES`.

        A colour is a role, channels, or "#1c989e".
        """
        for name, is_wanted in attributes.items():
            pair = self._attribute(name)
            text = escape.wrapped(pair, text) if is_wanted else text
        for slot, wanted in ((FG, fg), (BG, bg)):
            if wanted:
                text = escape.wrapped(self._pair_of(wanted, slot), text)
        return text

    def bold(self, text: str) -> str:
        """Text in bold."""
        return self.style(text, bold=True)

    def italic(self, text: str) -> str:
        """Text in italics."""
        return self.style(text, italic=True)

    def underline(self, text: str) -> str:
        """Text underlined."""
        return self.style(text, underline=True)

    def inverse(self, text: str) -> str:
        """Text with foreground and background exchanged."""
        return self.style(text, inverse=True)

    def strikethrough(self, text: str) -> str:
        """Text struck through."""
        return self.style(text, strikethrough=True)

    def fg_code(self, name: str) -> str:
        """The escape sequence that begins a foreground role; "" where there are no colours."""
        return self._pair(name, FG)[0]

    def bg_code(self, name: str) -> str:
        """The escape sequence that begins a background role."""
        return self._pair(name, BG)[0]

    def color_mode(self) -> str:
        """How many colours are used: `mode`."""
        return self.mode

    def thinking_border(self, level: str) -> Callable[[str], str]:
        """What colours the editor's frame at a thinking level."""
        name = f"thinking{level[:1].upper()}{level[1:]}"
        return lambda text: self.fg(name if name in ROLES else "thinkingOff", text)

    def bash_border(self) -> Callable[[str], str]:
        """What colours the editor's frame while a shell command is typed."""
        return lambda text: self.fg("bashMode", text)

    def _attribute(self, name: str) -> tuple[str, str]:
        pair = escape.attribute(name)
        return escape.NONE if self.mode == depth.PLAIN else pair

    def _pair_of(self, wanted: str | Rgb, slot: str) -> tuple[str, str]:
        if isinstance(wanted, str) and not wanted.startswith("#"):
            return self._pair(wanted, slot)
        value = parse(wanted) if isinstance(wanted, str) else wanted
        return escape.colored(value, slot, self.mode, self.reported.palette)

    def _pair(self, name: str, slot: str) -> tuple[str, str]:
        if name not in self._pairs:
            self._pairs[name] = self._made(name)
        if ROLES[name].slot != slot:
            right, wrong = ("bg", "fg") if slot == FG else ("fg", "bg")
            raise KeyError(f"{name!r} is a role for {right}, not for {wrong}")
        return self._pairs[name]

    def _made(self, name: str) -> tuple[str, str]:
        slot = role(name).slot
        if self.mode == depth.MONO and name in _INVERTED:
            return escape.attribute("inverse")
        start, end = escape.colored(self.value(name), slot, self.mode, self.reported.palette)
        if name in self.faint:
            begins, ends = self._attribute("faint")
            return f"{begins}{start}", f"{ends}{end}"
        return start, end
