"""The file operations the store is built on, in one place, so that tests can make each one fail.

`Disk` is the real thing. A test derives from it, overrides one method, and hands it to the session.
Every method but those for locks raises OSError as the system does. A handle is a file descriptor.

Two locks, both of the kernel, so neither outlives its process, both on the session file itself, so
nothing is left beside it and a copy of the file carries none:

  lock       `flock` for as long as a session is open: says who came first
  take_turn  a record lock for the time of one append: keeps two of our programs from measuring,
             writing and taking back at the same time. It is waited for briefly and then done
             without, since some network file systems let the two locks collide.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time

from pi.files import make_folder, open_regular, replace_atomically

_TURN_WAIT_S = 0.25
_TURN_POLL_S = 0.001

_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)

_sync_data = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class Disk:
    """The file system of this computer."""

    def read(self, path: str) -> bytes:
        with open_regular(path) as stream:
            return stream.readall()

    def open(self, path: str) -> int:
        """Open an existing regular file for appending and reading."""
        with open_regular(path):
            return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOCTTY)

    def open_to_read(self, path: str) -> int:
        """Open an existing regular file for reading alone."""
        with open_regular(path):
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)

    def create(self, path: str) -> int:
        """Create a file that must not exist yet, for its owner alone, with its folders."""
        self.make_folder(os.path.dirname(path))
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        return os.open(path, flags, 0o600)

    def copy_new(self, path: str, data: bytes) -> None:
        """Make a file that must not exist yet with `data` in it, durably, or no file."""
        handle = self.create(path)
        try:
            view = memoryview(data)
            while view:
                view = view[self.write(handle, view) :]
            self.sync(handle)
            self.sync_folder(os.path.dirname(path))
        except BaseException:
            self.remove(path)
            raise
        finally:
            self.close(handle)

    def make_folder(self, path: str) -> None:
        """Create a folder with its parents, each for its owner alone, durably."""
        missing = []
        while path and not os.path.isdir(path):
            missing.append(path)
            path = os.path.dirname(path)
        try:
            if missing:
                make_folder(missing[0], 0o700)
        except FileExistsError as error:  # a file is in the way of a folder
            raise NotADirectoryError(
                errno.ENOTDIR, os.strerror(errno.ENOTDIR), error.filename
            ) from error
        for folder in missing:
            self.sync_folder(os.path.dirname(folder))

    def close(self, handle: int) -> None:
        os.close(handle)

    def write(self, handle: int, data: bytes) -> int:
        """Append as much of `data` as can be; returns how many bytes that was."""
        return os.write(handle, data)

    def read_at(self, handle: int, offset: int, size: int) -> bytes:
        parts = []
        while size > 0 and (part := os.pread(handle, size, offset)):
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b"".join(parts)

    def size(self, handle: int) -> int:
        return os.fstat(handle).st_size

    def is_at(self, handle: int, path: str) -> bool:
        """Whether `path` still leads to the open file."""
        try:
            return os.path.samestat(os.stat(path), os.fstat(handle))
        except FileNotFoundError:
            return False

    def truncate(self, handle: int, size: int) -> None:
        os.ftruncate(handle, size)

    def sync(self, handle: int) -> None:
        """Wait until the content is on the disk, where the file system can tell."""
        try:
            _sync_data(handle)
        except OSError as error:
            if error.errno not in _CANNOT_SYNC:
                raise

    def sync_folder(self, path: str) -> None:
        """Wait until the names in a folder are on the disk, where the file system can tell."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            if error.errno not in (*_CANNOT_SYNC, errno.EACCES):
                raise

    def replace(self, path: str, data: bytes) -> None:
        """Exchange the content of a file as one step, durably, for its owner alone."""
        replace_atomically(path, data, mode=0o600, durable=True)

    def put(self, path: str, data: bytes) -> None:
        """Make `data` the content of a file that can be made again, for its owner alone."""
        replace_atomically(path, data, mode=0o600)

    def remove(self, path: str) -> None:
        os.unlink(path)

    def lock(self, handle: int) -> bool:
        """Become the first writer of the file, if there is none; on a system without locks, yes."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # no locks here (ENOLCK, ENOTSUP): nobody else can hold one either
            return True
        return True

    def take_turn(self, handle: int) -> bool:
        """Wait for the other writers' appends to end; False when that took too long."""
        give_up = time.monotonic() + _TURN_WAIT_S
        while (has_turn := _try_turn(handle)) is None and time.monotonic() < give_up:
            time.sleep(_TURN_POLL_S)
        return bool(has_turn)

    def end_turn(self, handle: int) -> None:
        with contextlib.suppress(OSError):  # it ends with the file at the latest
            fcntl.lockf(handle, fcntl.LOCK_UN)


def _try_turn(handle: int) -> bool | None:
    """Whether this process has its turn now; None: another one has it."""
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return None
    except OSError:  # no locks here
        return False
    return True
