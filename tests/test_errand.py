"""What goes on beside a run: order, tokens, the end."""

from __future__ import annotations

import threading

import pytest

from pi.agent.errand import Errands

PATIENCE_S = 10


def test_each_has_a_thread_and_a_token():
    errands, ended = Errands(), []
    gate = threading.Event()
    errands.start(lambda errand: (errand.token.wait(PATIENCE_S), ended.append("one")))
    errands.start(lambda errand: (gate.wait(PATIENCE_S), ended.append("two")))
    assert not errands.are_done
    gate.set()
    while "two" not in ended:
        errands.wait(0.01)
    assert ended == ["two"]
    errands.cancel("enough")
    errands.wait(PATIENCE_S)
    assert ended == ["two", "one"]
    assert errands.are_done


def test_those_that_keep_their_order_wait_for_each_other():
    errands, seen = Errands(), []
    gate = threading.Event()
    errands.start(lambda _: (gate.wait(PATIENCE_S), seen.append(1)), in_order=True)
    errands.start(lambda _: seen.append(2), in_order=True)
    errands.run(lambda _: seen.append("beside"))
    assert seen == ["beside"]
    gate.set()
    while not errands.are_done:
        errands.wait(PATIENCE_S)
    assert seen == ["beside", 1, 2]


def test_the_end_of_each_is_told_even_if_it_fails():
    ends = []
    errands = Errands(lambda: ends.append(errands.are_done))

    def fail(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        errands.run(fail)
    assert ends == [True]


def test_after_closing_every_token_has_fired():
    errands, reasons = Errands(), []
    errands.close("shutting down")
    errands.run(lambda errand: reasons.append((errand.token.cancelled, errand.token.reason)))
    assert reasons == [(True, "shutting down")]


def test_a_head_start_is_given_once_and_not_for_ever():
    errands, seen = Errands(), []
    gate = threading.Event()
    errands.start(lambda _: seen.append("short"))
    errands.give_head_start(PATIENCE_S)
    assert seen == ["short"]
    errands.start(lambda _: gate.wait(PATIENCE_S))
    errands.give_head_start(0.01)
    assert not errands.are_done
    errands.give_head_start(PATIENCE_S)  # nothing new: it does not wait
    assert not errands.are_done
    gate.set()
    errands.wait(PATIENCE_S)
    errands.give_head_start(PATIENCE_S)
