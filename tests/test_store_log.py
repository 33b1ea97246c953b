from __future__ import annotations

import errno
import os
import stat

import pytest

from pi.errors import SessionError
from pi.store.disk import Disk
from pi.store.log import DisplacedError, Log
from tests.faultydisk import FailingDisk, FullDisk, failure


def attached(path, data, disk=None) -> Log:
    path.write_bytes(data)
    return Log.attach(str(path), len(data), data.endswith(b"\n") or not data, disk or Disk())


def test_a_new_file_is_private_and_whole(tmp_path):
    path = tmp_path / "a" / "b" / "s.jsonl"
    old = os.umask(0)
    try:
        log = Log.create(str(path), b"one\ntwo\n", Disk())
    finally:
        os.umask(old)
    log.append(lambda news: b"three\n")
    log.close()
    log.close()
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    modes = [
        stat.S_IMODE(where.stat().st_mode) for where in (path, path.parent, path.parent.parent)
    ]
    assert modes == [0o600, 0o700, 0o700]


def test_an_existing_file_is_never_taken_for_a_new_one(tmp_path):
    path = tmp_path / "s"
    path.write_bytes(b"")
    with pytest.raises(FileExistsError):
        Log.create(str(path), b"x\n", Disk())
    os.symlink(tmp_path / "nowhere", tmp_path / "link")
    with pytest.raises(FileExistsError):
        Log.create(str(tmp_path / "link"), b"x\n", Disk())


@pytest.mark.parametrize("room", [0, 1, 3])
def test_a_file_that_cannot_be_written_whole_is_not_made(tmp_path, room):
    path = tmp_path / "s"
    with pytest.raises(SessionError, match=f"Could not write the session file {path}: No space"):
        Log.create(str(path), b"x\ny\n", FullDisk(room))
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SessionError, match="Could not create the session file"):
        Log.create(str(tmp_path / "file" / "s"), b"x\n", Disk())


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"a\n", b"a\nx\n"), (b"a", b"a\nx\n"), (b"", b"x\n"), (b'{"to', b'{"to\nx\n')],
)
def test_a_line_is_fenced_off_from_an_unfinished_one(tmp_path, data, expected):
    path = tmp_path / "s"
    log = attached(path, data)
    assert path.read_bytes() == data, "opening writes nothing"
    log.append(lambda news: b"x\n")
    assert path.read_bytes() == expected
    log.append(lambda news: b"y\n")
    assert path.read_bytes() == expected + b"y\n"


def test_others_lines_are_told_once_and_never_overwritten(tmp_path):
    path = tmp_path / "s"
    log, seen = attached(path, b"a\n"), []
    with path.open("ab") as other:
        other.write(b"b\nc\n")
    log.append(lambda news: seen.append(news) or b"x\n")
    log.append(lambda news: seen.append(news) or b"y\n")
    with path.open("ab") as other:
        other.write(b'{"to')
    log.append(lambda news: seen.append(news) or b"z\n")
    assert seen == [b"b\nc\n", b"", b'{"to']
    assert path.read_bytes() == b'a\nb\nc\nx\ny\n{"to\nz\n'


@pytest.mark.parametrize("room", range(7))
@pytest.mark.parametrize("data", [b"old\n", b"old"])
def test_a_cut_write_is_taken_back(tmp_path, data, room):
    path = tmp_path / "s"
    disk = FullDisk(room)
    log = attached(path, data, disk)
    with pytest.raises(SessionError, match="No space left"):
        log.append(lambda news: b"123456\n")
    assert path.read_bytes() == data
    disk.room = 100
    log.append(lambda news: b"later\n")
    assert path.read_bytes() == b"old\nlater\n"


@pytest.mark.parametrize("room", range(1, 7))
def test_what_cannot_be_taken_back_is_fenced_off(tmp_path, room):
    path = tmp_path / "s"
    disk = FullDisk(room, truncates=False)
    log = attached(path, b"old\n", disk)
    with pytest.raises(SessionError):
        log.append(lambda news: b"123456\n")
    disk.room = 100
    log.append(lambda news: b"later\n")
    assert path.read_bytes() == b"old\n" + b"123456\n"[:room] + b"\nlater\n"


