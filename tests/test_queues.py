from __future__ import annotations

from pi.messages import user_message
from pi.queues import ALL, Queue


def test_one_at_a_time_is_the_default():
    queue, first, second = Queue(), user_message("a", 0), user_message("b", 0)
    queue.add(first)
    queue.add(second)
    assert queue.take() == [first]
    assert queue.texts() == ["a", "b"]  # taken, but not yet part of the conversation
    assert queue.settle(first)
    assert not queue.settle(first)
    assert queue.texts() == ["b"]


def test_all_gives_out_everything():
    queue = Queue(ALL)
    queue.add(user_message("a", 0))
    queue.add(user_message("b", 0))
    assert len(queue.take()) == 2
    assert queue.take() == []


def test_clear_returns_what_was_waiting():
    queue = Queue()
    queue.add(user_message("a", 0))
    assert [message["content"][0]["text"] for message in queue.clear()] == ["a"]
    assert queue.texts() == []


def test_settle_goes_by_identity_not_by_text():
    queue = Queue()
    mine = user_message("same", 0)
    queue.add(mine)
    queue.take()
    assert not queue.settle(user_message("same", 0))
    assert queue.settle(mine)
