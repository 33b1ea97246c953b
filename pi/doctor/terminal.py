"""What the terminal can do, as far as it and its environment tell."""

from __future__ import annotations

import os
import shutil
import sys

from pi.theme import choice
from pi.theme.color import hexadecimal
from pi.theme.depth import PLAIN, depth
from pi.theme.swatch import Reported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.doctor.report import Section
    from pi.doctor.subject import Subject

_SAYS = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "PI_TRUE_COLOR", "COLORTERM")
_NARROW, _LOW = 40, 10


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    environ = subject.environ
    ends = [name for at, name in enumerate(("input", "output", "errors")) if _is_terminal(at)]
    section.fact("terminal", ", ".join(ends) or "none of input, output and errors is one")
    named = [
        environ[name] for name in ("TERM_PROGRAM", "TERM_PROGRAM_VERSION") if environ.get(name)
    ]
    section.fact("TERM", environ.get("TERM") or "not set", " ".join(named))
    is_terminal = _is_terminal(1)
    deciding = [f"{name}={environ[name]}" for name in _SAYS if environ.get(name)]
    section.fact("colours", depth(environ, is_terminal=is_terminal), ", ".join(deciding))
    if is_terminal:
        _size(section)
        _encoding(section)
    _between(subject, section)
    reported = _reported() if _is_terminal(0) and is_terminal else Reported()
    _colors(subject, reported, section)


def _size(section: Section) -> None:
    size = shutil.get_terminal_size()
    section.fact("size", f"{size.columns} columns, {size.lines} lines")
    if size.columns < _NARROW or size.lines < _LOW:
        section.warn(
            f"the terminal has only {size.columns} columns and {size.lines} lines",
            f"make it larger: {_NARROW} and {_LOW} at least",
        )


def _encoding(section: Section) -> None:
    name = (sys.stdout.encoding or "").lower().replace("_", "-")
    if name not in ("utf-8", "utf8"):
        section.warn(
            f"output is written as {name or 'an unknown encoding'}, not UTF-8",
            "set LC_ALL to a UTF-8 locale, for example C.UTF-8",
        )


def _between(subject: Subject, section: Section) -> None:
    """What stands between pi and the terminal."""
    environ = subject.environ
    if environ.get("TMUX"):
        section.fact("within", "tmux", "modified keys need `set -g extended-keys on` there")
    elif environ.get("STY"):
        section.fact("within", "GNU screen", "it shows 256 colours and passes few keys on")
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        section.fact("over", "ssh", "the clipboard and the terminal's answers come from there")


def _reported() -> Reported:
    from pi.term import colors, query  # noqa: PLC0415 - only where there is a terminal

    return colors.parse(query.ask(0, 1, colors.QUERY, colors.is_complete))


def _colors(subject: Subject, reported: Reported, section: Section) -> None:
    found = choice.appearance(reported, subject.environ)
    if reported.background is None:
        source = "COLORFGBG" if subject.environ.get("COLORFGBG") else "a guess: it does not say"
        if depth(subject.environ, is_terminal=_is_terminal(1)) != PLAIN:
            section.fact("appearance", found, source)
        return
    told = f"background {hexadecimal(reported.background)}"
    if reported.foreground is not None:
        told += f", text {hexadecimal(reported.foreground)}"
    if reported.palette:
        told += ", and its sixteen colours"
    section.fact("appearance", found, f"it reports {told}")


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False
