"""What the sessions of a folder are about: names, first words, all that was said; found at once.

    index = Index(file, host)                 # `file`: where the index itself is kept
    rows = index.rows(paths)                  # newest first; reads only what is new
    index.search(rows, "flaky test")          # those that have all the words, in name or text

The index is a file that can be thrown away: whatever is wrong with it, it is made again. It is for
its owner alone. A session that has grown is read from where it ended; one that has become shorter,
or is another, is read anew. Text is searched without regard to case.

The file: 8 hex digits, the length of a JSON text; 8 more, its CRC-32; the text; then what was said
in all sessions, lower case, as UTF-8. Known limit: the words of a session beyond the first 4 MiB
are not searched.
"""

from __future__ import annotations

import json
import os
from zlib import crc32

from pi.messages import text_of
from pi.store.find import read_header
from pi.store.format import clean_name, role_of, time_ms
from pi.store.load import read_entries
from pi.text.unicode import clean
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.store.format import Entry
    from pi.store.host import Host

_VERSION = 1
_FIRST_WORDS = 200
_MOST_TEXT = 4 << 20
_PIECE = 8 << 20
_WORTH_SAVING = 1 << 20  # bytes read since the index was last written


class Row(Value):
    """A session: `first` are the first words of its user, `name` is None without one, `messages`
    counts those of user and model, times are Unix milliseconds. `said` is a place in the index."""

    path: str
    id: str
    cwd: str
    parent: str | None
    name: str | None
    first: str
    messages: int
    created_ms: int
    written_ms: int
    size: int
    said: bytes


class Index:
    """The index kept in `file`. Use it from one thread at a time."""

    def __init__(self, file: str, host: Host) -> None:
        self._file = file
        self._host = host
        self._known, self._said = self._load()
        self._fresh = 0  # bytes of sessions read since

    def rows(self, paths: Iterable[str]) -> list[Row]:
        """The sessions among the files, the one written last first; what is none is left out.

        `paths` are all files the index is for: it forgets others.
        """
        known = {}
        rows = []
        for path in paths:
            try:
                status = os.stat(path)
            except OSError:  # removed meanwhile
                continue
            facts = self._facts(path, status)
            if facts is not None:
                known[path] = facts
                if facts["id"]:
                    rows.append(self._row(path, facts))
        if self._fresh >= _WORTH_SAVING or (self._fresh and len(known) != len(self._known)):
            self._save(known)
        self._known = known
        rows.sort(key=lambda row: (row.written_ms, row.path), reverse=True)
        return rows

    def search(self, rows: Iterable[Row], words: str) -> list[Row]:
        """The rows that have every one of the words, in their name or in what was said."""
        wanted = [word.lower() for word in words.split()]
        return [row for row in rows if all(_has(row, word) for word in wanted)]

    def _facts(self, path: str, status: os.stat_result) -> dict[str, Any] | None:
        """What is known of a file, brought up to date; its id is "" if that is no session."""
        stamp = [status.st_mtime_ns, status.st_ino]
        old = self._known.get(path)
        if old is not None and old["size"] == status.st_size and old["stamp"] == stamp:
            return old
        try:
            has_grown = old is not None and old["size"] < status.st_size
            if not has_grown or old["stamp"][1] != stamp[1]:
                old = _unread(path)
            facts, said = self._grown(path, old, status.st_size)
        except OSError:  # not ours to read
            return None
        facts["stamp"] = stamp
        self._said[path] = said
        return facts

    def _grown(self, path: str, old: dict[str, Any], size: int) -> tuple[dict[str, Any], bytes]:
        """The facts after reading what is new up to `size`, and what was said. Raises OSError."""
        facts = {**old, "size": size}
        said = [self._said.get(path, b"")] if old["read"] else []
        handle = self._host.disk.open_to_read(path) if facts["id"] else -1
        try:
            while handle >= 0 and facts["read"] < size:
                data = self._host.disk.read_at(handle, facts["read"], _PIECE)
                data = _whole_lines(data)
                if not data:
                    break
                facts["read"] += len(data)
                self._fresh += len(data)
                for entry in read_entries(data):
                    _learn(facts, entry, said)
        finally:
            if handle >= 0:
                self._host.disk.close(handle)
        return facts, b"\n".join(filter(None, said))[:_MOST_TEXT]

    def _row(self, path: str, facts: dict[str, Any]) -> Row:
        return Row(
            path,
            facts["id"],
            facts["cwd"],
            facts["parent"],
            facts["name"],
            facts["first"],
            facts["messages"],
            facts["created"],
            facts["stamp"][0] // 1_000_000,
            facts["size"],
            self._said.get(path, b""),
        )

    def _load(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """What the file says; nothing if there is none or it is not as we write it."""
        try:
            data = self._host.disk.read(self._file)
            length, checksum = int(data[:8], 16), int(data[8:16], 16)
            head = data[16 : 16 + length]
            if crc32(head) != checksum:
                return {}, {}
            value = json.loads(head)
            if value["version"] != _VERSION or value["said"] != len(data) - 16 - length:
                return {}, {}
        except (OSError, ValueError, KeyError, TypeError):  # made again by the caller's question
            return {}, {}
        said, position = {}, 16 + length
        for path, facts in value["files"].items():
            said[path] = data[position : position + facts["said"]]
            position += facts["said"]
        return value["files"], said

    def _save(self, known: dict[str, Any]) -> None:
        said = [self._said.get(path, b"") for path in known]
        files = {
            path: {**facts, "said": len(part)}
            for (path, facts), part in zip(known.items(), said, strict=True)
        }
        total = sum(map(len, said))
        head = json.dumps({"version": _VERSION, "said": total, "files": files}).encode()
        data = b"%08x%08x%b%b" % (len(head), crc32(head), head, b"".join(said))
        try:
            self._host.disk.make_folder(os.path.dirname(self._file))
            self._host.disk.put(self._file, data)
        except OSError:  # a full or read-only disk: the next question reads the sessions again
            return
        self._fresh = 0


def _unread(path: str) -> dict[str, Any]:
    header = read_header(path) or {}
    texts = {key: header.get(key) for key in ("id", "cwd", "parentSession")}
    parent = texts["parentSession"]
    return {
        "id": clean(texts["id"]) if isinstance(texts["id"], str) else "",
        "cwd": clean(texts["cwd"]) if isinstance(texts["cwd"], str) else "",
        "parent": clean(parent) if isinstance(parent, str) else None,
        "name": None,
        "first": "",
        "messages": 0,
        "created": time_ms(header.get("timestamp")),
        "size": 0,
        "read": 0,
        "stamp": [0, 0],
    }


def _whole_lines(data: bytes) -> bytes:
    """`data` up to its last LF; a longer line than fits is passed over in pieces."""
    end = data.rfind(b"\n") + 1
    return data[:end] if end else data if len(data) >= _PIECE else b""


def _learn(facts: dict[str, Any], entry: Entry, said: list[bytes]) -> None:
    if entry.get("type") == "session_info":
        name = entry.get("name")
        facts["name"] = (clean_name(name) or None) if isinstance(name, str) else None
    role = role_of(entry)
    if role not in ("user", "assistant"):
        return
    facts["messages"] += 1
    words = text_of(entry["message"])
    if role == "user" and not facts["first"]:
        facts["first"] = " ".join(words.split())[:_FIRST_WORDS]
    said.append(words.lower().encode())


def _has(row: Row, word: str) -> bool:
    return word in (row.name or "").lower() or word.encode("utf-8", "replace") in row.said
