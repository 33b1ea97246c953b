"""Which hooks fire in which order, as the reference fires them for the same conversation."""

from __future__ import annotations

import threading

import pytest

from pi.cancel import CancelToken
from pi.errors import ProviderError
from pi.events import AgentSettled, EntryAppended, MessageEnd, ToolEnd, TurnEnd
from pi.messages import text, text_of
from pi.providers.faux import Reply
from pi.settings import Compaction
from pi.tools.base import Outcome, Tool
from tests.coursekit import ECHO, Hooked, call

BUSY = ProviderError("529: overloaded", "overloaded")
REFUSED = ProviderError("401: no such key", "auth")
OVERFLOW = ProviderError("400: prompt is too long", "context_overflow")

START = ["before_agent_start", "agent_start", "turn_start"]
SYSTEM = ["message_start:system", "message_end:system"]
USER = ["message_start:user", "message_end:user"]
ASKED = ["context", "context_with_system"]
ANSWER = ["message_start:assistant", "message_end:assistant"]
RESULT = ["message_start:toolResult", "message_end:toolResult"]
END = ["turn_end", "agent_end", "agent_before_settle", "agent_settled"]
BEGUN = [*START, *SYSTEM, *USER, *ASKED]


def test_a_plain_prompt():
    rig = Hooked(Reply([text("hello")]))
    rig.harness.prompt("hi")
    assert rig.order() == [*BEGUN, *ANSWER, *END]
    leaves = {name: leaf for name, leaf, event in rig.seen if name != "message_end"}
    assert leaves["before_agent_start"] == "thinking_level_change"
    assert leaves["context"] == "user"
    assert leaves["turn_end"] == "assistant"
    ends = [(e.message["role"], leaf) for name, leaf, e in rig.seen if name == "message_end"]
    assert ends == [  # a message is stored after its handlers had their say
        ("system", "thinking_level_change"),
        ("user", "system"),
        ("assistant", "user"),
    ]


def test_a_turn_with_tools():
    rig = Hooked(Reply([call("c1"), call("c2", "nope")]), Reply([text("done")]))
    rig.harness.prompt("hi")
    assert rig.order() == [
        *BEGUN,
        *ANSWER,
        "tool_execution_start",
        "tool_call",
        "tool_execution_start",
        "tool_execution_end",  # an unknown tool skips tool_call and tool_result
        "tool_result",
        "tool_execution_end",
        *RESULT,
        *RESULT,
        "turn_end",
        "turn_start",
        *ASKED,
        *ANSWER,
        *END,
    ]
    assert [event.turn_index for event in rig.fired("turn_start")] == [0, 1]
    first, second = rig.fired("turn_end")
    assert (first.turn_index, first.outcome, second.turn_index) == (0, "completed", 1)
    entries = {entry["id"]: entry for entry in rig.session.entries()}
    assert entries[first.message_entry_id]["message"]["role"] == "assistant"
    results = [entries[entry_id]["message"] for entry_id in first.tool_result_entry_ids]
    assert [result["toolCallId"] for result in results] == ["c1", "c2"]
    assert first.tool_results == results


def test_a_blocked_call_skips_execution_and_result():
    def guard(event):
        return {"block": True, "reason": "no way"} if event.tool_call_id == "c1" else None

    rig = Hooked(Reply([call("c1"), call("c2")]), Reply([text("done")]), on={"tool_call": guard})
    rig.harness.prompt("hi")
    tools = [(name, event.tool_call_id) for name, _, event in rig.seen if name.startswith("tool_")]
    assert tools == [
        ("tool_execution_start", "c1"),
        ("tool_execution_end", "c1"),
        ("tool_execution_start", "c2"),
        ("tool_call", "c2"),
        ("tool_result", "c2"),
        ("tool_execution_end", "c2"),
    ]
    ended = rig.fired("tool_execution_end")[0]
    assert (ended.is_error, ended.duration_ms) == (True, None)
    assert rig.requests()[1][2:] == [("toolResult", "no way"), ("toolResult", "echoed")]


