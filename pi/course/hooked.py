"""The course of a prompt with extensions: where each of their hooks is fired.

See `pi.course.unhooked.Unhooked` for what there is; the work is done in `pi.course.hookup`,
`pi.course.hearing` and `pi.course.boundary`.
"""

from __future__ import annotations

from pi.course.boundary import Boundary
from pi.course.hearing import Hearing
from pi.course.hookup import completed, gate_of, projected, taps_of
from pi.course.unhooked import Unhooked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.batch import Gate
    from pi.cancel import CancelToken
    from pi.course.state import Setup
    from pi.messages import Message
    from pi.tap import Taps


class Hooked(Unhooked):
    """A prompt that extensions mind."""

    def __init__(self, setup: Setup, harness: Any, token: CancelToken) -> None:
        self._hooks = setup.hooks
        self._token = token
        self._now_ms = setup.now_ms
        self._report = harness.report
        self._hearing = Hearing(setup.hooks, token, setup.now_ms)
        waiting = harness.queues.waiting
        self._boundary = Boundary(
            setup.hooks, setup.session, token, harness.emit, harness.report, waiting
        )

    @property
    def hears_updates(self) -> bool:
        return self._hearing.hears_updates

    @property
    def sees_messages(self) -> bool:
        return self._hooks.wants("context") or self._hooks.wants("context_with_system")

    @property
    def minds_settling(self) -> bool:
        return self._hooks.wants("agent_before_settle") and not self._token.cancelled

    @property
    def goes_on(self) -> bool:
        return self._boundary.goes_on

    @property
    def draft(self) -> Any:
        return self._hearing.draft

    @draft.setter
    def draft(self, draft: Any) -> None:
        self._hearing.draft = draft

    def begin_run(self) -> None:
        self._hearing = Hearing(self._hooks, self._token, self._now_ms)

    def gate(self, inner: Gate) -> Gate:
        return gate_of(self._hooks, inner, self._token)

    def taps(self) -> Taps:
        return taps_of(self._hooks, self._token, self._report)

    def projected(self, messages: list[Message]) -> list[Message]:
        return projected(self._hooks, messages, self._token, self._report)

    def completed(self, message: Message) -> Message:
        if not self._hooks.wants("message_end"):
            return message
        return completed(self._hooks, message, self._token)

    def hear(self, event: Any) -> None:
        self._hearing.hear(event)

    def end_turn(self, outcome: str, **fields: Any) -> None:
        turn_index = self._hearing.turn_index
        self._boundary.reach("turn_end", outcome, turn_index=turn_index, **fields)

    def before_settle(self, outcome: str) -> bool:
        self._boundary.reach("agent_before_settle", outcome)
        return self._boundary.goes_on

    def settled(self, aborted: bool) -> None:
        if self._hooks.wants("agent_settled"):
            # What handlers do after an abort is not part of what was aborted.
            token = None if self._token.cancelled else self._token
            self._hooks.fire("agent_settled", token, aborted=aborted)

    def take_added(self) -> bool:
        return self._boundary.take_added()
