"""Going on from another place in the tree: what moves, what is stored, what handlers may do."""

from __future__ import annotations

import threading

import pytest

from pi.cancel import CancelToken
from pi.errors import PiError, ProviderError
from pi.events import AgentSettled, MessageUpdate
from pi.messages import text, text_of
from pi.providers.faux import Reply
from pi.store.format import role_of
from tests.coursekit import Hooked

NOTES = Reply([text("NOTES")], usage={"input": 50, "output": 5})


def begun(*replies, **more):
    """A conversation of two exchanges, and its entries by role: (user, answer) twice."""
    rig = Hooked(Reply([text("one")]), Reply([text("two")]), *replies, **more)
    rig.harness.prompt("first")
    rig.harness.prompt("second")
    rig.seen.clear()
    said = [e["id"] for e in rig.session.entries() if role_of(e) in ("user", "assistant")]
    return rig, said


def test_to_an_answer():
    rig, (_, answer, _, last) = begun()
    count = len(rig.session.entries())
    assert rig.harness.navigate(answer) == {"cancelled": False}
    assert rig.session.leaf_id == answer
    assert len(rig.session.entries()) == count
    assert rig.order() == ["session_before_tree", "session_tree"]
    [before], [after] = rig.fired("session_before_tree"), rig.fired("session_tree")
    shown = before.preparation
    assert {key: shown[key] for key in ("targetId", "oldLeafId", "commonAncestorId")} == {
        "targetId": answer,
        "oldLeafId": last,
        "commonAncestorId": answer,
    }
    assert [role_of(entry) for entry in shown["entriesToSummarize"]] == ["user", "assistant"]
    assert shown["userWantsSummary"] is False
    assert "label" not in shown
    assert (after.new_leaf_id, after.old_leaf_id) == (answer, last)
    assert (after.summary_entry, after.from_extension) == (None, None)
    rig.harness.prompt("third")
    assert rig.requests()[-1] == [("user", "first"), ("assistant", "one"), ("user", "third")]


def test_to_a_message_of_the_user_which_is_written_anew():
    rig, (user, *_) = begun()
    assert rig.harness.navigate(user) == {"cancelled": False, "editorText": "first"}
    assert role_of(rig.session.tree.get(rig.session.leaf_id)) == "system"
    rig.harness.prompt("better")
    assert rig.requests()[-1] == [("user", "better")]


def test_to_the_first_entry_of_all():
    rig = Hooked(Reply([text("one")]))
    first = rig.session.append_message({"role": "user", "content": "old", "timestamp": 1})
    rig.harness.prompt("more")
    assert rig.harness.navigate(first["id"])["editorText"] == "old"
    assert rig.session.leaf_id is None


def test_to_where_it_is():
    rig, (*_, last) = begun()
    assert rig.harness.navigate(last) == {"cancelled": False}
    assert rig.order() == []


def test_with_a_summary_and_a_label():
    rig, (_, answer, _, last) = begun(NOTES)
    moved = rig.harness.navigate(answer, summarize=True, label="lab", custom_instructions="CI")
    summary = moved["summaryEntry"]
    assert (summary["parentId"], summary["fromId"]) == (answer, last)
    assert (summary["fromHook"], summary["usage"]["input"]) == (False, 50)
    assert "NOTES" in summary["summary"]
    asked = text_of(rig.script.requests[-1][0].messages[-1])
    assert "second" in asked
    assert "first" not in asked
    assert asked.endswith("CI")
    label = rig.session.entries()[-1]
    assert (label["targetId"], label["label"]) == (summary["id"], "lab")
    [after] = rig.fired("session_tree")
    assert (after.new_leaf_id, after.from_extension) == (label["id"], False)
    assert after.summary_entry == summary


def test_a_label_without_a_summary_goes_to_the_target():
    rig, (_, answer, *_) = begun()
    rig.harness.navigate(answer, label="here")
    label = rig.session.entries()[-1]
    assert (label["targetId"], label["parentId"]) == (answer, answer)


def test_handlers_may_bring_the_summary_and_change_the_wish():
    own = {"summary": {"summary": "MINE", "details": {"k": 1}}, "label": "L"}
    rig, (_, answer, *_) = begun(on={"session_before_tree": lambda e: own})
    summary = rig.harness.navigate(answer, summarize=True)["summaryEntry"]
    assert (summary["summary"], summary["details"]) == ("MINE", {"k": 1})
    assert summary["fromHook"] is True
    assert rig.session.entries()[-1]["label"] == "L"
    assert rig.fired("session_tree")[0].from_extension is True
    assert len(rig.script.requests) == 2


def test_a_summary_that_nobody_wants_is_not_stored():
    own = {"summary": {"summary": "MINE"}}
    rig, (_, answer, *_) = begun(on={"session_before_tree": lambda e: own})
    assert rig.harness.navigate(answer) == {"cancelled": False}


def test_handlers_may_change_the_instructions():
    own = {"customInstructions": "ALL OF IT", "replaceInstructions": True}
    rig, (_, answer, *_) = begun(NOTES, on={"session_before_tree": lambda e: own})
    rig.harness.navigate(answer, summarize=True)
    assert text_of(rig.script.requests[-1][0].messages[-1]).endswith("\n\nALL OF IT")


def test_handlers_may_forbid_it():
    rig, (_, answer, _, last) = begun(on={"session_before_tree": lambda e: {"cancel": True}})
    assert rig.harness.navigate(answer, label="x") == {"cancelled": True}
    assert rig.session.leaf_id == last
    assert rig.fired("session_tree") == []


def test_a_summary_that_is_stopped_changes_nothing():
    token = CancelToken()
    rig, (_, answer, _, last) = begun(Reply([text("x" * 50)], piece=1, pause_s=0.005))
    rig.harness.setup.client.stream = stopping(rig.harness.setup.client.stream, token)
    moved = rig.harness.navigate(answer, summarize=True, token=token)
    assert moved == {"cancelled": True, "aborted": True}
    assert rig.session.leaf_id == last


def stopping(stream, token):
    def stopped(*args, **more):
        for event in stream(*args, **more):
            token.cancel()
            yield event

    return stopped


def test_a_summary_that_fails_changes_nothing():
    rig, (_, answer, _, last) = begun(Reply(error=ProviderError("401: no", "auth")))
    with pytest.raises(PiError, match="401"):
        rig.harness.navigate(answer, summarize=True)
    assert rig.session.leaf_id == last
    rig.harness.navigate(answer)  # and it can be tried again


def test_whoever_hears_that_a_run_is_over_may_go_elsewhere_at_once():
    rig, (_, answer, *_) = begun()
    moved = []

    def go(event):
        if isinstance(event, AgentSettled):
            there = threading.Thread(target=lambda: moved.append(rig.harness.navigate(answer)))
            there.start()
            threads.append(there)

    threads = []
    rig.harness.subscribe(go)
    rig.harness.prompt("third")
    threads[0].join(5)
    assert moved == [{"cancelled": False}]
    assert rig.session.leaf_id == answer


def test_it_is_refused_while_a_run_goes_on_and_for_what_is_not_there():
    rig, (_, answer, *_) = begun()
    with pytest.raises(PiError, match="Entry nope not found"):
        rig.harness.navigate("nope")
    errors = []

    def try_it(event):
        if isinstance(event, MessageUpdate) and not errors:
            with pytest.raises(PiError, match="busy") as caught:
                rig.harness.navigate(answer)
            errors.append(caught.value)

    rig.harness.subscribe(try_it)
    rig.harness.prompt("third")
    assert len(errors) == 1
