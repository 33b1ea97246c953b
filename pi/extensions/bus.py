"""Messages between extensions: `pi.events`.

    undo = pi.events.on("todo:added", handler)
    pi.events.emit("todo:added", {"text": "water the plants"})

Handlers run at once, on the thread that emits, in the order in which they were added; one that
fails is reported and the others go on. Subscriptions end when extensions are loaded again.
"""

from __future__ import annotations

from pi.errors import Cancelled
from pi.events import ExtensionFault
from pi.extensions.blame import blame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.extensions.extension import Extension
    from pi.extensions.host import Host


class Bus:
    """All subscriptions of the extensions that were loaded together."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._handlers: dict[str, list[tuple[Extension, Callable[[Any], object]]]] = {}

    def add(
        self, extension: Extension, channel: str, handler: Callable[[Any], object]
    ) -> Callable[[], None]:
        """Subscribe; returns what ends it."""
        entry = (extension, handler)
        self._handlers[channel] = [*self._handlers.get(channel, ()), entry]

        def undo() -> None:
            left = [each for each in self._handlers.get(channel, ()) if each is not entry]
            self._handlers[channel] = left

        return undo

    def emit(self, channel: str, data: Any = None) -> None:
        """Call the handlers of a channel."""
        for extension, handler in self._handlers.get(channel, ()):
            self._call(extension, handler, channel, data)

    def _call(
        self, extension: Extension, handler: Callable[[Any], object], channel: str, data: Any
    ) -> None:
        try:
            handler(data)
        except Cancelled:
            raise
        except BaseException as error:  # noqa: BLE001 - an extension: one of the named places
            told = blame(error, extension)
            self._host.report(ExtensionFault(extension.path, f"events:{channel}", told))


class Channel:
    """The bus as one extension holds it."""

    __slots__ = ("_bus", "_extension")

    def __init__(self, bus: Bus, extension: Extension) -> None:
        self._bus = bus
        self._extension = extension

    def on(self, channel: str, handler: Callable[[Any], object]) -> Callable[[], None]:
        """Subscribe `handler(data)` to a channel; returns what ends it."""
        self._extension.line.check()
        undo = self._bus.add(self._extension, str(channel), handler)
        self._extension.listening.append(undo)
        return undo

    def emit(self, channel: str, data: Any = None) -> None:
        """Hand `data` to everyone who subscribed to a channel."""
        self._extension.line.check()
        self._bus.emit(str(channel), data)
