"""The course of one prompt: from its opening messages to the end where nothing automatic is left.

    Course(harness, token).run([text("hi")])      # Settled(message, error, aborted)

It runs the loop, stores each message before the event that announces it, asks again after failures
that pass, and makes the conversation shorter where it gets too long. The harness owns what outlives
a prompt; here is what does not (`Progress`). Order of events: `contracts.md` sections 2 and 3.
"""

from __future__ import annotations

from pi import retry
from pi.compaction.detect import CIRCLE
from pi.errors import Cancelled, ProviderError
from pi.events import (
    AgentEnd,
    AgentSettled,
    CompactionEnd,
    EntryAppended,
    MessageEnd,
    MessageStart,
    RetryEnd,
    RetryStart,
    TurnEnd,
)
from pi.loop import HaltError, Task, run
from pi.messages import is_failed, system_message, tool_calls, user_message
from pi.state import Progress, Settled
from pi.transcript import difference, replay
from pi.upkeep import SECOND_OVERFLOW
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.cancel import CancelToken
    from pi.events import StreamEvent
    from pi.messages import Message

CANCELLED_RETRY = "Retry cancelled"


class Course(Progress):
    """One prompt of a harness, on the thread that asked for it. See the module's head."""

    def __init__(self, harness: Any, token: CancelToken) -> None:  # a Harness, which knows us
        super().__init__(token)
        self._harness = harness
        self._session = harness.session
        self._setup = harness.setup

    def run(self, content: str | list[Any]) -> Settled:
        """Add a user message and work until nothing automatic is left to do."""
        self._compact_if_due()
        return self._settle(self._opening(content))

    def give_up_retry(self) -> None:
        """End the pause before a retry, if there is one: the prompt settles with its failure."""
        pause = self.pause
        if pause is not None:
            pause.cancel(CANCELLED_RETRY)

    # --- one prompt ------------------------------------------------------------------------------

    def _opening(self, content: str | list[Any]) -> list[Message]:
        """The messages a prompt adds: a system message when the prompt changed, the user's."""
        self._harness.record_selection()
        wanted = self._setup.prompt(self._harness.tools)
        sections, added, removed = difference(replay(self._session.context()), wanted)
        messages = [user_message(content, self._setup.now_ms())]
        if sections or added or removed:
            stamp = self._setup.now_ms()
            messages.insert(0, system_message(sections, stamp, added, removed))
        return messages

    def _settle(self, prompts: list[Message]) -> Settled:
        while True:
            self._run_once(prompts)
            prompts = []
            goes_on = self._recover() if self.delay_ms is None else self._wait_for_retry()
            if not goes_on:
                prompts = self._harness.take_late(self.token)
                if not prompts:
                    break
        self._session.sync()
        aborted = self.answer is not None and self.answer.get("stopReason") == "aborted"
        aborted = aborted or self.token.cancelled
        self._emit(AgentSettled(aborted))
        return Settled(self.answer, self.error, aborted)

    def _run_once(self, prompts: list[Message]) -> None:
        self.is_halted = False
        task = Task(
            prompts,
            self._session.context(),
            self._stream,
            self._harness.tools,
            gate=self._setup.gate,
            steering=self._harness.steering.take,
            follow_ups=self._harness.follow_ups.take,
            renew=self._renewed,
            now_ms=self._setup.now_ms,
        )
        events = run(task, self.token)
        try:
            for event in events:
                self._handle(event)
        finally:
            events.close()

    def _stream(self, messages: list[Message], token: CancelToken) -> Iterator[StreamEvent]:
        self._session.sync()
        model, thinking = self._harness.model, self._harness.thinking
        options = self._setup.options(model, thinking)
        return self._setup.client.stream(model, messages, options, token)

    # --- a conversation that gets too long -------------------------------------------------------

    def _attempt(self, reason: str, will_retry: bool = False) -> bool:
        model, thinking = self._harness.model, self._harness.thinking
        return self._harness.upkeep.attempt(reason, model, thinking, self.token, will_retry)

    def _compact_if_due(self) -> None:
        if self._harness.upkeep.is_due(self._harness.model):
            self._attempt("threshold")

    def _renewed(self) -> list[Message] | None:
        """The conversation for the next turn where it had to be made shorter. Raises HaltError."""
        if not self._harness.upkeep.is_due(self._harness.model) or not self._attempt("threshold"):
            return None
        if not tool_calls(self.answer):  # it goes on because of something the user said
            self.rounds.note_user()
        if self.rounds.note_compaction():
            self.is_halted = True
            self.error = ProviderError(CIRCLE, "context_overflow")
            self._emit(CompactionEnd("threshold", None, error=CIRCLE))
            raise HaltError
        return self._session.context()

    def _recover(self) -> bool:
        """Make the conversation shorter where it is due; True when to ask again for the answer."""
        answer = self.answer
        if answer is None or self.is_halted or not self._harness.upkeep.auto:
            return False
        if self.token.cancelled or answer.get("stopReason") == "aborted":
            return False
        if self.found_no_room(self._harness.model):
            return self._ask_shorter()
        if self.overran(self._harness.model):
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

    def _hide_answer(self) -> None:
        target = self.answer_entry
        entry = self._session.append("context_edit", targetId=target, replacement=None)
        self._emit(EntryAppended(entry))

    # --- what the loop's events mean here --------------------------------------------------------

    def _handle(self, event: Any) -> None:
        match event:
            case MessageStart(message) if message["role"] == "user":
                self._note_delivery(message)
                self._emit(event)
            case MessageEnd(message, error):
                self._store(message, error)
                self._emit(event)
                self._note_answer(message)
            case TurnEnd():
                self._session.sync()
                self._emit(event)
            case AgentEnd():
                self._end_run(event)
            case _:
                self._emit(event)

    def _store(self, message: Message, error: ProviderError | None) -> None:
        entry = self._session.append_message(message)
        if message["role"] == "assistant":
            self.answer = message
            self.answer_entry = entry["id"]
            self.error = error
            calls = tool_calls(message)
            if calls:  # on the disk before a call can take effect
                self._session.sync()
            for call in calls:
                self.rounds.note_call(call.get("name"), call.get("arguments"))
        elif message["role"] == "user":
            self.rounds.note_user()

    def _note_answer(self, message: Message) -> None:
        """A good answer ends a series of retries, and a recovery from a context too long."""
        if message["role"] != "assistant" or is_failed(message):
            return
        if message.get("stopReason") != "length":
            self.has_recovered = False
        if self.attempt:
            self._emit(RetryEnd(True, self.attempt))
            self.attempt = 0

    def _note_delivery(self, message: Message) -> None:
        queues = (self._harness.steering, self._harness.follow_ups)
        if any(queue.settle(message) for queue in queues):
            self._harness.tell_queues()

    def _end_run(self, event: AgentEnd) -> None:
        """Decide about a retry; the end of the run says so."""
        failed = self.answer is not None and self.answer.get("stopReason") == "error"
        self.delay_ms = None
        if failed and not self.token.cancelled:
            self.delay_ms = retry.delay_ms(
                self._harness.retry, self.attempt + 1, self.error, self._setup.random()
            )
        self._emit(replace(event, will_retry=self.delay_ms is not None))
        if failed and self.delay_ms is None and self.attempt:
            self._emit(RetryEnd(False, self.attempt, self.answer.get("errorMessage", "")))

    def _wait_for_retry(self) -> bool:
        """Announce and sit out the pause, then hide the failed answer; False when aborted."""
        self.attempt += 1
        self.pause = self.token.child()  # before it is told: it may be given up at once
        reason = self.answer.get("errorMessage", "")
        limit = self._harness.retry.max_retries
        try:
            self._emit(RetryStart(self.attempt, limit, self.delay_ms, reason))
            self.pause.sleep(self.delay_ms / 1000)
        except Cancelled:
            self._emit(RetryEnd(False, self.attempt, CANCELLED_RETRY))
            self.attempt = 0
            return False
        finally:
            self.pause = None
        self._hide_answer()
        return True

    def _emit(self, event: Any) -> None:
        self._harness.emit(event)
