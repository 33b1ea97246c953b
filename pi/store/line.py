"""One JSON value per line: writing lines that always read back, reading lines that may be hurt.

    encode_line({"type": "label", ...})  ->  b'{"type":"label",...}\\n'
    for number, raw, value in records(data): ...

`records` yields every line of a file's bytes. `value` is what the line says; `BLANK` for a line of
white space; `Damaged(values)` for one that is not exactly one JSON value, with the entries that
could still be made out in it: two run together, one after a torn piece or after zero bytes, one
with bytes that are not UTF-8. Only LF separates lines; U+2028, U+0085 and CR do not.

NaN and Infinity are no JSON: a line with them is damaged, and they are written as null. A number
too large for a float becomes the largest one. Lone
surrogates become U+FFFD both ways. Nesting deeper than the interpreter's limit (about 1,000) and
integers of more than 4,300 digits count as damage.
"""

from __future__ import annotations

import io
import json
import re

from pi.errors import SessionError
from pi.text.jsontext import finite
from pi.text.number import float_of
from pi.text.unicode import clean, clean_json
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

BLANK = object()
"""The value of a line of white space only."""

_BATCH = 256 * 1024  # bytes of lines that are read together
_MAX_TRIES = 16  # places of one damaged line where an entry is looked for
_OPENING = re.compile(r'\{\s*"type"\s*:\s*"')
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=float_of)
_scan = _decoder.scan_once


class Damaged(Value):
    """A line that is not exactly one JSON value; `values` are the entries recovered from it."""

    values: list[dict[str, Any]]


def encode_line(value: object) -> bytes:
    """`value` as one line, with its LF. Raises SessionError for what JSON cannot hold."""
    return encode_entry(value)[0]


def encode_entry(value: Any) -> tuple[bytes, Any]:
    """The line of `value`, and `value` as it will read back: the same object, unless something in
    it had to be mended. Raises SessionError for what JSON cannot hold."""
    try:
        try:
            text = _encode(value)
            is_whole = True
        except ValueError:  # NaN or an infinity
            text = _encode(finite(value))
            is_whole = False
        sendable = clean(text)
        if sendable is not text:
            is_whole = False
        return sendable.encode() + b"\n", value if is_whole else _decoder.decode(sendable)
    except (ValueError, TypeError, RecursionError) as error:
        raise SessionError(f"An entry cannot be stored as JSON: {error}") from error


def records(data: bytes) -> Iterator[tuple[int, bytes, Any]]:
    """Every line of `data` as (number from 1, raw bytes with their LF, value). Never raises."""
    has_surrogates = b"\\ud" in data or b"\\uD" in data
    lines = io.BytesIO(data)
    number = 0
    while batch := lines.readlines(_BATCH):
        for raw, value in zip(batch, _values(batch), strict=True):
            number += 1
            if has_surrogates and (b"\\ud" in raw or b"\\uD" in raw):
                yield number, raw, _without_surrogates(value)
            else:
                yield number, raw, value


def _values(lines: list[bytes]) -> Iterable[Any]:
    """What lines say. Sound entries are read in one go: that way they share their keys, which
    takes a third less memory."""
    try:
        text = f"[{b','.join(lines).decode()}]"
        values, end = _scan(text, 0)
    except (ValueError, StopIteration, RecursionError):
        return map(_value, lines)
    is_exact = end == len(text) and len(values) == len(lines)
    if is_exact and all(map(_is_line_of, lines, values)):
        return values
    return map(_value, lines)


def _is_line_of(raw: bytes, value: Any) -> bool:
    """Whether an object was read from this very line, and not from parts of several."""
    if type(value) is not dict or not (raw.startswith(b"{") and raw.endswith(b"}\n")):
        return False
    entry_id = value.get("id")
    return type(entry_id) is str and f'"{entry_id}"'.encode("utf-8", "replace") in raw


def _value(raw: bytes) -> Any:
    """What one line says."""
    try:
        text = raw.decode()
        value, end = _scan(text, 0)
    except (ValueError, StopIteration, RecursionError):
        return _examine(raw)
    return value if end >= len(text) - 1 and text[-1] == "\n" else _examine(raw)


def looks_like_entry(value: object) -> bool:
    """Whether a JSON value has the shape of a header or an entry of the current format."""
    if type(value) is not dict or not isinstance(value.get("type"), str) or not value.get("id"):
        return False
    return value["type"] == "session" or ("parentId" in value and "timestamp" in value)


def _without_surrogates(value: Any) -> Any:
    try:
        if type(value) is Damaged:
            return Damaged(clean_json(value.values))
        return clean_json(value) if type(value) is dict else value
    except RecursionError:
        return Damaged([])


def _examine(raw: bytes) -> Any:
    """The value of a line that is not plainly one JSON value and a LF."""
    if not raw.strip():
        return BLANK
    try:
        text = raw.decode()
        is_intact = "\0" not in text
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
        is_intact = False
    text = text.strip(" \t\r\n\ufeff\0")
    try:
        value = _decoder.decode(text)
    except (ValueError, RecursionError):
        return Damaged(list(_recovered(text)))
    if is_intact:
        return value
    return Damaged([value] if type(value) is dict else [])


def _recovered(text: str) -> Iterator[dict[str, Any]]:
    """Whole entries inside a damaged line. Text within a JSON string cannot pass for one, since
    its quotes are escaped."""
    position = 0
    for _ in range(_MAX_TRIES):
        match = _OPENING.search(text, position)
        if match is None:
            return
        try:
            value, position = _decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            position = match.end()
            continue
        if looks_like_entry(value):
            yield value
