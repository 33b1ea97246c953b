"""Fast JSON for streams: thousands of records that differ in one string.

`quoted` escapes one string; text with half surrogate pairs, which UTF-8 cannot hold, is written
with `\\u` escapes, as providers do that split a character over two deltas.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring, encode_basestring_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def compact(value: Any) -> str:
    """JSON without blanks, non-ASCII as it is."""
    return _dumps(value)


def quoted(text: str) -> str:
    """A JSON string."""
    if text.isascii():
        return encode_basestring(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        return encode_basestring_ascii(text)
    return encode_basestring(text)


def event(data: str, name: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\ndata: " if name else "data: "
    return f"{head}{data}\n\n".encode("utf-8", "surrogatepass")
