"""The index of sessions: right at any time, made again when it is not, and private."""

from __future__ import annotations

import os
import stat

import pytest

from pi.messages import user_message
from pi.session import Session
from pi.store.disk import Disk
from pi.store.index import Index
from tests.faultydisk import failure
from tests.sessionkit import REPLY, START_MS, content, entry, host, stored, user


class CountingDisk(Disk):
    def __init__(self) -> None:
        self.bytes = 0

    def read_at(self, handle, offset, size):
        data = super().read_at(handle, offset, size)
        self.bytes += len(data)
        return data


class FullForIndex(Disk):
    def put(self, path, data):
        raise failure()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "sessions"


def talk(folder, number, words="hello", seed=None):
    session = Session.create("/p", str(folder), host=host(seed=seed or number + 10))
    session.append_message(user_message(f"{words} {number}", 1))
    session.append_message(REPLY)
    session.close()
    return session.path


def paths_in(folder):
    return [str(path) for path in folder.glob("*.jsonl")]


def index(tmp_path, disk=None):
    return Index(str(tmp_path / "cache" / "sessions.index"), host(disk))


def test_rows_say_what_a_list_needs(tmp_path, folder):
    path = talk(folder, 1, "Fix the\n FLAKY")
    session = Session.open(path, host=host(seed=50))
    session.set_name("flaky test")
    session.close()
    (row,) = index(tmp_path).rows([path, str(tmp_path / "gone.jsonl")])
    assert (row.path, row.id, row.cwd, row.parent) == (path, session.id, "/p", None)
    assert (row.name, row.first, row.messages) == ("flaky test", "Fix the FLAKY 1", 2)
    assert (row.created_ms, row.size) == (START_MS, os.path.getsize(path))
    assert row.written_ms == os.stat(path).st_mtime_ns // 1_000_000


def test_words_are_found_in_names_and_in_what_was_said(tmp_path, folder):
    paths = [talk(folder, n, words) for n, words in enumerate(("Größe eins", "zwei", "drei"))]
    session = Session.open(paths[2], host=host(seed=50))
    session.set_name("Numbers")
    session.close()
    found = index(tmp_path)
    rows = found.rows(paths)
    for words, expected in (
        ("", {0, 1, 2}),
        ("GRÖSSE", set()),
        ("größe", {0}),
        ("hello", {0, 1, 2}),
        ("zwei HELLO", {1}),
        ("numbers drei", {2}),
        ("zwei drei", set()),
        ("\ud800", set()),
    ):
        assert {paths.index(row.path) for row in found.search(rows, words)} == expected, words


def test_only_what_is_new_is_read_again(tmp_path, folder):
    paths = [talk(folder, n, "x" * 400_000) for n in range(4)]
    index(tmp_path).rows(paths)
    file = tmp_path / "cache" / "sessions.index"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    disk = CountingDisk()
    rows = index(tmp_path, disk).rows(paths)
    assert (disk.bytes, len(rows)) == (0, 4)
    session = Session.open(paths[1], host=host(seed=50))
    session.append_message(user_message("needle", 1))
    session.close()
    again = index(tmp_path, disk)
    rows = again.rows(paths)
    assert 0 < disk.bytes < 1000, "from where it ended"
    assert [row.path for row in again.search(rows, "needle")] == [paths[1]]
    assert [row.path for row in again.search(rows, "xx needle")] == [paths[1]]
    assert rows[0].path == paths[1], "the one written last comes first"
    assert rows[0].messages == 3


def test_a_session_that_was_exchanged_or_cut_is_read_anew(tmp_path, folder):
    path = talk(folder, 1, "before")
    found = index(tmp_path)
    found.rows([path])
    os.truncate(path, os.path.getsize(path) - 20)
    assert found.rows([path])[0].messages == 1
    os.unlink(path)
    stored(tmp_path, user("1", None, "after")).rename(path)
    (row,) = found.rows([path])
    assert (row.first, row.messages) == ("after", 1)
    assert found.search([row], "before") == []
    os.unlink(path)
    assert found.rows([path]) == []


def test_a_torn_line_is_read_when_it_is_whole(tmp_path, folder):
    folder.mkdir()
    whole = content(user("1", None, "one"), user("2", "1", "two"))
    path = folder / "s.jsonl"
    path.write_bytes(whole[:-30])
    found = index(tmp_path)
    assert found.rows([str(path)])[0].messages == 1
    path.write_bytes(whole)
    assert found.rows([str(path)])[0].messages == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"junk",
        lambda data: data[: len(data) // 2],
        lambda data: data[:30] + b"#" + data[31:],
        lambda data: b"00000002" + b"00000000" + b"[]",
        lambda data: data + b"more",
    ],
)
def test_a_damaged_index_is_made_again(tmp_path, folder, damage):
    paths = [talk(folder, n, "y" * 600_000) for n in range(2)]
    expected = index(tmp_path).rows(paths)
    file = tmp_path / "cache" / "sessions.index"
    sound = file.read_bytes()
    file.write_bytes(damage(sound))
    assert index(tmp_path).rows(paths) == expected
    assert file.read_bytes() == sound


def test_without_room_for_an_index_there_are_answers_all_the_same(tmp_path, folder):
    paths = [talk(folder, n, "y" * 600_000) for n in range(2)]
    assert len(index(tmp_path, FullForIndex()).rows(paths)) == 2
    assert not (tmp_path / "cache" / "sessions.index").exists()


def test_what_is_no_session_is_not_listed(tmp_path):
    (tmp_path / "a.jsonl").write_text("hello\n")
    (tmp_path / "b.jsonl").write_text("")
    names = stored(tmp_path, entry("session_info", "1", None, name=5), user("2", "1", "x"))
    (row,) = index(tmp_path).rows([str(path) for path in tmp_path.glob("*.jsonl")])
    assert (row.path, row.name) == (str(names), None)
