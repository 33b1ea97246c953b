"""`pi list`: the packages that are declared, and where they are."""

from __future__ import annotations

import os

from pi.errors import EXIT_OK
from pi.packages import lock
from pi.packages.resolve import locked_folder
from pi.packages.site import PROJECT, USER, declared, named
from pi.settings.jsonfile import FileError
from pi.subcommands.desk import TRUST_OPTIONS, Desk, options, remark, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.packages.lock import Record
    from pi.packages.site import Entry

USAGE = """\
pi list: the packages of your settings and of this project's

Usage:
  pi list [--approve|--no-approve]

Options:
  -a, --approve        Trust this project's settings for this command
  -na, --no-approve    Ignore this project's settings for this command
"""

_HEADS = {USER: "User packages:", PROJECT: "Project packages:"}


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run `pi list`; returns the exit status. Raises PiError."""
    given = options("list", words, TRUST_OPTIONS, USAGE)
    if given is None:
        return EXIT_OK
    with Desk(environ, cwd, given) as desk:
        problems: list[str] = []
        found = declared(desk.configured.settings, problems)
        remark(problems)
        blocks = []
        for scope, head in _HEADS.items():
            own = [entry for entry in found if entry.scope == scope]
            records = _records(desk, scope) if own else {}
            lines = [line for entry in own for line in _told(desk, entry, records)]
            if lines:
                blocks.append("\n".join([head, *lines]))
        for line in "\n\n".join(blocks).split("\n") if blocks else ["No packages installed."]:
            say(line)
    return EXIT_OK


def _records(desk: Desk, scope: str) -> dict[str, Record]:
    try:
        return lock.read(desk.site.lock_path(scope))
    except FileError as error:
        remark([str(error)])
        return {}


def _told(desk: Desk, entry: Entry, records: dict[str, Record]) -> list[str]:
    """The lines of an entry: its source, and its folder if it is there."""
    mark = " (filtered)" if entry.filters is not None else ""
    folder = locked_folder(desk.site, entry, records.get(lock.key_of(entry.source)))
    place = [f"    {folder}"] if os.path.lexists(folder) else []
    return [f"  {named(entry)}{mark}", *place]
