"""Disks that fail: cut writes, full, dead at a byte, or forgetting what was not synced."""

from __future__ import annotations

import errno
import os

from pi.store.disk import Disk


class PowerOff(BaseException):
    """The process is gone: nothing after this may touch the disk."""


def failure(number: int = errno.ENOSPC) -> OSError:
    return OSError(number, os.strerror(number))


class DyingDisk(Disk):
    """Ends the process when `budget` bytes have been written, if need be within a write.

    From then on its files are closed, as the kernel closes them, and nothing reaches the disk. The
    computer goes on, so that there is no need to wait for the platter.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._handles: set[int] = set()
        self._is_dead = False

    def __getattribute__(self, name):
        value = object.__getattribute__(self, name)
        if not callable(value) or name.startswith("_") or not self._is_dead:
            return value
        if name == "close":
            return lambda handle: None
        raise PowerOff

    def open(self, path):
        handle = super().open(path)
        self._handles.add(handle)
        return handle

    def create(self, path):
        handle = super().create(path)
        self._handles.add(handle)
        return handle

    def close(self, handle):
        self._handles.discard(handle)
        super().close(handle)

    def sync(self, handle):
        pass

    def sync_folder(self, path):
        pass

    def write(self, handle, data):
        part = data[: self.budget]
        self.budget -= len(part)
        written = super().write(handle, part) if part else 0
        if written < len(data):
            self._is_dead = True
            for left_open in self._handles:
                os.close(left_open)
            raise PowerOff
        return written


class FullDisk(Disk):
    """Has room for `room` more bytes; `grows` more after each failure. May fail at cleaning up."""

    def __init__(self, room: int, grows: int = 0, truncates: bool = True) -> None:
        self.room = room
        self.grows = grows
        self.truncates = truncates
        self.failures = 0

    def write(self, handle, data):
        part = data[: self.room]
        self.room -= len(part)
        if not part:
            self.failures += 1
            self.room += self.grows
            raise failure()
        return super().write(handle, part)

    def truncate(self, handle, size):
        if not self.truncates:
            raise failure(errno.EIO)
        self.room += self.size(handle) - size
        super().truncate(handle, size)


class FailingDisk(Disk):
    """Raises at the operations named, as often as told."""

    def __init__(self, **times: int) -> None:
        self.times = times

    def _maybe_fail(self, name: str) -> None:
        if self.times.get(name, 0) > 0:
            self.times[name] -= 1
            raise failure(errno.EIO)

    def open(self, path):
        self._maybe_fail("open")
        return super().open(path)

    def size(self, handle):
        self._maybe_fail("size")
        return super().size(handle)

    def sync(self, handle):
        self._maybe_fail("sync")
        super().sync(handle)

    def replace(self, path, data):
        self._maybe_fail("replace")
        super().replace(path, data)


class ForgettingDisk(Disk):
    """Knows which writes are surely on the platter; `cut_power` drops others, in any order."""

    def __init__(self) -> None:
        self.safe: dict[str, int] = {}
        self._paths: dict[int, str] = {}
        self._loose: dict[str, list[tuple[int, int]]] = {}  # (offset, end) of writes not synced

    def create(self, path):
        handle = super().create(path)
        self._paths[handle] = path
        return handle

    def open(self, path):
        handle = super().open(path)
        self._paths[handle] = path
        self.safe.setdefault(path, os.path.getsize(path))
        return handle

    def write(self, handle, data):
        offset = self.size(handle)
        written = super().write(handle, data)
        self._loose.setdefault(self._paths[handle], []).append((offset, offset + written))
        return written

    def sync(self, handle):
        super().sync(handle)
        path = self._paths[handle]
        self.safe[path] = self.size(handle)
        self._loose[path] = []

    def cut_power(self, chance) -> None:
        """Shorten each file to somewhere after its last sync, and zero some of what is left of the
        writes since, each as a whole or from somewhere in it on."""
        for path in set(self._paths.values()):
            with open(path, "r+b") as stream:
                data = bytearray(stream.read())
                del data[chance.randint(self.safe.get(path, 0), len(data)) :]
                for offset, end in self._loose.get(path, ()):
                    start, end = (
                        chance.choice([offset, chance.randint(offset, end)]),
                        len(data[:end]),
                    )
                    if start < end and chance.random() < 0.5:
                        data[start:end] = bytes(end - start)
                stream.seek(0)
                stream.truncate()
                stream.write(data)


class OnceFailingDisk(Disk):
    """Counts its operations and fails at the one with the number `at`."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0
        self.failed = ""

    def __getattribute__(self, name):
        value = object.__getattribute__(self, name)
        if not callable(value) or name.startswith("_") or name == "close":
            return value

        def guarded(*arguments):
            number, self.count = self.count, self.count + 1
            if number == self.at:
                self.failed = name
                if name in ("lock", "take_turn", "end_turn"):  # these never raise
                    return False
                raise failure(errno.EIO)
            return value(*arguments)

        return guarded
