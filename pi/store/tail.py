"""Reading a large session file from its end: what the model will see, not what was ever said.

    opened = open_tail(path, host)      # None: a small file, or one to be read as a whole
    opened.loaded                       # header, and the entries at the end of the file
    Tree(opened.loaded.entries, opened.earlier)

`Earlier` is the part before those entries. It gives them out in pieces, last one first, and can be
searched without parsing more than the lines that matter. The file grows only at its end, so what
was not read at first is still there later, even if the file has been unlinked.

Read from its end is a file of the current version whose first line is a sound header; any other is
for `pi.store.load`. Damage in a piece is skipped and reported with its place as an offset in bytes,
since the number of the line is not known.

Known limits: damage in a part nobody needed is not noticed, and a search on a branch goes by the
links at the beginnings of lines without looking at the rest of them. A type spelled with escapes
("\\u0074ype") is not found by a search; no program we know writes that.
"""

from __future__ import annotations

import re

from pi.errors import SessionError
from pi.store.format import VERSION, is_header
from pi.store.line import Damaged, records
from pi.store.load import Loaded, has_id, read_piece
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.store.disk import Disk
    from pi.store.format import Entry
    from pi.store.host import Host

_HEAD_BYTES = 64 * 1024
_FIRST_PIECE = 256 * 1024
_GREATEST_PIECE = 8 << 20
_SEARCH_PIECE = 4 << 20

_LINK = re.compile(rb'\{"type":"([^"\\]+)","id":"([^"\\]+)","parentId":(?:"([^"\\]+)"|null)[,}]')


class Opened(Value):
    """The end of a session file, what comes before it, and how many bytes the file had."""

    loaded: Loaded
    earlier: Earlier
    size: int


def open_tail(path: str, host: Host) -> Opened | None:
    """Read the end of a large, sound file of the current version; None for any other.

    Raises OSError.
    """
    handle = host.disk.open_to_read(path)
    earlier = None
    try:
        size = host.disk.size(handle)
        if size <= host.whole_bytes:
            return None
        header = _header(host.disk.read_at(handle, 0, min(size, _HEAD_BYTES)), path)
        if header is None:
            return None
        warnings: list[str] = []
        earlier = Earlier(path, handle, size, warnings, host.disk)
        entries = earlier.take() or []
        if not entries:  # a strange end: not for us
            earlier.close()
            return None
        ends_whole = host.disk.read_at(handle, size - 1, 1) == b"\n"
        loaded = Loaded(header, entries, warnings, None, False, ends_whole)
        return Opened(loaded, earlier, size)
    finally:
        if earlier is None:
            host.disk.close(handle)


def _header(head: bytes, path: str) -> Entry | None:
    """The header a file begins with, if that is in order."""
    end = head.find(b"\n") + 1
    _, _, value = next(records(head[:end]), (0, b"", None))
    if not is_header(value) or type(value.get("version")) is not int or not value.get("cwd"):
        return None
    return value if value["version"] == VERSION and isinstance(value["cwd"], str) else None


class Earlier:
    """The lines of a session file before an offset. Use it from one thread at a time.

    It owns the file's handle; `warnings` is added to.
    """

    def __init__(self, path: str, handle: int, end: int, warnings: list[str], disk: Disk) -> None:
        self.warnings = warnings
        self._path = path
        self._handle = handle
        self._end = end  # what comes after this has been given out
        self._size = _FIRST_PIECE
        self._disk = disk
        self._answers: dict[Any, Any] = {}  # of searches; the file does not change under them

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; closing again does nothing."""
        if self._handle >= 0:
            handle, self._handle = self._handle, -1
            self._disk.close(handle)

    def take(self) -> list[Entry] | None:
        """The entries of the last piece not given out yet; None at the beginning of the file.

        Raises SessionError.
        """
        if self._end == 0:
            self.close()
            return None
        data, start = self._piece(self._end, self._size)
        entries, warnings = read_piece(data, self._path, start)
        self._end = start
        self._size = min(self._size * 4, _GREATEST_PIECE)
        self._answers.clear()
        self.warnings += warnings
        return entries

    def last_of_type(self, kind: str) -> Entry | None:
        """The last entry of a type; None if there is none. Raises SessionError."""
        if kind not in self._answers:
            self._answers[kind] = next(self._of_type(kind), None)
        return self._answers[kind]

    def latest(
        self, entry_id: Any, kind: str, is_meant: Callable[[Entry], bool]
    ) -> tuple[bool, Entry | None]:
        """Whether it can be told, and the entry nearest to the end, on the branch that ends with
        `entry_id`, that is of a type and is meant; None if there is none. Raises SessionError."""
        key = (entry_id, kind, is_meant)
        if key not in self._answers:
            self._answers[key] = self._search_branch(entry_id, kind, is_meant)
        return self._answers[key]

    def _search_branch(
        self, wanted: Any, kind: str, is_meant: Callable[[Entry], bool]
    ) -> tuple[bool, Entry | None]:
        name = kind.encode()
        for raw in self._lines_backwards():
            link = _LINK.match(raw)
            if link is None or raw[-1] != 0x7D:  # a closing brace
                return False, None  # written differently, or damaged: a reading will tell
            found_kind, entry_id, parent = link.groups()
            if entry_id.decode("utf-8", "replace") != wanted:
                continue
            if found_kind == name:
                entry = next(_entries_in(raw), None)
                if entry is None:
                    return False, None
                if is_meant(entry):
                    return True, entry
            if parent is None:
                return True, None
            wanted = parent.decode("utf-8", "replace")
        return False, None

    def _lines_backwards(self) -> Iterator[bytes]:
        end = self._end
        while end > 0:
            data, end = self._piece(end, _SEARCH_PIECE)
            lines = data.split(b"\n")
            if end == 0:
                del lines[0]  # the header
            lines.reverse()
            yield from filter(None, lines)

    def _of_type(self, kind: str) -> Iterator[Entry]:
        needle = b'"%b"' % kind.encode()
        end = self._end
        while end > 0:
            data, end = self._piece(end, _SEARCH_PIECE)
            position = len(data)
            while (position := data.rfind(needle, 0, position)) >= 0:
                line_end = data.index(b"\n", position) + 1
                position = data.rfind(b"\n", 0, position) + 1
                for entry in _entries_in(data[position:line_end]):
                    if entry.get("type") == kind:
                        yield entry

    def _piece(self, end: int, size: int) -> tuple[bytes, int]:
        """About `size` bytes of whole lines that end at the offset `end`, and where they begin."""
        while True:
            start = max(0, end - size)
            start = 0 if start <= _HEAD_BYTES else start
            data = self._read(start, end - start)
            if start == 0:
                return data, 0
            skipped = data.find(b"\n") + 1
            if 0 < skipped < len(data):
                return data[skipped:], start + skipped
            size *= 4  # one line is larger than that

    def _read(self, start: int, size: int) -> bytes:
        if self._handle < 0:
            raise SessionError(f"The session file {self._path} has been closed")
        try:
            data = self._disk.read_at(self._handle, start, size)
        except OSError as error:
            reason = error.strerror or str(error)
            raise SessionError(f"Could not read the session file {self._path}: {reason}") from error
        if len(data) < size:
            raise SessionError(f"The session file {self._path} was cut short by another program")
        return data


def _entries_in(raw: bytes) -> Iterator[Entry]:
    """The entries of one line, last one first, if it has any."""
    for _, _, value in records(raw if raw.endswith(b"\n") else raw + b"\n"):
        values = value.values if type(value) is Damaged else [value]
        yield from (entry for entry in reversed(values) if type(entry) is dict and has_id(entry))
