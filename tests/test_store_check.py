"""Damage is named and mended; nothing that was in the file is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pi.errors import SessionError
from pi.session import Session
from pi.store.check import examine, repair
from pi.store.load import load
from tests.faultydisk import FailingDisk, FullDisk
from tests.sessionkit import answer, content, header, host, line, user

A, B, C = user("1", None, "one"), answer("2", "1", "two"), user("3", "2", "three")
OLD = b"".join(
    line(value)
    for value in (
        {"type": "session", "id": "old", "timestamp": "2026-01-02T03:04:05.678Z", "cwd": "/p"},
        {"type": "message", "timestamp": "x", "message": {"role": "user", "content": "x"}},
    )
)


@pytest.mark.parametrize(
    ("data", "problem", "mended"),
    [
        (content(A, B)[:-1], None, content(A, B)),
        (content(A, b"\n", B), None, content(A, B)),
        (content(A, line(B)[:50]), "unfinished last line", content(A)),
        (content(A, b"{x\n", B), "skipped 1 damaged line (line 3)", content(A, B)),
        (content(A, line(B)[:40] + line(C)), "partly read 1 damaged line", content(A, C)),
        (content(A, b"\0" * 50 + line(B)), "partly read 1 damaged line", content(A, B)),
        (content(A, b"5\n", B), "skipped 1 foreign line", content(A, B)),
        (b"{x\n" + line(A), "first line is damaged", line(header(cwd="")) + line(A)),
    ],
)
def test_what_is_wrong_and_how_it_reads_without(tmp_path, data, problem, mended):
    path = tmp_path / f"2026-01-02T03-04-05-678Z_{header()['id']}.jsonl"
    path.write_bytes(data)
    found = examine(data, str(path), host())
    assert found.mended == mended
    assert found.is_damaged is (problem is not None)
    before = Session.open(str(path), is_read_only=True, host=host())
    backup = repair(str(path), host())
    if problem is None:
        assert (backup, path.read_bytes()) == (None, data)
        return
    assert any(problem in text for text in found.problems)
    assert path.read_bytes() == mended
    assert Path(backup).read_bytes() == data
    after = Session.open(str(path), is_read_only=True, host=host())
    assert (after.entries(), after.header) == (before.entries(), before.header)
    assert after.warnings == []
    assert repair(str(path), host()) is None, "once is enough"


def test_a_damaged_file_of_an_old_format_becomes_a_current_one(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_bytes(OLD + b"#\n")
    assert "old format" in examine(OLD, str(path), host()).notes[0]
    repair(str(path), host())
    loaded = load(path.read_bytes(), str(path), host())
    assert (loaded.header["version"], len(loaded.entries), loaded.is_old) == (3, 1, False)


def test_oddities_are_mentioned_and_left_alone(tmp_path):
    data = content(A, user("9", "lost"), user("1", "9"), {"type": "x"})
    found = examine(data, "/s.jsonl", host())
    assert not found.is_damaged
    notes = " / ".join(found.notes)
    assert "parent is missing: 1" in notes
    assert "id of another: 1" in notes
    assert "without an id: 1" in notes


def test_a_session_that_is_open_elsewhere_is_not_touched(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_bytes(content(A, b"#\n"))
    session = Session.open(str(path), host=host())
    with pytest.raises(SessionError, match="another program has the session open"):
        repair(str(path), host())
    assert path.read_bytes() == content(A, b"#\n")
    assert [found.name for found in tmp_path.iterdir()] == ["s.jsonl"]
    session.close()
    assert repair(str(path), host()) == str(tmp_path / "s.damaged-1")
    path.write_bytes(content(A, b"##\n"))
    assert repair(str(path), host()) == str(tmp_path / "s.damaged-2")


@pytest.mark.parametrize(
    "disk",
    [FullDisk(10), FailingDisk(replace=1), FailingDisk(sync=1), FailingDisk(open=1)],
    ids=["full", "replace", "sync", "open"],
)
def test_a_repair_that_fails_changes_nothing(tmp_path, disk):
    path = tmp_path / "s.jsonl"
    path.write_bytes(content(A, b"#\n"))
    with pytest.raises(SessionError, match="Could not"):
        repair(str(path), host(disk))
    assert path.read_bytes() == content(A, b"#\n")
    for left in tmp_path.iterdir():
        assert left.read_bytes() == content(A, b"#\n"), "a backup is whole or not there"


def test_what_is_no_session_is_refused(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_bytes(b"hello\n")
    with pytest.raises(SessionError, match="not a valid"):
        repair(str(path), host())
    with pytest.raises(SessionError, match="No such file"):
        repair(str(tmp_path / "none.jsonl"), host())


def test_any_damage_is_mended_without_losing_an_entry(tmp_path):
    chance = random.Random(8)
    whole = content(A, B, C)
    path = tmp_path / "s.jsonl"
    for turn in range(200):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(line(header())), len(data))] = chance.randrange(256)
        path.write_bytes(data)
        before = load(bytes(data), str(path), host())
        repair(str(path), host())
        after = load(path.read_bytes(), str(path), host())
        assert after.entries == before.entries, turn
        assert after.warnings == [] or "without an id" in after.warnings[0]
