from __future__ import annotations

import threading

import pytest

from pi.cancel import CancelToken
from pi.client import Client
from pi.course.state import CANCELLED_RETRY, Setup
from pi.errors import PiError, ProviderError, SessionError
from pi.events import (
    AgentEnd,
    AgentSettled,
    EntryAppended,
    MessageEnd,
    MessageUpdate,
    QueueUpdate,
    RetryEnd,
    RetryStart,
    TurnEnd,
)
from pi.harness import Harness
from pi.messages import text, text_of
from pi.providers.faux import Reply, Script, faux_model
from pi.request import Options
from pi.retry import Policy
from pi.session import Session
from pi.tools.base import Outcome, Tool, declaration
from pi.transcript import Prompt

BUSY = ProviderError("529: overloaded", "overloaded")
ECHO = Tool("echo", "", {"type": "object"}, lambda a, c: Outcome([text("echoed")]))
FAST = Policy(base_delay_ms=0)


def call(call_id):
    return {"type": "toolCall", "id": call_id, "name": "echo", "arguments": {}}


class Rig:
    """A harness over a scripted model, and what happened to it."""

    def __init__(self, *replies, session=None, policy=FAST, tools=(ECHO,), **setup):
        self.script = Script(replies)
        self.model = faux_model(self.script)
        self.session = session or Session.in_memory("/work")
        self.cwd = "/work"
        self.events = []
        self.harness = Harness(
            Setup(
                self.session,
                Client(None, None),
                self.model,
                "medium",
                {tool.name: tool for tool in tools},
                lambda active: Prompt(
                    "",
                    {"preamble": "P", "cwd": self.cwd},
                    [declaration(tool) for tool in active.values()],
                ),
                lambda model, thinking: Options(thinking=thinking),
                retry=policy,
                random=lambda: 0.0,
                **setup,
            )
        )
        self.harness.subscribe(self.events.append)

    def names(self):
        return [type(e).__name__ for e in self.events if not isinstance(e, MessageUpdate)]

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    def entry_types(self):
        return [
            entry["message"]["role"] if entry["type"] == "message" else entry["type"]
            for entry in self.session.entries()
        ]


def test_a_first_prompt_stores_selection_prompt_and_messages():
    rig = Rig(Reply([text("hello")]))
    settled = rig.harness.prompt("hi")
    assert text_of(settled.message) == "hello"
    assert (settled.error, settled.aborted) == (None, False)
    assert rig.entry_types() == [
        "model_change",
        "thinking_level_change",
        "system",
        "user",
        "assistant",
    ]
    assert rig.names() == [
        "AgentStart",
        "TurnStart",
        "MessageStart",
        "MessageEnd",
        "MessageStart",
        "MessageEnd",
        "MessageStart",
        "MessageEnd",
        "TurnEnd",
        "AgentEnd",
        "AgentSettled",
    ]
    assert settled.message["thinkingLevel"] == "medium"
    assert settled.message["durationMs"] >= 0


def test_a_second_prompt_declares_only_what_changed():
    rig = Rig(Reply([text("a")]))
    rig.harness.prompt("one")
    rig.harness.prompt("two")
    assert rig.entry_types()[5:] == ["user", "assistant"]
    rig.cwd = "/elsewhere"
    rig.harness.prompt("three")
    system = rig.session.entries()[7]["message"]
    assert system["sections"] == {"cwd": "/elsewhere"}
    assert "toolsAdded" not in system
    assert rig.script.requests[-1][0].system == "P\n\n/elsewhere"


def test_messages_are_stored_before_they_are_announced():
    rig = Rig(Reply([call("1")]), Reply([text("done")]))
    stored = []
    rig.harness.subscribe(
        lambda e: (
            stored.append(rig.session.entries()[-1]["message"] is e.message)
            if isinstance(e, MessageEnd)
            else None
        )
    )
    rig.harness.prompt("hi")
    assert stored == [True] * 5


def test_everything_is_on_disk_before_the_turn_ends_and_before_each_request():
    rig = Rig(Reply([call("1")]), Reply([text("done")]))
    append, sync = rig.session.append, rig.session.sync
    unsynced, seen = [], []

    def write(*args, **fields):
        unsynced.append(args[0])
        return append(*args, **fields)

    def flush():
        unsynced.clear()
        sync()

    def asked(reply):
        return lambda context, options: seen.append(("request", [*unsynced])) or reply

    rig.session.append, rig.session.sync = write, flush
    rig.script.replies = [asked(reply) for reply in rig.script.replies]
    rig.harness.subscribe(
        lambda e: seen.append(("turn_end", [*unsynced])) if isinstance(e, TurnEnd) else None
    )
    rig.harness.prompt("hi")
    assert seen == [("request", []), ("turn_end", []), ("request", []), ("turn_end", [])]


