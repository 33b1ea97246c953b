"""The course of a prompt without extensions: nobody is asked, nobody is told.

    Unhooked().completed(message)        the message itself; with extensions, what they made of it

`Unhooked` says what there is to be asked and told, and costs nothing; `pi.course.hooked.Hooked`
does it.
"""

from __future__ import annotations

from pi.tap import NO_TAPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.batch import Gate
    from pi.messages import Message
    from pi.tap import Taps


class Unhooked:
    """A prompt that no extension minds; see the module's head.

    `hears_updates` is whether the pieces of an answer are listened to, `draft` the answer that
    arrives; `sees_messages` whether handlers look at the messages of requests; `minds_settling`
    whether one may want more before the end; `goes_on` whether the last boundary asked for another
    request.
    """

    hears_updates = False
    sees_messages = False
    minds_settling = False
    goes_on = False
    draft: Any = None

    def begin_run(self) -> None:
        """A run of the loop begins."""

    def gate(self, inner: Gate) -> Gate:
        """What tool calls have to pass."""
        return inner

    def taps(self) -> Taps:
        """What looks at a request."""
        return NO_TAPS

    def projected(self, messages: list[Message]) -> list[Message]:
        """The messages to send."""
        return messages

    def completed(self, message: Message) -> Message:
        """The message to store."""
        return message

    def hear(self, event: Any) -> None:
        """An event of the loop, before everybody else is told."""

    def end_turn(self, outcome: str, **fields: Any) -> None:
        """A turn has ended, and all of it is stored."""

    def before_settle(self, outcome: str) -> bool:
        """All is done; whether there is to be another run."""
        return False

    def settled(self, aborted: bool) -> None:
        """Everybody knows that it has ended."""

    def take_added(self) -> bool:
        """Whether a boundary added entries since this was asked for the last time."""
        return False
