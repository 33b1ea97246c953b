"""A prompt being worked on, as its caller sees it: events to iterate, and at last an answer.

    for event in run: ...        typed events (`pi.events`) up to `AgentSettled`
    run.answer().text            waits for what is left of it; raises where there is no answer
    run.close()                  aborts it and waits

The run works on a thread of its own and does not wait for the caller. Leaving a loop over it
early aborts it.
"""

from __future__ import annotations

from contextlib import suppress
from queue import SimpleQueue

from pi.cost import summed
from pi.errors import PiError, ProviderError
from pi.events import AgentSettled, CompactionEnd, MessageEnd, Notice
from pi.messages import is_failed, text_of, with_role, zero_usage
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.messages import Message, Usage


class AbortedError(PiError):
    """A run was aborted before it had an answer."""


class Answer(Value):
    """What a prompt has come to; `str(answer)` is its text.

    `messages` are all that the run added: the prompt, answers, results of tools. `usage` counts the
    tokens and the cost of all answers, failed ones too; the shape is `pi.messages.Usage`.
    """

    text: str
    messages: list[Message]
    usage: Usage

    def __str__(self) -> str:
        return self.text

    @property
    def message(self) -> Message:
        """The last assistant message."""
        return list(with_role(self.messages, "assistant"))[-1]

    @property
    def is_cut(self) -> bool:
        """Whether the answer ended at the model's output limit."""
        return self.message.get("stopReason") == "length"

    @property
    def cost_usd(self) -> float | None:
        """What it has cost in US dollars; None where nobody knows the price."""
        cost = self.usage["cost"]
        return None if cost.get("unknown") else cost["total"]


class Run:
    """A prompt being worked on. See the module's head.

    For whoever makes it: `take` and `fail` are its inlet, for any thread; `abort` stops the work,
    which must still end with `AgentSettled`, `end` or `fail`.
    """

    def __init__(self, abort: Callable[[], object]) -> None:
        self._abort = abort
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._messages: list[Message] = []
        self._problem: PiError | None = None  # why there is no answer, or none to be trusted
        self._halt: str | None = None  # why it was stopped between two answers
        self._has_ended = False  # as far as the inlet knows
        self._is_over = False  # as far as the caller has seen
        self._is_handled = False  # by an extension

    # --- for the caller --------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        """The events that were not seen before, as they come. Raises PiError for a refused prompt.

        An answer that failed is not raised here: `MessageEnd` tells of it.
        """
        try:
            while not self._is_over:
                event = self._next()
                if event is not None:
                    yield event
        finally:
            self.close()

    def answer(self) -> Answer:
        """Wait for the end and return what was answered; nothing was, and no message was added,
        where an extension was done with the prompt.

        Raises ProviderError where the model failed, AbortedError, or another PiError.
        """
        try:
            while not self._is_over:
                self._next()
        finally:
            self.close()
        if self._problem is not None:
            raise self._problem
        if self._is_handled:
            return Answer("", [], zero_usage())
        answers = list(with_role(self._messages, "assistant"))
        if not answers or answers[-1].get("stopReason") == "aborted":
            raise AbortedError("the run was aborted before it had an answer")
        if is_failed(answers[-1]):
            raise ProviderError(answers[-1].get("errorMessage") or "the model's answer failed")
        if self._halt and answers[-1].get("stopReason") == "toolUse":
            raise PiError(self._halt)
        usage = summed(answer.get("usage") or {} for answer in answers)
        return Answer(text_of(answers[-1]), list(self._messages), usage)

    def close(self) -> None:
        """Abort the run if it has not ended, and wait until it has."""
        if not self._has_ended:
            self._abort()
        with suppress(PiError):  # it is kept as the problem, for `answer`
            while not self._is_over:
                self._next()

    # --- for whoever makes it --------------------------------------------------------------------

    def take(self, event: Any) -> None:
        """Note an event of the run."""
        self._has_ended = self._has_ended or type(event) is AgentSettled
        self._inbox.put(event)

    def fail(self, error: PiError) -> None:
        """Note that the prompt was refused, or that nothing more can come."""
        self._has_ended = True
        self._inbox.put(error)

    def end(self) -> None:
        """Note that nothing comes: an extension was done with the prompt."""
        self._has_ended = True
        self._inbox.put(None)

    def _next(self) -> Any:
        event = self._inbox.get()
        if event is None:
            self._is_over = self._is_handled = True
            return None
        if isinstance(event, PiError):
            self._is_over = True
            self._problem = event
            raise event
        if type(event) is MessageEnd:
            self._messages.append(event.message)
            self._problem = event.error
        elif type(event) is Notice and event.level == "error":
            self._problem = PiError(event.text)
        elif type(event) is CompactionEnd:
            self._halt = event.error
        elif type(event) is AgentSettled:
            self._is_over = True
        return event
