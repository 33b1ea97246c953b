from __future__ import annotations

import os
import stat

import pytest

from pi.errors import SessionError, UsageError
from pi.messages import user_message
from pi.session import Session
from pi.store.disk import Disk
from tests.faultydisk import FailingDisk
from tests.sessionkit import (
    REPLY,
    SESSION_ID,
    START,
    answer,
    content,
    entry,
    header,
    host,
    ids,
    line,
    lines_of,
    only_file,
    stored,
    texts,
    user,
)

# --- a new session -------------------------------------------------------------------------------


def test_a_first_exchange_gives_a_private_file_of_the_known_form(tmp_path):
    folder = tmp_path / "sessions" / "--p--"
    session = Session.create("/p", str(folder), host=host(step_ms=0))
    session.set_name("my\nname ")
    session.append("model_change", provider="mock", modelId="m1")
    session.append_message({"role": "system", "content": "", "sections": {}, "timestamp": 1})
    session.append_message({"role": "bashExecution", "command": "ls", "output": ""})
    assert not (tmp_path / "sessions").exists(), "nothing was said yet"
    first = session.append_message(user_message("hi", 1))
    path = only_file(folder)
    assert str(path) == session.path
    assert path.name == f"2026-01-02T03-04-05-678Z_{session.id}.jsonl"
    session.append_message(REPLY)
    session.sync()
    head, *entries = lines_of(path)
    assert head == header(id=session.id)
    assert list(head) == ["type", "version", "id", "timestamp", "cwd"]
    assert entries == session.entries()
    assert [found["type"] for found in entries] == [
        "session_info",
        "model_change",
        "message",
        "message",
        "message",
        "message",
    ]
    assert entries[0]["name"] == "my name"
    assert list(entries[4]) == ["type", "id", "parentId", "timestamp", "message"]
    assert entries[4] == first
    assert first["timestamp"] == START
    assert [found["parentId"] for found in entries] == [None, *ids(entries)[:-1]]
    assert len(set(ids(entries))) == 6
    assert all(len(found) == 8 for found in ids(entries))
    assert [stat.S_IMODE(where.stat().st_mode) for where in (path, folder)] == [0o600, 0o700]


@pytest.mark.parametrize("opener", [user_message("hi", 1), REPLY])
def test_either_side_may_begin(tmp_path, opener):
    session = Session.create("/p", str(tmp_path / "s"), host=host())
    session.append_message(opener)
    assert len(lines_of(only_file(tmp_path / "s"))) == 2


def test_a_session_in_memory_never_touches_the_disk(tmp_path, monkeypatch):
    class NoDisk(Disk):
        def __getattribute__(self, name):
            raise AssertionError(f"touched: {name}")

    monkeypatch.chdir(tmp_path)
    session = Session.in_memory("/p", host=host(NoDisk()))
    session.append_message(user_message("hi", 1))
    session.append_message(REPLY)
    branch = session.branch_off(session.leaf_id)
    branch.append_message(user_message("more", 1))
    session.sync()
    session.close()
    assert (session.path, branch.path) == (None, None)
    assert texts(branch.context()) == ["u:hi", "a:hello", "u:more"]
    assert os.listdir(tmp_path) == []
    assert session.append_message(REPLY)["parentId"] == session.entries()[1]["id"]


def test_an_id_may_be_chosen(tmp_path):
    session = Session.create("/p", str(tmp_path), session_id="my.id-1", host=host())
    assert (session.id, session.path.endswith("Z_my.id-1.jsonl")) == ("my.id-1", True)
    with pytest.raises(UsageError, match="Invalid session id"):
        Session.create("/p", str(tmp_path), session_id="../x", host=host())


def test_lone_surrogates_and_nan_are_stored_as_they_will_be_read(tmp_path):
    session = Session.create("/p", str(tmp_path), host=host())
    made = session.append_message(user_message("a\ud83cb", 1))
    again = session.append("custom", customType="x", data=[float("nan"), "\ud83d\ude00"])
    assert made["message"]["content"][0]["text"] == "a\ufffdb"
    assert again["data"] == [None, "\U0001f600"]
    assert lines_of(only_file(tmp_path))[1:] == session.entries() == [made, again]


