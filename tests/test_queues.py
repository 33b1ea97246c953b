from __future__ import annotations

from pi.cancel import CancelToken
from pi.course.queues import ALL, Queue, Queues
from pi.events import QueueUpdate
from pi.messages import user_message


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


def custom(words):
    return {"role": "custom", "customType": "x", "content": words, "display": True}


class Rig:
    def __init__(self):
        self.told = []
        self.queues = Queues("all", "one-at-a-time", self.told.append)


def test_messages_of_extensions_wait_and_are_not_told_of():
    rig = Rig()
    rig.queues.put("steer", custom("hidden"))
    assert rig.told == []
    rig.queues.put("followUp", user_message("shown", 0))
    assert rig.told[-1] == QueueUpdate([], ["shown"])
    assert len(rig.queues.waiting()) == 2
    assert rig.queues.clear() == ([], ["shown"])
    assert rig.queues.waiting() == []


def test_a_run_ends_or_takes_a_message():
    rig, token = Rig(), CancelToken()
    late, later = user_message("late", 0), custom("later")
    assert not rig.queues.offer_after_turn(later)  # none in progress: it is for now
    assert rig.queues.offer("steer", late)  # it waits for the next
    rig.queues.begin()
    assert rig.queues.offer_after_turn(later)
    assert rig.queues.take_after_turn() == [later]
    assert rig.queues.take_late(token) == [late]
    assert rig.queues.take_late(token) == []
    assert not rig.queues.offer("steer", late)
    assert not rig.queues.offer_after_turn(later)
    rig.queues.end()
    assert rig.queues.offer("followUp", late)


def test_after_an_abort_nothing_is_taken():
    rig, token = Rig(), CancelToken()
    rig.queues.begin()
    rig.queues.put("steer", user_message("a", 0))
    token.cancel()
    assert rig.queues.take_late(token) == []
    assert len(rig.queues.waiting()) == 1


def test_another_conversation_takes_over_what_waits():
    old, new = Rig().queues, Rig().queues
    old.steering.mode = "one-at-a-time"
    old.put("steer", user_message("a", 0))
    old.next_turn.append(custom("along"))
    new.take_over(old)
    assert new.steering.mode == "one-at-a-time"
    assert (new.steering.texts(), old.steering.texts()) == (["a"], [])
    assert new.take_next_turn() == [custom("along")]
    assert new.next_turn == old.next_turn == []