def test_a_cut_write_that_can_go_on_is_finished(tmp_path):
    class Dribbling(Disk):
        def write(self, handle, data):
            return super().write(handle, data[:2])

    path = tmp_path / "s"
    log = attached(path, b"", Dribbling())
    log.append(lambda news: b"123456\n")
    log.append(lambda news: b"7\n")
    assert path.read_bytes() == b"123456\n7\n"


def test_a_write_that_makes_no_progress_ends(tmp_path):
    class Stuck(Disk):
        def write(self, handle, data):
            return super().write(handle, data[:2]) if len(data) == 7 else 0

    path = tmp_path / "s"
    with pytest.raises(SessionError, match="No space left"):
        attached(path, b"a\n", Stuck()).append(lambda news: b"123456\n")
    assert path.read_bytes() == b"a\n"


def test_bytes_of_another_program_are_never_taken_back(tmp_path):
    path = tmp_path / "s"

    class Crowded(Disk):
        def write(self, handle, data):
            super().write(handle, data[:3])
            with path.open("ab") as other:
                other.write(b"theirs\n")
            raise failure()

    log = attached(path, b"old\n", Crowded())
    with pytest.raises(SessionError):
        log.append(lambda news: b"123456\n")
    assert path.read_bytes() == b"old\n123theirs\n"


def test_a_line_another_program_wrote_into_is_not_called_stored(tmp_path):
    path = tmp_path / "s"

    class Crowded(Disk):
        def write(self, handle, data):
            written = super().write(handle, data[:3])
            if written < len(data):
                with path.open("ab") as other:
                    other.write(b"theirs\n")
            return written

    log = attached(path, b"", Crowded())
    with pytest.raises(SessionError, match="Could not write"):
        log.append(lambda news: b"12345\n")
    assert b"theirs\n" in path.read_bytes()


def test_a_whole_line_between_check_and_write_is_told_with_the_next(tmp_path):
    path = tmp_path / "s"
    seen = []

    class Crowded(Disk):
        def write(self, handle, data):
            if data == b"mine\n":
                with path.open("ab") as other:
                    other.write(b"theirs\n")
            return super().write(handle, data)

    log = attached(path, b"", Crowded())
    log.append(lambda news: b"mine\n")
    log.append(lambda news: seen.append(news) or b"next\n")
    assert seen == [b"theirs\nmine\n"]
    assert path.read_bytes() == b"theirs\nmine\nnext\n"


@pytest.mark.parametrize("injury", ["removed", "replaced", "shortened", "folder removed"])
def test_a_file_that_is_not_there_any_more_is_noticed(tmp_path, injury):
    path = tmp_path / "f" / "s"
    path.parent.mkdir()
    log = attached(path, b"one\ntwo\n")
    if injury == "shortened":
        os.truncate(path, 4)
    else:
        path.unlink()
    if injury == "replaced":
        path.write_bytes(b"one\ntwo\nthree\n")
    elif injury == "folder removed":
        path.parent.rmdir()
    with pytest.raises(DisplacedError):
        log.append(lambda news: b"x\n")
    assert not path.exists() or b"x" not in path.read_bytes()


def test_sync_waits_for_the_data_and_of_a_new_file_for_its_name(tmp_path):
    done = []

    class Watched(Disk):
        def sync(self, handle):
            done.append("data")

        def sync_folder(self, path):
            done.append(path)

    log = Log.create(str(tmp_path / "s"), b"x\n", Watched())
    log.sync()
    log.sync()
    log.append(lambda news: b"y\n")
    log.sync()
    assert done == ["data", str(tmp_path), "data"]
    done.clear()
    log = attached(tmp_path / "t", b"x\n", Watched())
    log.sync()
    assert done == []


