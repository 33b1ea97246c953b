"""A header for a session file that has lost its own to damage.

The id comes from the file's name, the time from the first entry; what is left of the header counts
first. Without damage there is no mending: a file whose first line is readable JSON but no header is
no session.
"""

from __future__ import annotations

import os

from pi.errors import SessionError
from pi.store.format import SUFFIX, is_session_id, new_header, new_session_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.store.format import Entry
    from pi.store.host import Host

_HEADER_KEYS = {"type", "version", "id", "timestamp", "cwd"}
_HEADER_START = b'{"type":"session"'
_HEADER_TEXTS = ("id", "timestamp", "cwd")
_ENTRY_KEYS = {"parentId", "message"}


def rebuilt_header(values: list[Any], lines: list[Any], path: str, host: Host) -> Entry:
    """A header for a file whose own is damaged. Raises SessionError if it never was a session.

    A first line that is no JSON is damage, and so is one with most of a header's keys. If no entry
    follows, it must at least be the beginning of a header, or zero bytes.
    """
    first = next((line for line in lines if type(line) is not bytes or line.strip()), {})
    is_damaged, remains = type(first) is not dict, {}
    if type(first) is dict and was_header(first):
        is_damaged, remains = True, values.pop(0)
    entries = [value for value in values if "type" in value and _ENTRY_KEYS & value.keys()]
    if not is_damaged or not (entries or _begins_header(first)):
        raise SessionError(f"Session file is not a valid pi session: {path}")
    session_id = os.path.basename(path).removesuffix(SUFFIX).rpartition("_")[2]
    if not is_session_id(session_id):
        session_id = new_session_id(host)
    stamps = (entry["timestamp"] for entry in entries if isinstance(entry.get("timestamp"), str))
    header = new_header(session_id, next(stamps, ""), "")
    if entries and not any("id" in entry for entry in entries):
        del header["version"]  # version 1 had no ids
    header.update({key: remains[key] for key in _HEADER_TEXTS if _is_text(remains.get(key))})
    return header


def was_header(value: Entry) -> bool:
    """Whether an object can be a header with one or two keys damaged."""
    keys = _HEADER_KEYS & value.keys()
    return len(keys) >= 3 and not keys.isdisjoint(("version", "cwd")) and "parentId" not in value


def _begins_header(line: Any) -> bool:
    remains = line.strip(b"\0 \t\r\n") if type(line) is bytes else b"{}"
    return remains.startswith(_HEADER_START) or _HEADER_START.startswith(remains)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
