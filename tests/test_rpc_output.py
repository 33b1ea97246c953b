"""The writer of RPC mode: order, back-pressure, a client that leaves."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

import pytest

from pi.modes.rpc.output import ROOM_BYTES, Output


@pytest.fixture
def pipe():
    read_end, write_end = os.pipe()
    yield read_end, write_end
    for descriptor in (read_end, write_end):
        with suppress(OSError):  # a test may have closed it
            os.close(descriptor)


def drain(descriptor, size):
    data = b""
    while len(data) < size:
        data += os.read(descriptor, 1 << 20)
    return data


def test_lines_come_in_order(pipe):
    output = Output(pipe[1], pytest.fail)
    for number in range(100):
        (output.write if number % 2 else output.write_event)(f"line {number} \u2028\n")
    assert output.close(5)
    expected = "".join(f"line {number} \u2028\n" for number in range(100)).encode()
    assert drain(pipe[0], len(expected)) == expected


def test_an_event_waits_for_a_slow_client_and_a_response_does_not(pipe):
    output = Output(pipe[1], pytest.fail)
    big = "x" * (ROOM_BYTES + (1 << 18))
    output.write(big)
    output.write("response\n")
    passed = threading.Event()
    threading.Thread(target=lambda: (output.write_event("event\n"), passed.set())).start()
    assert not passed.wait(0.05)
    expected = (big + "response\nevent\n").encode()
    assert drain(pipe[0], len(expected)) == expected
    assert passed.wait(5)


def test_release_lets_everybody_go_on_and_close_gives_up_without_progress(pipe):
    told = []
    output = Output(pipe[1], lambda: told.append(1))
    output.write("x" * (2 * ROOM_BYTES))
    done = [threading.Event() for _ in range(3)]
    for event in done:
        threading.Thread(target=lambda e=event: (output.write_event("late\n"), e.set())).start()
    assert not done[0].wait(0.03)
    output.release()
    assert all(event.wait(5) for event in done)
    assert output.close(0.05) is False
    assert output.lost is False
    os.close(pipe[0])  # so that the thread ends before its descriptor is closed
    assert output.close(5) is False
    assert told == [1]


def test_close_goes_on_while_the_client_reads(pipe):
    output = Output(pipe[1], pytest.fail)
    output.write("x" * (1 << 19))
    reader = threading.Thread(target=drain, args=(pipe[0], 1 << 19))
    reader.start()
    assert output.close(5)
    reader.join(5)
    assert not reader.is_alive()


def test_a_client_that_left_is_told_once_and_holds_nobody_up(pipe):
    told = []
    output = Output(pipe[1], lambda: told.append(1))
    os.close(pipe[0])
    for _ in range(5):
        output.write_event("x" * ROOM_BYTES)
    assert output.close(5) is False
    assert (output.lost, told) == (True, [1])


def test_a_non_blocking_descriptor_is_waited_for(pipe):
    os.set_blocking(pipe[1], False)
    output = Output(pipe[1], pytest.fail)
    output.write("x" * (1 << 19))
    assert len(drain(pipe[0], 1 << 19)) == 1 << 19
    assert output.close(5)
