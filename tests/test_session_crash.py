"""Nothing acknowledged is lost, nothing torn stops a load: by every byte, by power, by SIGKILL."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from pi.errors import SessionError
from pi.messages import user_message
from pi.session import Session
from pi.value import replace
from tests.faultydisk import DyingDisk, ForgettingDisk, FullDisk, OnceFailingDisk, PowerOff
from tests.sessionkit import START, host, line, lines_of

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LONG = os.environ.get("PI_TEST_LONG") == "1"


OLD_FILE = b"".join(
    (
        line({"type": "session", "id": "old", "timestamp": START, "cwd": "/p"}),
        line({"type": "message", "timestamp": START, "message": {"role": "user", "content": "x"}}),
    )
)


def talk(folder, machine, acknowledged, path=None):
    """A short conversation; every entry the session called stored and synced is noted."""
    if path is None:
        session = Session.create("/p", str(folder), session_id="s", host=machine)
    else:
        session = Session.open(path, cwd="/p", host=machine)
    steps = [
        lambda: session.append("model_change", provider="p", modelId="q"),
        lambda: session.append_message(user_message("hi", 1)),
        lambda: session.append_message({"role": "assistant", "content": [{"text": "ü" * 20}]}),
        lambda: session.append("custom", customType="x", data="\u2028" * 5),
    ]
    for step in steps:
        try:
            entry = step()
            session.sync()
        except SessionError:
            continue
        acknowledged.append(entry)
    return session


def reopened(folder, may_be_old=False):
    """What is found afterwards, going on from there: the entries on disk after one more."""
    names = os.listdir(folder) if os.path.exists(folder) else []
    if not names:
        return []
    path = os.path.join(folder, names[0])
    size = os.path.getsize(path)
    session = Session.open(path, host=host(seed=2))
    grown = os.path.getsize(path) - size
    assert grown == 0 or (may_be_old and grown > 0), "loading changes nothing, or migrates"
    found = session.entries()
    added = session.append_message(user_message("after", 1))
    session.close()
    assert entries_at(path) == [*found, added]
    assert os.path.getsize(path) > size
    return found


def entries_at(path):
    """The entries a session of our own finds in a file."""
    session = Session.open(str(path), host=host())
    try:
        return session.entries()
    finally:
        session.close()


def stored_prefix(acknowledged, found) -> bool:
    """Entries before the first message need no file; all others that were acknowledged are there,
    in order, and at most one more."""
    said = any(entry["type"] == "message" for entry in acknowledged)
    return not said or (found[: len(acknowledged)] == acknowledged)


def test_dying_at_every_byte_of_every_write(tmp_path):
    whole: list = []
    session = talk(tmp_path / "whole", host(), whole)
    size = os.path.getsize(session.path)
    assert size > 600
    for budget in range(size + 1):
        folder = tmp_path / str(budget)
        acknowledged: list = []
        try:
            talk(folder, host(DyingDisk(budget)), acknowledged)
        except PowerOff:
            pass
        else:
            assert budget == size
        found = reopened(folder)
        assert stored_prefix(acknowledged, found), budget
        assert found == whole[: len(found)], "nothing but what was said, in its order"


def long_talk(path, machine, acknowledged):
    """A conversation of 200 entries."""
    session = Session.open(path, cwd="/p", host=machine)
    for number in range(200):
        entry = session.append_message(user_message(f"{number} " + "ü" * (number % 40), 1))
        session.sync()
        acknowledged.append(entry)
    return session


@pytest.mark.slow
def test_dying_within_a_long_session_keeps_what_was_acknowledged(tmp_path):
    whole: list = []
    session = long_talk(str(tmp_path / "whole.jsonl"), host(), whole)
    size = os.path.getsize(session.path)
    ends = [0]
    for line_end in lines_of(tmp_path / "whole.jsonl"):
        ends.append(ends[-1] + len(line(line_end)))
    chance = random.Random(4)
    budgets = range(size) if LONG else sorted(chance.sample(range(size), 60) + ends[2:-1:20])
    for budget in budgets:
        path = tmp_path / "s.jsonl"
        acknowledged: list = []
        with pytest.raises(PowerOff):
            long_talk(str(path), host(DyingDisk(budget)), acknowledged)
        for whole_bytes in (0, 1 << 40):  # read from its end, and as a whole
            machine = replace(host(seed=2), whole_bytes=whole_bytes)
            session = Session.open(str(path), cwd="/p", host=machine)
            found = session.entries()
            session.close()
            assert found[: len(acknowledged)] == acknowledged == whole[: len(acknowledged)], budget
            assert len(found) - len(acknowledged) <= 1
        session = Session.open(str(path), cwd="/p", host=host(seed=3))
        added = session.append_message(user_message("after", 1))
        session.close()
        assert entries_at(path) == [*found, added]
        path.unlink()


@pytest.mark.parametrize("truncates", [True, False])
@pytest.mark.parametrize("grows", [0, 3, 100, 1000])
def test_a_disk_that_is_full_at_every_byte(tmp_path, grows, truncates):
    for room in range(0, 700, 1 if LONG else 7):
        folder = tmp_path / str(room)
        acknowledged: list = []
        session = talk(folder, host(FullDisk(room, grows, truncates)), acknowledged)
        known = session.entries()
        # What could not be taken back may have become a line after all; then memory has it too.
        assert known == acknowledged or not truncates
        assert [entry for entry in known if entry in acknowledged] == acknowledged
        session.close()
        found = reopened(folder)
        if any(entry["type"] == "message" for entry in acknowledged):
            assert [entry for entry in found if entry in acknowledged] == acknowledged, room


@pytest.mark.parametrize("has_file", [True, False])
def test_every_operation_of_the_disk_may_fail_once(tmp_path, has_file):
    failed = set()
    for at in range(1000):
        folder = tmp_path / str(at)
        path = str(folder / "s.jsonl")
        if has_file:
            folder.mkdir()
            (folder / "s.jsonl").write_bytes(OLD_FILE)
        disk = OnceFailingDisk(at)
        acknowledged: list = []
        try:
            session = talk(folder, host(disk), acknowledged, path if has_file else None)
        except SessionError:
            assert has_file, "making a session touches no file"
            continue
        session.close()
        if not disk.failed:
            break
        failed.add(disk.failed)
        found = reopened(folder, has_file)
        if os.path.exists(folder):
            assert [entry for entry in found if entry in acknowledged] == acknowledged, disk.failed
        for entry in found:
            assert entry["parentId"] is None or entry["parentId"] in [e["id"] for e in found]
    assert {"write", "size", "sync", "lock", "take_turn", "end_turn", "is_at"} <= failed
    assert has_file is ({"open", "replace"} <= failed)


def test_power_cuts_take_only_what_was_not_synced(tmp_path):
    chance = random.Random(5)
    for turn in range(2000 if LONG else 150):
        disk = ForgettingDisk()
        acknowledged: list = []
        folder = tmp_path / str(turn)
        session = talk(folder, host(disk), acknowledged)
        for number in range(chance.randrange(4)):
            session.append("custom", customType="unsynced", data="x" * number * 50)
        session.close()
        disk.cut_power(chance)
        assert reopened(folder)[: len(acknowledged)] == acknowledged, turn


# --- a real process ------------------------------------------------------------------------------

CHILD = """
import sys
from pi.messages import user_message
from pi.session import Session
session = Session.open(sys.argv[1], cwd="/p")
for number in range(100000):
    entry = session.append_message(user_message(str(number) + "x" * (number % 7000), 1))
    session.sync()
    print(entry["id"], flush=True)
