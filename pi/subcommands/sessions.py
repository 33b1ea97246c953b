"""`pi sessions`: which sessions there are, and whether their files are sound.

pi sessions list                  those of this folder, the one written last first
pi sessions list --all flaky      those of all folders in which "flaky" was said
pi sessions check                 what is damaged, in all of them
pi sessions check --repair FILE   mend one; the file as it was is kept beside it
"""

from __future__ import annotations

import os
import sys

from pi import paths
from pi.assembly.configuration import open_configuration
from pi.errors import EXIT_FAILED, EXIT_OK, SessionError, UsageError
from pi.store import check, find
from pi.store.format import iso_time
from pi.store.host import HOST
from pi.store.index import Index
from pi.subcommands.option import HELP, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.store.find import Place
    from pi.store.index import Row

USAGE = """\
pi sessions: the conversations that are kept

Usage:
  pi sessions list [--all] [WORD...]     newest first; with words, those that have all of them
  pi sessions check [--repair] [FILE...] what is damaged; without files, in all sessions

Options:
  --all              The sessions of all folders, not of this one alone
  --repair           Mend what is damaged; the file as it was is kept beside it
  --session-dir DIR  Where sessions are kept

Exit status of check: 0 when every file is sound or was mended, 1 otherwise
"""

_OPTIONS = {"--all": "", "--repair": "", "--session-dir": "DIR"}
_WIDEST = 80  # characters of a name or of first words
INDEX_FILE = "sessions.index"


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run `pi sessions`; returns the exit status. Raises PiError."""
    if not words or any(word in HELP for word in words):
        return _print(USAGE)
    given = read(words, _OPTIONS)
    action, rest = (given.words or [""])[0], given.words[1:]
    configured = open_configuration(environ, cwd)
    folder = paths.custom_sessions_dir(
        environ, cwd, given.text("--session-dir"), configured.settings.get("sessionDir")
    )
    if folder is None:
        place = find.project_place(configured.agent_dir, cwd)
    else:
        place = find.shared_place(folder, cwd)
    if action == "list" and "--repair" not in given.options:
        return _list(place, " ".join(rest), "--all" in given.options)
    if action == "check" and "--all" not in given.options:
        files = [os.path.join(cwd, name) for name in rest] or sorted(find.all_files(place))
        return _check(files, "--repair" in given.options)
    raise UsageError("pi sessions has the commands `list [--all]` and `check [--repair]`")


def index_file(place: Place) -> str:
    """Where the index of a place is kept; it can be thrown away."""
    return os.path.join(place.root or place.folder, INDEX_FILE)


def _list(place: Place, words: str, is_all: bool) -> int:
    index = Index(index_file(place), HOST)
    rows = index.rows(find.all_files(place))
    if not is_all:
        rows = [row for row in rows if _is_here(row, place)]
    rows = index.search(rows, words)
    lines = [
        f"{iso_time(row.written_ms)[:16]}  {row.messages:>6}  {_title(row, is_all)}\n  {row.path}\n"
        for row in rows
    ]
    if not lines:
        return _print("No sessions" + (f" with: {words}\n" if words else "\n"))
    return _print("".join(lines))


def _is_here(row: Row, place: Place) -> bool:
    if place.root is None:
        return row.cwd == place.cwd
    return os.path.dirname(row.path) == place.folder


def _title(row: Row, is_all: bool) -> str:
    title = " ".join((row.name or row.first or "(nothing said)").split())
    title = "".join(char if char.isprintable() else "\ufffd" for char in title)
    title = title if len(title) <= _WIDEST else f"{title[: _WIDEST - 1]}…"
    return f"{title}  ({row.cwd})" if is_all else title


def _check(files: list[str], is_repair: bool) -> int:
    counts = {"sound": 0, "mended": 0, "damaged": 0}
    for path in files:
        try:
            state, lines = _checked(path, is_repair)
        except SessionError as error:
            state, lines = "damaged", [str(error)]
        counts[state] += 1
        _print("".join(f"{line}\n" for line in lines))
    _print(
        ", ".join(f"{count} {state}" for state, count in counts.items() if count) + "\n"
        if files
        else "No sessions\n"
    )
    return EXIT_FAILED if counts["damaged"] else EXIT_OK


def _checked(path: str, is_repair: bool) -> tuple[str, list[str]]:
    """The state of a file, and what there is to say of it. Raises SessionError."""
    try:
        data = HOST.disk.read(path)
    except OSError as error:
        raise SessionError(f"{path}: cannot be read: {error.strerror or error}") from error
    found = check.examine(data, path, HOST)
    lines = [f"{path}: {text}" for text in [*found.problems, *found.notes]]
    if not found.is_damaged:
        return "sound", lines
    if not is_repair:
        return "damaged", lines
    backup = check.repair(path, HOST)
    return "mended", [*lines, f"{path}: mended; the file as it was: {backup}"]


def _print(text: str) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return EXIT_OK