@pytest.mark.parametrize("answers", [{"block": True, "terminate": True}, None])
def test_blocked_calls_may_end_the_run(answers):
    rig = Hooked(
        Reply([call("c1"), call("c2")]), Reply([text("done")]), on={"tool_call": lambda e: answers}
    )
    rig.harness.prompt("hi")
    assert len(rig.requests()) == (1 if answers else 2)


def test_a_failing_tool_call_handler_blocks():
    rig = Hooked(Reply([call("c1")]), Reply([text("done")]), on={"tool_call": lambda e: 1 / 0})
    rig.harness.prompt("hi")
    result = rig.session.messages()[-2]
    assert result["isError"] is True
    assert "could not decide" in text_of(result)
    assert [event for event, _ in rig.problems] == ["tool_call"]


def test_a_failing_tool_shows_in_tool_result():
    def fail(arguments, at):
        raise RuntimeError("broken")

    rig = Hooked(Reply([call("c1", "fails")]), Reply([text("done")]),
                 tools=(Tool("fails", "", {"type": "object"}, fail),))  # fmt: skip
    rig.harness.prompt("hi")
    [shown] = rig.fired("tool_result")
    assert (shown.is_error, shown.content) == (True, [text("RuntimeError: broken")])


def test_input_is_changed_and_results_are_patched_one_after_another():
    ran = []
    tool = Tool("echo", "", {"type": "object"}, lambda a, c: ran.append(a) or Outcome([text("x")]))

    def change(event):
        event.input["say"] = "other"

    rig = Hooked(
        Reply([call("c1", say="this")]),
        Reply([text("done")]),
        tools=(tool,),
        on={
            "tool_call": change,
            "tool_result": [
                lambda e: {"content": [text(e.content[0]["text"] + "y")], "details": {"n": 1}},
                lambda e: {"content": [text(e.content[0]["text"] + "z")], "isError": True},
            ],
        },
    )
    rig.harness.prompt("hi")
    assert ran == [{"say": "other"}]
    assert rig.fired("tool_result")[0].input == {"say": "other"}
    [end] = [event for event in rig.events if isinstance(event, ToolEnd)]
    assert end.result == {"content": [text("xyz")], "details": {"n": 1}}
    result = rig.session.messages()[-2]
    assert (result["isError"], result["details"]) == (True, {"n": 1})
    assert rig.requests()[1][-1] == ("toolResult", "xyz")


def test_a_retry():
    rig = Hooked(Reply(error=BUSY), Reply([text("good")]))
    rig.harness.prompt("hi")
    assert rig.order() == [
        *BEGUN,
        *ANSWER,
        "turn_end",
        "agent_end",  # no agent_before_settle: it goes on
        "agent_start",
        "turn_start",
        *ASKED,
        *ANSWER,
        *END,
    ]
    assert [event.outcome for event in rig.fired("turn_end")] == ["error", "completed"]
    assert [event.turn_index for event in rig.fired("turn_start")] == [0, 0]
    assert len(rig.fired("before_agent_start")) == 1


def test_a_failure_settles_with_its_outcome():
    rig = Hooked(Reply(error=REFUSED))
    rig.harness.prompt("hi")
    assert rig.order() == [*BEGUN, *ANSWER, *END]
    assert rig.fired("agent_before_settle")[0].outcome == "error"
    assert rig.fired("agent_settled")[0].aborted is False


def test_an_abort_skips_agent_before_settle():
    token = CancelToken()
    rig = Hooked(Reply([text("x" * 50)], piece=1), on={"message_update": lambda e: token.cancel()})
    rig.harness.prompt("hi", token)
    assert rig.order() == [*BEGUN, *ANSWER, "turn_end", "agent_end", "agent_settled"]
    assert rig.fired("turn_end")[0].outcome == "aborted"
    assert rig.fired("agent_settled")[0].aborted is True


