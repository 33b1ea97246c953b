"""`pi remove` and `pi uninstall`: delete a package and take it out of the settings."""

from __future__ import annotations

from pi.errors import EXIT_OK, PackageError
from pi.packages import change
from pi.packages.site import PROJECT
from pi.packages.source import public
from pi.subcommands.desk import LOCAL_OPTIONS, TRUST_OPTIONS, Desk, one_word, options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

USAGE = """\
pi remove: delete a package and take it out of the settings; also: pi uninstall

Usage:
  pi remove <source> [-l] [--approve|--no-approve]

The version does not matter: npm:tools removes npm:tools@1.2.3 too. Local folders stay.

Options:
  -l, --local          From this project (.pi/settings.json) instead of from yours
  -a, --approve        Trust this project's settings for this command
  -na, --no-approve    Ignore this project's settings for this command
"""

_OPTIONS = {**LOCAL_OPTIONS, **TRUST_OPTIONS}


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run `pi remove`; returns the exit status. Raises PiError."""
    given = options("remove", words, _OPTIONS, USAGE)
    if given is None:
        return EXIT_OK
    text = one_word("remove", given)
    with Desk(environ, cwd, given) as desk:
        if desk.scope == PROJECT:
            desk.insist_on_trust()
        desk.say(f"Removing {public(text)}...")
        if not change.remove(desk.stock, desk.scope, text, cwd):
            raise PackageError(f"No matching package found for {public(text)}")
        if desk.scope == PROJECT:
            desk.keep_trust()
        desk.say(f"Removed {public(text)}")
    return EXIT_OK
