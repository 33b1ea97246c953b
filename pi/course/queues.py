"""Messages that wait for their turn.

    steering    enters after the tool calls of the current answer
    follow_ups  when the run would otherwise stop
    next_turn   with the next prompt, after the user's message      (extensions alone have these,
    after_turn  when the current turn has ended, without another     and the following)

The first two are `Queue`s, which give out one message at a time or all at once. Any thread may add
and clear; the worker takes.
"""

from __future__ import annotations

import threading

from pi.events import QueueUpdate
from pi.messages import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.cancel import CancelToken
    from pi.messages import Message

ONE_AT_A_TIME = "one-at-a-time"
ALL = "all"


class Queue:
    """One queue. `mode` is "one-at-a-time" or "all"."""

    def __init__(self, mode: str = ONE_AT_A_TIME) -> None:
        self.mode = mode
        self._waiting: list[Message] = []
        self._taken: list[Message] = []  # given out, not yet part of the conversation
        self._lock = threading.Lock()

    def add(self, message: Message) -> None:
        """Put a message at the end."""
        with self._lock:
            self._waiting.append(message)

    def take(self) -> list[Message]:
        """The messages that are due now. They count as waiting until `settle` is called."""
        with self._lock:
            count = len(self._waiting) if self.mode == ALL else 1
            due, self._waiting = self._waiting[:count], self._waiting[count:]
            self._taken += due
            return due

    def settle(self, message: Message) -> bool:
        """Note that a taken message became part of the conversation; False if it is not ours."""
        with self._lock:
            for at, taken in enumerate(self._taken):
                if taken is message:
                    del self._taken[at]
                    return True
        return False

    def clear(self) -> list[Message]:
        """Empty the queue; returns what was waiting."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            return waiting

    def waiting(self) -> list[Message]:
        """The messages that wait, in order."""
        with self._lock:
            return [*self._taken, *self._waiting]

    def texts(self) -> list[str]:
        """The texts of those that the user wrote; messages of extensions are not told of."""
        return [text_of(message) for message in self.waiting() if message["role"] == "user"]


class Queues:
    """All messages that wait in a conversation. `emit` is told of every change of the queues."""

    def __init__(
        self, steering: str, follow_ups: str, emit: Callable[[QueueUpdate], object]
    ) -> None:
        self.steering = Queue(steering)
        self.follow_ups = Queue(follow_ups)
        self.next_turn: list[Message] = []
        self._after_turn: list[Message] = []
        self._emit = emit
        self._ending = threading.Lock()  # for the next: a run ends or takes a message, not both
        self._is_running = False
        self._is_over = False  # the run takes no more messages, and settles

    def put(self, behaviour: str, message: Message) -> None:
        """Queue a message, "steer" or "followUp"; with no run in progress it waits for the next."""
        self._queue(behaviour).add(message)
        self._tell_of(message)

    def offer(self, behaviour: str, message: Message) -> bool:
        """Queue a message, "steer" or "followUp"; False if the run has just come to its end.

        A run in progress certainly delivers what was queued, unless it is aborted or the queue is
        cleared; with none in progress it waits for the next.
        """
        with self._ending:
            if self._is_over:
                return False
            self._queue(behaviour).add(message)
        self._tell_of(message)
        return True

    def offer_after_turn(self, message: Message) -> bool:
        """Let a message be stored when the turn in progress has ended; False if none will."""
        with self._ending:
            is_taken = self._is_running and not self._is_over
            if is_taken:
                self._after_turn.append(message)
            return is_taken

    def begin(self) -> None:
        """A run begins."""
        with self._ending:
            self._is_running = True

    def end(self) -> None:
        """It has ended, whether or not it came to its end; what is queued waits for the next."""
        with self._ending:
            self._is_running = self._is_over = False

    def take_due(self) -> list[Message]:
        """What is to begin another run."""
        return self.steering.take() or self.follow_ups.take()

    def take_late(self, token: CancelToken) -> list[Message]:
        """What was queued since the run looked for the last time; if nothing, it takes no more."""
        with self._ending:
            due = [] if token.cancelled else self.take_due()
            self._is_over = not due
            return due

    def take_next_turn(self) -> list[Message]:
        """What goes with the prompt that begins."""
        with self._ending:
            taken = self.next_turn[:]
            self.next_turn.clear()
            return taken

    def take_after_turn(self) -> list[Message]:
        """What is to be stored now that a turn has ended."""
        with self._ending:
            taken, self._after_turn = self._after_turn, []
            return taken

    def note_delivery(self, message: Message) -> None:
        """A message begins to be part of the conversation; it may be one that waited."""
        if self.steering.settle(message) or self.follow_ups.settle(message):
            self._tell_of(message)

    def clear(self) -> tuple[list[str], list[str]]:
        """Empty both queues; returns the texts of what the user had in them."""
        waited = tuple(
            [text_of(message) for message in queue.clear() if message["role"] == "user"]
            for queue in (self.steering, self.follow_ups)
        )
        self.tell()
        return waited

    def take_over(self, before: Queues) -> None:
        """Go on with the modes and the messages of a conversation that ends."""
        pairs = ((self.steering, before.steering), (self.follow_ups, before.follow_ups))
        for queue, old in pairs:
            queue.mode = old.mode
            for message in old.clear():
                queue.add(message)
        self.next_turn += before.take_next_turn()

    def waiting(self) -> list[Message]:
        """The messages of both queues, whoever wrote them."""
        return [*self.steering.waiting(), *self.follow_ups.waiting()]

    def tell(self) -> None:
        """Tell what waits."""
        self._emit(QueueUpdate(self.steering.texts(), self.follow_ups.texts()))

    def _tell_of(self, message: Message) -> None:
        if message["role"] == "user":  # messages of extensions are not in what is told
            self.tell()

    def _queue(self, behaviour: str) -> Queue:
        return self.follow_ups if behaviour == "followUp" else self.steering
