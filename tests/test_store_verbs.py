"""What can be added to a conversation: the entries, what they do, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pi.errors import SessionError
from pi.messages import user_message
from pi.session import Session
from tests.sessionkit import REPLY, host, ids, lines_of, texts

SYSTEM = {"role": "system", "content": "S", "timestamp": 1}


@pytest.fixture
def session(tmp_path):
    made = Session.create("/p", str(tmp_path / "s"), host=host())
    made.append_message(user_message("one", 1))
    made.append_message(REPLY)
    return made


def fields(entry) -> dict:
    return {key: entry[key] for key in entry if key not in ("type", "id", "parentId", "timestamp")}


@pytest.mark.parametrize(
    ("verb", "arguments", "kind", "expected"),
    [
        ("append_custom", ("x", {"n": 1}), "custom", {"customType": "x", "data": {"n": 1}}),
        ("append_custom", ("x",), "custom", {"customType": "x"}),
        (
            "append_custom_message",
            ("x", "words"),
            "custom_message",
            {"customType": "x", "content": "words", "display": True},
        ),
        (
            "append_usage",
            ("cache_warm", "p", "m", {"input": 1}),
            "usage",
            {"kind": "cache_warm", "provider": "p", "model": "m", "usage": {"input": 1}},
        ),
        ("set_name", (" a\nb ",), "session_info", {"name": "a b"}),
    ],
)
def test_entries_have_the_fields_of_the_format(session, verb, arguments, kind, expected):
    leaf = session.leaf_id
    added = getattr(session, verb)(*arguments)
    assert (added["type"], added["parentId"], session.leaf_id) == (kind, leaf, added["id"])
    assert fields(added) == expected
    assert Session.open(session.path, is_read_only=True).entries()[-1] == added


def test_labels_come_and_go(session):
    target = session.entries()[0]["id"]
    stamp = session.set_label(target, "start")["timestamp"]
    assert session.nested()[0]["label"] == "start"
    assert session.nested()[0]["labelTimestamp"] == stamp
    assert "label" not in session.set_label(target, None)
    assert "label" not in session.nested()[0]
    with pytest.raises(SessionError, match="Entry zz not found"):
        session.set_label("zz", "x")


def test_an_edit_changes_what_the_model_sees_and_nothing_else(session):
    question, reply = session.entries()
    session.edit(question["id"], "other words")
    added = session.edit(reply["id"], "shorter")
    assert added["replacement"] == {"content": [{"type": "text", "text": "shorter"}]}
    assert [message["role"] for message in session.context()] == ["user", "assistant"]
    assert session.context()[0]["content"] == "other words"
    session.edit(question["id"], None)
    assert texts(session.context()) == ["a:shorter"]
    assert session.entries()[:2] == [question, reply]
    session.move_to(reply["id"])
    assert texts(session.context()) == ["u:one", "a:hello"]


def test_edits_that_make_no_sense_are_refused(session):
    question, reply = session.entries()
    name = session.set_name("n")
    with pytest.raises(SessionError, match="no content that the model sees"):
        session.edit(name["id"], "x")
    session.move_to(question["id"])
    with pytest.raises(SessionError, match="not on the active branch"):
        session.edit(reply["id"], None)
    with pytest.raises(SessionError, match="not found"):
        session.edit("zz", None)
    assert len(session.entries()) == 3


def test_leaving_a_branch_with_a_summary(session):
    question, reply = session.entries()
    added = session.move_to(question["id"], summary="it failed", details={"readFiles": []})
    assert (added["parentId"], session.leaf_id) == (question["id"], added["id"])
    assert fields(added) == {
        "fromId": reply["id"],
        "summary": "it failed",
        "details": {"readFiles": []},
    }
    assert "it failed" in texts(session.context())[1]
    assert session.move_to(None, summary="all of it")["parentId"] is None
    assert len(session.nested()) == 2
    assert session.move_to(reply["id"]) is None
    assert session.leaf_id == reply["id"]
    with pytest.raises(SessionError, match="not found"):
        session.move_to("zz", summary="x")


def test_a_compaction_may_keep_nothing(session):
    last = session.append_message(user_message("two", 2))
    kept = session.append_compaction("S", last["id"], 9, system=SYSTEM, usage={"input": 1})
    assert fields(kept) == {
        "summary": "S",
        "firstKeptEntryId": last["id"],
        "tokensBefore": 9,
        "systemMessage": SYSTEM,
        "usage": {"input": 1},
    }
    assert [text[:2] for text in texts(session.context()[1:])] == ["u:", "u:"]
    none = session.append_compaction("T", None, 5)
    assert none["firstKeptEntryId"] == none["id"]
    assert len(session.context()) == 1
    with pytest.raises(SessionError, match="not found"):
        session.append_compaction("U", "zz", 1)


def test_a_clone_and_a_fork_are_files_of_their_own(session):
    second = session.append_message(user_message("two", 2))
    before = ids(session.entries())
    clone = session.clone()
    assert (ids(clone.entries()), clone.header["parentSession"]) == (before, session.path)
    fork, words = session.branch_before(second["id"])
    assert (words, ids(fork.entries())) == ("two", before[:-1])
    path = Path(fork.path)
    assert lines_of(path)[0]["parentSession"] == session.path
    assert path.parent == Path(session.path).parent
    empty, words = session.branch_before(before[0])
    assert (words, empty.entries()) == ("one", [])
    with pytest.raises(SessionError, match="Invalid entry ID for forking"):
        session.branch_before(before[1])
    assert session.user_messages() == [(before[0], "one"), (second["id"], "two")]


def test_entries_since_one(session):
    first, second = session.entries()
    assert session.entries(first["id"]) == [second]
    assert session.entries(second["id"]) == []
    with pytest.raises(SessionError, match="Entry not found: zz"):
        session.entries("zz")


def test_bringing_in_a_file_keeps_it_byte_by_byte(session, tmp_path):
    folder = tmp_path / "other"
    session.close()
    brought = Session.bring_in(session.path, str(folder), host=host())
    again = Session.bring_in(session.path, str(folder), host=host())
    assert (brought.id, brought.cwd) == (session.id, "/p")
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 2
    assert names[0].endswith("-1.jsonl")
    with open(session.path, "rb") as one, open(again.path, "rb") as other:
        assert one.read() == other.read()
    assert Session.bring_in(again.path, str(folder), host=host()).path == again.path
    bad = tmp_path / "bad.jsonl"
    bad.write_text("no session\n")
    for path in (bad, tmp_path / "missing.jsonl"):
        with pytest.raises(SessionError):
            Session.bring_in(str(path), str(folder), host=host())
    assert len(list(folder.iterdir())) == 2


def test_a_verb_that_could_not_be_stored_leaves_no_trace(session):
    leaf = session.leaf_id
    first = session.entries()[0]["id"]
    session.close()
    for verb in (
        lambda: session.move_to(None, summary="x"),
        lambda: session.edit(first, None),
        lambda: session.set_label(first, "x"),
    ):
        with pytest.raises(SessionError, match="has been closed"):
            verb()
    assert session.leaf_id == leaf
    assert len(session.entries()) == 2
