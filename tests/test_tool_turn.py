"""Turns come in the order of asking."""

from __future__ import annotations

import threading

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.tools import turn


def wait_until_waiting(key: str, number: int) -> None:
    while len(turn._lines.get(key, ())) < number:
        threading.Event().wait(0.001)


def test_order_of_arrival():
    order = []

    def work(name: int) -> None:
        with turn.take("order"):
            order.append(name)

    threads = []
    with turn.take("order"):
        for name in range(6):
            threads.append(threading.Thread(target=work, args=(name,)))
            threads[-1].start()
            wait_until_waiting("order", name + 2)
        assert order == []
    for thread in threads:
        thread.join()
    assert order == list(range(6))
    assert "order" not in turn._lines


def test_different_keys_do_not_wait():
    with turn.take("a"), turn.take("b"):
        assert len(turn._lines["a"]) == len(turn._lines["b"]) == 1


def test_a_cancelled_turn_gives_its_place_up():
    token = CancelToken()
    done = []

    def cancelled() -> None:
        with pytest.raises(Cancelled), turn.take("c", token):
            done.append("never")
        done.append("cancelled")

    def last() -> None:
        with turn.take("c"):
            done.append("last")

    threads = [threading.Thread(target=work) for work in (cancelled, last)]
    with turn.take("c"):
        for waiting, thread in enumerate(threads, start=2):
            thread.start()
            wait_until_waiting("c", waiting)
        token.cancel()
        threads[0].join()
        assert done == ["cancelled"]
    threads[1].join()
    assert done == ["cancelled", "last"]
    assert "c" not in turn._lines


def test_claims_decide_the_order():
    order = []

    def work(name: int, claimed: turn.Turn) -> None:
        with claimed:
            order.append(name)

    claims = [turn.claim("claimed") for _ in range(5)]
    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(claims)]
    for thread in reversed(threads):
        thread.start()
    for thread in threads:
        thread.join()
    assert order == list(range(5))
    assert "claimed" not in turn._lines


def test_the_holder_may_take_its_key_again():
    with turn.claim("again"):
        with turn.take("again"), turn.take("again"):
            assert len(turn._lines["again"]) == 1
        assert len(turn._lines["again"]) == 1
    assert "again" not in turn._lines


def test_an_error_inside_ends_the_turn():
    with pytest.raises(KeyError), turn.take("d"):
        raise KeyError
    with turn.take("d"):
        pass
    assert "d" not in turn._lines


def test_a_token_that_has_fired_gets_no_turn():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        turn.take("e", token).__enter__()
    assert "e" not in turn._lines
