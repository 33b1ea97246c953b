"""`pi update`: packages, the list of models, and how to update pi itself.

pi update                       how to update pi
pi update --extensions          the packages of your settings and of this project's
pi update npm:@acme/tools       one of them
pi update --models              the list of models; --from models.json: from there
"""

from __future__ import annotations

import os
import shlex
import sys

from pi import __version__, runtime
from pi.errors import EXIT_OK, PackageError, UsageError
from pi.packages import change
from pi.packages.site import PROJECT, USER, declared, named
from pi.packages.source import public
from pi.subcommands.desk import TRUST_OPTIONS, Desk, options, remark
from pi.subcommands.refresh import ADDRESS, ADDRESS_VARIABLE, refresh
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.packages.site import Entry
    from pi.subcommands.option import Given

USAGE = f"""\
pi update: packages, the list of models, and how to update pi itself

Usage:
  pi update [source|self|pi] [--self|--extensions|--models|--all] [--extension SOURCE]

Targets:
  --self                  How to update pi (the same as no target at all)
  --extensions            The packages of your settings and, if it is trusted, of this project
  source                  One package; the same as --extension SOURCE
  --models                The list of models: names, prices, limits. It goes into the agent folder,
                          over the list that ships with pi, and holds until pi itself is updated
  --all                   The packages, and how to update pi

Options:
  --from URL|FILE         Where the list of models is; otherwise {ADDRESS_VARIABLE}, otherwise
                          {ADDRESS}
  --force                 Accepted for the reference's sake; pi never updates itself
  -a, --approve           Trust this project's settings for this command
  -na, --no-approve       Ignore this project's settings for this command

A package with an exact version, tag or commit stays at it. What was updated is locked anew.
"""

_OPTIONS = {
    "--self": "",
    "--extensions": "",
    "--models": "",
    "--all": "",
    "--force": "",
    "--extension": "SOURCE",
    "--from": "URL|FILE",
    **TRUST_OPTIONS,
}
_SELF = ("self", "pi")


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run `pi update`; returns the exit status. Raises PiError."""
    given = options("update", words, _OPTIONS, USAGE)
    if given is None:
        return EXIT_OK
    if len(given.words) > 1:
        raise PackageError(f"Unexpected argument {shown(given.words[1])}. See pi update --help.")
    word = given.words[0] if given.words else None
    source = given.text("--extension") or (word if word not in _SELF else None)
    with Desk(environ, cwd, given) as desk:
        _work(desk, given, source, is_self=word in _SELF)
    return EXIT_OK


def _work(desk: Desk, given: Given, source: str | None, *, is_self: bool) -> None:
    chosen = set(given.options) & {"--self", "--extensions", "--models", "--all"}
    if "--models" in chosen and (source or is_self):
        raise UsageError("--models updates the list of models alone: pi update --models")
    if given.text("--from") and "--models" not in chosen:
        raise UsageError("--from says where the list of models is: pi update --models --from ...")
    if "--models" in chosen:
        refresh(desk.configured, given.text("--from"))
    if source or chosen & {"--extensions", "--all"}:
        _packages(desk, source)
    if is_self or chosen & {"--self", "--all"} or not (chosen or source):
        for line in _instructions(desk):
            desk.say(line)


def _packages(desk: Desk, source: str | None) -> None:
    """Update all packages, or the one that is named."""
    problems: list[str] = []
    found = declared(desk.configured.settings, problems)
    remark(problems)
    if source is not None:
        found = _chosen(desk, source, found)
    if desk.stock.is_offline:
        desk.say("Skipped package updates (offline mode: PI_OFFLINE is set)")
        return
    changed = change.updates(desk.stock, found, desk.say, desk.show)
    if any(entry.scope == PROJECT for entry in found):
        desk.keep_trust()
    if changed:
        desk.say(f"Updated {len(changed)} package{'s' if len(changed) > 1 else ''}:")
        for line in changed:
            desk.say(f"  {line}")
    elif source is not None:
        desk.say(f"{public(source)} is already up to date")
    else:
        desk.say("Packages are already up to date")


def _chosen(desk: Desk, source: str, found: list[Entry]) -> list[Entry]:
    """The entries of one package, in whatever version it is named. Raises PackageError."""
    cwd = desk.configured.cwd
    scopes = [PROJECT, USER] if desk.site.is_trusted else [USER]
    entries = [change.find(desk.site, scope, source, cwd) for scope in scopes]
    chosen = [entry for entry in entries if entry is not None]
    if not chosen:
        close = [named(entry) for entry in found if source.strip("/") in entry.text]
        hint = f". Did you mean {' or '.join(close[:3])}?" if close else ""
        raise PackageError(f"No matching package found for {public(source)}{hint}")
    return chosen


def _instructions(desk: Desk) -> list[str]:
    """How this pi is updated: by the user's own command, or by what it came with."""
    own = desk.configured.environ.get("PI_SELF_UPDATE_COMMAND")
    command = desk.configured.settings.get("selfUpdateCommand")
    if not own and command:
        own = shlex.join(command)
    lines = [f"This is pi {__version__}. It does not update itself."]
    lines.append(f"Your command for that: {own}" if own else _way())
    return [*lines, "Packages are updated by pi update --extensions."]


def _way() -> str:
    """What to do, by the form in which pi runs."""
    if runtime.is_frozen():
        return f"Put the newer program in place of {sys.executable}."
    archive = runtime.archive()
    if archive:
        return f"Put the newer file in place of {archive}."
    docs = runtime.docs_folder()
    if docs is not None:
        return f"Run git pull in {os.path.dirname(docs)}."
    return f"Run {sys.executable} -m pip install --upgrade with where you have pi from."
