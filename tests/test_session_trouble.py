"""What goes wrong while a session is open: full disks, files that vanish, many threads."""

from __future__ import annotations

import json
import os
import threading

import pytest

from pi.errors import SessionError
from pi.messages import user_message
from pi.session import Session
from tests.faultydisk import FullDisk
from tests.sessionkit import (
    REPLY,
    content,
    header,
    host,
    ids,
    line,
    lines_of,
    only_file,
    stored,
    user,
)


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_full_disk_loses_nothing_and_the_session_goes_on(tmp_path, room):
    disk = FullDisk(10_000)
    session = Session.create("/p", str(tmp_path), host=host(disk))
    first = session.append_message(user_message("hi", 1))
    disk.room = room
    for _ in range(3):
        with pytest.raises(SessionError, match="No space left on device"):
            session.append_message({**REPLY, "x": "y" * 200})
    assert (session.entries(), session.leaf_id) == ([first], first["id"])
    assert lines_of(only_file(tmp_path))[1:] == [first]
    disk.room = 10_000
    made = session.append_message(REPLY)
    assert made["parentId"] == first["id"]
    assert lines_of(only_file(tmp_path))[1:] == [first, made]


def test_a_full_disk_at_the_first_message_leaves_no_file(tmp_path):
    disk = FullDisk(50)
    session = Session.create("/p", str(tmp_path), host=host(disk))
    session.append("model_change", provider="p", modelId="q")
    with pytest.raises(SessionError, match="No space left"):
        session.append_message(user_message("hi", 1))
    assert os.listdir(tmp_path) == []
    disk.room = 10_000
    session.append_message(user_message("hi", 1))
    assert len(lines_of(only_file(tmp_path))) == 3


@pytest.mark.parametrize("what", ["file", "folder", "emptied"])
def test_a_removed_file_is_written_anew_with_everything(tmp_path, what):
    folder = tmp_path / "s"
    session = Session.create("/p", str(folder), host=host())
    session.append_message(user_message("hi", 1))
    path = only_file(folder)
    if what == "emptied":
        os.truncate(path, 0)
    else:
        path.unlink()
    if what == "folder":
        folder.rmdir()
    session.append_message(REPLY)
    session.append_message(user_message("more", 1))
    session.sync()
    head, *entries = lines_of(path)
    assert (head, entries) == (session.header, session.entries())
    assert "removed" in session.warnings[0]


def test_a_file_exchanged_for_its_copy_is_gone_on_with(tmp_path):
    path = stored(tmp_path, user("1", None))
    session = Session.open(str(path), host=host())
    other = user("9", "1", "edited by hand")
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes() + line(other))
    os.replace(copy, path)
    made = session.append_message(REPLY)
    assert lines_of(path)[1:] == [user("1", None), other, made]
    assert made["parentId"] == "1"
    assert ids(session.entries()) == ["1", "9", made["id"]]


@pytest.mark.parametrize(
    "data", [line(header(id="other")) + line(user("1", None)), content(), b"junk\n"]
)
def test_a_strange_file_in_its_place_is_not_written_to(tmp_path, data):
    path = stored(tmp_path, user("1", None))
    session = Session.open(str(path), host=host())
    path.unlink()
    path.write_bytes(data)
    for _ in range(2):
        with pytest.raises(SessionError, match=r"replaced or cut short|not a valid pi session"):
            session.append_message(REPLY)
    assert (path.read_bytes(), len(session.entries())) == (data, 1)
    path.unlink()
    session.append_message(REPLY)
    assert lines_of(path)[1:] == session.entries()


def test_verbs_may_come_from_many_threads(tmp_path):
    session = Session.create("/p", str(tmp_path), host=host())
    session.append_message(user_message("hi", 1))

    def work(number):
        for turn in range(25):
            session.append("custom", customType="x", data=[number, turn])
            session.sync()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    entries = lines_of(only_file(tmp_path))[1:]
    assert entries == session.entries()
    assert [found["parentId"] for found in entries[1:]] == ids(entries)[:-1]
    assert len(entries) == 101


def test_the_file_reads_back_as_strict_json_of_one_line_each(tmp_path):
    session = Session.create("/p/ü", str(tmp_path), host=host())
    session.append_message(user_message("a\u2028b\x85c\r\nd\x00e", 1))
    raw = only_file(tmp_path).read_bytes()
    assert raw.count(b"\n") == 2
    assert "a\u2028b\x85c".encode() in raw
    assert json.loads(raw.split(b"\n")[1]) == session.entries()[0]
