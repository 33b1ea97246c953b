"""The file layer: nothing hangs, nothing is lost, nothing is left behind."""

from __future__ import annotations

import errno
import os
import resource
import socket
import stat
import threading
import time
from contextlib import contextmanager

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.files import (
    FileLock,
    append_line,
    make_folder,
    open_regular,
    read_bounded,
    reason,
    replace_atomically,
)

not_root = pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")


SIZE_LIMIT = 1000  # bytes


@contextmanager
def full_disk():
    """Makes every file writable up to SIZE_LIMIT only: a disk that is full.

    Around the call alone: pytest's own output may be a file, too.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE_LIMIT, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def mode_of(path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# --- reading -------------------------------------------------------------------------------------


def make_special(kind: str, folder) -> str:
    path = str(folder / kind)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.close()
    elif kind == "folder":
        os.mkdir(path)
    else:
        return "/dev/zero"
    return path


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "device"])
def test_what_is_no_file_is_refused_at_once(kind, tmp_path):
    path = make_special(kind, tmp_path)
    with pytest.raises(OSError, match=r"regular file|Is a directory") as caught:
        open_regular(path)
    assert caught.value.errno == (errno.EISDIR if kind == "folder" else errno.EINVAL)
    assert caught.value.filename == path
    assert kind == "folder" or kind in str(caught.value)


def test_a_file_whose_size_is_not_known_is_read(tmp_path):
    assert read_bounded("/proc/self/status", 1 << 20).startswith(b"Name:")


def test_a_bounded_read(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    assert read_bounded(str(path), 100) == b"x" * 100
    with pytest.raises(OSError, match="larger than 99 bytes") as caught:
        read_bounded(str(path), 99)
    assert caught.value.errno == errno.EFBIG


@pytest.mark.parametrize(
    ("error", "doing", "line"),
    [
        (
            OSError(errno.ENOENT, "No such file or directory", "/x"),
            "read",
            "ENOENT: no such file or directory, read '/x'",
        ),
        (OSError(errno.EIO, "Input/output error", b"/x"), "", "EIO: input/output error: '/x'"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "write",
            "ENOSPC: no space left on device, write",
        ),
        (OSError("odd"), "", "OSError: odd"),
    ],
)
def test_an_error_as_one_line(error, doing, line):
    assert reason(error, doing) == line


# --- replacing -----------------------------------------------------------------------------------


def test_a_new_file_gets_the_usual_mode(tmp_path):
    path = tmp_path / "new"
    replace_atomically(str(path), b"hello")
    assert path.read_bytes() == b"hello"
    assert mode_of(path) == 0o666 & ~umask()
    assert os.listdir(tmp_path) == ["new"]


def test_an_existing_file_keeps_its_mode_and_gets_a_new_inode(tmp_path):
    path = tmp_path / "script"
    path.write_bytes(b"old")
    path.chmod(0o751)
    before = path.stat().st_ino
    replace_atomically(str(path), b"new", durable=True)
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o751)
    assert path.stat().st_ino != before
    assert os.listdir(tmp_path) == ["script"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_wanted_mode_is_set_whatever_the_umask(tmp_path, exists):
    path = tmp_path / "secret"
    if exists:
        path.write_bytes(b"old")
        path.chmod(0o644)
    replace_atomically(str(path), b"new", mode=0o600)
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o600)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "hop").symlink_to("real")
    (tmp_path / "link").symlink_to("hop")
    replace_atomically(str(tmp_path / "link"), b"new")
    assert (tmp_path / "real").read_bytes() == b"new"
    assert os.readlink(tmp_path / "link") == "hop"
    assert not (tmp_path / "real").is_symlink()


def test_a_link_to_nothing_creates_its_target(tmp_path):
    (tmp_path / "link").symlink_to("later")
    replace_atomically(str(tmp_path / "link"), b"new")
    assert (tmp_path / "later").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()


def test_links_in_a_circle_are_an_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links") as caught:
        replace_atomically(str(tmp_path / "a"), b"new")
    assert caught.value.errno == errno.ELOOP


@pytest.mark.parametrize("content", [b"much longer than before" * 9, b"", b"s"])
def test_hard_links_see_the_new_content(tmp_path, content):
    (tmp_path / "one").write_bytes(b"old content")
    os.link(tmp_path / "one", tmp_path / "two")
    replace_atomically(str(tmp_path / "one"), content)
    assert (tmp_path / "two").read_bytes() == content
    assert (tmp_path / "one").stat().st_nlink == 2
    assert sorted(os.listdir(tmp_path)) == ["one", "two"]


@pytest.mark.parametrize("links", [1, 2])
def test_a_full_disk_loses_nothing(tmp_path, links):
    path = tmp_path / "kept"
    path.write_bytes(b"old" * 100)
    if links == 2:
        os.link(path, tmp_path / "other")
    with full_disk(), pytest.raises(OSError, match="too large") as caught:
        replace_atomically(str(path), b"n" * (SIZE_LIMIT + 1))
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old" * 100
    assert len(os.listdir(tmp_path)) == links


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_only_files_are_replaced(tmp_path, kind):
    path = make_special(kind, tmp_path)
    with pytest.raises(OSError, match=r"regular file|Is a directory"):
        replace_atomically(path, b"new")


def test_the_error_names_the_path_that_was_given(tmp_path):
    path = str(tmp_path / "missing" / "file")
    with pytest.raises(FileNotFoundError) as caught:
        replace_atomically(path, b"new")
    assert caught.value.filename == path


@not_root
def test_a_file_that_may_not_be_written_is_left_alone(tmp_path):
    path = tmp_path / "read-only"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(PermissionError):
        replace_atomically(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["read-only"]


@not_root
def test_a_file_in_a_folder_that_may_not_be_written_is_written_in_place(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "file").write_bytes(b"old")
    folder.chmod(0o555)
    try:
        replace_atomically(str(folder / "file"), b"new content")
        with pytest.raises(PermissionError):
            replace_atomically(str(folder / "other"), b"new")
    finally:
        folder.chmod(0o755)
    assert (folder / "file").read_bytes() == b"new content"


def test_extended_attributes_stay(tmp_path):
    path = tmp_path / "tagged"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.origin", b"here")
    except (OSError, AttributeError):
        pytest.skip("no extended attributes on this file system")
    replace_atomically(str(path), b"new")
    assert (path.read_bytes(), os.getxattr(path, "user.origin")) == (b"new", b"here")


def test_readers_see_the_old_or_the_new_content_only(tmp_path):
    path = tmp_path / "busy"
    old, new = b"a" * 500_000, b"b" * 400_000
    path.write_bytes(old)
    stop = threading.Event()
    seen = set()

    def watch() -> None:
        while not stop.is_set():
            content = path.read_bytes()
            seen.add((content[:1] * len(content) == content, len(content)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for turn in range(60):
        replace_atomically(str(path), new if turn % 2 == 0 else old)
    stop.set()
    watcher.join()
    assert seen <= {(True, len(old)), (True, len(new))}
    assert os.listdir(tmp_path) == ["busy"]


# --- folders and lines ---------------------------------------------------------------------------


def test_folders_are_made_with_their_parents_and_one_mode(tmp_path):
    make_folder(str(tmp_path / "a" / "b"), 0o700)
    assert mode_of(tmp_path / "a") == mode_of(tmp_path / "a" / "b") == 0o700
    make_folder(str(tmp_path / "a"), 0o777)
    assert mode_of(tmp_path / "a") == 0o700


def test_a_file_in_the_way_of_a_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError) as caught:
        make_folder(str(tmp_path / "file" / "sub"))
    assert caught.value.filename == str(tmp_path / "file")


def test_lines_of_many_threads_do_not_mix(tmp_path):
    path = tmp_path / "log"
    lines = [bytes([65 + n]) * 5000 + b"\n" for n in range(8)]
    threads = [
        threading.Thread(target=lambda line=line: [append_line(str(path), line) for _ in range(20)])
        for line in lines
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_bytes().splitlines(keepends=True)) == sorted(lines * 20)
    assert mode_of(path) == 0o600


def test_a_line_that_does_not_fit_is_taken_back(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"x" * 899 + b"\n")
    with full_disk():
        with pytest.raises(OSError, match="too large"):
            append_line(str(path), b"y" * 199 + b"\n")
        assert path.read_bytes() == b"x" * 899 + b"\n"
        append_line(str(path), b"z" * 99 + b"\n")
    assert path.stat().st_size == SIZE_LIMIT


# --- locking -------------------------------------------------------------------------------------


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    path = str(tmp_path / "lock")
    inside = []
    most = []

    def work() -> None:
        for _ in range(5):
            with FileLock(path):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 20
    assert mode_of(path) == 0o600


def test_a_lock_that_is_held_times_out_and_is_free_afterwards(tmp_path):
    path = str(tmp_path / "lock")
    with FileLock(path), pytest.raises(TimeoutError, match="locked by another") as caught:
        FileLock(path, timeout_s=0.01).__enter__()
    assert caught.value.filename == path
    with FileLock(path, timeout_s=0):
        pass


def test_waiting_for_a_lock_ends_with_the_token(tmp_path):
    path = str(tmp_path / "lock")
    token = CancelToken()
    timer = threading.Timer(0.03, token.cancel)
    with FileLock(path):
        timer.start()
        with pytest.raises(Cancelled):
            FileLock(path, timeout_s=None, token=token).__enter__()
    timer.join()


def test_an_error_inside_frees_the_lock(tmp_path):
    path = str(tmp_path / "lock")
    with pytest.raises(KeyError), FileLock(path):
        raise KeyError
    with FileLock(path, timeout_s=0):
        pass
