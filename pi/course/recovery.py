"""What a prompt does about answers that failed and a conversation that gets too long.

Failures that may pass are followed by another attempt, after a pause. Where the context gets full,
or a request did not fit, the conversation is made shorter. What was of no use is hidden, so that
the model does not see it; the session keeps it. Order of events: `contracts.md` sections 2 and 3.
"""

from __future__ import annotations

from pi import retry
from pi.compaction.detect import CIRCLE
from pi.course.state import CANCELLED_RETRY, Progress
from pi.course.upkeep import SECOND_OVERFLOW
from pi.errors import Cancelled, ProviderError
from pi.events import CompactionEnd, EntryAppended, RetryEnd, RetryStart
from pi.loop import HaltError
from pi.messages import is_failed, tool_calls
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.cancel import CancelToken
    from pi.events import AgentEnd
    from pi.messages import Message


class Recovery(Progress):
    """The part of a prompt's course that mends; see the module's head."""

    def __init__(self, harness: Any, token: CancelToken) -> None:  # a Harness, which knows us
        super().__init__(token)
        self._harness = harness
        self._session = harness.session
        self._setup = harness.setup

    # --- failures that may pass ------------------------------------------------------------------

    def _end_run(self, event: AgentEnd) -> None:
        """Decide about a retry; the end of the run says so."""
        failed = self.answer is not None and self.answer.get("stopReason") == "error"
        self.delay_ms = None
        if failed and not self.token.cancelled:
            self.delay_ms = retry.delay_ms(
                self._harness.retry.policy, self.attempt + 1, self.error, self._setup.random()
            )
        self._emit(replace(event, will_retry=self.delay_ms is not None))
        if failed and self.delay_ms is None and self.attempt:
            self._emit(RetryEnd(False, self.attempt, self.answer.get("errorMessage", "")))

    def _note_answer(self, message: Message) -> None:
        """A good answer ends a series of retries, and a recovery from a context too long."""
        if message["role"] != "assistant" or is_failed(message):
            return
        if message.get("stopReason") != "length":
            self.has_recovered = False
        if self.attempt:
            self._emit(RetryEnd(True, self.attempt))
            self.attempt = 0

    def _wait_for_retry(self) -> bool:
        """Announce the pause, hide the failed answer, sit the pause out; False when aborted."""
        self.attempt += 1
        retrying = self._harness.retry
        reason = self.answer.get("errorMessage", "")
        pause = retrying.begin(self.token)  # before it is told: it may be given up at once
        limit = retrying.policy.max_retries
        try:
            self._emit(RetryStart(self.attempt, limit, self.delay_ms, reason))
            self._hide_answer()
            pause.sleep(self.delay_ms / 1000)
        except Cancelled:
            self._emit(RetryEnd(False, self.attempt, CANCELLED_RETRY))
            self.attempt = 0
            return False
        finally:
            retrying.end()
        return True

    def _hide_answer(self) -> None:
        target = self.answer_entry
        self.occasion.note_retry(self.answer)
        entry = self._session.append("context_edit", targetId=target, replacement=None)
        self._emit(EntryAppended(entry))

    # --- a conversation that gets too long -------------------------------------------------------

    def _attempt(self, reason: str, will_retry: bool = False) -> bool:
        model, thinking = self._harness.model, self._harness.thinking
        return self._harness.upkeep.attempt(reason, model, thinking, self.token, will_retry)

    def _compact_if_due(self) -> None:
        if self._harness.upkeep.is_due(self._harness.measured):
            self._attempt("threshold")

    def _shorten(self) -> bool:
        """Compact before a further turn where that is due. Raises HaltError in a circle."""
        if not self._harness.upkeep.is_due(self._harness.measured):
            return False
        if not self._attempt("threshold"):
            return False
        if not tool_calls(self.answer):  # it goes on because of something the user said
            self.rounds.note_user()
        if self.rounds.note_compaction():
            self.is_halted = True
            self.error = ProviderError(CIRCLE, "context_overflow")
            self._emit(CompactionEnd("threshold", None, error=CIRCLE))
            raise HaltError
        return True

    def _recover(self) -> bool:
        """Make the conversation shorter where it is due; True when to ask again for the answer."""
        answer = self.answer
        if answer is None or self.is_halted or not self._harness.upkeep.auto:
            return False
        if self.token.cancelled or answer.get("stopReason") == "aborted":
            return False
        if self.found_no_room(self._harness.measured):
            return self._ask_shorter()
        if self.overran(self._harness.measured):
            self._attempt("overflow")
        else:
            self._compact_if_due()
        return False

    def _ask_shorter(self) -> bool:
        """Hide an answer there was no room for and compact, once; whether that was done."""
        if self.has_recovered:
            self._emit(CompactionEnd("overflow", None, error=SECOND_OVERFLOW))
            return False
        self.has_recovered = True
        self._hide_answer()
        return self._attempt("overflow", will_retry=True)

    def _emit(self, event: Any) -> None:
        self._harness.emit(event)