def test_retry_hides_the_failed_answers_and_ends_before_the_turn():
    rig = Rig(
        Reply(error=BUSY), Reply([text("par")], error=BUSY, error_after=1), Reply([text("good")])
    )
    settled = rig.harness.prompt("hi")
    assert text_of(settled.message) == "good"
    assert settled.error is None
    assert [(e.attempt, e.max_attempts, e.error) for e in rig.of(RetryStart)] == [
        (1, 3, "529: overloaded"),
        (2, 3, "529: overloaded"),
    ]
    assert rig.of(RetryEnd) == [RetryEnd(True, 2)]
    assert [e.will_retry for e in rig.of(AgentEnd)] == [True, True, False]
    names = rig.names()
    assert names.index("RetryEnd") < len(names) - 1 - names[::-1].index("TurnEnd")
    assert len(rig.of(AgentSettled)) == 1
    assert rig.entry_types()[4:] == [
        "assistant",
        "context_edit",
        "assistant",
        "context_edit",
        "assistant",
    ]
    edits = [e.entry for e in rig.of(EntryAppended)]
    assert [edit["replacement"] for edit in edits] == [None, None]
    assert [m["role"] for m in rig.script.requests[-1][0].messages] == ["user"]


def test_the_edit_comes_between_the_pause_and_the_next_run():
    rig = Rig(Reply(error=BUSY), Reply([text("good")]))
    rig.harness.prompt("hi")
    names = rig.names()
    at = names.index("RetryStart")
    assert names[at - 1 : at + 4] == [
        "AgentEnd",
        "RetryStart",
        "EntryAppended",
        "AgentStart",
        "TurnStart",
    ]


def test_exhausted_retries():
    rig = Rig(Reply(error=BUSY), policy=Policy(max_retries=2, base_delay_ms=0))
    settled = rig.harness.prompt("hi")
    assert settled.error is BUSY
    assert len(rig.script.requests) == 3
    assert rig.of(RetryEnd) == [RetryEnd(False, 2, "529: overloaded")]
    assert [e.will_retry for e in rig.of(AgentEnd)] == [True, True, False]
    assert rig.names()[-3:] == ["AgentEnd", "RetryEnd", "AgentSettled"]


@pytest.mark.parametrize("kind", ["quota", "auth", "bad_request", "context_overflow"])
def test_hopeless_errors_are_not_retried(kind):
    rig = Rig(Reply(error=ProviderError("no", kind)))
    settled = rig.harness.prompt("hi")
    assert settled.error.kind == kind
    assert (rig.of(RetryStart), rig.of(RetryEnd)) == ([], [])
    assert rig.of(AgentEnd)[0].will_retry is False


def test_an_abort_during_the_pause_ends_the_retries():
    rig = Rig(Reply(error=BUSY), policy=Policy(base_delay_ms=60_000))
    rig.harness.subscribe(lambda e: rig.harness.abort() if isinstance(e, RetryStart) else None)
    settled = rig.harness.prompt("hi")
    assert settled.aborted
    assert rig.of(RetryEnd) == [RetryEnd(False, 1, CANCELLED_RETRY)]
    assert rig.of(AgentSettled) == [AgentSettled(True)]
    assert len(rig.script.requests) == 1
    # the failed answer was hidden when the pause began, not when it ended
    assert rig.names()[-4:] == ["RetryStart", "EntryAppended", "RetryEnd", "AgentSettled"]
    assert [m["role"] for m in rig.session.context()] == ["system", "user"]


def test_a_later_failure_starts_counting_anew():
    rig = Rig(Reply(error=BUSY), Reply([call("1")]), Reply(error=BUSY), Reply([text("end")]))
    rig.harness.prompt("hi")
    assert [e.attempt for e in rig.of(RetryStart)] == [1, 1]


def test_an_abort_in_the_stream_keeps_the_partial_text():
    rig = Rig(Reply([text("abcdef")], piece=2))
    rig.harness.subscribe(lambda e: rig.harness.abort() if isinstance(e, MessageUpdate) else None)
    settled = rig.harness.prompt("hi")
    assert settled.aborted
    assert settled.message["stopReason"] == "aborted"
    assert rig.session.entries()[-1]["message"]["stopReason"] == "aborted"
    assert rig.of(AgentSettled) == [AgentSettled(True)]


def test_steering_and_follow_up_with_their_queue_events():
    rig = Rig(Reply([call("1")]), Reply([text("mid")]), Reply([text("end")]))

    def react(event):
        if type(event).__name__ == "ToolStart":
            rig.harness.steer("steer")
            rig.harness.follow_up("later")

    rig.harness.subscribe(react)
    rig.harness.prompt("hi")
    assert [(e.steering, e.follow_up) for e in rig.of(QueueUpdate)] == [
        (["steer"], []),
        (["steer"], ["later"]),
        ([], ["later"]),
        ([], []),
    ]
    users = [m for m in rig.session.messages() if m["role"] == "user"]
    assert [text_of(m) for m in users] == ["hi", "steer", "later"]
    assert len(rig.of(AgentSettled)) == 1


def test_a_second_prompt_while_one_runs_is_refused():
    rig = Rig(Reply([call("1")]), Reply([text("x")]))
    refused = []

    def react(event):
        if type(event).__name__ == "ToolStart":
            with pytest.raises(PiError, match="busy") as caught:
                rig.harness.prompt("again")
            refused.append(caught.value)

    rig.harness.subscribe(react)
    rig.harness.prompt("hi")
    assert len(refused) == 1


