"""`ctx.session`: a session to read, under the names of the reference and pi's own.

    ctx.session.get_branch()            the entries from the root to the leaf
    ctx.session.getEntry("a1b2c3d4")    the reference's spelling
    ctx.session.messages()              what pi itself calls them works too

`SESSION_METHODS` has a row for each. Entries and messages are copies.
"""

from __future__ import annotations

import os

from pi.extensions.event import copied
from pi.extensions.naming import snake
from pi.store.context import project, select
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.session import Session


class SessionMethod(Value):
    """One method of `ctx.session`: how it is written, what it gives, and how it is found out."""

    name: str
    call: str
    help: str
    read: Callable[..., Any]


def _label(session: Session, entry_id: str) -> str | None:
    entry = session.tree.labels().get(entry_id)
    return entry.get("label") or None if entry else None


def _folder(session: Session) -> str | None:
    return os.path.dirname(session.path) if session.path else None


def _leaf(session: Session) -> dict[str, Any] | None:
    return session.tree.get(session.leaf_id) if session.leaf_id is not None else None


def _context_entries(session: Session) -> list[dict[str, Any]]:
    return select(session.tree.walk())


def _projection(session: Session) -> list[dict[str, Any]]:
    return [
        {"sourceEntry": entry, "messages": messages}
        for entry, messages in project(session.tree.walk())
    ]


_ROWS = (
    SessionMethod("get_session_id", "get_session_id()", "The id.", lambda session: session.id),
    SessionMethod(
        "get_session_file",
        "get_session_file()",
        "The file; None if it is kept in memory alone.",
        lambda session: session.path,
    ),
    SessionMethod("get_session_dir", "get_session_dir()", "The folder of the file.", _folder),
    SessionMethod(
        "get_session_name",
        "get_session_name()",
        "The display name, or None.",
        lambda session: session.name(),
    ),
    SessionMethod("get_cwd", "get_cwd()", "The folder it belongs to.", lambda session: session.cwd),
    SessionMethod(
        "get_header", "get_header()", "The first line of the file.", lambda session: session.header
    ),
    SessionMethod(
        "get_entries",
        "get_entries()",
        "All entries, in the order of the file.",
        lambda session: session.entries(),
    ),
    SessionMethod(
        "get_entry",
        "get_entry(entry_id)",
        "An entry; None if there is none.",
        lambda session, entry_id: session.tree.get(entry_id),
    ),
    SessionMethod(
        "get_branch",
        "get_branch(entry_id=None)",
        "The entries from the root to an entry, by default to the leaf.",
        lambda session, entry_id=None: session.branch(entry_id),
    ),
    SessionMethod(
        "get_leaf_id",
        "get_leaf_id()",
        "The entry that the next one is added to.",
        lambda session: session.leaf_id,
    ),
    SessionMethod("get_leaf_entry", "get_leaf_entry()", "That entry.", _leaf),
    SessionMethod("get_label", "get_label(entry_id)", "The label of an entry, or None.", _label),
    SessionMethod(
        "get_tree",
        "get_tree()",
        "The roots, each with entry, children and perhaps label.",
        lambda session: session.nested(),
    ),
    SessionMethod(
        "build_context_entries",
        "build_context_entries()",
        "The entries of the branch that count for the model, after compaction.",
        _context_entries,
    ),
    SessionMethod(
        "build_session_projection",
        "build_session_projection()",
        "The same, each with the messages it stands for: sourceEntry, messages.",
        _projection,
    ),
    SessionMethod(
        "messages",
        "messages()",
        "The messages of the branch after compaction and edits.",
        lambda session: session.messages(),
    ),
)

SESSION_METHODS: dict[str, SessionMethod] = {row.name: row for row in _ROWS}
"""All rows by name, in the order of the documentation."""

_SHORT = {
    "id": "get_session_id",
    "path": "get_session_file",
    "name": "get_session_name",
    "cwd": "get_cwd",
    "header": "get_header",
    "leaf_id": "get_leaf_id",
}
"""What may also be read as a value."""


class SessionView:
    """A session to read; see the module's head."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        found = snake(name)
        if found in _SHORT:
            return copied(SESSION_METHODS[_SHORT[found]].read(self._session))
        row = SESSION_METHODS.get(found) or SESSION_METHODS.get(f"get_{found}")
        if row is None:
            raise AttributeError(f"ctx.session has no {name}; it can only be read")
        return lambda *args: copied(row.read(self._session, *args))

    def __dir__(self) -> list[str]:
        return [*SESSION_METHODS, *_SHORT]
