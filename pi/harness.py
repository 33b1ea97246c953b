"""The harness: the one owner of a conversation in progress.

It joins session, model, tools, prompt, queues and retry, drives the loop, and tells subscribers
what happens. Each message is stored before the event that announces it; what was announced is on
disk before the turn ends, before the next request and before exit.

    harness = Harness(setup)
    harness.subscribe(print)
    settled = harness.prompt([text("hi")])      # blocks until nothing automatic is left
    settled.message, settled.error

Verbs may be called from any thread; `prompt` runs on the caller's thread and only one at a time.
Order of events: `contracts.md` sections 2 and 3.
"""

from __future__ import annotations

import random
import threading
import time

from pi import retry
from pi.batch import Gate
from pi.cancel import CancelToken
from pi.errors import Cancelled, PiError
from pi.events import (
    AgentEnd,
    AgentSettled,
    EntryAppended,
    MessageEnd,
    MessageStart,
    Notice,
    QueueUpdate,
    RetryEnd,
    RetryStart,
    ThinkingLevelChanged,
    TurnEnd,
)
from pi.loop import Task, run
from pi.messages import is_failed, system_message, user_message
from pi.queues import Queue
from pi.transcript import difference, replay
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from pi.client import Client
    from pi.errors import ProviderError
    from pi.events import StreamEvent
    from pi.messages import Message
    from pi.request import Model, Options
    from pi.session import Session
    from pi.tools.base import Tool
    from pi.transcript import Prompt

CANCELLED_RETRY = "Retry cancelled"


class Setup(Value):
    """What a harness is made of.

    `prompt(tools)` gives the prompt sections and declarations to be in force. `options(model,
    thinking)` gives the request options. `thinking` is a level the model supports.
    """

    session: Session
    client: Client
    model: Model
    thinking: str
    tools: Mapping[str, Tool]
    prompt: Callable[[Mapping[str, Tool]], Prompt]
    options: Callable[[Model, str], Options]
    retry: retry.Policy = retry.Policy()
    gate: Gate = Gate()
    steering_mode: str = "one-at-a-time"
    follow_up_mode: str = "one-at-a-time"
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    random: Callable[[], float] = random.random


class Settled(Value):
    """How a prompt ended: the last answer (None: there was none) and why it failed, if it did."""

    message: Message | None
    error: ProviderError | None
    aborted: bool


class _Run:
    """What one prompt has come to: the last answer, its error, the retries so far."""

    def __init__(self, token: CancelToken) -> None:
        self.token = token
        self.answer: Message | None = None
        self.answer_entry: str | None = None
        self.error: ProviderError | None = None
        self.attempt = 0
        self.delay_ms: int | None = None  # before the next attempt; None: no further one


