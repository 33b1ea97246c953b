"""The colours of an exported page, taken from themes.

    look = look_of(themes, "paper/night")       what the `theme` setting or --use-theme says
    css(look)                                   b":root { color-scheme: light dark; --page: ..."

The page follows its reader: light or dark as his system is, or as he chooses on the page. A pair of
themes gives one for each. A single theme is shown to all until they choose the other kind, which
then is pi's own; so it is with `system`, which means a terminal that is not here.
"""

from __future__ import annotations

from pi.assembly.configuration import approval_of, open_configuration
from pi.assembly.theming import themes_of
from pi.resources.theme import load_themes, wanted_pair
from pi.theme import color
from pi.theme.notation import DEFAULT
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pi.assembly.configuration import Configuration
    from pi.flags import Arguments
    from pi.resources.theme import Themes
    from pi.theme.color import Rgb
    from pi.theme.theme import Theme

_LINE_SHARES = {"dark": 0.17, "light": 0.13}
_DIFF_SHARE = 0.2
_DERIVED = {"dark": (0.35, 0.18), "light": (0.55, 1.0)}
"""How far page and card are from the user's messages to black, or to white."""


class Look(Value):
    """Which theme a page has: for readers whose system is light or dark, and for those who ask for
    light or for dark."""

    auto_light: Theme
    auto_dark: Theme
    light: Theme
    dark: Theme


def look_for(arguments: Arguments, environ: Mapping[str, str], cwd: str) -> tuple[Look, list[str]]:
    """The look that a command line and the settings mean, and what is wrong with it.

    Nothing is fetched for it: of the packages, those that are there count.
    """
    offline = {**environ, "PI_OFFLINE": "1"}
    return look_in(open_configuration(offline, cwd, approval_of(arguments)), arguments)


def look_in(
    configured: Configuration, arguments: Arguments, more: Sequence[str] = ()
) -> tuple[Look, list[str]]:
    """The same where the configuration has been read; `more` are themes that extensions named."""
    themes, setting = themes_of(configured.place, arguments, more)
    look, problems = look_of(themes, setting)
    return look, [*themes.warnings, *problems]


def look_of(themes: Themes | None = None, setting: str | None = None) -> tuple[Look, list[str]]:
    """The look that a setting means, and what is wrong with it. pi's own, without any."""
    themes = load_themes(None) if themes is None else themes
    chosen, problems = wanted_pair(themes, setting)
    own = {name: themes.theme(name) for name in ("light", "dark")}
    light, dark = (
        theme if theme is not None else own[name]
        for theme, name in zip(chosen, ("light", "dark"), strict=True)
    )
    forced = {theme.appearance: theme for theme in (dark, light) if theme is not None}
    return Look(
        light, dark, forced.get("light", own["light"]), forced.get("dark", own["dark"])
    ), problems


def css(look: Look) -> bytes:
    """The rules that give the page its colours; nothing but numbers comes from a theme."""
    is_one = look.auto_light.appearance == look.auto_dark.appearance
    scheme = look.auto_light.appearance if is_one else "light dark"
    rules = [
        f":root {{ color-scheme: {scheme}; {_variables(look.auto_light)} }}",
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(look.auto_dark)} }} }}",
        f':root[data-theme="light"] {{ color-scheme: light; {_variables(look.light)} }}',
        f':root[data-theme="dark"] {{ color-scheme: dark; {_variables(look.dark)} }}',
        "@media print { :root, :root[data-theme] "
        f"{{ color-scheme: light; {_variables(look.light)} }} }}",
    ]
    return "\n".join(rules).encode("ascii")


def _variables(theme: Theme) -> str:
    return " ".join(f"--{name}: {color.hexadecimal(rgb)};" for name, rgb in palette(theme).items())


def palette(theme: Theme) -> dict[str, Rgb]:
    """The variables of the page's style, from a theme."""
    page, card, info = _backgrounds(theme)
    text = theme.rgb("text")

    def panel(name: str) -> Rgb:
        return card if theme.value(name) == DEFAULT else theme.rgb(name)

    return {
        "page": page,
        "card": card,
        "side": color.mixed(page, text if theme.appearance == "light" else color.BLACK, 0.025),
        "line": color.mixed(card, text, _LINE_SHARES[theme.appearance]),
        "text": text,
        "dim": theme.rgb("muted"),
        "user": panel("userMessageBg"),
        "user-line": theme.rgb("borderAccent"),
        "tool": panel("toolPendingBg"),
        "bad": panel("toolErrorBg"),
        "bad-line": theme.rgb("error"),
        "accent": theme.rgb("accent"),
        "add": color.mixed(card, theme.rgb("toolDiffAdded"), _DIFF_SHARE),
        "cut": color.mixed(card, theme.rgb("toolDiffRemoved"), _DIFF_SHARE),
        "mark": panel("searchMatchBg"),
        "code": info,
    }


def _backgrounds(theme: Theme) -> tuple[Rgb, Rgb, Rgb]:
    """Page, card and info: what the theme says, or made of the ground of the user's messages."""
    base = theme.rgb("userMessageBg")
    end = color.BLACK if theme.appearance == "dark" else color.WHITE
    page, card = (color.mixed(base, end, share) for share in _DERIVED[theme.appearance])
    info = color.mixed(card, theme.rgb("warning"), 0.07)
    made = {"pageBg": page, "cardBg": card, "infoBg": info}
    found = {
        name: theme.concrete(theme.export[name]) if name in theme.export else rgb
        for name, rgb in made.items()
    }
    return found["pageBg"], found["cardBg"], found["infoBg"]