def test_any_field_name_may_be_stored(tmp_path):
    session = Session.in_memory("/p", host=host())
    made = session.append("usage", kind="warm", entry_type="x", self="y", fields=1)
    assert (made["kind"], made["entry_type"], made["self"], made["fields"]) == ("warm", "x", "y", 1)


def test_an_entry_that_is_no_json_is_refused_and_nothing_changes(tmp_path):
    session = Session.create("/p", str(tmp_path), host=host())
    session.append_message(user_message("hi", 1))
    before = only_file(tmp_path).read_bytes()
    with pytest.raises(SessionError, match="cannot be stored as JSON"):
        session.append("custom", data=object())
    assert (only_file(tmp_path).read_bytes(), len(session.entries())) == (before, 1)


def test_names(tmp_path):
    session = Session.in_memory("/p", host=host())
    assert session.name() is None
    with pytest.raises(SessionError, match="Session name cannot be empty"):
        session.set_name(" \n ")
    session.set_name(" one\r\ntwo ")
    assert session.name() == "one two"
    session.append("session_info", name=5)
    assert session.name() is None
    session.append("session_info", name="  \n")
    assert session.name() is None


# --- an existing one -----------------------------------------------------------------------------


def test_a_session_is_resumed_where_it_ended(tmp_path):
    level = entry("thinking_level_change", "3", "2", thinkingLevel="high")
    path = stored(tmp_path, user("1", None), answer("2", "1"), level)
    session = Session.open(str(path), host=host())
    assert (session.id, session.cwd, session.leaf_id) == (SESSION_ID, "/p", "3")
    assert (session.model(), session.thinking_level()) == (("mock", "m1"), "high")
    assert texts(session.context()) == ["u:u", "a:a"]
    assert session.warnings == []
    before = path.read_bytes()
    made = session.append_message(user_message("more", 3))
    assert made["parentId"] == "3"
    assert path.read_bytes() == before + line(made)


def test_opening_and_closing_writes_nothing(tmp_path):
    path = tmp_path / "s.jsonl"
    data = content(user("1", None), b"{broken\n", b'{"torn')
    path.write_bytes(data)
    session = Session.open(str(path), host=host())
    session.context()
    session.sync()
    session.close()
    assert path.read_bytes() == data
    assert session.warnings == [
        f"{path}: skipped 1 damaged line (line 3)",
        f"{path}: skipped 1 unfinished last line (line 4)",
    ]


@pytest.mark.parametrize(
    "tail", [b'{"torn', line(answer("2", "1"))[:-1], b"\0" * 70, b"\xff", b" "]
)
def test_an_unfinished_line_is_fenced_before_the_next(tmp_path, tail):
    path = tmp_path / "s.jsonl"
    data = content(user("1", None)) + tail
    path.write_bytes(data)
    session = Session.open(str(path), host=host())
    made = session.append_message(user_message("x", 1))
    assert path.read_bytes() == data + b"\n" + line(made)
    again = Session.open(str(path), host=host())
    assert (again.leaf_id, again.entries()) == (made["id"], session.entries())


def test_a_damaged_first_line_is_replaced_only_by_the_first_append(tmp_path):
    path = tmp_path / f"2026-01-02T03-04-05-678Z_{SESSION_ID}.jsonl"
    data = b'{"type":"session","ver\n' + line(user("1", None)) + b'{"torn'
    path.write_bytes(data)
    session = Session.open(str(path), cwd="/here", host=host())
    assert (session.id, session.cwd, path.read_bytes()) == (SESSION_ID, "/here", data)
    made = session.append_message(user_message("x", 1))
    assert made["parentId"] == "1"
    assert path.read_bytes() == line(header(cwd="")) + data + b"\n" + line(made)
    assert ids(Session.open(str(path), host=host()).entries()) == ["1", made["id"]]


def test_an_old_file_is_brought_up_to_date_at_once_and_stays_private(tmp_path):
    path = tmp_path / "s.jsonl"
    old = {"type": "session", "id": "old", "timestamp": START, "cwd": "/p"}
    said = {"type": "message", "timestamp": START, "message": {"role": "user", "content": "hi"}}
    path.write_bytes(line(old) + line(said))
    path.chmod(0o644)
    session = Session.open(str(path), host=host())
    head, first = lines_of(path)
    assert (head["version"], first["parentId"], len(first["id"])) == (3, None, 8)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = session.append_message(REPLY)
    assert lines_of(path)[1:] == session.entries()
    assert made["parentId"] == first["id"]