def test_a_failed_sync_is_told_and_tried_again(tmp_path):
    log = attached(tmp_path / "s", b"x\n", FailingDisk(sync=1))
    log.append(lambda news: b"y\n")
    with pytest.raises(SessionError, match="Could not make durable the session file"):
        log.sync()
    log.sync()


def test_an_unreadable_file_is_told(tmp_path):
    path = tmp_path / "s"
    log = attached(path, b"x\n", FailingDisk(size=1))
    with pytest.raises(SessionError, match="Could not read"):
        log.append(lambda news: b"y\n")
    log.append(lambda news: b"z\n")
    assert path.read_bytes() == b"x\nz\n"


def test_a_refusal_to_make_the_line_writes_nothing(tmp_path):
    path = tmp_path / "s"
    log = attached(path, b"x")

    def refuse(news):
        raise SessionError("no")

    with pytest.raises(SessionError, match="no"):
        log.append(refuse)
    assert path.read_bytes() == b"x"


# --- two writers ---------------------------------------------------------------------------------


def test_the_first_writer_is_known_and_followed(tmp_path):
    path = tmp_path / "s"
    first = attached(path, b"a\n")
    second = Log.attach(str(path), 2, True, Disk())
    assert (first.is_first, second.is_first) == (True, False)
    first.append(lambda news: b"b\n")
    second.append(lambda news: b"c\n")
    assert not second.is_first
    first.append(lambda news: b"d\n")
    first.close()
    second.append(lambda news: b"e\n")
    assert second.is_first, "with the first one gone"
    assert path.read_bytes() == b"a\nb\nc\nd\ne\n"
    assert os.listdir(tmp_path) == ["s"]


def test_a_copy_and_a_plain_reader_are_not_disturbed(tmp_path):
    path = tmp_path / "s"
    log = attached(path, b"a\n")
    log.append(lambda news: b"b\n")
    assert path.read_bytes() == b"a\nb\n"
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes())
    assert Log.attach(str(copy), 4, True, Disk()).is_first


def test_without_locks_everything_works(tmp_path):
    class Lockless(Disk):
        def lock(self, handle):
            return True

        def take_turn(self, handle):
            return False

        def end_turn(self, handle):
            raise AssertionError("no turn was taken")

    path = tmp_path / "s"
    log = attached(path, b"a\n", Lockless())
    log.append(lambda news: b"b\n")
    assert path.read_bytes() == b"a\nb\n"


# --- rewriting -----------------------------------------------------------------------------------


def test_the_whole_content_is_exchanged_and_appending_goes_on(tmp_path):
    path = tmp_path / "s"
    log = attached(path, b"old").rewrite(b"new\n")
    log.append(lambda news: b"x\n")
    assert path.read_bytes() == b"new\nx\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not Log.attach(str(path), 6, True, Disk()).is_first


def test_a_failed_exchange_leaves_everything_as_it_was(tmp_path):
    path = tmp_path / "s"
    log = attached(path, b"old\n", FailingDisk(replace=1))
    with pytest.raises(SessionError, match="Could not rewrite"):
        log.rewrite(b"new\n")
    assert path.read_bytes() == b"old\n"
    log.append(lambda news: b"x\n")
    assert path.read_bytes() == b"old\nx\n"


def test_a_file_others_write_to_is_not_exchanged(tmp_path):
    path = tmp_path / "s"
    first = attached(path, b"old\n")
    second = Log.attach(str(path), 4, True, Disk())
    with pytest.raises(SessionError, match="another process is writing"):
        second.rewrite(b"new\n")
    with path.open("ab") as other:
        other.write(b"more\n")
    with pytest.raises(SessionError, match="another process is writing"):
        first.rewrite(b"new\n")
    assert path.read_bytes() == b"old\nmore\n"


def test_what_is_no_regular_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file") as caught:
        Log.attach(str(tmp_path / "pipe"), 0, True, Disk())
    assert caught.value.errno == errno.EINVAL
