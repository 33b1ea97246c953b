from __future__ import annotations

import json

import pytest

from pi import events as ev
from pi.messages import text, zero_usage
from pi.wire import LineEncoder, decode, encode

USAGE = {**zero_usage(), "input": 3}
CALL = {"type": "toolCall", "id": "c", "name": "read", "arguments": {}}

CASES = [
    (ev.AgentStart(), {"type": "agent_start"}),
    (ev.AgentEnd([1], True), {"type": "agent_end", "messages": [1], "willRetry": True}),
    (ev.AgentSettled(False), {"type": "agent_settled", "aborted": False}),
    (ev.TurnStart(), {"type": "turn_start"}),
    (ev.TurnEnd({"a": 1}, []), {"type": "turn_end", "message": {"a": 1}, "toolResults": []}),
    (ev.MessageStart({"a": 1}), {"type": "message_start", "message": {"a": 1}}),
    (ev.MessageEnd({"a": 1}), {"type": "message_end", "message": {"a": 1}}),
    (
        ev.ToolStart("c", "read", {"p": 1}),
        {"type": "tool_execution_start", "toolCallId": "c", "toolName": "read", "args": {"p": 1}},
    ),
    (
        ev.ToolUpdate("c", "read", {}, {"content": []}),
        {
            "type": "tool_execution_update",
            "toolCallId": "c",
            "toolName": "read",
            "args": {},
            "partialResult": {"content": []},
        },
    ),
    (
        ev.ToolEnd("c", "read", {"content": []}, True),
        {
            "type": "tool_execution_end",
            "toolCallId": "c",
            "toolName": "read",
            "result": {"content": []},
            "isError": True,
        },
    ),
    (
        ev.ToolEnd("c", "read", {}, False, 0),
        {
            "type": "tool_execution_end",
            "toolCallId": "c",
            "toolName": "read",
            "result": {},
            "isError": False,
            "durationMs": 0,
        },
    ),
    (
        ev.RetryStart(1, 3, 2000, "x"),
        {
            "type": "auto_retry_start",
            "attempt": 1,
            "maxAttempts": 3,
            "delayMs": 2000,
            "errorMessage": "x",
        },
    ),
    (ev.RetryEnd(True, 2), {"type": "auto_retry_end", "success": True, "attempt": 2}),
    (
        ev.RetryEnd(False, 3, "x"),
        {"type": "auto_retry_end", "success": False, "attempt": 3, "finalError": "x"},
    ),
    (ev.EntryAppended({"id": "1"}), {"type": "entry_appended", "entry": {"id": "1"}}),
    (ev.QueueUpdate(["a"], []), {"type": "queue_update", "steering": ["a"], "followUp": []}),
    (ev.CompactionStart("manual"), {"type": "compaction_start", "reason": "manual"}),
    (
        ev.CompactionEnd("manual", None, aborted=True),
        {"type": "compaction_end", "reason": "manual", "aborted": True, "willRetry": False},
    ),
    (
        ev.CompactionEnd("overflow", {"summary": "s"}, will_retry=True, error="e"),
        {
            "type": "compaction_end",
            "reason": "overflow",
            "result": {"summary": "s"},
            "aborted": False,
            "willRetry": True,
            "errorMessage": "e",
        },
    ),
    (
        ev.SummaryRetryScheduled(1, 3, 5, "x"),
        {
            "type": "summarization_retry_scheduled",
            "attempt": 1,
            "maxAttempts": 3,
            "delayMs": 5,
            "errorMessage": "x",
        },
    ),
    (
        ev.SummaryRetryStart("branchSummary"),
        {"type": "summarization_retry_attempt_start", "source": "branchSummary"},
    ),
    (ev.SummaryRetryEnd(), {"type": "summarization_retry_finished"}),
    (ev.SessionInfoChanged("n"), {"type": "session_info_changed", "name": "n"}),
    (ev.SessionInfoChanged(None), {"type": "session_info_changed"}),
    (
        ev.ShellUpdate("7", "ok\n"),
        {"type": "bash_execution_update", "id": "7", "delta": "ok\n"},
    ),
    (ev.ShellUpdate(None, "x"), {"type": "bash_execution_update", "delta": "x"}),
    (ev.ThinkingLevelChanged("low"), {"type": "thinking_level_changed", "level": "low"}),
    (
        ev.ExtensionFault("/x/guard.py", "tool_call", "TypeError: no (guard.py:3)"),
        {
            "type": "extension_error",
            "extensionPath": "/x/guard.py",
            "event": "tool_call",
            "error": "TypeError: no (guard.py:3)",
        },
    ),
]

