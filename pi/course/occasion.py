"""Why the next request of a prompt is made: what the router of a virtual model is told.

occasion = Occasion()
occasion.note_user()                  a message of the user comes first: "user"
occasion.note_retry(answer)           it is asked again for an answer that failed: "retry"
occasion.turn(session, model, emit, fit)      what goes with the request; then: "continuation"
"""

from __future__ import annotations

from pi.events import EntryAppended

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.messages import Message
    from pi.models.virtual import Turn
    from pi.request import Model
    from pi.session import Session


class Occasion:
    """See the module's head."""

    def __init__(self) -> None:
        self._reason = "continuation"
        self._failed: Message | None = None

    def note_user(self) -> None:
        """The next request answers something the user said, unless it is a retry."""
        if self._reason != "retry":
            self._reason = "user"

    def note_retry(self, answer: Message | None) -> None:
        """The next request is made because `answer` failed."""
        self._reason, self._failed = "retry", answer

    def turn(
        self,
        session: Session,
        model: Model,
        emit: Callable[[Any], None],
        fit: Callable[[Model, list[Message]], list[Message]],
    ) -> Turn:
        """What goes with the request that is made now to the virtual `model`."""
        from pi.models.virtual import Turn, state_fields, state_of  # noqa: PLC0415 - only with one

        reason, failed = self._reason, self._failed
        self._reason, self._failed = "continuation", None

        def keep(state: Any) -> None:
            emit(EntryAppended(session.append("custom", **state_fields(model, state))))

        return Turn(reason, failed, state_of(model, session.tree.latest), keep, fit)