def test_abort_from_another_thread_reaches_a_waiting_tool():
    started = threading.Event()

    def wait(arguments, call):
        started.set()
        call.token.sleep(60)

    rig = Rig(Reply([call("1")]), tools=[Tool("echo", "", {"type": "object"}, wait)])
    thread = threading.Thread(target=lambda: started.wait(5) and rig.harness.abort())
    thread.start()
    settled = rig.harness.prompt("hi")
    thread.join()
    assert settled.aborted
    results = [m for m in rig.session.messages() if m["role"] == "toolResult"]
    assert [text_of(m) for m in results] == ["Operation aborted"]


def test_a_token_from_outside_is_obeyed():
    token = CancelToken()
    token.cancel("signal")
    rig = Rig(Reply([text("never")]))
    settled = rig.harness.prompt("hi", token)
    assert settled.aborted
    assert rig.script.requests == []


def test_a_session_that_cannot_be_written_ends_the_prompt_with_its_error():
    rig = Rig(Reply([text("x")]))

    def fail(*_, **__):
        raise SessionError("disk full")

    rig.harness.prompt("one")
    rig.session.append = fail
    with pytest.raises(SessionError, match="disk full"):
        rig.harness.prompt("two")
    del rig.session.append
    assert text_of(rig.harness.prompt("three").message) == "x"


def test_giving_up_the_pause_settles_with_the_failure_and_does_not_abort():
    rig = Rig(Reply(error=BUSY), Reply([text("never")]), policy=Policy(base_delay_ms=60_000))
    rig.harness.subscribe(
        lambda event: isinstance(event, RetryStart) and threading.Timer(0.01, give_up).start()
    )

    def give_up():
        assert rig.harness.retry.is_waiting
        rig.harness.retry.give_up()

    settled = rig.harness.prompt("hi")
    assert (settled.aborted, settled.message["stopReason"]) == (False, "error")
    assert rig.of(RetryEnd) == [RetryEnd(False, 1, CANCELLED_RETRY)]
    assert rig.of(AgentSettled) == [AgentSettled(False)]
    rig.harness.retry.give_up()  # with nothing to give up, nothing happens
    assert not rig.harness.retry.is_waiting


def test_retries_can_be_turned_off_and_on():
    rig = Rig(Reply(error=BUSY), Reply(error=BUSY), Reply([text("good")]))
    rig.harness.retry.enabled = False
    assert rig.harness.retry.enabled is False
    assert rig.harness.prompt("hi").message["stopReason"] == "error"
    assert rig.of(RetryStart) == []
    rig.harness.retry.enabled = True
    assert text_of(rig.harness.prompt("hi").message) == "good"


def test_what_is_queued_while_a_run_ends_is_delivered_before_it_settles():
    rig = Rig(Reply([text("a")]), Reply([text("b")]), Reply([text("c")]))
    late = ["steer", "followUp"]

    def queue(event):
        if isinstance(event, AgentEnd) and late:
            behaviour = late.pop(0)
            assert rig.harness.offer(behaviour, behaviour) is True
        if isinstance(event, AgentSettled):
            assert rig.harness.offer("steer", "too late") is False

    rig.harness.subscribe(queue)
    rig.harness.prompt("hi")
    said = [text_of(m) for m in rig.session.context() if m["role"] == "user"]
    assert said == ["hi", "steer", "followUp"]
    assert len(rig.of(AgentEnd)) == 3
    assert len(rig.of(AgentSettled)) == 1
    assert rig.harness.queues.waiting() == []


def test_an_aborted_run_leaves_what_is_queued():
    rig = Rig(Reply([text("a")]), Reply([text("b")]))
    rig.harness.subscribe(
        lambda event: (
            isinstance(event, TurnEnd)
            and (rig.harness.offer("followUp", "later"), rig.harness.abort())
        )
    )
    assert rig.harness.prompt("hi").aborted
    assert rig.harness.queues.clear() == ([], ["later"])
    assert rig.events[-1] == QueueUpdate([], [])


def test_the_selection_can_be_recorded_ahead():
    rig = Rig(Reply([text("a")]))
    rig.harness.record_selection()
    rig.harness.record_selection()
    assert rig.entry_types() == ["model_change", "thinking_level_change"]


def test_changing_model_and_level_is_recorded_and_used():
    rig = Rig(Reply([text("x")]))
    rig.harness.prompt("one")
    other = faux_model(Script([Reply([text("y")])]), id="other")
    rig.harness.set_model(other, "low")
    assert rig.session.model() == ("faux", "other")
    assert rig.session.thinking_level() == "low"
    assert text_of(rig.harness.prompt("two").message) == "y"
    rig.harness.set_thinking("low")
    assert rig.entry_types().count("thinking_level_change") == 2


def test_an_unsubscribed_listener_hears_nothing():
    rig = Rig(Reply([text("x")]))
    heard = []
    rig.harness.subscribe(heard.append)()
    rig.harness.prompt("hi")
    assert heard == []
