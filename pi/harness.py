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

import threading

from pi import retry
from pi.asking import Parts
from pi.cancel import CancelToken
from pi.compaction.detect import CIRCLE
from pi.compaction.estimate import context_tokens, is_known
from pi.errors import Cancelled, PiError, ProviderError
from pi.events import (
    AgentEnd,
    AgentSettled,
    CompactionEnd,
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
from pi.loop import HaltError, Task, run
from pi.messages import is_failed, system_message, text_of, tool_calls, user_message
from pi.queues import Queue
from pi.state import Progress, Settled, Setup
from pi.stats import session_stats
from pi.transcript import difference, replay
from pi.upkeep import SECOND_OVERFLOW, Upkeep
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.compaction.summarise import BranchWish
    from pi.events import StreamEvent
    from pi.messages import Message
    from pi.request import Model

CANCELLED_RETRY = "Retry cancelled"


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
        self._retry = setup.retry
        self._upkeep = Upkeep(self._upkeep_parts(), setup.auto_compaction)
        self._busy = threading.Lock()
        self._ending = threading.Lock()  # for the next: a run ends or takes a message, not both
        self._is_over = False  # the run takes no more messages, and settles
        self._run: Progress | None = None

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
            self._run = Progress(token or CancelToken())
            self._compact_if_due()
            return self._settle(self._opening(content))
        finally:
            self._run = None
            self._is_over = False
            self._busy.release()

    def steer(self, content: str | list[Any]) -> None:
        """Queue a message for after the current answer's tool calls."""
        self._enqueue(self.steering, content)

    def follow_up(self, content: str | list[Any]) -> None:
        """Queue a message for when the run would otherwise stop."""
        self._enqueue(self.follow_ups, content)

    def offer(self, behaviour: str, content: str | list[Any]) -> bool:
        """Queue a message, "steer" or "followUp"; False if the run has just come to its end.

        A run in progress certainly delivers what was queued, unless it is aborted or the queue is
        cleared; with none in progress it waits for the next.
        """
        with self._ending:
            if self._is_over:
                return False
            queue = self.follow_ups if behaviour == "followUp" else self.steering
            queue.add(user_message(content, self._setup.now_ms()))
        self._emit_queues()
        return True

    def clear_queues(self) -> tuple[list[str], list[str]]:
        """Empty both queues; returns the texts of what waited: (steering, follow-ups)."""
        waited = tuple(
            [text_of(message) for message in queue.clear()]
            for queue in (self.steering, self.follow_ups)
        )
        self._emit_queues()
        return waited

    def compact(
        self, instructions: str | None = None, token: CancelToken | None = None
    ) -> dict[str, Any]:
        """Summarise the older part of the conversation now; a prompt in progress is aborted first.

        `instructions` say what to stress. Returns the result as `compaction_end` carries it. Raises
        PiError when there is nothing to do, or it failed or was aborted: nothing has changed then.
        Not to be called from a subscriber.
        """
        if self._upkeep.is_busy and not self.is_streaming:
            raise PiError("the conversation is being compacted already")
        self.abort()
        with self._busy:
            focus = (instructions or "").strip() or None
            own = token or CancelToken()
            return self._upkeep.compact("manual", self.model, self.thinking, own, focus=focus)

    def summarise_branch(
        self, target_id: str | None, token: CancelToken, wish: BranchWish
    ) -> dict[str, Any] | None:
        """The fields of a `branch_summary` entry; see `Upkeep.branch_summary`."""
        return self._upkeep.branch_summary(target_id, self.model, self.thinking, token, wish)

    def abort_compaction(self) -> None:
        """Stop the summary that is being made, if any; returns at once."""
        self._upkeep.cancel()

    @property
    def is_compacting(self) -> bool:
        """Whether a summary is being made."""
        return self._upkeep.is_busy

    @property
    def auto_compaction(self) -> bool:
        """Whether the conversation is compacted unasked when it gets too long."""
        return self._upkeep.auto

    def set_auto_compaction(self, on: bool) -> None:
        """Compact unasked, or do not; for this conversation only."""
        self._upkeep.auto = on

    @property
    def is_streaming(self) -> bool:
        """Whether a prompt, with all that follows from it, is in progress."""
        return self._run is not None

    def context_usage(self) -> dict[str, Any] | None:
        """`{"tokens", "contextWindow", "percent"}`; None where the model has no known window.

        Tokens and percent are None from a compaction to the next answer that tells its usage.
        """
        window = self.model.get("contextWindow")
        if not window:
            return None
        tree = self.session.tree
        tokens = context_tokens(tree) if is_known(tree) else None
        percent = None if tokens is None else tokens / window * 100
        return {"tokens": tokens, "contextWindow": window, "percent": percent}

    def stats(self) -> dict[str, Any]:
        """Counts, tokens and cost of the whole session; `contextUsage` where it is known."""
        usage = self.context_usage()
        return {**session_stats(self.session), **({"contextUsage": usage} if usage else {})}

    def abort(self, reason: str = "Operation aborted") -> None:
        """Stop the current run, if any; returns at once."""
        current = self._run
        if current is not None:
            current.token.cancel(reason)

    def abort_retry(self) -> None:
        """End the pause before a retry: the run then settles with its failure."""
        current = self._run
        if current is not None and current.pause is not None:
            current.pause.cancel(CANCELLED_RETRY)

    @property
    def is_retrying(self) -> bool:
        """Whether the run waits before it asks again."""
        current = self._run
        return current is not None and current.pause is not None

    @property
    def auto_retry(self) -> bool:
        """Whether failures that pass are followed by another attempt."""
        return self._retry.enabled

    def set_auto_retry(self, on: bool) -> None:
        """Ask again after failures that pass, or do not; for this conversation only."""
        self._retry = replace(self._retry, enabled=on)

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

    def record_selection(self) -> None:
        """Store model and thinking level where the session says nothing of them yet.

        A resumed session is not told of another model: its next answer names it.
        """
        if self.session.model() is None:
            model = self.model
            self.session.append("model_change", provider=model["provider"], modelId=model["id"])
        if self.session.thinking_level() is None:
            self.session.append("thinking_level_change", thinkingLevel=self.thinking)

    def close(self) -> None:
        """Abort what runs and make everything durable."""
        self.abort()
        self.session.sync()
        self.session.close()

    # --- one prompt ------------------------------------------------------------------------------

    def _opening(self, content: str | list[Any]) -> list[Message]:
        """The messages a prompt adds: a system message when the prompt changed, the user's."""
        self.record_selection()
        wanted = self._setup.prompt(self.tools)
        sections, added, removed = difference(replay(self.session.context()), wanted)
        messages = [user_message(content, self._setup.now_ms())]
        if sections or added or removed:
            stamp = self._setup.now_ms()
            messages.insert(0, system_message(sections, stamp, added, removed))
        return messages

    def _settle(self, prompts: list[Message]) -> Settled:
        current = self._run
        while True:
            self._run_once(prompts)
            prompts = []
            goes_on = self._recover() if current.delay_ms is None else self._wait_for_retry()
            if not goes_on:
                prompts = self._queued_late()
                if not prompts:
                    break
        self.session.sync()
        aborted = current.answer is not None and current.answer.get("stopReason") == "aborted"
        aborted = aborted or current.token.cancelled
        self._emit(AgentSettled(aborted))
        return Settled(current.answer, current.error, aborted)

    def _queued_late(self) -> list[Message]:
        """What was queued since the run looked for the last time; if nothing, it takes no more."""
        with self._ending:
            due = []
            if not self._run.token.cancelled:
                due = self.steering.take() or self.follow_ups.take()
            self._is_over = not due
            return due

    def _run_once(self, prompts: list[Message]) -> None:
        self._run.is_halted = False
        task = Task(
            prompts,
            self.session.context(),
            self._stream,
            self.tools,
            gate=self._setup.gate,
            steering=self.steering.take,
            follow_ups=self.follow_ups.take,
            renew=self._renewed,
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

    # --- a conversation that gets too long -------------------------------------------------------

    def _upkeep_parts(self) -> Parts:
        setup = self._setup
        return Parts(
            session=setup.session,
            client=setup.client,
            settings=setup.compaction,
            summariser=setup.summariser,
            options=setup.options,
            retry=lambda: self._retry,
            random=setup.random,
            now_ms=setup.now_ms,
            emit=self._emit,
        )

    def _attempt(self, reason: str, will_retry: bool = False) -> bool:
        token = self._run.token
        return self._upkeep.attempt(reason, self.model, self.thinking, token, will_retry)

    def _compact_if_due(self) -> None:
        if self._upkeep.is_due(self.model):
            self._attempt("threshold")

    def _renewed(self) -> list[Message] | None:
        """The conversation for the next turn where it had to be made shorter. Raises HaltError."""
        current = self._run
        if not self._upkeep.is_due(self.model) or not self._attempt("threshold"):
            return None
        if not tool_calls(current.answer):  # it goes on because of something the user said
            current.rounds.note_user()
        if current.rounds.note_compaction():
            current.is_halted = True
            current.error = ProviderError(CIRCLE, "context_overflow")
            self._emit(CompactionEnd("threshold", None, error=CIRCLE))
            raise HaltError
        return self.session.context()

    def _recover(self) -> bool:
        """Make the conversation shorter where it is due; True when to ask again for the answer."""
        current = self._run
        answer = current.answer
        if answer is None or current.is_halted or not self._upkeep.auto:
            return False
        if current.token.cancelled or answer.get("stopReason") == "aborted":
            return False
        if current.found_no_room(self.model):
            return self._ask_shorter()
        if current.overran(self.model):
            self._attempt("overflow")
        else:
            self._compact_if_due()
        return False

    def _ask_shorter(self) -> bool:
        """Hide an answer there was no room for and compact, once; whether that was done."""
        current = self._run
        if current.has_recovered:
            self._emit(CompactionEnd("overflow", None, error=SECOND_OVERFLOW))
            return False
        current.has_recovered = True
        self._hide_answer()
        return self._attempt("overflow", will_retry=True)

    def _hide_answer(self) -> None:
        target = self._run.answer_entry
        entry = self.session.append("context_edit", targetId=target, replacement=None)
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
            calls = tool_calls(message)
            if calls:  # on the disk before a call can take effect
                self.session.sync()
            for call in calls:
                self._run.rounds.note_call(call.get("name"), call.get("arguments"))
        elif message["role"] == "user":
            self._run.rounds.note_user()

    def _note_answer(self, message: Message) -> None:
        """A good answer ends a series of retries, and a recovery from a context too long."""
        current = self._run
        if message["role"] != "assistant" or is_failed(message):
            return
        if message.get("stopReason") != "length":
            current.has_recovered = False
        if current.attempt:
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
                self._retry, current.attempt + 1, current.error, self._setup.random()
            )
        self._emit(replace(event, will_retry=current.delay_ms is not None))
        if failed and current.delay_ms is None and current.attempt:
            self._emit(RetryEnd(False, current.attempt, current.answer.get("errorMessage", "")))

    def _wait_for_retry(self) -> bool:
        """Announce and sit out the pause, then hide the failed answer; False when aborted."""
        current = self._run
        current.attempt += 1
        current.pause = current.token.child()  # before it is told: it may be given up at once
        reason = current.answer.get("errorMessage", "")
        limit = self._retry.max_retries
        try:
            self._emit(RetryStart(current.attempt, limit, current.delay_ms, reason))
            current.pause.sleep(current.delay_ms / 1000)
        except Cancelled:
            self._emit(RetryEnd(False, current.attempt, CANCELLED_RETRY))
            current.attempt = 0
            return False
        finally:
            current.pause = None
        self._hide_answer()
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
