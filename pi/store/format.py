"""The session format, version 3: header, entries, ids and times.

A session is a file of JSON lines. The first is the header, the others are entries that form a tree
by `id` and `parentId`:

    {"type":"session","version":3,"id":"01a2...","timestamp":"2026-01-02T03:04:05.678Z","cwd":"/p"}
    {"type":"message","id":"a0b1c2d3","parentId":null,"timestamp":"...","message":{...}}

Session ids are UUIDs of version 7 or chosen by the user; entry ids are 8 hex digits. Source: the
reference's session-format page.
"""

from __future__ import annotations

import re
import time

from pi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

    from pi.store.host import Host

    Entry = dict[str, Any]

VERSION = 3
SUFFIX = ".jsonl"

_EDITABLE = ("user", "assistant", "toolResult")
_SESSION_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LINE_ENDS = re.compile(r"[\r\n]+")
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?)?",
    re.ASCII,
)


# --- ids -----------------------------------------------------------------------------------------


def new_session_id(host: Host) -> str:
    """A UUID of version 7: its order is that of creation."""
    chance = int.from_bytes(host.random_bytes(10), "big")
    bits = (host.now_ms() & (1 << 48) - 1) << 80 | 7 << 76
    bits |= (chance >> 62 & 0xFFF) << 64 | 2 << 62 | chance & (1 << 62) - 1
    digits = f"{bits:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def new_entry_id(taken: Container[Any], host: Host) -> str:
    """8 hex digits that are not in `taken`; a UUID in the odd case that none is found."""
    for _ in range(100):
        entry_id = host.random_bytes(4).hex()
        if entry_id not in taken:
            return entry_id
    return new_session_id(host)


def is_session_id(text: str) -> bool:
    """Whether `text` may be the id of a session."""
    return _SESSION_ID.fullmatch(text) is not None


def check_session_id(text: str) -> str:
    """`text` if it may be the id of a session. Raises UsageError otherwise."""
    if is_session_id(text):
        return text
    raise UsageError(
        f"Invalid session id {text!r}: it may have letters, digits, '.', '_' and '-', and must "
        "begin and end with a letter or digit"
    )


# --- times ---------------------------------------------------------------------------------------


def iso_time(ms: int) -> str:
    """Unix milliseconds as "2026-01-02T03:04:05.678Z"."""
    seconds, milliseconds = divmod(ms, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{milliseconds:03}Z"


def time_ms(value: object) -> int:
    """An entry's timestamp as Unix milliseconds; 0 when it cannot be read.

    Takes ISO text with or without a time and an offset, and numbers of milliseconds.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value) if abs(value) < 1 << 53 else 0
    match = _ISO.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return 0
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction, sign, offset_hours, offset_minutes = match.groups()[6:]
    minutes = (_days(year, month, day) * 24 + hour) * 60 + minute
    if sign:
        offset = int(offset_hours) * 60 + int(offset_minutes)
        minutes -= offset if sign == "+" else -offset
    return (minutes * 60 + second) * 1000 + int((fraction or "0")[:3].ljust(3, "0"))


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of the Gregorian calendar."""
    year -= month < 3  # count years from March, so that the leap day comes last
    months = (month + 9) % 12
    return (
        365 * year + year // 4 - year // 100 + year // 400 + (153 * months + 2) // 5 + day - 719469
    )


# --- header and entries --------------------------------------------------------------------------


def new_header(session_id: str, timestamp: str, cwd: str, parent: str | None = None) -> Entry:
    """The first line of a session; `parent` is the file it was forked from."""
    header = {
        "type": "session",
        "version": VERSION,
        "id": session_id,
        "timestamp": timestamp,
        "cwd": cwd,
    }
    if parent is not None:
        header["parentSession"] = parent
    return header


def is_header(value: object) -> bool:
    """Whether a JSON value is the header of a session, of any version."""
    return (
        type(value) is dict
        and value.get("type") == "session"
        and isinstance(value.get("id"), str)
        and value["id"] != ""
    )


def file_name(header: Entry) -> str:
    """What the file of a session is called: "2026-01-02T03-04-05-678Z_<id>.jsonl"."""
    return f"{re.sub('[:.]', '-', header['timestamp'])}_{header['id']}{SUFFIX}"


def role_of(entry: Entry) -> str | None:
    """The role of a message entry; None for other entries and for damaged ones."""
    message = entry.get("message") if entry.get("type") == "message" else None
    role = message.get("role") if isinstance(message, dict) else None
    return role if isinstance(role, str) else None


def opens_file(entry: Entry) -> bool:
    """Whether an entry makes a session worth keeping: a user's or an assistant's message."""
    return role_of(entry) in ("user", "assistant")


def is_editable(entry: Entry) -> bool:
    """Whether a context edit can change what the model sees of an entry."""
    return entry.get("type") == "custom_message" or role_of(entry) in _EDITABLE


def clean_name(name: str) -> str:
    """A display name as it is stored: on one line, without blanks around it."""
    return _LINE_ENDS.sub(" ", name).strip()
