"""Files: opening without hanging, replacing without losing, locking, appending.

    with open_regular(path) as stream: ...          # never a FIFO, socket, device or folder
    read_bounded(path, limit_bytes=1 << 20)         # bytes, or OSError EFBIG
    replace_atomically(path, b"...", mode=0o600)    # the old content or the new, nothing between
    make_folder(path, mode=0o700)                   # with parents
    append_line(path, b"{...}\\n", mode=0o600)      # whole lines only
    with FileLock(path + ".lock", timeout_s=5): ... # between processes and between threads

Everything raises OSError with a true errno and the path the caller gave; `reason` words it as one
line. POSIX only: a lock is `flock`, which is per machine (not over every network file system).

`replace_atomically` writes a temporary file next to the target and renames it. Where that would
change what the target is, it writes in place instead: hard links, folders we may not write to,
mount points, owners, groups or attributes we could not give to the new file.
"""

from __future__ import annotations

import errno
import fcntl
import io
import os
import stat
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from pi.cancel import CancelToken

_CHUNK = 1 << 20
_LOCK_POLL_S = 0.02

_IN_PLACE = frozenset(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV, errno.ENOTSUP)
)
"""Why a new file could not take the target's place, although the target itself may be writable."""

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


# --- reading -------------------------------------------------------------------------------------


def open_regular(path: str) -> io.FileIO:
    """Open a regular file for reading, unbuffered; reads never block.

    Files of /proc and the like count as regular although their size is 0.
    Raises IsADirectoryError for a folder, OSError EINVAL for anything else that is not a file.
    """
    _check_regular(os.stat(path), path)
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        _check_regular(os.fstat(handle), path)  # it may have been exchanged meanwhile
        return io.FileIO(handle)
    except BaseException:
        os.close(handle)
        raise


def read_bounded(path: str, limit_bytes: int) -> bytes:
    """The whole content of a regular file. Raises OSError EFBIG if it is over `limit_bytes`."""
    with open_regular(path) as stream:
        parts: list[bytes] = []
        size = 0
        while chunk := stream.read(min(_CHUNK, limit_bytes + 1 - size)):
            parts.append(chunk)
            size += len(chunk)
            if size > limit_bytes:
                raise OSError(errno.EFBIG, f"larger than {limit_bytes} bytes", path)
        return b"".join(parts)


def reason(error: OSError, doing: str = "") -> str:
    """An error as one line: "ENOENT: no such file or directory, open '/x/y'"."""
    code = errno.errorcode.get(error.errno or 0, type(error).__name__)
    words = error.strerror or str(error)
    words = words[:1].lower() + words[1:] if words[1:2].islower() else words
    where = f" '{os.fsdecode(error.filename)}'" if isinstance(error.filename, (str, bytes)) else ""
    tail = f", {doing}{where}" if doing else f":{where}" if where else ""
    return f"{code}: {words}{tail}"


