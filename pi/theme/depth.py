"""How many colours a terminal has, by what its environment says.

    depth({"TERM": "xterm-256color", "COLORTERM": "truecolor"})     "truecolor"
    depth({"TERM": "xterm-256color", "NO_COLOR": "1"})              "mono"

    truecolor   any colour
    256, 16     an index
    mono        no colours, but bold, underlined and the like: NO_COLOR
    plain       no escape sequences at all: no terminal, or TERM=dumb

The first that decides: NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR=0, no terminal, TERM=dumb,
the setting `terminal.trueColor`, PI_TRUE_COLOR, and at last what the terminal's variables tell.
Sources: no-color.org, force-color.org, bixense.com/clicolors, the reference's terminal-setup page.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TRUECOLOR, INDEXED, ANSI, MONO, PLAIN = "truecolor", "256", "16", "mono", "plain"
DEPTHS = (TRUECOLOR, INDEXED, ANSI, MONO, PLAIN)

_FORCED = {"0": MONO, "false": MONO, "2": INDEXED, "3": TRUECOLOR}
_SWITCH = {"1": True, "true": True, "0": False, "false": False}
_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "rio", "Hyper", "Tabby")
_TERMS = ("kitty", "ghostty", "alacritty", "wezterm", "foot", "contour", "rio", "direct")
_FEW = ("linux", "ansi", "cygwin", "vt100", "vt102", "vt220", "xterm-color", "rxvt", "Eterm")


def depth(
    environ: Mapping[str, str], *, is_terminal: bool = True, true_color: bool | str = "auto"
) -> str:
    """One of `DEPTHS`. `true_color` is the setting of that name: True, False or "auto"."""
    if environ.get("NO_COLOR"):
        return MONO if is_terminal and environ.get("TERM") != "dumb" else PLAIN
    forced = environ.get("FORCE_COLOR")
    if forced is not None:
        return _FORCED.get(forced.lower(), ANSI)
    is_forced = environ.get("CLICOLOR_FORCE", "0") != "0"
    if not is_forced:
        if not is_terminal or environ.get("TERM") == "dumb":
            return PLAIN
        if environ.get("CLICOLOR") == "0":
            return MONO
    wanted = true_color
    if not isinstance(wanted, bool):
        wanted = _SWITCH.get(environ.get("PI_TRUE_COLOR", "").lower())
    if wanted is None:
        wanted = _has_true_color(environ)
    return TRUECOLOR if wanted else _indexed(environ.get("TERM", ""))


def _has_true_color(environ: Mapping[str, str]) -> bool:
    term = environ.get("TERM", "")
    if environ.get("STY") and term.startswith("screen"):
        return False  # GNU screen: what it is told about the terminal outside is of no use
    return (
        environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
        or environ.get("TERM_PROGRAM") in _PROGRAMS
        or "WT_SESSION" in environ
        or any(part in _TERMS for part in term.split("-"))
    )


def _indexed(term: str) -> str:
    return ANSI if not term or term in _FEW or term.endswith("-16color") else INDEXED
