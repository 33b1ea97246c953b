from __future__ import annotations

import threading

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled


def test_check_raises_only_after_cancel():
    token = CancelToken()
    token.check()
    token.cancel("enough")
    with pytest.raises(Cancelled, match="enough"):
        token.check()


def test_the_first_reason_stays():
    token = CancelToken()
    token.cancel("first")
    token.cancel("second")
    assert token.reason == "first"


def test_callbacks_run_once_and_can_be_undone():
    token, ran = CancelToken(), []
    undo = token.on_cancel(lambda: ran.append("undone"))
    token.on_cancel(lambda: ran.append("kept"))
    undo()
    token.cancel()
    token.cancel()
    assert ran == ["kept"]


def test_a_callback_for_a_fired_token_runs_at_once():
    token, ran = CancelToken(), []
    token.cancel()
    token.on_cancel(lambda: ran.append(1))
    assert ran == [1]


def test_cancelling_from_a_callback_is_harmless():
    token, ran = CancelToken(), []
    token.on_cancel(lambda: (token.cancel("again"), ran.append(1)))
    token.cancel("once")
    assert (ran, token.reason) == ([1], "once")


def test_sleep_ends_when_another_thread_cancels():
    token, outcome = CancelToken(), []

    def sleeper():
        try:
            token.sleep(60)
        except Cancelled:
            outcome.append("cancelled")

    thread = threading.Thread(target=sleeper)
    thread.start()
    token.cancel()
    thread.join(5)
    assert outcome == ["cancelled"]


def test_sleep_without_cancel_returns_and_leaves_no_callback():
    token = CancelToken()
    token.sleep(0.001)
    assert token.wait(0) is False
    assert token._callbacks == {}


def test_child_fires_with_its_parent_but_not_the_other_way():
    parent = CancelToken()
    first, second = parent.child(), parent.child()
    first.cancel("own")
    assert (parent.cancelled, second.cancelled) == (False, False)
    assert len(parent._callbacks) == 1  # a finished child leaves nothing behind
    parent.cancel("all")
    assert (second.cancelled, second.reason, first.reason) == (True, "all", "own")


def test_many_threads_cancelling_run_each_callback_once():
    token, ran = CancelToken(), []
    for number in range(200):
        token.on_cancel(lambda number=number: ran.append(number))
    threads = [threading.Thread(target=token.cancel) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == list(range(200))
