"""One session file, open for appending: whole lines, nothing lost, nobody else's bytes touched.

    log = Log.create(path, b"...", disk)          # a new file with its first lines
    log = Log.attach(path, end, whole, disk)      # an existing one, read up to offset `end`
    log.append(lambda news: b"{...}\\n")           # `news`: what others appended since
    log.sync()

A line is appended by one write. If that fails half-way, what was written is taken back, provided
that it is the end of the file and is ours, byte for byte; where that fails too, the next line
begins with a LF of its own, so that it cannot fuse with the remains. A file that ends without a LF
gets one together with the next line, never before.

Known limits: the check and the taking back are two steps; another program that takes no turns (see
`pi.store.disk`) could append between them, in the microseconds after a failed write. After a failed
`sync` the kernel may report success the next time although data was lost.
"""

from __future__ import annotations

import errno
import os

from pi.errors import SessionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.store.disk import Disk


class DisplacedError(Exception):
    """The path no longer leads to the open file, or the file has become shorter."""


class Log:
    """An open session file. Use it from one thread at a time.

    `is_first` says whether no other program of ours had it open for writing before.
    """

    def __init__(self, path: str, handle: int, disk: Disk) -> None:
        self.path = path
        self._handle = handle
        self._disk = disk
        self._end = 0  # offset after the last byte we know
        self._ends_whole = True  # whether that byte is a LF
        self._is_dirty = False
        self._is_new = False
        self.is_first = disk.lock(handle)

    @classmethod
    def create(cls, path: str, data: bytes, disk: Disk) -> Log:
        """Make a file with `data` in it.

        Raises FileExistsError, or SessionError and leaves no file then.
        """
        try:
            handle = disk.create(path)
        except FileExistsError:
            raise
        except OSError as error:
            raise _failure("create", path, error) from error
        log = cls(path, handle, disk)
        log._is_new = True
        try:
            log._write(data)
        except BaseException:
            log._discard()
            raise
        return log

    @classmethod
    def attach(cls, path: str, end: int, ends_whole: bool, disk: Disk) -> Log:
        """Open a file of which the first `end` bytes were read. Raises OSError."""
        log = cls(path, disk.open(path), disk)
        log._end = end
        log._ends_whole = ends_whole
        return log

    def append(self, make_line: Callable[[bytes], bytes]) -> None:
        """Append what `make_line` returns when given the bytes that others appended meanwhile.

        Raises SessionError if it was not stored; the file then has no part of the line, or one that
        the next will be fenced off from. Raises DisplacedError if the file is not there any more.
        """
        has_turn = self._disk.take_turn(self._handle)
        try:
            self._write(make_line(self._catch_up()))
        finally:
            if has_turn:
                self._disk.end_turn(self._handle)

    def rewrite(self, data: bytes) -> Log:
        """Exchange the whole content, which must not have changed since it was read; returns the
        log of the new file and closes this one. Raises SessionError and changes nothing."""
        try:
            if not self.is_first or self._disk.size(self._handle) != self._end:
                raise SessionError(
                    f"Could not bring the session file {self.path} to the current format: another "
                    "process is writing to it; close that one and open the session again"
                )
            self._disk.replace(self.path, data)
            log = Log.attach(self.path, len(data), True, self._disk)
        except OSError as error:
            raise _failure("rewrite", self.path, error) from error
        self.close()
        return log

    def sync(self) -> None:
        """Wait until everything appended is on the disk, of a new file its name too."""
        if not self._is_dirty:
            return
        try:
            self._disk.sync(self._handle)
            if self._is_new:
                self._disk.sync_folder(os.path.dirname(self.path) or ".")
        except OSError as error:
            raise _failure("make durable", self.path, error) from error
        self._is_dirty = self._is_new = False

    def close(self) -> None:
        """Close the file; its locks go with it. Closing again does nothing."""
        if self._handle >= 0:
            handle, self._handle = self._handle, -1
            self._disk.close(handle)

    def _catch_up(self) -> bytes:
        try:
            size = self._disk.size(self._handle)
            if size < self._end or not self._disk.is_at(self._handle, self.path):
                raise DisplacedError
            if size == self._end:
                return b""
            news = self._disk.read_at(self._handle, self._end, size - self._end)
        except OSError as error:
            raise _failure("read", self.path, error) from error
        self._end += len(news)
        self._ends_whole = news.endswith(b"\n")
        self.is_first = self.is_first or self._disk.lock(self._handle)
        return news

    def _write(self, data: bytes) -> None:
        data = data if self._ends_whole else b"\n" + data
        self._is_dirty = True
        try:
            is_one_piece = self._write_all(data)
            size = self._disk.size(self._handle)
            if size == self._end + len(data):
                self._end = size
            elif not is_one_piece:  # another program may have written into the middle of it
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        except OSError as error:
            self._take_back(data)
            raise _failure("write", self.path, error) from error
        self._ends_whole = True

    def _write_all(self, data: bytes) -> bool:
        """Write `data`; returns whether one call took it all."""
        written = self._disk.write(self._handle, data)
        if written == len(data):
            return True
        while written < len(data):
            more = self._disk.write(self._handle, data[written:])
            if not more:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written += more
        return False

    def _take_back(self, data: bytes) -> None:
        """Remove what a failed write left of `data`, if it can be done safely."""
        try:
            size = self._disk.size(self._handle)
            left = self._disk.read_at(self._handle, self._end, size - self._end)
            if left and data.startswith(left):
                self._disk.truncate(self._handle, self._end)
        except OSError:  # the remains stay; the next append finds them and keeps its distance
            return

    def _discard(self) -> None:
        try:
            if self._disk.is_at(self._handle, self.path):
                self._disk.remove(self.path)
        except OSError:  # what made us give up is the error to report
            return
        finally:
            self.close()


def _failure(what: str, path: str, error: OSError) -> SessionError:
    reason = error.strerror or str(error)
    return SessionError(f"Could not {what} the session file {path}: {reason}")