def _check_regular(status: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    for matches, name in _KINDS:
        if matches(status.st_mode):
            raise OSError(errno.EINVAL, f"not a regular file but {name}", path)


# --- writing -------------------------------------------------------------------------------------


def make_folder(path: str, mode: int = 0o777) -> None:
    """Create a folder and its missing parents, each with `mode` less the umask.

    An existing folder is left as it is. Raises FileExistsError where a file is in the way.
    """
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent and parent != path:
        make_folder(parent, mode)
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        if not os.path.isdir(path):  # a file; a folder was made by someone else meanwhile
            raise


def replace_atomically(
    path: str, data: bytes, *, mode: int | None = None, durable: bool = False
) -> None:
    """Make `data` the content of the file at `path`, or change nothing and raise OSError.

    A link is followed, also to a file that is yet to be. An existing file keeps its mode, owner
    and attributes; `mode` sets it for both cases, and a new file without it gets 0666 less the
    umask. A file that may not be written is refused although its folder could be. The folder must
    exist. `durable` waits until the file and its name are on the disk.
    """
    try:
        target = _target_of(path)
        old = _status(target)
        if old is None:
            _replace(target, data, None, mode, durable)
        elif old.st_nlink > 1:
            _overwrite(target, data, mode, durable)
        else:
            try:
                _replace(target, data, old, mode, durable)
            except OSError as error:
                if error.errno not in _IN_PLACE:
                    raise
                _overwrite(target, data, mode, durable)
    except OSError as error:
        if error.filename == path:
            raise
        raise OSError(error.errno, error.strerror, path) from error


def append_line(path: str, line: bytes, *, mode: int = 0o600) -> None:
    """Append `line`, which ends in LF, to a file; creates it with `mode`.

    It is written by one call, so lines of several processes do not mix. If the disk is full, what
    was written of it is taken back.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    handle = os.open(path, flags, mode)
    try:
        written = os.write(handle, line)
        if written < len(line):
            _finish_line(handle, line, written)
    finally:
        os.close(handle)


def _finish_line(handle: int, line: bytes, written: int) -> None:
    end = os.lseek(handle, 0, os.SEEK_END)
    try:
        _write_all(handle, line[written:])
    except OSError:
        if os.lseek(handle, 0, os.SEEK_END) >= end:
            os.ftruncate(handle, end - written)
        raise


def _target_of(path: str) -> str:
    """Where the content belongs: `path` with links followed."""
    target = os.path.realpath(path)
    if os.path.islink(target):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    return target


def _status(target: str) -> os.stat_result | None:
    """The status of the file to replace, None if there is none; refuses what must not be."""
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return None
    _check_regular(status, target)
    if not os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), target)
    return status


def _replace(
    target: str, data: bytes, old: os.stat_result | None, mode: int | None, durable: bool
) -> None:
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".pi-{os.urandom(8).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    first_mode = 0o600 if old is not None or mode is not None else 0o666
    handle = os.open(temporary, flags, first_mode)
    try:
        try:
            if old is not None:
                _take_after(handle, target, old)
            if mode is not None:
                os.fchmod(handle, mode)
            _write_all(handle, data)
            if durable:
                os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, target)
    except BaseException:
        _remove(temporary)
        raise
    if durable:
        _sync_folder(folder)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # what made the caller clean up is the error to report
        return


def _take_after(handle: int, target: str, old: os.stat_result) -> None:
    """Give the new file the owner, group, attributes and mode of the old one, or raise OSError."""
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        os.fchown(handle, old.st_uid, old.st_gid)
    if hasattr(os, "listxattr"):  # Linux
        for name in _attributes(target):
            os.setxattr(handle, name, os.getxattr(target, name))
    os.fchmod(handle, stat.S_IMODE(old.st_mode))


def _attributes(target: str) -> list[str]:
    try:
        return os.listxattr(target)
    except OSError:  # a file system without them
        return []


def _overwrite(target: str, data: bytes, mode: int | None, durable: bool) -> None:
    """Write in place; on failure the old content is put back."""
    with io.FileIO(os.open(target, os.O_RDWR | os.O_CLOEXEC), "r+") as stream:
        handle = stream.fileno()
        old = stream.readall()
        _reserve(handle, len(old), len(data))
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            _write_all(handle, data)
            os.ftruncate(handle, len(data))
        except BaseException:
            os.lseek(handle, 0, os.SEEK_SET)
            _write_all(handle, old)
            os.ftruncate(handle, len(old))
            raise
        if mode is not None:
            os.fchmod(handle, mode)
        if durable:
            os.fsync(handle)


def _reserve(handle: int, have: int, need: int) -> None:
    """Ask for the disk space first, where the system can, so that a full disk costs nothing."""
    if need <= have or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(handle, have, need - have)
    except OSError as error:
        os.ftruncate(handle, have)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view[: _CHUNK * 64]) :]


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- locking -------------------------------------------------------------------------------------


class FileLock:
    """An exclusive lock between processes and between threads, by `flock` on a file of its own.

    The lock file is created with mode 0600 and stays; never lock a file that gets replaced, since
    the lock belongs to the file and not to its name. The kernel drops the lock with the process.
    `timeout_s` None waits for ever, 0 tries once; TimeoutError says which file was locked.
    """

    def __init__(
        self, path: str, *, timeout_s: float | None = 10.0, token: CancelToken | None = None
    ) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._token = token
        self._handle = -1

    def __enter__(self) -> FileLock:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        handle = os.open(self._path, flags, 0o600)
        try:
            self._wait(handle)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._handle)
        self._handle = -1

    def _wait(self, handle: int) -> None:
        give_up = None if self._timeout_s is None else time.monotonic() + self._timeout_s
        while not _try_lock(handle):
            if give_up is not None and time.monotonic() >= give_up:
                text = "locked by another process; try again when it is done"
                raise TimeoutError(errno.ETIMEDOUT, text, self._path)
            if self._token is None:
                time.sleep(_LOCK_POLL_S)
            else:
                self._token.sleep(_LOCK_POLL_S)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
