from __future__ import annotations

from pi.cancel import CancelToken
from pi.errors import Cancelled, ProviderError
from pi.events import (
    AgentEnd,
    AgentStart,
    BlockDelta,
    Failed,
    MessageEnd,
    MessageStart,
    MessageUpdate,
    ToolEnd,
    ToolStart,
    TurnEnd,
    TurnStart,
)
from pi.loop import Task, run
from pi.messages import text, text_of, user_message
from pi.providers.draft import Draft
from pi.providers.faux import Reply, Script, faux_model, play
from pi.request import Context, Options
from pi.tools.base import Outcome, Tool

ECHO = Tool("echo", "", {"type": "object"}, lambda a, c: Outcome([text(a.get("say", "-"))]))


def call(call_id, **arguments):
    return {"type": "toolCall", "id": call_id, "name": "echo", "arguments": arguments}


def stream_of(*replies):
    """A stream function over scripted replies that, like the client's, never raises."""
    script = Script(replies)
    model = faux_model(script)

    def stream(messages, token):
        draft = Draft(model, 1)
        try:
            token.check()
            yield from play(script.next_reply(Context("", [], messages), Options()), draft, token)
        except ProviderError as error:
            yield draft.failed(error)
        except Cancelled:
            yield draft.aborted()

    return stream, script


def trace(task, token=None):
    return list(run(task, token or CancelToken()))


def names(events):
    return [type(event).__name__ for event in events if not isinstance(event, MessageUpdate)]


def test_a_plain_answer():
    stream, _ = stream_of(Reply([text("hello")], piece=2))
    prompt = user_message("hi", 0)
    events = trace(Task([prompt], [], stream, {}))
    assert names(events) == [
        "AgentStart",
        "TurnStart",
        "MessageStart",
        "MessageEnd",
        "MessageStart",
        "MessageEnd",
        "TurnEnd",
        "AgentEnd",
    ]
    deltas = [
        e.event.text
        for e in events
        if isinstance(e, MessageUpdate) and isinstance(e.event, BlockDelta)
    ]
    assert deltas == ["he", "ll", "o"]
    assert events[4].message["stopReason"] == "pending"
    assert events[-1].messages == [prompt, events[-2].message]


def test_tools_run_and_the_loop_asks_again_with_their_results():
    stream, script = stream_of(
        Reply([text("look"), call("1", say="a"), call("2", say="b")]), Reply([text("done")])
    )
    history = [user_message("before", 0)]
    events = trace(Task([user_message("hi", 0)], history, stream, {"echo": ECHO}))
    assert names(events) == [
        "AgentStart",
        "TurnStart",
        "MessageStart",
        "MessageEnd",
        "MessageStart",
        "MessageEnd",
        "ToolStart",
        "ToolStart",
        "ToolEnd",
        "ToolEnd",
        "MessageStart",
        "MessageEnd",
        "MessageStart",
        "MessageEnd",
        "TurnEnd",
        "TurnStart",
        "MessageStart",
        "MessageEnd",
        "TurnEnd",
        "AgentEnd",
    ]
    second = script.requests[1][0].messages
    assert [m["role"] for m in second] == ["user", "user", "assistant", "toolResult", "toolResult"]
    assert [text_of(m) for m in second[3:]] == ["a", "b"]
    assert history == [user_message("before", 0)]


def test_calls_of_a_cut_answer_are_refused_and_the_model_is_asked_again():
    stream, script = stream_of(Reply([call("1")], stop_reason="length"), Reply([text("ok")]))
    events = trace(Task([user_message("hi", 0)], [], stream, {"echo": ECHO}))
    end = next(event for event in events if isinstance(event, ToolEnd))
    assert end.is_error
    assert "was not run" in end.result["content"][0]["text"]
    assert len(script.requests) == 2


def test_a_failure_before_the_stream_begins():
    stream, _ = stream_of(Reply(error=ProviderError("500: boom", "server")))
    events = trace(Task([user_message("hi", 0)], [], stream, {}))
    assert names(events)[4:] == ["MessageStart", "MessageEnd", "TurnEnd", "AgentEnd"]
    assert events[4].message["stopReason"] == "error"
    assert events[5].error.kind == "server"


