from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from pi.store import disk as disks
from pi.store.disk import Disk
from tests.faultydisk import failure


def opened(path) -> int:
    path.touch()
    return Disk().open(str(path))


@pytest.mark.parametrize(
    ("number", "raises"),
    [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.ENOSYS, False), (errno.EIO, True)],
)
def test_a_file_system_that_cannot_sync_is_no_failure(tmp_path, monkeypatch, number, raises):
    def refuse(handle):
        raise failure(number)

    monkeypatch.setattr(disks, "_sync_data", refuse)
    monkeypatch.setattr(os, "fsync", refuse)
    handle = opened(tmp_path / "s")
    for sync in (lambda: Disk().sync(handle), lambda: Disk().sync_folder(str(tmp_path))):
        if raises:
            with pytest.raises(OSError, match="Input/output"):
                sync()
        else:
            sync()
    os.close(handle)


def test_a_missing_folder_is_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        Disk().sync_folder(str(tmp_path / "none"))


def test_reading_goes_to_the_end_and_no_further(tmp_path):
    (tmp_path / "s").write_bytes(b"0123456789")
    handle = opened(tmp_path / "s")
    assert Disk().read_at(handle, 3, 4) == b"3456"
    assert Disk().read_at(handle, 8, 100) == b"89"
    assert Disk().read_at(handle, 0, 0) == Disk().read_at(handle, 0, -5) == b""
    os.close(handle)


def test_the_lock_belongs_to_the_one_who_opened_and_not_to_children(tmp_path):
    handle = opened(tmp_path / "s")
    assert Disk().lock(handle)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        os.close(handle)
        other = opened(tmp_path / "s")
        assert Disk().lock(other), "a child that outlives us must not hold our lock"
        child.communicate(b"\n")
    os.close(other)


WAITER = """
import sys
from pi.store.disk import Disk
disk = Disk()
handle = disk.open(sys.argv[1])
print(disk.take_turn(handle), flush=True)
"""


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_turn_is_waited_for_but_not_for_ever(tmp_path, is_taken):
    handle = opened(tmp_path / "s")
    assert Disk().take_turn(handle)
    if not is_taken:
        Disk().end_turn(handle)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    command = [sys.executable, "-c", WAITER, str(tmp_path / "s")]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=20)
    assert found.stdout.strip() == str(not is_taken)
    os.close(handle)
    Disk().end_turn(handle)  # of a closed file: nothing to end, and nothing raised


def test_the_path_is_compared_with_the_open_file(tmp_path):
    handle = opened(tmp_path / "s")
    assert Disk().is_at(handle, str(tmp_path / "s"))
    os.symlink(tmp_path / "s", tmp_path / "link")
    assert Disk().is_at(handle, str(tmp_path / "link"))
    os.rename(tmp_path / "s", tmp_path / "moved")
    assert not Disk().is_at(handle, str(tmp_path / "s"))
    (tmp_path / "s").touch()
    assert not Disk().is_at(handle, str(tmp_path / "s"))
    os.close(handle)
