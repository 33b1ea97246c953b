from __future__ import annotations

import threading

import pytest

from pi import batch as batch_module
from pi.batch import Batch, Gate
from pi.cancel import CancelToken
from pi.errors import Cancelled, ToolError
from pi.events import ToolEnd, ToolStart, ToolUpdate
from pi.messages import text, text_of
from pi.tools.base import Outcome, Tool

ANY = {"type": "object"}


def call(call_id, name="echo", arguments=None, **more):
    return {"type": "toolCall", "id": call_id, "name": name, "arguments": arguments or {}, **more}


def tools(*made: Tool) -> dict[str, Tool]:
    return {tool.name: tool for tool in made}


def echo(arguments, call):
    return Outcome([text(str(arguments.get("say", "")))], details={"n": 1}, structured="s")


ECHO = Tool("echo", "", ANY, echo)


def collect(calls, made, token=None, gate=Gate()):  # noqa: B008 - immutable
    batch = Batch(calls, made, token or CancelToken(), gate, lambda: 42)
    return batch, list(batch.run())


def test_one_call():
    batch, events = collect([call("a", arguments={"say": "hi"})], tools(ECHO))
    assert events[0] == ToolStart("a", "echo", {"say": "hi"})
    end = events[1]
    assert end.result == {"content": [text("hi")], "details": {"n": 1}, "structuredContent": "s"}
    assert end.duration_ms is not None
    (result,) = batch.results
    assert list(result) == [
        "role",
        "toolCallId",
        "toolName",
        "content",
        "details",
        "isError",
        "durationMs",
        "timestamp",
    ]
    assert "structuredContent" not in result
    assert result["timestamp"] == 42


def test_starts_come_first_ends_in_completion_order_results_in_call_order():
    second_done = threading.Event()

    def slow(arguments, call):
        assert second_done.wait(5)
        return Outcome([text("slow")])

    def fast(arguments, call):
        second_done.set()
        return Outcome([text("fast")])

    made = tools(Tool("slow", "", ANY, slow), Tool("fast", "", ANY, fast))
    batch, events = collect([call("1", "slow"), call("2", "fast")], made)
    assert [(type(event), event.call_id) for event in events] == [
        (ToolStart, "1"),
        (ToolStart, "2"),
        (ToolEnd, "2"),
        (ToolEnd, "1"),
    ]
    assert [text_of(result) for result in batch.results] == ["slow", "fast"]


def test_a_sequential_tool_makes_the_batch_sequential():
    running = []

    def one(arguments, call):
        running.append(call.id)
        assert len(running) == 1
        running.remove(call.id)
        return Outcome([text(call.id)])

    made = tools(Tool("one", "", ANY, one, sequential=True), ECHO)
    _, events = collect([call("1", "one"), call("2"), call("3", "one")], made)
    assert [type(event) for event in events] == [ToolStart, ToolEnd] * 3


def test_updates_arrive_before_the_end():
    def busy(arguments, call):
        call.report({"content": []})
        call.report({"content": [text("half")], "details": {}})
        return Outcome([text("whole")])

    _, events = collect([call("1", "busy")], tools(Tool("busy", "", ANY, busy)))
    assert [type(event) for event in events] == [ToolStart, ToolUpdate, ToolUpdate, ToolEnd]
    assert events[2].partial == {"content": [text("half")], "details": {}}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (call("1", "nope"), "Tool nope not found"),
        (call("1", "strict"), 'Validation failed for tool "strict":\n  - path: required'),
        (
            call("1", "strict", argumentsError="not valid JSON: x"),
            'Invalid arguments for tool "strict": not valid JSON: x',
        ),
    ],
)
def test_calls_that_cannot_run(bad, said):
    strict = Tool("strict", "", {"type": "object", "required": ["path"]}, echo)
    batch, events = collect([bad, call("2")], tools(strict, ECHO))
    assert [(type(event), event.call_id) for event in events[:3]] == [
        (ToolStart, "1"),
        (ToolEnd, "1"),
        (ToolStart, "2"),
    ]
    assert (events[1].is_error, events[1].duration_ms) == (True, None)
    first, second = batch.results
    assert said in text_of(first)
    assert first["details"] == {}
    assert "durationMs" not in first
    assert second["isError"] is False