def test_an_old_file_that_cannot_be_rewritten_is_read_and_left_whole(tmp_path):
    path = tmp_path / "s.jsonl"
    data = line({"type": "session", "id": "old", "timestamp": START, "cwd": "/p"})
    data += line({"type": "message", "message": {"role": "user", "content": "hi"}})
    path.write_bytes(data)
    session = Session.open(str(path), host=host(FailingDisk(replace=2)))
    assert "Could not rewrite" in session.warnings[0]
    assert session.context()[0]["content"] == "hi"
    with pytest.raises(SessionError, match="Could not rewrite"):
        session.append_message(REPLY)
    assert path.read_bytes() == data
    assert len(session.entries()) == 1
    session.append_message(REPLY)
    assert [found["type"] for found in lines_of(path)] == ["session", "message", "message"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_missing_or_empty_file_becomes_a_session(tmp_path, exists):
    path = tmp_path / "new.jsonl"
    if exists:
        path.write_bytes(b"")
    session = Session.open(str(path), cwd="/p", host=host())
    assert (session.cwd, session.path, session.entries()) == ("/p", str(path), [])
    assert path.exists() is exists
    session.append("model_change", provider="p", modelId="q")
    session.append_message(user_message("hi", 1))
    assert [found["type"] for found in lines_of(path)] == ["session", "model_change", "message"]
    session.append_message(REPLY)
    assert lines_of(path)[1:] == session.entries()


def test_two_who_begin_in_one_empty_file_do_not_mix(tmp_path):
    path = tmp_path / "new.jsonl"
    path.write_bytes(b"")
    first, second = (Session.open(str(path), cwd="/p", host=host(seed=n)) for n in (1, 2))
    first.append_message(user_message("first", 1))
    before = path.read_bytes()
    with pytest.raises(SessionError, match="exists already"):
        second.append_message(user_message("second", 1))
    assert path.read_bytes() == before
    assert second.entries() == []


@pytest.mark.parametrize("data", [b"hello\n", b"\x89PNG\n", b'{"role":"user"}\n'])
def test_another_file_is_refused_and_untouched(tmp_path, data):
    path = tmp_path / "text.jsonl"
    path.write_bytes(data)
    with pytest.raises(SessionError, match="not a valid pi session"):
        Session.open(str(path), host=host())
    assert path.read_bytes() == data


def test_what_cannot_be_read_is_one_line(tmp_path):
    with pytest.raises(SessionError, match=f"Could not read the session file {tmp_path}: Is a dir"):
        Session.open(str(tmp_path), host=host())
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SessionError, match="named pipe"):
        Session.open(str(tmp_path / "pipe"), host=host())
    with pytest.raises(SessionError, match="File not found: "):
        Session.open(str(tmp_path / "none"), is_read_only=True, host=host())


def test_a_file_that_cannot_be_written_can_be_read(tmp_path):
    path = stored(tmp_path, user("1", None))
    session = Session.open(str(path), host=host(FailingDisk(open=1)))
    assert "cannot be written: Input/output error; nothing new will be kept" in session.warnings[0]
    assert texts(session.context()) == ["u:u"]
    with pytest.raises(SessionError, match="cannot be written"):
        session.append_message(REPLY)


def test_read_only_means_it(tmp_path):
    path = tmp_path / "s.jsonl"
    old = line({"type": "session", "id": "old"}) + line({"type": "x"}) + b"torn"
    path.write_bytes(old)
    session = Session.open(str(path), is_read_only=True, host=host())
    with pytest.raises(SessionError, match="opened for reading only"):
        session.append_message(REPLY)
    session.sync()
    session.close()
    assert (path.read_bytes(), session.entries()[0]["type"]) == (old, "x")
    assert Session.open(str(path), host=host()).warnings[:1] == [
        f"{path}: skipped 1 unfinished last line (line 3)"
    ], "a reader holds no lock"


@pytest.mark.parametrize("cwd", [..., None, 5, ""])
def test_a_header_without_a_working_directory_takes_the_given_one(tmp_path, cwd):
    path = tmp_path / "s.jsonl"
    path.write_bytes(line(header(cwd=cwd)) + line(user("1", None)))
    assert Session.open(str(path), cwd="/here", host=host()).cwd == "/here"


