"""`pi doctor`: what is installed, what counts here and why, what is wrong and what to do.

pi doctor                       nothing is sent, no command is run
pi doctor --live                and every provider with a key is asked one short question
pi doctor --live anthropic      only this one
pi doctor --json                for machines
"""

from __future__ import annotations

import json
import re
import sys

from pi import __version__
from pi.doctor import report
from pi.doctor.examine import examine
from pi.doctor.subject import Subject
from pi.errors import EXIT_FAILED, EXIT_OK, UsageError
from pi.resources.trust import APPROVE
from pi.subcommands.option import HELP, read
from pi.text.secret import MASKED, Mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


USAGE = """\
pi doctor: what is installed, what counts here and why, what is wrong and what to do

Usage:
  pi doctor [--json] [--approve]
  pi doctor --live [PROVIDER...]

Options:
  --live          Ask each provider that has a key, or those named, one short question. What it
                  cost is told. Without this nothing is sent and no command is run
  --json          One JSON object
  --approve, -a   Look at the project's settings and resources even if it is not trusted

Secrets are never shown. Exit status: 0 nothing is wrong, 1 there is a problem
"""

_OPTIONS = {"--live": "", "--json": "", "--approve": "", "-a": ""}
_USER_INFO = r"(://)[^/@\s\"]*@"
"""User and password in an address."""


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run `pi doctor`; returns the exit status. Raises UsageError."""
    if any(word in HELP for word in words):
        return _print(USAGE, EXIT_OK)
    given = read(words, _OPTIONS)
    is_live = "--live" in given.options
    if given.words and not is_live:
        raise UsageError(f'pi doctor takes no words but after --live: "{given.words[0]}"')
    approval = APPROVE if {"--approve", "-a"} & set(given.options) else None
    subject = Subject(environ, cwd, given.words if is_live else None, approval, _tell)
    sections = examine(subject)
    status = EXIT_OK if report.is_well(sections) else EXIT_FAILED
    conceal = _concealer(subject)
    if "--json" in given.options:
        told = {"version": __version__, **report.data(sections, conceal)}
        return _print(json.dumps(told, indent=2) + "\n", status)
    return _print(report.text(sections, conceal, _painter(environ)), status)


def _concealer(subject: Subject) -> Callable[[str], str]:
    """What takes secrets out of the report, however they may have come into it."""
    known: list[str] = []
    try:
        from pi.export import target  # noqa: PLC0415 - it may be broken

        known = target.known_secrets(subject.environ, subject.agent_dir)
    except Exception:  # noqa: BLE001 - the report is told all the same; shapes are still masked
        marks = ("KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL")
        values = subject.environ.items()
        known = [value for name, value in values if any(mark in name for mark in marks)]
    mask = Mask(known)
    return lambda text: re.sub(_USER_INFO, rf"\1{MASKED}@", mask.text(text))


def _painter(environ: Mapping[str, str]) -> Callable[[str, str], str] | None:
    """How the report is coloured: by indexes of the terminal's own palette, or not at all."""
    from pi.theme.depth import PLAIN, depth  # noqa: PLC0415 - not for --json
    from pi.theme.swatch import NOTHING  # noqa: PLC0415
    from pi.theme.system import made  # noqa: PLC0415
    from pi.theme.theme import Theme  # noqa: PLC0415

    mode = depth(environ, is_terminal=sys.stdout.isatty())
    if mode == PLAIN:
        return None
    document, faint = made(NOTHING, "dark")
    return Theme(document, mode, faint=faint).fg


def _tell(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")


def _print(text: str, status: int) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return status