class Harness:
    """A conversation in progress. See the module's head."""

    def __init__(self, setup: Setup) -> None:
        self.session = setup.session
        self.model = setup.model
        self.thinking = setup.thinking
        self.tools = setup.tools
        self.steering = Queue(setup.steering_mode)
        self.follow_ups = Queue(setup.follow_up_mode)
        self._setup = setup
        self._subscribers: list[Callable[[Any], object]] = []
        self._busy = threading.Lock()
        self._run: _Run | None = None

    # --- verbs -----------------------------------------------------------------------------------

    def subscribe(self, subscriber: Callable[[Any], object]) -> Callable[[], None]:
        """Call `subscriber` with every event, on the worker's thread. Returns how to undo it."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def prompt(self, content: str | list[Any], token: CancelToken | None = None) -> Settled:
        """Add a user message and work until nothing automatic is left to do.

        Raises PiError when another prompt is running or the session cannot be written; a failed
        answer is not raised but returned.
        """
        if not self._busy.acquire(blocking=False):
            raise PiError("the agent is busy: steer it, queue a follow-up, or abort it first")
        try:
            self._run = _Run(token or CancelToken())
            return self._settle(self._opening(content))
        finally:
            self._run = None
            self._busy.release()

    def steer(self, content: str | list[Any]) -> None:
        """Queue a message for after the current answer's tool calls."""
        self._enqueue(self.steering, content)

    def follow_up(self, content: str | list[Any]) -> None:
        """Queue a message for when the run would otherwise stop."""
        self._enqueue(self.follow_ups, content)

    def abort(self, reason: str = "Operation aborted") -> None:
        """Stop the current run, if any; returns at once."""
        current = self._run
        if current is not None:
            current.token.cancel(reason)

    def set_model(self, model: Model, thinking: str) -> None:
        """Use another model from the next request on, and record it. `thinking` is clamped."""
        self.model = model
        self.session.append("model_change", provider=model["provider"], modelId=model["id"])
        self.set_thinking(thinking)

    def set_thinking(self, level: str) -> None:
        """Use another thinking level from the next request on; recorded when it changes."""
        if level != self.thinking:
            self.thinking = level
            self.session.append("thinking_level_change", thinkingLevel=level)
            self._emit(ThinkingLevelChanged(level))

    def close(self) -> None:
        """Abort what runs and make everything durable."""
        self.abort()
        self.session.sync()
        self.session.close()

    # --- one prompt ------------------------------------------------------------------------------

    def _opening(self, content: str | list[Any]) -> list[Message]:
        """The messages a prompt adds: a system message when the prompt changed, the user's."""
        self._record_selection()
        wanted = self._setup.prompt(self.tools)
        sections, added, removed = difference(replay(self.session.context()), wanted)
        messages = [user_message(content, self._setup.now_ms())]
        if sections or added or removed:
            stamp = self._setup.now_ms()
            messages.insert(0, system_message(sections, stamp, added, removed))
        return messages

    def _record_selection(self) -> None:
        """Store model and thinking level where the session says nothing of them yet.

        A resumed session is not told of another model: its next answer names it.
        """
        if self.session.model() is None:
            model = self.model
            self.session.append("model_change", provider=model["provider"], modelId=model["id"])
        if self.session.thinking_level() is None:
            self.session.append("thinking_level_change", thinkingLevel=self.thinking)

    def _settle(self, prompts: list[Message]) -> Settled:
        current = self._run
        while True:
            self._run_once(prompts)
            if current.delay_ms is None or not self._wait_for_retry():
                break
            prompts = []
        self.session.sync()
        aborted = current.answer is not None and current.answer.get("stopReason") == "aborted"
        aborted = aborted or current.token.cancelled
        self._emit(AgentSettled(aborted))
        return Settled(current.answer, current.error, aborted)

    def _run_once(self, prompts: list[Message]) -> None:
        task = Task(
            prompts,
            self.session.context(),
            self._stream,
            self.tools,
            gate=self._setup.gate,
            steering=self.steering.take,
            follow_ups=self.follow_ups.take,
            now_ms=self._setup.now_ms,
        )
        events = run(task, self._run.token)
        try:
            for event in events:
                self._handle(event)
        finally:
            events.close()

    def _stream(self, messages: list[Message], token: CancelToken) -> Iterator[StreamEvent]:
        self.session.sync()
        model, thinking = self.model, self.thinking
        options = self._setup.options(model, thinking)
        return self._setup.client.stream(model, messages, options, token)

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
                self.session.sync()
                self._emit(event)
            case AgentEnd():
                self._end_run(event)
            case _:
                self._emit(event)

    def _store(self, message: Message, error: ProviderError | None) -> None:
        entry = self.session.append_message(message)
        if message["role"] == "assistant":
            self._run.answer = message
            self._run.answer_entry = entry["id"]
            self._run.error = error

    def _note_answer(self, message: Message) -> None:
        """A good answer ends a series of retries."""
        current = self._run
        if message["role"] == "assistant" and current.attempt and not is_failed(message):
            self._emit(RetryEnd(True, current.attempt))
            current.attempt = 0

    def _note_delivery(self, message: Message) -> None:
        if self.steering.settle(message) or self.follow_ups.settle(message):
            self._emit_queues()

    def _end_run(self, event: AgentEnd) -> None:
        """Decide about a retry; the end of the run says so."""
        current = self._run
        failed = current.answer is not None and current.answer.get("stopReason") == "error"
        current.delay_ms = None
        if failed and not current.token.cancelled:
            current.delay_ms = retry.delay_ms(
                self._setup.retry, current.attempt + 1, current.error, self._setup.random()
            )
        self._emit(replace(event, will_retry=current.delay_ms is not None))
        if failed and current.delay_ms is None and current.attempt:
            self._emit(RetryEnd(False, current.attempt, current.answer.get("errorMessage", "")))

    def _wait_for_retry(self) -> bool:
        """Announce and sit out the pause, then hide the failed answer; False when aborted."""
        current = self._run
        current.attempt += 1
        reason = current.answer.get("errorMessage", "")
        limit = self._setup.retry.max_retries
        self._emit(RetryStart(current.attempt, limit, current.delay_ms, reason))
        try:
            current.token.sleep(current.delay_ms / 1000)
        except Cancelled:
            self._emit(RetryEnd(False, current.attempt, CANCELLED_RETRY))
            return False
        entry = self.session.append("context_edit", targetId=current.answer_entry, replacement=None)
        self._emit(EntryAppended(entry))
        return True

    # --- small things ----------------------------------------------------------------------------

    def notice(self, level: str, text: str) -> None:
        """Tell the user something that is not part of the conversation."""
        self._emit(Notice(level, text))

    def _enqueue(self, queue: Queue, content: str | list[Any]) -> None:
        queue.add(user_message(content, self._setup.now_ms()))
        self._emit_queues()

    def _emit_queues(self) -> None:
        self._emit(QueueUpdate(self.steering.texts(), self.follow_ups.texts()))

    def _emit(self, event: Any) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber(event)