def test_arguments_are_mended_for_the_tool_but_shown_as_given():
    got = {}
    tool = Tool(
        "t",
        "",
        {"type": "object", "properties": {"n": {"type": "number"}}},
        lambda arguments, call: got.update(arguments) or Outcome([]),
    )
    _, events = collect([call("1", "t", {"n": "5"})], tools(tool))
    assert got == {"n": 5}
    assert events[0].arguments == {"n": "5"}


def test_prepare_runs_before_validation():
    tool = Tool(
        "t",
        "",
        {"type": "object", "required": ["a"]},
        echo,
        prepare=lambda arguments: {"a": arguments["old"]},
    )
    batch, _ = collect([call("1", "t", {"old": 1})], tools(tool))
    assert batch.results[0]["isError"] is False


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ToolError("no such file", {"path": "a"}), "no such file"),
        (ValueError("odd"), "ValueError: odd"),
        (Cancelled("x"), "Operation aborted"),
    ],
)
def test_a_tool_that_raises_gives_an_error_result(error, said):
    def raising(arguments, call):
        raise error

    batch, _ = collect([call("1", "bad")], tools(Tool("bad", "", ANY, raising)))
    (result,) = batch.results
    assert (text_of(result), result["isError"]) == (said, True)
    assert result["details"] == ({"path": "a"} if isinstance(error, ToolError) else {})


def test_gate_may_change_arguments_refuse_and_change_outcomes():
    def before(call, tool):
        if call["arguments"].get("say") == "secret":
            raise ToolError("refused by rule")
        return {"say": "changed"}

    def after(call, outcome):
        return Outcome([text(outcome.content[0]["text"] + "!")])

    batch, _ = collect(
        [call("1", arguments={"say": "secret"}), call("2", arguments={"say": "x"})],
        tools(ECHO),
        gate=Gate(before, after),
    )
    assert [text_of(result) for result in batch.results] == ["refused by rule", "changed!"]


def test_a_tool_that_ignores_the_token_is_given_up(monkeypatch):
    monkeypatch.setattr(batch_module, "ABORT_GRACE_S", 0.01)
    token, release = CancelToken(), threading.Event()

    def deaf(arguments, call):
        token.cancel()
        release.wait(10)
        return Outcome([text("late")])

    batch, events = collect([call("1", "deaf")], tools(Tool("deaf", "", ANY, deaf)), token)
    release.set()
    assert (events[-1].is_error, events[-1].duration_ms) == (True, None)
    assert text_of(batch.results[0]) == "Operation aborted"


def test_refuse_gives_every_call_a_result():
    batch = Batch([call("1"), call("2", "nope")], tools(ECHO), CancelToken(), Gate(), lambda: 0)
    events = list(batch.refuse(lambda call: f"not {call['id']}"))
    assert [type(event) for event in events] == [ToolStart, ToolEnd] * 2
    assert [text_of(result) for result in batch.results] == ["not 1", "not 2"]


def test_lone_surrogates_do_not_leave_a_tool():
    tool = Tool("t", "", ANY, lambda arguments, call: Outcome([text("a\udc80")], details="\udc80"))
    batch, events = collect([call("1", "t")], tools(tool))
    assert text_of(batch.results[0]) == "a\ufffd"
    assert events[-1].result["details"] == "\ufffd"


@pytest.mark.parametrize(("flags", "stops"), [([True, True], True), ([True, False], False)])
def test_terminate_needs_every_call(flags, stops):
    tool = Tool("t", "", ANY, lambda a, c: Outcome([], terminate=a["stop"]))
    batch, _ = collect(
        [call(str(n), "t", {"stop": flag}) for n, flag in enumerate(flags)], tools(tool)
    )
    assert batch.terminate is stops
