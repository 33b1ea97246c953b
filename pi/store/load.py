"""Reading a session file, however it was left behind.

    loaded = load(data, "/s/2026-..._01a2....jsonl", Host())
    loaded.header, loaded.entries, loaded.warnings

What cannot be read is skipped and reported, never removed. A file whose first line is damaged is
still a session if entries follow: its header is rebuilt from the file's name. A file that begins
with readable JSON that is no header is no session.

Known limit: the whole file is read and parsed. Everything above asks `pi.store.tree` for entries by
id, walking from the leaf, so that a reader that begins at the end of the file can take this place.
"""

from __future__ import annotations

import gc

from pi.store.format import VERSION, is_header
from pi.store.line import BLANK, Damaged, encode_line, records
from pi.store.mend import rebuilt_header, was_header
from pi.store.migrate import upgrade, version_of
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.store.format import Entry
    from pi.store.host import Host

_MANY = 20_000  # entries from which on the garbage collector is kept away from them


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
    """What was found amiss: how many lines of each kind, and the first one's number."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._found: dict[tuple[str, str], list[int]] = {}

    def add(self, done: str, kind: str, number: int) -> None:
        self._found.setdefault((done, kind), []).append(number)

    def texts(self) -> list[str]:
        return [
            f"{self._path}: {done} 1 {kind} (line {numbers[0]})"
            if len(numbers) == 1
            else f"{self._path}: {done} {len(numbers)} {kind}s (first: line {numbers[0]})"
            for (done, kind), numbers in self._found.items()
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
    if without_id:
        warnings.append(f"{path}: skipped entries without an id: {without_id}")
    rewritten = None if is_found and version >= VERSION else data
    return Loaded(header, entries, warnings, rewritten, version < VERSION, ends_whole)


def read_entries(data: bytes) -> list[Entry]:
    """The entries in a piece of a session file that another program appended."""
    values, _, _ = _parse(data, "")
    return _entries(values)[0]


def _parse(data: bytes, path: str) -> tuple[list[Entry], list[Any], _Notes]:
    """The JSON objects of the lines; the lines, raw or `Damaged` where need be; what was amiss."""
    values: list[Entry] = []
    lines: list[Any] = []
    notes = _Notes(path)
    was_enabled = gc.isenabled()
    gc.disable()  # parsing makes millions of objects and no garbage
    try:
        for number, raw, value in records(data):
            if type(value) is dict:
                values.append(value)
                lines.append(value)
            else:
                _note(notes, number, raw, value)
                if type(value) is Damaged and value.values:
                    values += value.values
                    lines.append(value)
                else:
                    lines.append(raw if raw.endswith(b"\n") else raw + b"\n")
        if len(values) > _MANY:
            gc.freeze()  # or each full collection from now on would visit them all
    finally:
        if was_enabled:
            gc.enable()
    return values, lines, notes


def _note(notes: _Notes, number: int, raw: bytes, value: Any) -> None:
    if value is BLANK:
        notes.add("skipped", "blank line", number)
    elif type(value) is not Damaged:
        notes.add("skipped", "foreign line", number)
    elif value.values:
        notes.add("partly read", "damaged line", number)
    elif raw.endswith(b"\n"):
        notes.add("skipped", "damaged line", number)
    else:
        notes.add("skipped", "unfinished last line", number)


def _encoded(line: Any) -> bytes:
    if type(line) is bytes:
        return line
    return b"".join(map(encode_line, line.values if type(line) is Damaged else [line]))


def _entries(values: list[Entry]) -> tuple[list[Entry], int]:
    """The entries among the values, and how many had no usable id."""
    start = 1 if values and was_header(values[0]) else 0  # it was mended by one put before it
    entries = [value for value in values[start:] if value.get("type") != "session"]
    good = [entry for entry in entries if _has_id(entry)]
    return good, len(entries) - len(good)


def _has_id(entry: Entry) -> bool:
    entry_id = entry.get("id")
    return type(entry_id) in (str, int) and entry_id != ""
