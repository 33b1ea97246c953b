"""Compact JSON text that can always be encoded: for sessions, event lines and request bodies."""

from __future__ import annotations

import json
from math import isfinite

from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
        return clean(_encode(_finite(value)))


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def dump_bytes(value: object) -> bytes:
    """`dumps`, as UTF-8. The long lists of an object are written piece by piece, so that a long
    conversation is not in memory three times over."""
    if not isinstance(value, dict) or not any(map(_is_long, value.values())):
        return dumps(value).encode()
    members = (
        _long_list(name, item) if _is_long(item) else dumps({name: item})[1:-1].encode()
        for name, item in value.items()
    )
    return b"{%s}" % b",".join(members)


def _is_long(item: object) -> bool:
    return isinstance(item, list) and len(item) > _PIECE


def _long_list(name: object, items: list[Any]) -> bytes:
    head = dumps({name: 0})[1:-2].encode()
    pieces = (
        dumps(items[start : start + _PIECE])[1:-1].encode()
        for start in range(0, len(items), _PIECE)
    )
    return b"%s[%s]" % (head, b",".join(pieces))
