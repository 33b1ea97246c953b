"""Reading a session file, however it was left behind.

    loaded = load(data, "/s/2026-..._01a2....jsonl", Host())
    loaded.header, loaded.entries, loaded.warnings

What cannot be read is skipped and reported, never removed. A file whose first line is damaged is
still a session if entries follow: its header is rebuilt from the file's name. A file that begins
with readable JSON that is no header is no session.

The whole file is read and parsed. A large one is read from its end: `pi.store.tail`.
"""

from __future__ import annotations

import gc

from pi.store.format import VERSION, is_header
from pi.store.line import BLANK, Damaged, encode_line, records
from pi.store.mend import rebuilt_header, was_header
from pi.store.migrate import upgrade, version_of
from pi.store.share import share
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.store.format import Entry
    from pi.store.host import Host

_MANY = 5_000  # entries from which on the garbage collector is kept away from them


class Loaded(Value):
    """A session file as read.

    `rewritten` is what the file has to become before anything may be appended: of an old version,
    or without a header; None when it is as it should be. `ends_whole` is whether the last line is
    ended by a LF.
    """

    header: Entry
    entries: list[Entry]
    warnings: list[str]
    rewritten: bytes | None
    is_old: bool
    ends_whole: bool


class _Notes:
    """What was found amiss: how many lines of each kind, and where the first one is."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._found: dict[tuple[str, str], list[str]] = {}

    def add(self, done: str, kind: str, place: str) -> None:
        self._found.setdefault((done, kind), []).append(place)

    def texts(self) -> list[str]:
        return [
            f"{self._path}: {done} 1 {kind} ({places[0]})"
            if len(places) == 1
            else f"{self._path}: {done} {len(places)} {kind}s (first: {places[0]})"
            for (done, kind), places in self._found.items()
        ]


def load(data: bytes, path: str, host: Host) -> Loaded:
    """The session in `data`, the content of the file at `path`.

    Raises SessionError if that is not a session. Entries come in the order of their lines.
    """
    values, lines, notes = _parse(data, path)
    warnings = notes.texts()
    is_found = bool(values) and is_header(values[0])
    if not is_found:
        values.insert(0, rebuilt_header(values, lines, path, host))
        warnings.insert(0, f"{path}: the first line is damaged; id and time come from the name")
    header, version = values[0], version_of(values[0])
    if version < VERSION:
        upgrade(values, host)
        data = b"".join(map(_encoded, lines))
    elif version > VERSION:
        warnings.append(f"{path}: of version {header['version']}, later than {VERSION}, our latest")
    ends_whole = data.endswith(b"\n")
    if not is_found:
        data = encode_line(header) + (data if ends_whole else data + b"\n")
    entries, without_id = _entries(values[1:])
    warnings += _missing_ids(path, without_id)
    rewritten = None if is_found and version >= VERSION else data
    return Loaded(header, entries, warnings, rewritten, version < VERSION, ends_whole)


def read_entries(data: bytes) -> list[Entry]:
    """The entries in a piece of a session file that another program appended."""
    values, _, _ = _parse(data, "")
    return _entries(values)[0]


def read_piece(data: bytes, path: str, start: int) -> tuple[list[Entry], list[str]]:
    """The entries in a piece of the file at `path`, whole lines from the offset `start` on, and
    what was amiss. At 0, the piece begins with a sound header."""
    values, _, notes = _parse(data, path, start)
    if start == 0:
        good, without_id = _entries(values[1:])
    else:
        entries = [value for value in values if value.get("type") != "session"]
        good = [entry for entry in entries if has_id(entry)]
        without_id = len(entries) - len(good)
    return good, [*notes.texts(), *_missing_ids(path, without_id)]


def _missing_ids(path: str, count: int) -> list[str]:
    return [f"{path}: skipped entries without an id: {count}"] if count else []


def _parse(
    data: bytes, path: str, start: int | None = None
) -> tuple[list[Entry], list[Any], _Notes]:
    """The JSON objects of the lines; the lines, raw or `Damaged` where need be; what was amiss.

    Places are numbers of lines, or in a piece that begins at the offset `start`, offsets.
    """
    values: list[Entry] = []
    lines: list[Any] = []
    notes = _Notes(path)
    known: dict[str, str] = {}
    offset = start or 0
    was_enabled = gc.isenabled()
    gc.disable()  # parsing makes millions of objects and no garbage
    try:
        for number, raw, value in records(data):
            if type(value) is dict:
                share(value, known)
                values.append(value)
                lines.append(value)
            else:
                _note(notes, f"line {number}" if start is None else f"byte {offset}", raw, value)
                if type(value) is Damaged and value.values:
                    values += value.values
                    lines.append(value)
                else:
                    lines.append(raw if raw.endswith(b"\n") else raw + b"\n")
            offset += len(raw)
        if len(values) > _MANY:
            gc.freeze()  # or each full collection from now on would visit them all
    finally:
        if was_enabled:
            gc.enable()
    return values, lines, notes


def _note(notes: _Notes, place: str, raw: bytes, value: Any) -> None:
    if value is BLANK:
        notes.add("skipped", "blank line", place)
    elif type(value) is not Damaged:
        notes.add("skipped", "foreign line", place)
    elif value.values:
        notes.add("partly read", "damaged line", place)
    elif raw.endswith(b"\n"):
        notes.add("skipped", "damaged line", place)
    else:
        notes.add("skipped", "unfinished last line", place)


def _encoded(line: Any) -> bytes:
    if type(line) is bytes:
        return line
    return b"".join(map(encode_line, line.values if type(line) is Damaged else [line]))


def _entries(values: list[Entry]) -> tuple[list[Entry], int]:
    """The entries among the values, and how many had no usable id."""
    start = 1 if values and was_header(values[0]) else 0  # it was mended by one put before it
    entries = [value for value in values[start:] if value.get("type") != "session"]
    good = [entry for entry in entries if has_id(entry)]
    return good, len(entries) - len(good)


def has_id(entry: Entry) -> bool:
    """Whether an entry can be told from others; what has no id is skipped."""
    entry_id = entry.get("id")
    return type(entry_id) in (str, int) and entry_id != ""
