"""A session: a conversation as a tree of entries, kept in one append-only file.

    session = Session.create("/home/u/project", folder)
    session.append_message(user_message("hi", 1))      # the file comes to be with this
    session.sync()                                     # ... and is on the disk
    session.context()                                  # what the model sees of the active branch

    Session.open(path), Session.fork(path, cwd, folder), Session.in_memory(cwd)
    Session.bring_in(path, folder)                     # a copy of a file from elsewhere
    session.clone(), session.branch_before(entry_id)   # new sessions from parts of this one

An entry is a plain dict: `{"type", "id", "parentId", "timestamp", ...}`; unknown types and keys are
kept. A new entry becomes a child of the leaf and then is the leaf. Nothing is written by opening a
file, except that one of an old version is brought to the current one.

Two programs may have the same session open: both append whole lines, and both branches survive.
The format: `pi.store.format`. The file: `pi.store.file`. Finding sessions: `pi.store.find`.
"""

from __future__ import annotations

import os
from _thread import RLock

from pi.errors import SessionError
from pi.messages import text_of
from pi.store.extract import extract
from pi.store.file import SessionFile
from pi.store.format import (
    check_session_id,
    file_name,
    iso_time,
    new_header,
    new_session_id,
    role_of,
)
from pi.store.host import HOST
from pi.store.line import encode_entry
from pi.store.load import load
from pi.store.tail import open_tail
from pi.store.transfer import copy_in
from pi.store.tree import Tree
from pi.store.verbs import LEAF, Verbs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.store.format import Entry
    from pi.store.host import Host


