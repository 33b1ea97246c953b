"""Compact JSON text that can always be encoded: for sessions, event lines and request bodies."""

from __future__ import annotations

import io
import json
from math import isfinite

from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST_NESTED = 100
"""How many objects and lists within each other are taken from outside."""

_PIECE = 256  # items of a long list that are written at once

_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False
).encode

quote = json.encoder.encode_basestring
"""A string as a JSON string, non-ASCII as it is. The text must have no lone surrogates."""


def dumps(value: object) -> str:
    """Compact JSON on one line, non-ASCII as it is; lone surrogates become U+FFFD.

    NaN and infinities, which JSON does not have (a model may have sent 1e999), become null. Raises
    TypeError for everything else JSON cannot hold.
    """
    try:
        return clean(_encode(value))
    except ValueError:
        return clean(_encode(finite(value)))


def finite(value: object) -> object:
    """A JSON value with null for the numbers that JSON does not have."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def is_too_deep(value: object, room: int = MOST_NESTED) -> bool:
    """Whether more than `room` objects and lists are within each other.

    Python reads hundreds more, but then fails at many a thing that is done with them.
    """
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return room == 0 or any(is_too_deep(item, room - 1) for item in inner)


def dump_bytes(value: object, spent: list[Any] | None = None) -> bytes:
    """`dumps`, as UTF-8.

    The long lists of an object are written piece by piece, so that their text is in memory but
    once. If one of them is `spent`, it is emptied meanwhile, so that a long conversation on its way
    out is not in memory beside its text.
    """
    if not isinstance(value, dict) or not any(map(_is_long, value.values())):
        return dumps(value).encode()
    out = io.BytesIO()
    out.write(b"{")
    for at, (name, item) in enumerate(value.items()):
        out.write(b"," if at else b"")
        if _is_long(item):
            out.write(dumps({name: 0})[1:-2].encode())
            out.writelines(_spent(item if item is spent else list(item)))
        else:
            out.write(dumps({name: item})[1:-1].encode())
    out.write(b"}")
    return out.getvalue()


def _is_long(item: object) -> bool:
    return isinstance(item, list) and len(item) > _PIECE


def _spent(items: list[Any]) -> Iterator[bytes]:
    """The text of a list, in pieces; what has been written is gone from the list."""
    items.reverse()  # only at its end a list is cheap to shorten
    mark = "["
    while items:
        piece = items[: -_PIECE - 1 : -1]
        del items[-_PIECE:]
        yield f"{mark}{dumps(piece)[1:-1]}".encode()
        mark = ","
    yield b"]"
