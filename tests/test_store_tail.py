"""A file read from its end answers as one read as a whole."""

from __future__ import annotations

import os
import random

import pytest

from pi.errors import SessionError
from pi.messages import user_message
from pi.session import Session
from pi.store import tail
from pi.store.disk import Disk
from pi.store.tail import open_tail
from pi.value import replace
from tests.sessionkit import answer, entry, header, host, ids, line, lines_of, user

LONG = os.environ.get("PI_TEST_LONG") == "1"


class CountingDisk(Disk):
    """Counts the bytes that were read."""

    def __init__(self) -> None:
        self.bytes = 0

    def read(self, path):
        data = super().read(path)
        self.bytes += len(data)
        return data

    def read_at(self, handle, offset, size):
        data = super().read_at(handle, offset, size)
        self.bytes += len(data)
        return data


def lazy(disk=None, seed=1):
    return replace(host(disk, seed), whole_bytes=0)


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces of a few lines, so that small files have many."""
    monkeypatch.setattr(tail, "_HEAD_BYTES", 200)
    monkeypatch.setattr(tail, "_FIRST_PIECE", 400)
    monkeypatch.setattr(tail, "_GREATEST_PIECE", 900)
    monkeypatch.setattr(tail, "_SEARCH_PIECE", 500)


def long_session(path, count=4000, compaction_at=None, kept=3):
    """A chain of messages with one choice of a level at its start; returns the entries."""
    entries = [entry("thinking_level_change", "t", None, thinkingLevel="high")]
    for number in range(count):
        entry_id, parent = f"e{number}", entries[-1]["id"]
        if number == compaction_at:
            fields = {"summary": "S", "firstKeptEntryId": f"e{number - kept}", "tokensBefore": 5}
            entries.append(entry("compaction", entry_id, parent, **fields))
        elif number % 2:
            entries.append(answer(entry_id, parent, "a" * 300))
        else:
            entries.append(user(entry_id, parent, f"u{number} " + "x" * 300))
    path.write_bytes(b"".join(map(line, [header(), *entries])))
    return entries


def whole_view(path):
    return Session.open(str(path), is_read_only=True, host=replace(host(), whole_bytes=1 << 40))


def answers(session) -> dict:
    """All that can be asked of a session; the cheap questions first."""
    found = {
        "level": session.thinking_level(),
        "model": session.model(),
        "name": session.name(),
        "context": session.context(),
        "leaf": session.leaf_id,
        "branch": session.branch(),
        "nested": repr(session.nested()),
        "entries": session.entries(),
    }
    for known in session.entries():
        found[known["id"]] = (session.tree.get(known["id"]), session.branch(known["id"]))
    return found


def test_a_resume_reads_what_the_model_will_see_and_no_more(tmp_path):
    path = tmp_path / "s.jsonl"
    written = long_session(path, compaction_at=3900)
    disk = CountingDisk()
    session = Session.open(str(path), host=lazy(disk))
    context = session.context()
    assert "<summary>\nS\n</summary>" in context[0]["content"][0]["text"]
    assert len(context) == 1 + 3 + 99
    assert session.model() == ("mock", "m1")
    session.append_message(user_message("go on", 1))
    assert disk.bytes < 500_000 < path.stat().st_size
    assert not session.tree.is_complete
    assert session.thinking_level() == "high", "found on the branch, by searching"
    assert session.name() is None
    assert not session.tree.is_complete
    assert session.entries()[:-1] == written
    assert session.tree.is_complete


def test_appending_costs_the_same_in_a_large_file(tmp_path):
    path = tmp_path / "s.jsonl"
    long_session(path)
    disk = CountingDisk()
    session = Session.open(str(path), host=lazy(disk))
    before = disk.bytes
    added = [session.append_message(user_message(str(n), 1)) for n in range(50)]
    assert disk.bytes == before, "nothing is read to append"
    assert [found["id"] for found in lines_of(path)[-50:]] == ids(added)
    assert len(set(ids(session.entries()))) == 4051
    assert session.branch() == session.entries()


def random_entries(chance, count):
    """Entries with branches, roots, lost and later parents, colliding ids and all kinds."""
    known = [None, "lost"]
    kinds = ["message", "label", "session_info", "thinking_level_change", "compaction", "odd"]
    found = []
    for number in range(count):
        entry_id = chance.choice(known[2:]) if known[2:] and chance.random() < 0.05 else str(number)
        parent = known[-1] if chance.random() < 0.8 else chance.choice([*known, str(number + 3)])
        kind = chance.choices(kinds, [10, 1, 1, 1, 1, 1])[0]
        if kind == "message":
            made = user if chance.random() < 0.5 else answer
            found.append(made(entry_id, parent, "x" * chance.randrange(200)))
        else:
            fields = {
                "label": {"targetId": chance.choice(known), "label": chance.choice(["L", ""])},
                "session_info": {"name": chance.choice(["N1", "N2", " "])},
                "thinking_level_change": {"thinkingLevel": chance.choice(["low", "high", ""])},
                "compaction": {"summary": "S", "firstKeptEntryId": chance.choice(known)},
                "odd": {"x": '{"type":"session_info","id":"1","parentId":null}'},
            }[kind]
            found.append(entry(kind, entry_id, parent, **fields))
        known.append(entry_id)
    return found


@pytest.mark.usefixtures("small_pieces")
def test_random_trees_read_the_same_from_either_end(tmp_path):
    chance = random.Random(3)
    path = tmp_path / "s.jsonl"
    for turn in range(300 if LONG else 40):
        lines = [line(header()), *map(line, random_entries(chance, chance.randrange(2, 60)))]
        if turn % 3 == 0:  # damage, blank lines, other spellings
            for _ in range(chance.randrange(4)):
                at = chance.randrange(1, len(lines))
                torn = lines[at][: chance.randrange(len(lines[at]))] or b"{"
                spaced = lines[at].replace(b'":', b'": ')
                lines[at] = chance.choice([torn, torn + b"\n", b"\n", b"\0" * 9 + b"\n", spaced])
        path.write_bytes(b"".join(lines))
        expected = answers(whole_view(path))
        opened = open_tail(str(path), lazy())
        assert opened is not None or turn % 3 == 0
        session = Session.open(str(path), is_read_only=True, host=lazy())
        assert answers(session) == expected, turn
        session.close()
        for question in ("thinking_level", "name", "model", "branch", "labels"):
            session = Session.open(str(path), is_read_only=True, host=lazy())
            ask = session.tree.labels if question == "labels" else getattr(session, question)
            other = whole_view(path)
            want = other.tree.labels if question == "labels" else getattr(other, question)
            assert ask() == want(), (turn, question)
            session.close()


@pytest.mark.usefixtures("small_pieces")
def test_damage_is_reported_with_its_offset(tmp_path):
    path = tmp_path / "s.jsonl"
    long_session(path, 40)
    data = path.read_bytes()
    start = data.index(line(user("e10", "e9", "u10 " + "x" * 300)))
    path.write_bytes(data[:start] + b"#" + data[start:])
    session = Session.open(str(path), is_read_only=True, host=lazy())
    assert session.warnings == []
    assert len(session.entries()) == 41, "made out in the damaged line"
    assert session.warnings == [f"{path}: partly read 1 damaged line (byte {start})"]


def test_an_unlinked_file_is_written_anew_in_full(tmp_path):
    path = tmp_path / "s.jsonl"
    written = long_session(path)
    session = Session.open(str(path), host=lazy())
    path.unlink()
    added = session.append_message(user_message("after", 1))
    assert lines_of(path)[1:] == [*written, added]
    assert "written anew" in session.warnings[-1]


def test_a_file_cut_short_under_us_is_an_error_in_one_line(tmp_path):
    path = tmp_path / "s.jsonl"
    long_session(path)
    session = Session.open(str(path), is_read_only=True, host=lazy())
    os.truncate(path, 5000)
    with pytest.raises(SessionError, match="cut short by another program"):
        session.entries()
    session.close()
    with pytest.raises(SessionError, match="closed"):
        session.entries()


def test_what_another_program_appends_is_taken_in_without_reading_all(tmp_path):
    path = tmp_path / "s.jsonl"
    long_session(path)
    first = Session.open(str(path), host=lazy(seed=1))
    second = Session.open(str(path), host=lazy(seed=2))
    theirs = second.append_message(user_message("theirs", 1))
    mine = first.append_message(user_message("mine", 1))
    assert not first.tree.is_complete
    assert ids(first.entries()[-2:]) == [theirs["id"], mine["id"]]
    assert theirs["parentId"] == mine["parentId"] == "e3999"


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"junk\n",
        line(header(version=2)),
        line(header(version=4)),
        line(header(cwd="")),
        line(header(cwd="x" * 100_000)),
    ],
)
def test_other_files_are_read_as_a_whole(tmp_path, first):
    path = tmp_path / "s.jsonl"
    path.write_bytes(first + line(user("1", None)))
    assert open_tail(str(path), lazy()) is None


def test_the_files_handle_is_given_back(tmp_path):
    path = tmp_path / "s.jsonl"
    long_session(path)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(5):
        session = Session.open(str(path), host=lazy())
        session.append_message(user_message("x", 1))
        session.close()
        Session.open(str(path), is_read_only=True, host=lazy()).entries()
    after = len(os.listdir("/proc/self/fd")) if before else 0
    assert after == before
