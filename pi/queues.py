"""Messages that wait for their turn: steering and follow-ups.

A steering message enters after the tool calls of the current answer; a follow-up when the run would
otherwise stop. Each queue gives out one message at a time or all at once. Any thread may add and
clear; the worker takes.
"""

from __future__ import annotations

import threading

from pi.messages import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
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

    def texts(self) -> list[str]:
        """The texts of the messages that wait, in order."""
        with self._lock:
            return [text_of(message) for message in (*self._taken, *self._waiting)]