def test_an_abort_while_a_tool_runs():
    rig = Hooked(
        Reply([call("c1")]),
        Reply([text("never")]),
        on={"tool_execution_start": lambda e: rig.harness.abort()},
    )
    rig.harness.prompt("hi")
    assert rig.order()[-10:] == [
        "tool_execution_end",  # refused: an aborted run calls no tool that is guarded
        *RESULT,
        "turn_end",
        "turn_start",
        *ANSWER,
        "turn_end",
        "agent_end",
        "agent_settled",
    ]
    assert [event.outcome for event in rig.fired("turn_end")] == ["completed", "aborted"]


def test_steering_and_follow_ups():
    def say(event):
        if not rig.fired("turn_end"):
            rig.harness.steer("steered")
            rig.harness.follow_up("followed")

    rig = Hooked(Reply([call("c1")]), Reply([text("a")]), Reply([text("b")]), on={"turn_end": say})
    rig.harness.prompt("hi")
    assert rig.order("tool_call", "tool_result", "tool_execution_start", "tool_execution_end") == [
        *BEGUN, *ANSWER, *RESULT, "turn_end",
        "turn_start", *USER, *ASKED, *ANSWER, "turn_end",
        "turn_start", *USER, *ASKED, *ANSWER,
        *END,
    ]  # fmt: skip


class Small(Hooked):
    """A rig with a window of 4,000 tokens that keeps 100."""

    def __init__(self, *replies, **more):
        super().__init__(*replies, compaction=lambda model: Compaction(True, 1000, 100), **more)
        self.model["contextWindow"] = 4000


LONG = Reply([text("answer " * 80)], usage={"input": 500})
NOTES = Reply([text("NOTES")], usage={"input": 50, "output": 5})


def test_an_overflow_is_compacted_before_the_next_run():
    rig = Small(LONG, Reply(error=OVERFLOW), NOTES, Reply([text("final")]))
    rig.harness.prompt("first " * 100)
    rig.seen.clear()
    rig.harness.prompt("more")
    assert rig.order() == [
        *START, *USER, *ASKED, *ANSWER, "turn_end", "agent_end",
        "session_before_compact", "session_compact",
        "agent_start", "turn_start", *ASKED, *ANSWER,
        *END,
    ]  # fmt: skip
    [before] = rig.fired("session_before_compact")
    assert (before.reason, before.will_retry) == ("overflow", True)


def test_a_compaction_at_the_end_comes_before_agent_before_settle():
    rig = Small(Reply([text("s" * 900)], usage={"input": 3900}), NOTES)
    rig.harness.prompt("first " * 100)
    assert rig.order()[-6:] == [
        "turn_end",
        "agent_end",
        "session_before_compact",
        "session_compact",
        "agent_before_settle",
        "agent_settled",
    ]


def test_without_handlers_nothing_is_fired(monkeypatch):
    rig = Hooked(Reply([call("c1")]), Reply([text("done")]), watch=False)
    monkeypatch.setattr(rig.runner, "fire", lambda *a, **k: pytest.fail("fired"))
    rig.harness.prompt("hi")
    assert rig.harness.setup.hooks is rig.runner


def test_one_that_only_guards_is_asked_nothing_else(monkeypatch):
    fired = []
    rig = Hooked(
        Reply([call("c1")]), Reply([text("done")]), watch=False, on={"tool_call": lambda e: None}
    )
    fire = rig.runner.fire
    monkeypatch.setattr(rig.runner, "fire", lambda n, *a, **k: fired.append(n) or fire(n, *a, **k))
    rig.harness.prompt("hi")
    assert fired == ["tool_call"]


def test_message_update_shows_the_answer_so_far():
    seen = []
    rig = Hooked(
        Reply([text("abcd")], piece=2),
        on={
            "message_update": lambda e: seen.append(
                (e.assistant_message_event["type"], text_of(e.message), e.message["stopReason"])
            )
        },
    )
    rig.harness.prompt("hi")
    assert seen == [
        ("text_start", "", "pending"),
        ("text_delta", "ab", "pending"),
        ("text_delta", "abcd", "pending"),
        ("text_end", "abcd", "pending"),
    ]
    assert text_of(rig.session.messages()[-1]) == "abcd"


