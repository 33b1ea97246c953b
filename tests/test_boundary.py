"""What handlers of turn_end and agent_before_settle may add, and when another request is made."""

from __future__ import annotations

import pytest

from pi.cancel import CancelToken
from pi.errors import ProviderError
from pi.events import EntryAppended, TurnEnd
from pi.messages import text, text_of
from pi.providers.faux import Reply
from tests.coursekit import Hooked, call

NOTE = {"type": "custom_message", "customType": "note", "content": "Review it.", "display": False}


def once(answer):
    """A handler that answers the first time only."""
    left = [answer]

    def handle(event):
        first = left.pop() if left else None
        return first(event) if callable(first) else first

    return handle


def test_entries_and_one_more_request():
    def redo(event):
        return {
            "entries": [
                *event.entries,
                {"type": "custom", "customType": "state", "data": {"n": 1}},
                {"type": "context_edit", "targetId": event.message_entry_id, "replacement": None},
                NOTE,
            ],
            "continue": True,
        }

    rig = Hooked(Reply([text("first")]), Reply([text("second")]), on={"turn_end": once(redo)})
    settled = rig.harness.prompt("hi")
    assert text_of(settled.message) == "second"
    assert rig.entry_types()[2:] == [
        "system", "user", "assistant", "custom", "context_edit", "custom_message", "assistant",
    ]  # fmt: skip
    assert rig.requests()[1] == [("user", "hi"), ("user", "Review it.")]
    note = rig.session.entries()[7]
    assert (note["display"], note["content"]) == (False, "Review it.")
    kinds = [type(e) for e in rig.events]
    told = [e.entry["type"] for e in rig.events if isinstance(e, EntryAppended)]
    assert told == ["custom", "context_edit", "custom_message"]
    assert kinds.index(EntryAppended) < kinds.index(TurnEnd)  # told before the turn's end
    assert rig.order().count("agent_start") == 1  # another turn of the same run
    assert rig.problems == []


def test_agent_before_settle_begins_another_run():
    answer = {"entries": [NOTE], "continue": True}
    rig = Hooked(
        Reply([text("first")]), Reply([text("second")]), on={"agent_before_settle": once(answer)}
    )
    rig.harness.prompt("hi")
    assert rig.order()[-11:] == [
        "agent_before_settle", "agent_start", "turn_start", "context", "context_with_system",
        "message_start:assistant", "message_end:assistant", "turn_end", "agent_end",
        "agent_before_settle", "agent_settled",
    ]  # fmt: skip
    assert [event.turn_index for event in rig.fired("turn_start")] == [0, 0]
    assert len(rig.fired("agent_before_settle")) == 2
    assert rig.requests()[1][-1] == ("user", "Review it.")


def test_a_request_that_tools_cause_anyway_satisfies_it():
    answer = {"entries": [NOTE], "continue": True}
    rig = Hooked(
        Reply([call("c1")]), Reply([text("done")]), Reply([text("too many")]),
        on={"turn_end": once(answer)},
    )  # fmt: skip
    rig.harness.prompt("hi")
    assert len(rig.requests()) == 2
    assert [role for role, _ in rig.requests()[1]] == ["user", "assistant", "toolResult", "user"]


def test_it_overrides_a_batch_that_asked_to_stop():
    rig = Hooked(
        Reply([call("c1")]), Reply([text("done")]),
        on={
            "tool_call": lambda e: {"block": True, "terminate": True},
            "turn_end": once({"continue": True}),
        },
    )  # fmt: skip
    rig.harness.prompt("hi")
    assert len(rig.requests()) == 2


@pytest.mark.parametrize("hook", ["turn_end", "agent_before_settle"])
def test_there_must_be_something_to_answer(hook):
    rig = Hooked(Reply([text("a")]), Reply([text("b")]), on={hook: once({"continue": True})})
    rig.harness.prompt("hi")
    assert len(rig.requests()) == 1
    [(event, told)] = rig.problems
    assert event == hook
    assert "the last word is the model's" in told