def test_a_failure_in_the_middle_keeps_the_text_and_runs_no_tool():
    stream, _ = stream_of(
        Reply(
            [text("abcdef"), call("1")],
            piece=2,
            error=ProviderError("cut", "network"),
            error_after=2,
        )
    )
    events = trace(Task([user_message("hi", 0)], [], stream, {"echo": ECHO}))
    assert not any(isinstance(event, ToolStart) for event in events)
    assert text_of(events[-1].messages[-1]) == "abcd"
    assert events[4].message["stopReason"] == "pending"


def test_steering_enters_after_the_tools_and_follow_ups_at_the_end():
    stream, script = stream_of(Reply([call("1")]), Reply([text("mid")]), Reply([text("end")]))
    steering = [user_message("early", 0), user_message("steer", 0)]
    later = [user_message("later", 0)]

    def take(queue):
        return [queue.pop(0)] if queue else []

    task = Task(
        [user_message("hi", 0)],
        [],
        stream,
        {"echo": ECHO},
        steering=lambda: take(steering),
        follow_ups=lambda: take(later),
    )
    trace(task)
    assert [
        [text_of(m) for m in context.messages if m["role"] == "user"]
        for context, _ in script.requests
    ] == [
        ["hi", "early"],
        ["hi", "early", "steer"],
        ["hi", "early", "steer", "later"],
    ]


def test_an_abort_in_a_tool_ends_with_an_aborted_answer_and_keeps_the_queues():
    token = CancelToken()
    stream, script = stream_of(Reply([call("1")]), Reply([text("never")]))
    tool = Tool("echo", "", {"type": "object"}, lambda a, c: token.cancel() or Outcome([text("x")]))
    asked = []
    task = Task(
        [user_message("hi", 0)], [], stream, {"echo": tool}, steering=lambda: asked.append(1) or []
    )
    events = trace(task, token)
    assert events[-2].message["stopReason"] == "aborted"
    assert isinstance(events[-1], AgentEnd)
    assert (len(script.requests), asked) == (1, [1])  # at the start, and not after the abort


def test_without_prompts_the_run_continues_from_the_history():
    stream, script = stream_of(Reply([text("x")]))
    events = trace(Task([], [user_message("old", 0)], stream, {}))
    assert isinstance(events[0], AgentStart)
    assert isinstance(events[1], TurnStart)
    assert [text_of(m) for m in script.requests[0][0].messages] == ["old"]
    assert len(events[-1].messages) == 1


def test_a_terminating_batch_stops_the_run():
    stream, script = stream_of(Reply([call("1")]))
    tool = Tool("echo", "", {"type": "object"}, lambda a, c: Outcome([], terminate=True))
    events = trace(Task([user_message("hi", 0)], [], stream, {"echo": tool}))
    assert isinstance(events[-2], TurnEnd)
    assert len(script.requests) == 1


def test_the_stream_is_read_to_its_end_before_tools_run():
    order = []

    def stream(messages, token):
        draft = Draft(faux_model(Script([Reply()])), 1)
        if len(order) > 1:
            yield draft.done("stop")
            return
        yield from play(Reply([call("1")]), draft, token)
        order.append("cleaned")

    tool = Tool("echo", "", {"type": "object"}, lambda a, c: order.append("ran") or Outcome([]))
    trace(Task([user_message("hi", 0)], [], stream, {"echo": tool}))
    assert order == ["cleaned", "ran"]


def test_context_may_change_what_is_sent_but_not_what_is_kept():
    stream, script = stream_of(Reply([text("x")]))
    task = Task(
        [user_message("hi", 0)],
        [user_message("old", 0)],
        stream,
        {},
        context=lambda messages: messages[-1:],
    )
    events = trace(task)
    assert len(script.requests[0][0].messages) == 1
    assert len(events[-1].messages) == 2


def test_message_ends_carry_the_reason_of_a_failure_only():
    stream, _ = stream_of(Reply([text("x")]))
    ends = [
        e for e in trace(Task([user_message("hi", 0)], [], stream, {})) if isinstance(e, MessageEnd)
    ]
    assert [end.error for end in ends] == [None, None]
    assert not any(isinstance(e, (Failed, MessageStart)) for e in ends)