def test_a_message_is_replaced_before_it_is_stored_and_told():
    def replace(event):
        if event.message["role"] in ("user", "assistant"):
            words = text_of(event.message).upper()
            return {"message": {"role": event.message["role"], "content": [text(words)]}}
        return None

    rig = Hooked(Reply([text("answer")]), Reply([text("b")]), on={"message_end": replace})
    settled = rig.harness.prompt("ask")
    assert text_of(settled.message) == "ANSWER"
    assert settled.message["stopReason"] == "stop"  # what a replacement leaves out stays
    told = [text_of(e.message) for e in rig.events if isinstance(e, MessageEnd)]
    assert told[1:] == ["ASK", "ANSWER"]
    rig.harness.prompt("again")
    assert rig.requests()[1] == [("user", "ASK"), ("assistant", "ANSWER"), ("user", "AGAIN")]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "another role"},
        {"role": "assistant", "content": "no list"},
        {"role": "assistant", "content": [{"type": "toolCall", "id": 1}]},
        {"role": "assistant", "content": [], "stopReason": "because"},
        {"role": "assistant", "content": [], "usage": {"input": "many"}},
        {"role": "assistant", "content": [], "usage": None},
        {"role": "assistant", "content": [], "errorMessage": 5},
        {"role": "assistant", "content": [], "extra": {1, 2}},
    ],
)
def test_an_impossible_message_is_refused(message):
    def replace(event):
        return {"message": message} if event.message["role"] == "assistant" else None

    rig = Hooked(Reply([text("answer")]), on={"message_end": replace})
    assert text_of(rig.harness.prompt("ask").message) == "answer"
    assert [event for event, _ in rig.problems] == ["message_end"]


@pytest.mark.parametrize(
    "name",
    [
        "before_agent_start", "agent_start", "turn_start", "message_start", "message_update",
        "message_end", "context", "context_with_system", "tool_execution_start", "tool_result",
        "tool_execution_end", "turn_end", "agent_end", "agent_before_settle", "agent_settled",
    ],
)  # fmt: skip
def test_a_raising_handler_costs_a_report_and_nothing_else(name):
    rig = Hooked(Reply([call("c1")]), Reply([text("done")]), on={name: lambda e: 1 / 0})
    settled = rig.harness.prompt("hi")
    assert text_of(settled.message) == "done"
    assert {event for event, _ in rig.problems} == {name}
    assert all("ZeroDivisionError" in told for _, told in rig.problems)
    assert rig.entry_types()[2:] == ["system", "user", "assistant", "toolResult", "assistant"]


def test_agent_settled_comes_last_and_nothing_runs_then():
    states = []

    def settled(event):
        states.append((event.aborted, type(rig.events[-1]), rig.harness.offer("steer", "late")))

    rig = Hooked(Reply([text("a")]), on={"agent_settled": settled})
    rig.harness.prompt("hi")
    assert states == [(False, AgentSettled, False)]


def test_tools_that_change_while_a_run_goes_on():
    def swap(event):
        rig.harness.tools = {"other": rig.available["other"]}

    rig = Hooked(
        Reply([call("c1")]),
        Reply([call("c2"), call("c3", "other")]),
        Reply([text("done")]),
        on={"tool_result": lambda e: swap(e) if e.tool_call_id == "c1" else None},
    )
    rig.harness.prompt("hi")
    assert rig.entry_types()[2:] == [
        "system", "user", "assistant", "toolResult",
        "system", "assistant", "toolResult", "toolResult",
        "assistant",
    ]  # fmt: skip
    change = [m for m in rig.session.messages() if m["role"] == "system"][1]
    assert [tool["name"] for tool in change["toolsAdded"]] == ["other"]
    assert change["toolsRemoved"] == [{"name": "echo"}]
    assert [words for _, words in rig.requests()[2][-2:]] == ["Tool echo not found", "other"]