def test_after_close_nothing_can_be_stored(tmp_path):
    session = Session.create("/p", str(tmp_path), host=host())
    session.append_message(user_message("hi", 1))
    session.close()
    session.close()
    with pytest.raises(SessionError, match="has been closed"):
        session.append_message(REPLY)
    assert len(session.entries()) == 1


# --- branches, forks -----------------------------------------------------------------------------


def test_going_back_begins_a_branch_in_the_same_file(tmp_path):
    session = Session.create("/p", str(tmp_path), host=host())
    first = session.append_message(user_message("one", 1))
    session.append_message(REPLY)
    session.move_to(first["id"])
    made = session.append_message({**REPLY, "content": []})
    assert made["parentId"] == first["id"]
    session.move_to(None)
    assert (session.context(), session.leaf_id) == ([], None)
    root = session.append_message(user_message("two", 1))
    assert root["parentId"] is None
    with pytest.raises(SessionError, match="Entry zz not found"):
        session.move_to("zz")
    again = Session.open(session.path, host=host())
    assert texts(again.context()) == ["u:two"]
    assert ids(again.branch(made["id"])) == [first["id"], made["id"]]


def test_a_fork_has_everything_and_leaves_the_source_alone(tmp_path):
    odd = entry("mystery", "2", "1", z=1.0)
    source = stored(tmp_path, user("1", None), b"{broken\n", b"\n", odd, answer("3", "1"), b"torn")
    before = source.read_bytes()
    fork = Session.fork(str(source), "/q", str(tmp_path / "q"), session_id="mine", host=host())
    path = only_file(tmp_path / "q")
    head, *entries = lines_of(path)
    assert head == header(
        id="mine", cwd="/q", parentSession=str(source), timestamp=head["timestamp"]
    )
    assert entries == [user("1", None), odd, answer("3", "1")] == fork.entries()
    assert path.read_bytes().split(b"\n")[2] == line(odd).strip()
    assert fork.append_message(user_message("x", 1))["parentId"] == "3"
    assert source.read_bytes() == before
    assert any("damaged" in text for text in fork.warnings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_fork_of_an_old_file_is_current(tmp_path):
    source = tmp_path / "old.jsonl"
    data = line({"type": "session", "id": "old", "cwd": "/p"})
    data += line({"type": "message", "message": {"role": "user", "content": "hi"}})
    source.write_bytes(data)
    fork = Session.fork(str(source), "/q", str(tmp_path / "q"), host=host())
    assert lines_of(only_file(tmp_path / "q"))[1]["parentId"] is None
    assert fork.header["version"] == 3
    assert source.read_bytes() == data


def test_a_fork_of_nothing_said_waits_with_its_file(tmp_path):
    source = stored(tmp_path, entry("model_change", "1", None, provider="p", modelId="q"))
    fork = Session.fork(str(source), "/q", str(tmp_path / "q"), host=host())
    assert not (tmp_path / "q").exists()
    fork.append_message(user_message("x", 1))
    assert len(lines_of(only_file(tmp_path / "q"))) == 3


@pytest.mark.parametrize("data", [None, b"", b"hello\n"])
def test_a_fork_of_no_session_fails(tmp_path, data):
    source = tmp_path / "x.jsonl"
    if data is not None:
        source.write_bytes(data)
    with pytest.raises(SessionError, match=str(source)):
        Session.fork(str(source), "/q", str(tmp_path / "q"), host=host())
    assert not (tmp_path / "q").exists()


def test_a_branch_becomes_a_session_beside_its_source(tmp_path):
    session = Session.create("/p", str(tmp_path), host=host())
    first = session.append_message(user_message("one", 1))
    second = session.append_message(REPLY)
    session.append("label", targetId=first["id"], label="L")
    session.append_message(user_message("two", 1))
    clone = session.branch_off(second["id"])
    head, *entries = lines_of(tmp_path / os.path.basename(clone.path))
    assert (head["parentSession"], head["cwd"]) == (session.path, "/p")
    assert entries[:2] == [first, second]
    assert (entries[2]["targetId"], entries[2]["parentId"]) == (first["id"], second["id"])
    empty = session.branch_off(None, str(tmp_path / "other"))
    assert (empty.entries(), os.path.exists(empty.path)) == ([], False)
    assert empty.header["parentSession"] == session.path
    with pytest.raises(SessionError, match="Entry zz not found"):
        session.branch_off("zz")