class Session(Verbs):
    """A conversation and where it is kept. See the module's head.

    What can be read of it: `pi.store.view.View`. What can be added: `pi.store.verbs.Verbs`.

    `warnings` says what was skipped, mended or is amiss, one line each; it may grow. Methods may be
    called from any thread.
    """

    def __init__(
        self,
        header: Entry,
        tree: Tree,
        host: Host,
        path: str | None,
        warnings: list[str] | None = None,
    ) -> None:
        super().__init__(header, tree)
        self.warnings: list[str] = [] if warnings is None else warnings
        self._host = host
        self._guard = RLock()
        self._file = None
        if path is not None:
            self._file = SessionFile(path, header, tree, self.warnings, host)

    # --- making ----------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        cwd: str,
        folder: str | None,
        *,
        session_id: str | None = None,
        parent: str | None = None,
        entries: tuple[Entry, ...] | list[Entry] = (),
        host: Host = HOST,
    ) -> Session:
        """A new session of the project `cwd`, to be kept in `folder` (None: in memory alone).

        `parent` is the file it was made from, `entries` what it has from the start. Raises
        UsageError for an impossible `session_id`, SessionError if `entries` cannot be stored.
        """
        if session_id is not None:
            check_session_id(session_id)
        stamp = iso_time(host.now_ms())
        header = new_header(session_id or new_session_id(host), stamp, cwd, parent)
        path = None
        if folder is not None:
            path = os.path.join(os.path.abspath(folder), file_name(header))
        session = cls(header, Tree(entries), host, path)
        if session._file:
            session._file.begin()
        return session

    @classmethod
    def in_memory(cls, cwd: str, *, session_id: str | None = None, host: Host = HOST) -> Session:
        """A new session that never touches the disk."""
        return cls.create(cwd, None, session_id=session_id, host=host)

    @classmethod
    def open(
        cls, path: str, *, cwd: str = "", is_read_only: bool = False, host: Host = HOST
    ) -> Session:
        """The session in the file at `path`; if that is missing or empty, a new one of the project
        `cwd`, which also stands in where the file names no working directory.

        Read-only, there must be something in the file, and nothing is ever written. Raises
        SessionError if the file cannot be read or is no session.
        """
        path = os.path.abspath(path)
        try:
            opened = open_tail(path, host)
        except OSError:  # reading it as a whole will tell
            opened = None
        if opened is not None:
            loaded, size = opened.loaded, opened.size
            tree = Tree(loaded.entries, opened.earlier)
        else:
            data = _read(path, host, is_read_only)
            if not data:
                header = new_header(new_session_id(host), iso_time(host.now_ms()), cwd)
                return cls(header, Tree(), host, path)
            loaded, size = load(data, path, host), len(data)
            tree = Tree(loaded.entries)
        if not isinstance(loaded.header.get("cwd"), str) or not loaded.header["cwd"]:
            loaded.header["cwd"] = cwd
        session = cls(loaded.header, tree, host, path, loaded.warnings)
        if is_read_only:
            session._file.refuse(f"The session {path} was opened for reading only")
        else:
            session._file.attach(loaded, size)
        return session

    @classmethod
    def fork(
        cls,
        source_path: str,
        cwd: str,
        folder: str | None,
        *,
        session_id: str | None = None,
        host: Host = HOST,
    ) -> Session:
        """A new session of the project `cwd` with all entries of the one at `source_path`, which
        stays as it is. Raises SessionError if that cannot be read or the new one not written."""
        original = cls.open(source_path, is_read_only=True, host=host)
        fork = cls.create(
            cwd,
            folder,
            session_id=session_id,
            parent=original.path,
            entries=original.tree.entries,
            host=host,
        )
        fork.warnings += original.warnings
        original.close()
        return fork

    def branch_off(self, leaf_id: str | None, folder: str | None = None) -> Session:
        """A new session with the branch that ends at `leaf_id` (None: with nothing), as a child of
        this one; in `folder`, by default beside this one. Labels on the branch come along."""
        if leaf_id is not None:
            self._check(leaf_id)
        return Session.create(
            self.cwd,
            folder or ((self.path and os.path.dirname(self.path)) or None),
            parent=self.path,
            entries=[] if leaf_id is None else extract(self.tree, leaf_id, self._host),
            host=self._host,
        )

    def branch_before(self, entry_id: str, folder: str | None = None) -> tuple[Session, str]:
        """A new session with what came before a user message, and that message's text.

        Otherwise like `branch_off`. Raises SessionError if the entry is no user message.
        """
        entry = self.tree.get(entry_id)
        if entry is None or role_of(entry) != "user":
            raise SessionError(f"Invalid entry ID for forking: {entry_id} is no user message")
        walk = self.tree.walk(entry_id)
        next(walk)
        before = next(walk, None)
        return self.branch_off(before and before["id"], folder), text_of(entry["message"])

    def clone(self, folder: str | None = None) -> Session:
        """A new session with the active branch; see `branch_off`."""
        return self.branch_off(self.leaf_id, folder)

    @classmethod
    def bring_in(cls, path: str, folder: str, *, host: Host = HOST) -> Session:
        """The session in a copy of the file at `path`, made in `folder`; its id and its working
        directory stay. Raises SessionError if that is no session or cannot be copied."""
        return cls.open(copy_in(path, folder, host), host=host)

    @property
    def path(self) -> str | None:
        """The file it is, or will be, kept in; None: in memory alone."""
        return self._file.path if self._file else None

    # --- writing ---------------------------------------------------------------------------------

    def _add(
        self, entry_type: str, fields: Callable[[str], dict[str, Any]], parent_id: Any = LEAF
    ) -> Entry:
        def make() -> tuple[bytes, Entry]:
            entry_id = self.tree.new_id(self._host)
            base = {
                "type": entry_type,
                "id": entry_id,
                "parentId": self.tree.leaf_id if parent_id is LEAF else parent_id,
                "timestamp": iso_time(self._host.now_ms()),
            }
            return encode_entry({**base, **fields(entry_id)})

        with self._guard:
            entry = self._file.store(make) if self._file else make()[1]
            self.tree.add(entry)
            self.tree.leaf_id = entry["id"]
            return entry

    def sync(self) -> None:
        """Wait until everything stored so far is on the disk. Raises SessionError."""
        with self._guard:
            if self._file:
                self._file.sync()

    def close(self) -> None:
        """Release the file. What was stored stays; nothing more can be."""
        with self._guard:
            if self._file:
                self._file.close()
            self.tree.close()


def _read(path: str, host: Host, is_required: bool) -> bytes:
    """The content of a session file; empty if there is none and it is not required."""
    try:
        data = host.disk.read(path)
    except FileNotFoundError:
        if is_required:
            raise SessionError(f"File not found: {path}") from None
        return b""
    except OSError as error:
        reason = error.strerror or str(error)
        raise SessionError(f"Could not read the session file {path}: {reason}") from error
    if is_required and not data:
        raise SessionError(f"Session file is empty: {path}")
    return data
