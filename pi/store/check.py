"""What is wrong with a session file, and the same file without it.

    found = examine(data, path, host)
    found.problems     ["skipped 1 damaged line (line 7)"]
    found.is_damaged   whether lines are damaged, so that `mended` differs from what is there
    repair(path, host) -> the path of the backup

A repaired file has the header, rebuilt if need be, every sound line byte by byte, and what could be
made out in the damaged ones, each as a line of its own. The file as it was is kept beside it under
another name; it is complete on the disk before anything is exchanged.
"""

from __future__ import annotations

from pi.errors import SessionError
from pi.store.format import SUFFIX
from pi.store.line import Damaged, encode_line, records
from pi.store.load import load
from pi.store.log import Log
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pi.store.format import Entry
    from pi.store.host import Host


_HARMLESS = ("blank line", "later than", "without an id")


class Examined(Value):
    """A session file: how many entries it has, what is wrong, and how it reads without that.

    `notes` are oddities that nothing needs to be done about.
    """

    entries: int
    problems: list[str]
    notes: list[str]
    mended: bytes

    @property
    def is_damaged(self) -> bool:
        return bool(self.problems)


def examine(data: bytes, path: str, host: Host) -> Examined:
    """What is wrong with a session file's content. Raises SessionError if it is no session."""
    loaded = load(data, path, host)
    found = [warning.removeprefix(f"{path}: ") for warning in loaded.warnings]
    notes = [text for text in found if any(word in text for word in _HARMLESS)]
    problems = [text for text in found if text not in notes]
    if loaded.is_old:
        notes.append("of an old format; it is brought to the current one when it is opened")
    notes += _oddities(loaded.entries)
    sound = _sound(data if loaded.rewritten is None else loaded.rewritten)
    return Examined(len(loaded.entries), problems, notes, b"".join(sound))


def repair(path: str, host: Host) -> str | None:
    """Mend a session file; returns the path of the backup, None if there was no damage.

    Raises SessionError and changes nothing if that cannot be done safely: when another program has
    the session open, for one.
    """
    try:
        data = host.disk.read(path)
        found = examine(data, path, host)
        if not found.is_damaged:
            return None
        log = Log.attach(path, len(data), data.endswith(b"\n"), host.disk)
    except OSError as error:
        raise SessionError(f"Could not repair {path}: {error.strerror or error}") from error
    try:
        if not log.is_first:
            raise SessionError(f"Could not repair {path}: another program has the session open")
        backup = _backup(path, data, host)
        log = log.rewrite(found.mended)
    except OSError as error:
        raise SessionError(f"Could not repair {path}: {error.strerror or error}") from error
    finally:
        log.close()
    return backup


def _sound(data: bytes) -> Iterator[bytes]:
    """The lines of a file without what is damaged in it."""
    for _, raw, value in records(data):
        if type(value) is Damaged:
            yield from map(encode_line, value.values)
        elif type(value) is dict:
            yield raw if raw.endswith(b"\n") else raw + b"\n"


def _oddities(entries: list[Entry]) -> list[str]:
    known = {entry["id"] for entry in entries}
    lost = sum(
        1
        for entry in entries
        if isinstance(entry.get("parentId"), str) and entry["parentId"] not in known
    )
    doubled = len(entries) - len(known)
    notes = []
    if lost:
        notes.append(f"entries whose parent is missing: {lost}; each begins a branch of its own")
    if doubled:
        notes.append(f"entries with the id of another: {doubled}")
    return notes


def _backup(path: str, data: bytes, host: Host) -> str:
    """A durable copy beside the file, under a name that is not taken and is not a session's."""
    stem = path.removesuffix(SUFFIX)
    number = 1
    while True:
        backup = f"{stem}.damaged-{number}"
        try:
            host.disk.copy_new(backup, data)
        except FileExistsError:
            number += 1
            continue
        return backup