def test_tools_that_change_before_another_run():
    def swap(event):
        if "other" not in rig.harness.tools:
            rig.harness.tools = rig.available
            rig.harness.follow_up("go on")

    rig = Hooked(Reply([text("a")]), on={"agent_end": swap})
    rig.harness.prompt("hi")
    assert rig.entry_types()[2:] == ["system", "user", "assistant", "system", "user", "assistant"]
    tools = [tool["name"] for tool in rig.script.requests[-1][0].tools]
    assert tools == ["echo", "other"]


def custom(words, **more):
    message = {"role": "custom", "customType": "note", "content": words, "display": True}
    return {**message, "timestamp": 1, **more}


def test_a_message_of_an_extension_starts_a_run():
    rig = Hooked(Reply([text("ok")]))
    rig.harness.prompt(custom("do it", details={"n": 1}))
    assert rig.entry_types()[2:] == ["system", "custom_message", "assistant"]
    [begun] = rig.fired("before_agent_start")
    assert (begun.message_type, begun.message["content"], begun.prompt) == ("custom", "do it", None)
    assert rig.requests() == [[("user", "do it")]]
    assert rig.session.entries()[3]["details"] == {"n": 1}


def test_messages_of_extensions_wait_in_queues_that_do_not_tell_of_them():
    rig = Hooked(Reply([text("a")]), Reply([text("b")]), Reply([text("c")]), watch=False)
    rig.harness.steer(custom("steered"))
    rig.harness.queues.next_turn.append(custom("along"))
    assert rig.events == []
    assert len(rig.harness.queues.waiting()) == 1
    rig.harness.prompt("hi")
    assert rig.requests()[0] == [("user", "hi"), ("user", "along"), ("user", "steered")]
    assert rig.harness.queues.waiting() == rig.harness.queues.next_turn == []


def test_a_message_for_after_the_turn_is_stored_then_and_makes_no_turn():
    rig = Hooked(
        Reply([text("a")]),
        Reply([text("b")]),
        on={"message_update": lambda e: once() and rig.harness.after_turn(custom("later"))},
    )
    left = [1]

    def once():
        return left and left.pop()

    rig.harness.prompt("hi")
    kinds = [type(e) for e in rig.events]
    assert kinds.index(TurnEnd) < len(kinds) - 1 - kinds[::-1].index(MessageEnd)
    assert rig.entry_types()[-2:] == ["assistant", "custom_message"]
    assert len(rig.requests()) == 1
    rig.harness.after_turn(custom("at once"))
    assert rig.session.entries()[-1]["content"] == "at once"
    rig.harness.prompt("more")
    assert rig.requests()[1][2:] == [("user", "later"), ("user", "at once"), ("user", "more")]


def test_model_and_level_are_told_of_level_first():
    rig = Hooked(Reply([text("a")]))
    other = {**rig.model, "id": "other"}
    rig.harness.set_model(other, "high", "cycle")
    rig.harness.set_thinking("high")  # no change
    assert rig.order() == ["thinking_level_select", "model_select"]
    [level], [model] = rig.fired("thinking_level_select"), rig.fired("model_select")
    assert (level.level, level.previous_level) == ("high", "medium")
    assert (model.model["id"], model.previous_model["id"], model.source) == (
        "other", "faux", "cycle",
    )  # fmt: skip


def test_a_handler_that_hangs_is_given_up_when_the_run_is_aborted():
    stuck, release = threading.Event(), threading.Event()

    def hang(event):
        stuck.set()
        release.wait(10)
        return {"block": False}

    rig = Hooked(Reply([call("c1")]), Reply([text("no")]), on={"tool_call": hang}, watch=False)
    timer = threading.Thread(target=lambda: stuck.wait(5) and rig.harness.abort(), daemon=True)
    timer.start()
    settled = rig.harness.prompt("hi")
    release.set()
    timer.join(5)
    assert settled.aborted
    assert rig.session.messages()[-2]["isError"] is True


def test_entries_that_are_hidden_are_told_of_as_before():
    rig = Hooked(Reply(error=BUSY), Reply([text("good")]), tools=(ECHO,))
    rig.harness.prompt("hi")
    assert [e.entry["type"] for e in rig.events if isinstance(e, EntryAppended)] == ["context_edit"]
