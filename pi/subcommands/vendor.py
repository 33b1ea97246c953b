"""`pi vendor`: copy the project's packages into it, for clones without a network."""

from __future__ import annotations

from pi.errors import EXIT_OK, PackageError
from pi.packages import change
from pi.packages.site import PROJECT, declared
from pi.subcommands.desk import TRUST_OPTIONS, Desk, options
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

USAGE = """\
pi vendor: copy the packages of this project into .pi/vendor

Usage:
  pi vendor [--approve|--no-approve]

Commit .pi/vendor, .pi/pi-lock.json and .pi/settings.json (git add -f .pi/vendor, so that ignore
files of the packages leave nothing out). A clone then needs no network; `pi update` renews the
copies, `pi remove -l` deletes one.

Options:
  -a, --approve        Trust this project's settings for this command
  -na, --no-approve    Ignore this project's settings for this command
"""


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run `pi vendor`; returns the exit status. Raises PiError."""
    given = options("vendor", words, TRUST_OPTIONS, USAGE)
    if given is None:
        return EXIT_OK
    if given.words:
        raise PackageError(f"Unexpected argument {shown(given.words[0])}. See pi vendor --help.")
    with Desk(environ, cwd, given) as desk:
        desk.insist_on_trust()
        problems: list[str] = []
        found = declared(desk.configured.settings, problems)
        if problems:
            raise PackageError("; ".join(problems))
        done = change.vendor(desk.stock, [each for each in found if each.scope == PROJECT])
        desk.keep_trust()
        for name in done:
            desk.say(f"Vendored {name}")
        if not done:
            desk.say("No packages to vendor.")
    return EXIT_OK
