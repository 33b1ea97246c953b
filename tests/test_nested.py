"""Calls that tools make of other tools: gates, events, the record, and how they stop."""

from __future__ import annotations

import threading

import pytest

from pi import batch as batch_module
from pi.batch import MAX_DEPTH, TOO_DEEP, TOO_LATE, Batch, Gate
from pi.cancel import CancelToken
from pi.events import ToolEnd, ToolStart, ToolUpdate
from pi.messages import text, text_of, zero_usage
from pi.nested import MAX_CALLS, Record
from pi.providers.faux import Reply
from pi.tools.base import Outcome, Tool
from tests.coursekit import Hooked, call

ANY = {"type": "object"}
NEEDS = {"type": "object", "required": ["path"], "properties": {"path": {"type": "string"}}}


def usage(cost):
    spent = zero_usage()
    return {**spent, "input": 5, "totalTokens": 5, "cost": {**spent["cost"], "total": cost}}


def echo(arguments, at):
    at.report({"content": [text("half")]})
    return Outcome([text(arguments.get("say", ""))], structured={"n": 1})


ECHO = Tool("echo", "", ANY, echo)
STRICT = Tool("strict", "", NEEDS, echo)


def caller(*wishes, name="outer", keep=None, cost=None):
    """A tool that calls others, one after the other, and tells their texts."""
    kept = [] if keep is None else keep

    def run(arguments, at):
        kept.extend(at.nest(*wish) for wish in wishes)
        words = [text_of(told["result"]) for told in kept[-len(wishes) :]]
        return Outcome([text("|".join(words))], usage=None if cost is None else usage(cost))

    return Tool(name, "", ANY, run)


def collect(*tools, calls=None, gate=Gate(), token=None):  # noqa: B008 - immutable
    known = {tool.name: tool for tool in (ECHO, STRICT, *tools)}
    batch = Batch(calls or [call("c1", "outer")], known, token or CancelToken(), gate, lambda: 1)
    return batch, list(batch.run())


def test_a_nested_call_goes_the_way_of_all_calls():
    gone = []

    def before(given, tool):
        gone.append(("before", given["id"], given.get("parentToolCallId")))
        return given["arguments"]

    gate = Gate(before, lambda given, outcome: gone.append(("after", given["id"])) or outcome)
    told = []
    batch, events = collect(caller(("echo", {"say": "hi"}), keep=told), gate=gate)
    assert [(type(e).__name__, e.call_id, e.parent) for e in events] == [
        ("ToolStart", "c1", None),
        ("ToolStart", "c1/1", "c1"),
        ("ToolUpdate", "c1/1", "c1"),
        ("ToolEnd", "c1/1", "c1"),
        ("ToolEnd", "c1", None),
    ]
    assert gone == [
        ("before", "c1", None), ("before", "c1/1", "c1"), ("after", "c1/1"), ("after", "c1"),
    ]  # fmt: skip
    [found] = told
    assert found.pop("durationMs") >= 0
    assert found == {
        "toolCall": {"type": "toolCall", "id": "c1/1", "name": "echo", "arguments": {"say": "hi"}},
        "result": {"content": [text("hi")], "structuredContent": {"n": 1}},
        "isError": False,
    }
    [message] = batch.results
    assert text_of(message) == "hi"


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (("nope", {}), "Tool nope not found"),
        (("strict", {}), "path"),
        (("echo", "no object"), "not an object"),
        (("strict", {"path": "refused"}), "no way"),
    ],
)
def test_what_cannot_run_is_told_to_the_caller_and_raises_nothing(wish, why):
    def before(given, tool):
        if given["arguments"].get("path") == "refused":
            raise batch_module.RefusedError("no way")
        return given["arguments"]

    told = []
    batch, events = collect(caller(wish, keep=told), gate=Gate(before))
    assert told[0]["isError"] is True
    assert "durationMs" not in told[0]
    assert why in text_of(told[0]["result"])
    assert [type(e) for e in events] == [ToolStart, ToolStart, ToolEnd, ToolEnd]
    [row] = batch.results[0]["nestedCalls"]["calls"]
    assert (row["status"], row["durationMs"]) == ("error", 0)
    assert why in row["error"]


def test_the_record_is_flat_and_the_usage_of_every_depth_is_added():
    deep = caller(("echo", {"say": "deep"}), name="mid", cost=0.5)
    batch, _ = collect(deep, caller(("mid", {}), ("echo", {}), cost=0.25))
    [message] = batch.results
    record = message["nestedCalls"]
    assert record["complete"] is True
    assert [(row["id"], row["name"], row["status"]) for row in record["calls"]] == [
        ("c1/1", "mid", "ok"),
        ("c1/1/1", "echo", "ok"),
        ("c1/2", "echo", "ok"),
    ]
    assert record["calls"][1]["arguments"] == {"say": "deep"}
    assert message["usage"]["cost"]["total"] == 0.75
    assert message["usage"]["input"] == 10


