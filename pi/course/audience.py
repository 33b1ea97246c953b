"""Whoever wants to know what happens.

audience = Audience()
undo = audience.subscribe(print)
audience.emit(AgentStart())
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Audience:
    """Subscribers, told of every event in the order in which they came."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[Any], object]] = []

    def subscribe(self, subscriber: Callable[[Any], object]) -> Callable[[], None]:
        """Call `subscriber` with every event, on the thread it happens on. Returns the undoing."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def emit(self, event: Any) -> None:
        """Tell all subscribers."""
        for subscriber in tuple(self._subscribers):
            subscriber(event)
