"""Edits: changes to the records of a stream of server-sent events. Pure functions of bytes.

A `Stream` is what a format renders; an edit is a row of `EDITS`, called with its arguments:

    applied(stream, (("comments", 3), ("line-end", "\\r\\n")))

Records end with their blank line. `end` is the index of the record that is the format's own end
marker; without it and what follows, the answer is cut. An index of -1 is the middle record.
"""

from __future__ import annotations

import re

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Stream(Value):
    """A rendered answer."""

    records: list[bytes]
    end: int
    content_type: str = "text/event-stream; charset=utf-8"


def applied(stream: Stream, edits: tuple[tuple[Any, ...], ...]) -> Stream:
    """The stream after all edits, in order. Raises ValueError for an unknown edit."""
    records = list(stream.records)
    for name, *arguments in edits:
        if name not in EDITS:
            raise ValueError(f'unknown edit "{name}"; known are: {", ".join(EDITS)}')
        records = EDITS[name](Stream(records, stream.end), *arguments)
    return Stream(records, stream.end, stream.content_type)


def _data_at(record: bytes) -> int:
    """Where the data text of a record begins."""
    at = record.find(b"data:")
    return len(record) if at < 0 else at + len(b"data: ")


def middle(stream: Stream, index: int) -> int:
    """`index`, or for -1 half of the records before the end marker."""
    return stream.end // 2 if index < 0 else index


def _at(stream: Stream, index: int) -> int:
    """Which record is meant; the one before the end marker when the stream is shorter."""
    return min(middle(stream, index), max(0, stream.end - 1), len(stream.records) - 1)


def _changed(stream: Stream, index: int, change: Callable[[bytes], bytes]) -> list[bytes]:
    records = list(stream.records)
    if records:
        at = _at(stream, index)
        records[at] = change(records[at])
    return records


def _corrupt(stream: Stream, index: int = -1) -> list[bytes]:
    def broken(record: bytes) -> bytes:
        start = _data_at(record)
        return record[: start + max(1, (len(record) - start) // 2)] + b"\n\n"

    return _changed(stream, index, broken)


def _not_object(stream: Stream, index: int = -1, data: str = "[1]") -> list[bytes]:
    return _changed(
        stream, index, lambda record: record[: _data_at(record)] + data.encode() + b"\n\n"
    )


_STRING_VALUE = re.compile(rb':"[^"\\]*"')


def _bad_utf8(stream: Stream, index: int = -1) -> list[bytes]:
    """Bytes that are no UTF-8, at the end of the last string value of the record."""

    def spoiled(record: bytes) -> bytes:
        at = max((found.end() - 1 for found in _STRING_VALUE.finditer(record)), default=0)
        return record[:at] + b"\xff\xc3" + record[at:]

    return _changed(stream, index, spoiled)


def _huge(stream: Stream, index: int = -1, size: int = 50_000_000) -> list[bytes]:
    """White space inside the record's JSON: valid, and one very long line."""

    def grown(record: bytes) -> bytes:
        start = _data_at(record)
        return record[: start + 1] + b" " * size + record[start + 1 :]

    return _changed(stream, index, grown)


def _duplicate(stream: Stream, index: int = -1) -> list[bytes]:
    at = _at(stream, index)
    return stream.records[: at + 1] + stream.records[at:]


def _line_end(stream: Stream, end: str) -> list[bytes]:
    return [record.replace(b"\n", end.encode()) for record in stream.records]


def _no_space(stream: Stream) -> list[bytes]:
    return [
        b"\n".join(
            line.replace(b": ", b":", 1) if line.startswith((b"data: ", b"event: ")) else line
            for line in record.split(b"\n")
        )
        for record in stream.records
    ]


def _before_each(stream: Stream, text: bytes) -> list[bytes]:
    return [text + record for record in stream.records]


def _ids(stream: Stream) -> list[bytes]:
    return [
        b"id: %d\nretry: 1000\n%b" % (number, record)
        for number, record in enumerate(stream.records)
    ]


def _multi_line(stream: Stream) -> list[bytes]:
    """The JSON of a record over two `data:` lines; the line feed between them is white space."""
    records = []
    for record in stream.records:
        start = _data_at(record)
        is_object = record[start : start + 1] == b"{"
        cut = b"{\ndata: " if is_object else record[start : start + 1]
        records.append(record[:start] + cut + record[start + 1 :])
    return records


EDITS: dict[str, Callable[..., list[bytes]]] = {
    "corrupt": _corrupt,
    "not-object": _not_object,
    "bad-utf8": _bad_utf8,
    "huge": _huge,
    "duplicate": _duplicate,
    "drop-end": lambda stream: stream.records[: stream.end],
    "drop-last": lambda stream: stream.records[:-1],
    "line-end": _line_end,
    "no-space": _no_space,
    "comments": lambda stream, count=1: _before_each(stream, b": keep-alive\n\n" * count),
    "unknown-events": lambda stream: _before_each(
        stream, b'event: fake.future_event\ndata: {"type":"fake.future_event"}\n\n'
    ),
    "ids": _ids,
    "multi-line": _multi_line,
    "bom": lambda stream: [b"\xef\xbb\xbf" + stream.records[0], *stream.records[1:]],
}
"""Name -> function(stream, *arguments) -> records."""
