"""Records of an AWS event stream in bytes, the counterpart of `pi.eventstream`.

    framed({":message-type": "event", ":event-type": "messageStop"}, b'{"stopReason":"end_turn"}')

Source: "Event stream encoding" in the Amazon Transcribe guide. Written from it, not from the
decoder, so that the two check each other.
"""

from __future__ import annotations

import json
import struct
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def framed(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One record; all header values are strings, as Bedrock's are."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + payload
    return body + struct.pack(">I", zlib.crc32(body))


def _header(name: str, value: str) -> bytes:
    label, text = name.encode(), value.encode()
    return struct.pack(">B", len(label)) + label + struct.pack(">BH", 7, len(text)) + text


def event(kind: str, value: Any) -> bytes:
    """The record of an event; a string is sent as it is, everything else as JSON."""
    return framed(_headers("event", kind), _payload(value))


def exception(kind: str, value: Any) -> bytes:
    """The record of an exception, as a service reports trouble within a stream."""
    return framed(_headers("exception", kind), _payload(value))


def _headers(message: str, kind: str) -> dict[str, str]:
    return {
        f":{message}-type": kind,
        ":content-type": "application/json",
        ":message-type": message,
    }


def _payload(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return text.encode()
