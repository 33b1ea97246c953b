"""Compact JSON text that can always be encoded: for sessions, event lines and request bodies."""

from __future__ import annotations

import json
from math import isfinite

from pi.text.unicode import clean

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
    """`dumps`, as UTF-8."""
    return dumps(value).encode()