UPDATES = [
    (ev.BlockStart(0, "text"), {"type": "text_start", "contentIndex": 0}),
    (ev.BlockStart(1, "thinking"), {"type": "thinking_start", "contentIndex": 1}),
    (
        ev.BlockStart(2, "toolCall", "c", "read"),
        {"type": "toolcall_start", "contentIndex": 2, "id": "c", "toolName": "read"},
    ),
    (
        ev.BlockDelta(0, "text", 'a"\n\u2028é'),
        {"type": "text_delta", "contentIndex": 0, "delta": 'a"\n\u2028é'},
    ),
    (
        ev.BlockDelta(1, "thinking", "t"),
        {"type": "thinking_delta", "contentIndex": 1, "delta": "t"},
    ),
    (ev.BlockDelta(2, "toolCall", ""), {"type": "toolcall_delta", "contentIndex": 2, "delta": ""}),
    (ev.BlockEnd(0, "text", text("x")), {"type": "text_end", "contentIndex": 0, "content": "x"}),
    (
        ev.BlockEnd(1, "thinking", {"type": "thinking", "thinking": "t", "thinkingSignature": "s"}),
        {"type": "thinking_end", "contentIndex": 1, "content": "t"},
    ),
    (
        ev.BlockEnd(2, "toolCall", CALL),
        {"type": "toolcall_end", "contentIndex": 2, "toolCall": CALL},
    ),
]


@pytest.mark.parametrize(("event", "outside"), CASES)
def test_every_event_has_its_outside_form(event, outside):
    assert encode(event) == outside
    line = LineEncoder().line(event)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert json.loads(line) == outside
    assert list(json.loads(line)) == list(outside)
    assert decode(outside) == event


@pytest.mark.parametrize("outside", [outside for _, outside in CASES], ids=str)
def test_a_record_that_lacks_something_is_no_event(outside):
    for key in ("type", *outside):
        left = {name: value for name, value in outside.items() if name != key}
        assert decode(left) is None or encode(decode(left)) == left


@pytest.mark.parametrize(("inner", "outside"), UPDATES)
def test_updates(inner, outside):
    event = ev.MessageUpdate(inner, USAGE)
    expected = {"type": "message_update", "usage": USAGE, "assistantMessageEvent": outside}
    assert encode(event) == expected
    line = LineEncoder().line(event)
    assert json.loads(line) == expected
    assert line.count("\n") == 1
    assert encode(decode(expected)) == expected


@pytest.mark.parametrize(
    "inner",
    [None, [], {}, {"type": 5}, {"type": "text"}, {"type": "text_delta"}, {"type": "a_b_c"},
     {"type": "image_start", "contentIndex": 0}],
)  # fmt: skip
def test_an_update_of_unknown_kind_is_no_event(inner):
    record = {"type": "message_update", "usage": USAGE, "assistantMessageEvent": inner}
    assert decode(record) is None


@pytest.mark.parametrize("name", [None, 5, [], "response", "agent_started"])
def test_other_records_are_no_events(name):
    assert decode({"type": name}) is None


def test_usage_is_encoded_anew_when_it_is_replaced():
    encoder = LineEncoder()
    delta = ev.BlockDelta(0, "text", "x")
    lines = [encoder.line(ev.MessageUpdate(delta, usage)) for usage in (USAGE, USAGE, zero_usage())]
    assert [json.loads(line)["usage"]["input"] for line in lines] == [3, 3, 0]


def test_what_stays_inside():
    assert encode(ev.Notice("warning", "x")) is None
    assert LineEncoder().line(ev.Notice("warning", "x")) == ""


def test_every_loop_and_harness_event_is_spelled_or_known_to_stay_inside():
    inside = {"Start", "BlockStart", "BlockDelta", "BlockEnd", "Done", "Failed", "Notice"}
    classes = {
        name
        for name, value in vars(ev).items()
        if isinstance(value, type) and issubclass(value, ev.Value) and value is not ev.Value
    }
    spelled = {type(event).__name__ for event, _ in CASES} | {"MessageUpdate"}
    assert classes - inside == spelled


def test_lone_surrogates_never_reach_a_line():
    LineEncoder().line(ev.MessageStart({"text": "a\ud83c"})).encode()