def test_two_at_a_time_from_threads_of_the_tool():
    def run(arguments, at):
        found = {}

        def ask(name):
            found[name] = at.nest("echo", {"say": name})

        threads = [threading.Thread(target=ask, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Outcome([text("".join(text_of(found[name]["result"]) for name in "ab"))])

    batch, events = collect(Tool("outer", "", ANY, run))
    assert text_of(batch.results[0]) == "ab"
    ids = sorted(e.call_id for e in events if isinstance(e, ToolEnd))
    assert ids == ["c1", "c1/1", "c1/2"]


def test_progress_goes_to_the_caller_and_to_everybody():
    partials = []

    def run(arguments, at):
        at.nest("echo", {}, report=partials.append)
        return Outcome([])

    _, events = collect(Tool("outer", "", ANY, run))
    assert partials == [{"content": [text("half")]}]
    assert len([e for e in events if isinstance(e, ToolUpdate)]) == 1


def test_a_token_of_the_caller_stops_its_call_alone():
    waits = Tool("waits", "", ANY, lambda a, at: at.token.sleep(10) or Outcome([]))

    def run(arguments, at):
        own = CancelToken()
        threading.Timer(0.02, own.cancel).start()
        told = at.nest("waits", {}, token=own)
        return Outcome([text(f"{text_of(told['result'])}, {at.token.cancelled}")])

    batch, _ = collect(waits, Tool("outer", "", ANY, run))
    assert text_of(batch.results[0]) == "Operation aborted, False"


def test_an_abort_ends_the_nested_call_and_its_caller(monkeypatch):
    monkeypatch.setattr(batch_module, "ABORT_GRACE_S", 0.02)
    token, release = CancelToken(), threading.Event()

    def wait(arguments, at):
        token.cancel()
        release.wait(10)
        return Outcome([])

    deaf = Tool("deaf", "", ANY, wait)
    told = []
    batch, events = collect(deaf, caller(("deaf", {}), keep=told), token=token)
    release.set()
    assert [e.call_id for e in events if isinstance(e, ToolEnd)] == ["c1/1", "c1"]
    assert text_of(batch.results[0]) == "Operation aborted"
    assert batch.results[0]["nestedCalls"]["calls"][0]["error"] == "Operation aborted"


def test_whoever_asks_too_late_is_told():
    held = []
    tool = Tool("outer", "", ANY, lambda a, at: held.append(at.nest) or Outcome([]))
    batch, _ = collect(tool)
    told = held[0]("echo", {})
    assert (told["isError"], text_of(told["result"])) == (True, TOO_LATE)
    assert batch.nest("nope", "echo", {})["isError"] is True
    assert "nestedCalls" not in batch.results[0]


def test_a_circle_ends():
    def run(arguments, at):
        return Outcome([text(text_of(at.nest("outer", {})["result"]))])

    batch, events = collect(Tool("outer", "", ANY, run))
    assert text_of(batch.results[0]) == TOO_DEEP
    assert len([e for e in events if isinstance(e, ToolStart)]) == MAX_DEPTH + 2


def test_by_the_id_of_the_call_that_runs():
    found = []

    def run(arguments, at):
        found.append(rig.harness.nest(at.id, "echo", {"say": "by id"}))
        return Outcome([])

    rig = Hooked(
        Reply([call("c1", "outer")]), Reply([text("done")]),
        tools=(Tool("outer", "", ANY, run), ECHO),
    )  # fmt: skip
    rig.harness.prompt("hi")
    assert text_of(found[0]["result"]) == "by id"
    fired = [
        (name, event.tool_call_id, event.parent_tool_call_id)
        for name, _, event in rig.seen
        if name.startswith("tool_") and event.tool_call_id != "c1"
    ]
    assert fired == [
        (name, "c1/1", "c1")
        for name in (
            "tool_execution_start", "tool_call", "tool_execution_update", "tool_result",
            "tool_execution_end",
        )
    ]  # fmt: skip
    result = next(m for m in rig.session.messages() if m["role"] == "toolResult")
    assert [row["id"] for row in result["nestedCalls"]["calls"]] == ["c1/1"]


def test_the_record_is_bounded():
    record = Record()
    record.begin("big", "echo", {"say": "x" * 9000})
    assert record.fields()["nestedCalls"]["complete"] is False
    assert "arguments" not in record.fields()["nestedCalls"]["calls"][0]
    record = Record()
    for number in range(5):
        record.begin(str(number), "echo", {"say": "x" * 8000})
    rows = record.fields()["nestedCalls"]["calls"]
    assert ["arguments" in row for row in rows] == [True] * 4 + [False]
    record = Record()
    for number in range(MAX_CALLS + 1):
        record.begin(str(number), "echo", {})
        record.end(str(number), 1, None)
    kept = record.fields()["nestedCalls"]
    assert (len(kept["calls"]), kept["complete"]) == (MAX_CALLS, False)
    assert Record().fields() == {}
