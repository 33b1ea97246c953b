"""Bringing the values of an old session file to the current version, 3.

  1 -> 2   (no version in the header) entries were a plain sequence: each gets an id and its
           predecessor as parent; a compaction's `firstKeptEntryIndex`, which counts all objects
           of the file from the header (0) on, becomes `firstKeptEntryId`
  2 -> 3   messages of role `hookMessage` become `custom`

If most entries are linked already they stay so, whatever the header says: a header can lose its
version to damage, and a tree must not be flattened for it. Unknown entries and fields stay. A
header of a later version than ours is left alone.
"""

from __future__ import annotations

from pi.store.format import VERSION, new_entry_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.store.format import Entry
    from pi.store.host import Host


def version_of(header: Entry) -> int:
    """The version of a session file by its header; 1 when it has none that can be read."""
    version = header.get("version")
    if isinstance(version, str) and version.isdecimal() and len(version) < 10:
        version = int(version)
    if not isinstance(version, (int, float)) or isinstance(version, bool) or version < 1:
        return 1
    return int(min(version, 1 << 31))


def upgrade(values: list[Entry], host: Host) -> None:
    """Change the objects of a file, header first, in place to those of version 3."""
    header, *entries = values
    version = version_of(header)
    linked = sum("id" in entry and "parentId" in entry for entry in entries)
    if version < 2 and linked <= len(entries) / 2:
        _link(entries, host)
        _name_first_kept(values)
    if version < VERSION:
        for entry in entries:
            message = entry.get("message")
            if isinstance(message, dict) and message.get("role") == "hookMessage":
                message["role"] = "custom"
        header["version"] = VERSION


def _link(entries: list[Entry], host: Host) -> None:
    taken: set[str] = set()
    parent = None
    for entry in entries:
        entry["id"] = new_entry_id(taken, host)
        entry["parentId"] = parent
        parent = entry["id"]
        taken.add(parent)


def _name_first_kept(values: list[Entry]) -> None:
    for position, entry in enumerate(values):
        index = entry.get("firstKeptEntryIndex")
        if entry.get("type") != "compaction" or type(index) is not int:
            continue
        del entry["firstKeptEntryIndex"]
        if 0 < index <= position:  # nothing after itself can have been kept by a compaction
            entry["firstKeptEntryId"] = values[index]["id"]
