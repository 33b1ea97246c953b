"""Keeping what many entries have in common once: types, roles, names of models, ids of parents.

    known = {}
    share(entry, known)       # entry["parentId"] is now the same object as the parent's "id"

JSON that was parsed has a string object for each occurrence; in a long session a seventh of the
memory is copies of a few words and of ids. `known` gets every id, so throw it away with the piece
of the file it was used for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.store.format import Entry

_OF_ENTRIES = ("type", "id", "parentId")
_OF_MESSAGES = ("role", "toolName", "api", "provider", "model", "stopReason")


def share(entry: Entry, known: dict[str, str]) -> None:
    """Exchange such strings of an entry for equal ones in `known`, and put new ones there."""
    once = known.setdefault
    for name in _OF_ENTRIES:
        value = entry.get(name)
        if type(value) is str:
            entry[name] = once(value, value)
    message = entry.get("message")
    if type(message) is dict:
        for name in _OF_MESSAGES:
            value = message.get(name)
            if type(value) is str:
                message[name] = once(value, value)