"""


def killed_child(path, delay_s) -> list:
    """The ids a child acknowledged before it was killed, `delay_s` after its first one."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            first = child.stdout.readline()
            time.sleep(delay_s)
        finally:
            child.send_signal(signal.SIGKILL)
        rest = child.stdout.read()
    return (first + rest).split("\n")[:-1]  # what comes after the last line's end was cut off


@pytest.mark.slow
def test_kill_9_at_any_moment(tmp_path):
    path = tmp_path / "s.jsonl"
    chance = random.Random(11)
    acknowledged: list = []
    for _ in range(300 if LONG else 30):
        fresh = killed_child(path, chance.random() * 0.02)
        assert fresh
        acknowledged += fresh
        size = path.stat().st_size
        session = Session.open(str(path), host=host())
        assert path.stat().st_size == size
        known = [entry["id"] for entry in session.entries()]
        stored = set(acknowledged)
        assert [entry_id for entry_id in known if entry_id in stored] == acknowledged
        assert len(session.branch()) == len(known), "each run went on where the last one ended"
        session.close()


@pytest.mark.slow
def test_two_processes_on_one_file_keep_every_line(tmp_path):
    path = tmp_path / "s.jsonl"
    session = Session.open(str(path), cwd="/p", host=host())
    session.append_message(user_message("first", 1))
    command = [sys.executable, "-c", CHILD.replace("100000", "60"), str(path)]
    children = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    mine = [session.append_message(user_message(f"mine {n}", 1))["id"] for n in range(60)]
    outputs = [child.communicate(timeout=60)[0].split() for child in children]
    assert [child.returncode for child in children] == [0, 0]
    mine.append(session.append_message(user_message("last", 1))["id"])
    on_disk = [found["id"] for found in lines_of(path)[1:]]
    assert len(on_disk) == len(set(on_disk)) == 1 + 61 + 2 * 60
    for branch in (mine, *outputs):
        assert [entry_id for entry_id in on_disk if entry_id in set(branch)] == branch
    again = Session.open(str(path), host=host())
    for branch in (mine, *outputs):
        found = [entry["id"] for entry in again.branch(branch[-1])]
        assert found[-len(branch) :] == branch
    assert sorted(entry["id"] for entry in session.entries()) == sorted(on_disk)
    assert "another process is writing" in session.warnings[0]


def test_a_second_writer_is_warned_and_both_branches_survive(tmp_path):
    path = tmp_path / "s.jsonl"
    first = Session.open(str(path), cwd="/p", host=host(seed=1))
    root = first.append_message(user_message("hi", 1))
    second = Session.open(str(path), host=host(seed=2))
    assert "another process is writing" in second.warnings[0]
    assert first.warnings == []
    left = first.append_message(user_message("left", 1))
    right = second.append_message(user_message("right", 1))
    assert (left["parentId"], right["parentId"]) == (root["id"], root["id"])
    more = first.append_message(user_message("left again", 1))
    assert more["parentId"] == left["id"]
    assert len(first.warnings) == 1
    assert json.loads(path.read_bytes().splitlines()[-1]) == more
    again = Session.open(str(path), is_read_only=True, host=host())
    assert [found["id"] for found in again.branch(right["id"])] == [root["id"], right["id"]]
    assert [found["id"] for found in again.branch()] == [root["id"], left["id"], more["id"]]


def test_ids_of_the_other_writer_are_not_taken_again(tmp_path):
    path = tmp_path / "s.jsonl"
    first = Session.open(str(path), cwd="/p", host=host(seed=1))
    first.append_message(user_message("hi", 1))
    twins = [Session.open(str(path), host=host(seed=7)) for _ in range(2)]
    for number in range(5):
        for twin in twins:
            twin.append_message(user_message(str(number), 1))
    found = [entry["id"] for entry in lines_of(path)[1:]]
    assert len(set(found)) == len(found) == 11