def test_a_failed_answer_ends_its_run_whatever_is_asked():
    refused = ProviderError("401", "auth")
    answer = {"entries": [NOTE], "continue": True}
    rig = Hooked(Reply(error=refused), Reply([text("b")]), on={"turn_end": once(answer)})
    settled = rig.harness.prompt("hi")
    assert settled.error is not None
    assert rig.entry_types()[-1] == "custom_message"  # entries are stored all the same


def test_an_endless_continuation_can_be_aborted():
    token = CancelToken()

    def again(event):
        if len(rig.requests()) == 5:
            token.cancel()
        return {"entries": [NOTE], "continue": True}

    rig = Hooked(Reply([text("a")]), on={"turn_end": again}, watch=False)
    settled = rig.harness.prompt("hi", token)
    assert settled.aborted
    assert len(rig.requests()) == 5
    assert rig.entry_types().count("custom_message") == 5


def test_each_handler_sees_the_proposals_before_it_and_the_conversation_with_them():
    seen = []

    def look(event):
        context = event.context
        seen.append(
            (
                [draft["type"] for draft in event.entries],
                event.continue_,
                [m["role"] for m in context["contextMessages"] if m["role"] != "system"],
                [m["role"] for m in context["llmMessages"] if m["role"] != "system"],
                context["canContinue"],
                context["contextEntries"][-1]["sourceEntry"]["type"],
            )
        )

    rig = Hooked(
        Reply([text("a")]),
        on={"agent_before_settle": [look, once({"entries": [NOTE]}), look]},
        watch=False,
    )
    rig.harness.prompt("hi")
    assert seen == [
        ([], False, ["user", "assistant"], ["user", "assistant"], False, "message"),
        (
            ["custom_message"], False, ["user", "assistant", "custom"],
            ["user", "assistant", "user"], True, "custom_message",
        ),
    ]  # fmt: skip


BAD = [
    ({"type": "message", "message": {}}, "type 'message'"),
    ({"type": {"a": 1}}, "the type {'a': 1}"),
    ({"type": "label", "targetId": {"a": 1}}, "targetId is missing"),
    ({"type": "custom"}, "customType is missing"),
    ({"type": "custom_message", "customType": "x", "content": 5}, "content that is neither"),
    ({"type": "custom_message", "customType": "x", "content": [{"type": "video"}]}, "neither a"),
    ({"type": "context_edit", "targetId": "nope", "replacement": None}, "no entry nope"),
    ({"type": "context_edit"}, "targetId is missing"),
    ({"type": "compaction", "summary": "", "firstKeptEntryId": None}, "summary is missing"),
    ({"type": "compaction", "summary": "S", "firstKeptEntryId": "nope"}, "no entry nope"),
    ({"type": "label", "targetId": "nope", "label": "x"}, "no entry nope"),
    ({"type": "custom", "customType": "x", "data": {1, 2}}, "JSON cannot hold"),
]


@pytest.mark.parametrize(("draft", "why"), BAD)
def test_a_list_with_an_impossible_draft_is_refused_as_a_whole(draft, why):
    answer = {"entries": [NOTE, draft], "continue": True}
    rig = Hooked(Reply([text("a")]), Reply([text("b")]), on={"turn_end": once(answer)})
    rig.harness.prompt("hi")
    assert rig.entry_types()[2:] == ["system", "user", "assistant"]
    assert rig.problems[0][0] == "turn_end"
    assert why in rig.problems[0][1]


def test_a_compaction_and_a_label():
    def shorten(event):
        label = {"type": "label", "targetId": event.message_entry_id, "label": "here"}
        draft = {"type": "compaction", "summary": "S", "firstKeptEntryId": None}
        return {"entries": [label, draft, NOTE], "continue": True}

    rig = Hooked(Reply([text("a")]), Reply([text("b")]), on={"turn_end": once(shorten)})
    rig.harness.prompt("hi")
    compaction = next(e for e in rig.session.entries() if e["type"] == "compaction")
    assert (compaction["fromHook"], compaction["firstKeptEntryId"]) == (True, compaction["id"])
    assert [role for role, _ in rig.requests()[1]] == ["user", "user"]
    assert "S" in rig.requests()[1][0][1]
    assert rig.script.requests[1][0].tools  # prompt and tools outlive it
    assert [label["label"] for label in rig.session.tree.labels().values()] == ["here"]
