"""The file a session is kept in, through its whole life: not there yet, open, lost, found again.

    file = SessionFile(path, header, tree, warnings, host)
    file.begin()                     # creates the file if the tree is worth keeping
    file.attach(loaded, size)        # or: goes on with an existing one
    entry = file.store(make)         # make() -> (line, entry)

The file is created with the first message of a user or an assistant and then has everything so far.
It is for its owner alone, and so are the folders made for it.
"""

from __future__ import annotations

from pi.errors import SessionError
from pi.store.format import opens_file
from pi.store.line import encode_line
from pi.store.load import load, read_entries
from pi.store.log import DisplacedError, Log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.store.format import Entry
    from pi.store.host import Host
    from pi.store.load import Loaded
    from pi.store.tree import Tree

    MakeEntry = Callable[[], tuple[bytes, Entry]]

OTHER_WRITER = "another process is writing to this session; each goes on with a branch of its own"


class SessionFile:
    """Where a session is kept. Use it from one thread at a time.

    Entries that others append are taken into `tree`; `warnings` is added to.
    """

    def __init__(
        self, path: str, header: Entry, tree: Tree, warnings: list[str], host: Host
    ) -> None:
        self.path = path
        self._header = header
        self._tree = tree
        self._warnings = warnings
        self._host = host
        self._disk = host.disk
        self._log: Log | None = None
        self._rewritten: bytes | None = None  # what the file must become before the next append
        self._obstacle = ""  # why nothing can be stored

    def attach(self, loaded: Loaded, size: int) -> None:
        """Go on with the existing file, `size` bytes of which were read. One of an old version is
        brought to the current one. What stands in the way becomes a warning."""
        try:
            self._log = Log.attach(self.path, size, loaded.ends_whole, self._disk)
        except OSError as error:
            self.refuse(f"The session file {self.path} cannot be written: {error.strerror}")
            self._warnings.append(f"{self._obstacle}; nothing new will be kept")
            return
        self._rewritten = loaded.rewritten
        if not self._log.is_first:
            self._warn_of_other()
        if loaded.is_old:
            try:
                self._rewrite()
            except SessionError as error:
                self._warnings.append(str(error))

    def refuse(self, reason: str) -> None:
        """Store nothing from now on, for this reason."""
        self._obstacle = reason

    def begin(self) -> None:
        """Create the file if the tree has a message of a user or an assistant."""
        if any(map(opens_file, self._tree.entries)):
            self._create(self._tree.entries)

    def store(self, make: MakeEntry) -> Entry:
        """Store the entry that `make` gives, or keep it for later while there is no file.

        Raises SessionError if that failed. `make` is called when all that others have appended is
        in the tree; it may be called again.
        """
        if self._obstacle:
            raise SessionError(self._obstacle)
        if self._log is None:
            entry = make()[1]
            entries = [*self._tree.entries, entry]
            if any(map(opens_file, entries)):
                self._create(entries)
            return entry
        self._rewrite()
        try:
            return self._append(make)
        except DisplacedError:
            self._find_again()
            return self._append(make)

    def sync(self) -> None:
        """Wait until everything stored is on the disk. Raises SessionError."""
        if self._log is not None:
            self._log.sync()

    def close(self) -> None:
        """Release the file; nothing can be stored any more."""
        if self._log is not None:
            self._log.close()
            self._log = None
        self._obstacle = self._obstacle or f"The session {self.path} has been closed"

    def _append(self, make: MakeEntry) -> Entry:
        entry: Entry = {}

        def make_line(news: bytes) -> bytes:
            nonlocal entry
            if news:
                self._learn(read_entries(news))
            line, entry = make()
            return line

        self._log.append(make_line)
        return entry

    def _learn(self, entries: list[Entry]) -> None:
        fresh = [entry for entry in entries if not self._tree.has_read(entry["id"])]
        for entry in fresh:
            self._tree.add(entry)
        if fresh:
            self._warn_of_other()

    def _warn_of_other(self) -> None:
        warning = f"{self.path}: {OTHER_WRITER}"
        if warning not in self._warnings:
            self._warnings.append(warning)

    def _rewrite(self) -> None:
        if self._rewritten is not None:
            self._log = self._log.rewrite(self._rewritten)
            self._rewritten = None

    def _create(self, entries: list[Entry]) -> None:
        data = b"".join(map(encode_line, [self._header, *entries]))
        try:
            self._log = Log.create(self.path, data, self._disk)
        except FileExistsError as error:
            if self._read_again():
                raise SessionError(f"The session file {self.path} exists already") from error
            self._log = self._filled(data)

    def _filled(self, data: bytes) -> Log:
        """The log of an existing empty file, with `data` as its content."""

        def only_into_empty(news: bytes) -> bytes:
            if news:
                raise SessionError(f"Another process has begun a session in {self.path}")
            return data

        log = self._open(0, True)
        try:
            log.append(only_into_empty)
        except BaseException:
            log.close()
            raise
        return log

    def _open(self, size: int, ends_whole: bool) -> Log:
        try:
            return Log.attach(self.path, size, ends_whole, self._disk)
        except OSError as error:
            text = f"The session file {self.path} cannot be written: {error.strerror}"
            raise SessionError(text) from error

    def _find_again(self) -> None:
        """The file is not what it was: go on in the one that took its place, if that is the same
        session and has our leaf; make it anew if there is none."""
        data = self._read_again()
        if data:
            loaded = load(data, self.path, self._host)
            known = {entry["id"] for entry in loaded.entries}
            is_same = loaded.header["id"] == self._header["id"] and loaded.rewritten is None
            if not is_same or self._tree.leaf_id not in {None, *known}:
                raise SessionError(
                    f"The session file {self.path} was replaced or cut short by another program; "
                    "move it away, and this session will be written there again"
                )
        self._tree.complete()
        self._log.close()
        self._log = None
        if data:
            self._log = self._open(len(data), loaded.ends_whole)
            self._learn(loaded.entries)
        else:
            self._create(self._tree.entries)
            self._warnings.append(f"{self.path} was removed; it has been written anew")

    def _read_again(self) -> bytes:
        try:
            return self._disk.read(self.path)
        except FileNotFoundError:
            return b""
        except OSError as error:
            reason = error.strerror or str(error)
            raise SessionError(f"Could not read the session file {self.path}: {reason}") from error
