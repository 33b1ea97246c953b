"""A prompt as its caller sees it: events, the answer, refusals, and leaving early."""

from __future__ import annotations

import threading

import pytest

from pi.errors import NoModelError, PiError, ProviderError
from pi.events import (
    AgentEnd,
    AgentSettled,
    AgentStart,
    CompactionEnd,
    MessageEnd,
    Notice,
)
from pi.messages import text, user_message
from pi.run import AbortedError, Run

USER = user_message("hi", 1)


def said(words, reason="stop", cost=None, **fields):
    usage = {"input": 10, "output": 5, "cost": cost or {"total": 0.25}}
    return {
        "role": "assistant",
        "content": [text(words)],
        "stopReason": reason,
        "usage": usage,
        **fields,
    }


def played(*events, aborts=None):
    run = Run(pytest.fail if aborts is None else lambda: aborts.append(1))
    for event in events:
        (run.fail if isinstance(event, PiError) else run.take)(event)
    return run


def test_events_come_in_order_and_the_answer_sums_up():
    first, last = said("", "toolUse"), said("Yes.")
    events = [
        AgentStart(),
        *(MessageEnd(message) for message in (USER, first, last)),
        AgentEnd([]),
        AgentSettled(False),
    ]
    run = played(*events)
    assert list(run) == events
    assert list(run) == []
    answer = run.answer()
    assert str(answer) == answer.text == "Yes."
    assert answer.message is last
    assert answer.messages == [USER, first, last]
    assert (answer.usage["input"], answer.usage["output"], answer.cost_usd) == (20, 10, 0.5)
    assert not answer.is_cut
    assert run.answer() == answer


def test_an_answer_that_was_cut_and_has_no_price_says_so():
    cut = said("Ye", "length", {"total": 0, "unknown": True})
    answer = played(MessageEnd(cut), AgentSettled(False)).answer()
    assert (answer.is_cut, answer.cost_usd) == (True, None)


PROVIDER = ProviderError("refused", "auth")
FAILED = said("", "error", errorMessage="529: too much")


@pytest.mark.parametrize(
    ("events", "kind", "words"),
    [
        ([MessageEnd(FAILED, PROVIDER), AgentSettled(False)], ProviderError, "refused"),
        ([MessageEnd(FAILED), AgentSettled(False)], ProviderError, "529: too much"),
        ([MessageEnd(said("", "aborted")), AgentSettled(True)], AbortedError, "aborted"),
        ([AgentSettled(True)], AbortedError, "aborted"),
        ([NoModelError("no key")], NoModelError, "no key"),
        ([Notice("error", "disk full"), AgentSettled(True)], PiError, "disk full"),
        (
            [
                MessageEnd(said("", "toolUse")),
                CompactionEnd("threshold", None, error="in circles"),
                AgentSettled(False),
            ],
            PiError,
            "in circles",
        ),
    ],
)
def test_where_there_is_no_answer(events, kind, words):
    run = played(*events)
    with pytest.raises(kind, match=words):
        run.answer()
    with pytest.raises(kind, match=words):  # and again
        run.answer()


def test_a_failure_that_was_made_good_is_none():
    run = played(
        Notice("warning", "slow"),
        MessageEnd(FAILED, PROVIDER),
        MessageEnd(said("Yes.")),
        CompactionEnd("threshold", None, error="could not compact"),
        AgentSettled(False),
    )
    assert run.answer().text == "Yes."


def test_a_refused_prompt_is_raised_in_the_loop():
    with pytest.raises(NoModelError, match="no key"):
        list(played(NoModelError("no key")))


def test_leaving_the_loop_aborts_and_waits():
    run = None

    def abort():
        threading.Timer(0.02, lambda: run.take(AgentSettled(True))).start()

    run = Run(abort)
    run.take(AgentStart())
    for event in run:
        assert event == AgentStart()
        break
    with pytest.raises(AbortedError):
        run.answer()


def test_a_run_that_has_ended_unseen_is_not_aborted():
    run = played(MessageEnd(said("Yes.")), AgentSettled(False))
    run.close()
    assert run.answer().text == "Yes."


def test_closing_aborts_once():
    aborts = []
    run = played(aborts=aborts)
    threading.Timer(0.02, lambda: run.fail(PiError("gone"))).start()
    run.close()
    run.close()
    assert aborts == [1]
    with pytest.raises(PiError, match="gone"):
        run.answer()
