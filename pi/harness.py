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

from pi.asking import Parts
from pi.cancel import CancelToken
from pi.compaction.estimate import context_tokens, is_known
from pi.course import Course
from pi.errors import PiError
from pi.events import Notice, QueueUpdate, ThinkingLevelChanged
from pi.messages import text_of, user_message
from pi.queues import Queue
from pi.stats import session_stats
from pi.upkeep import Upkeep
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.compaction.summarise import BranchWish
    from pi.messages import Message
    from pi.request import Model
    from pi.state import Settled, Setup


class Harness:
    """A conversation in progress. See the module's head."""

    def __init__(self, setup: Setup) -> None:
        self.session = setup.session
        self.model = setup.model
        self.thinking = setup.thinking
        self.tools = setup.tools
        self.steering = Queue(setup.steering_mode)
        self.follow_ups = Queue(setup.follow_up_mode)
        self.setup = setup
        self._subscribers: list[Callable[[Any], object]] = []
        self.retry = setup.retry
        self.upkeep = Upkeep(self._parts(), setup.auto_compaction)
        self._busy = threading.Lock()
        self._ending = threading.Lock()  # for the next: a run ends or takes a message, not both
        self._is_over = False  # the run takes no more messages, and settles
        self._course: Course | None = None

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
            self._course = Course(self, token or CancelToken())
            return self._course.run(content)
        finally:
            self._course = None
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
            queue.add(user_message(content, self.setup.now_ms()))
        self.tell_queues()
        return True

    def clear_queues(self) -> tuple[list[str], list[str]]:
        """Empty both queues; returns the texts of what waited: (steering, follow-ups)."""
        waited = tuple(
            [text_of(message) for message in queue.clear()]
            for queue in (self.steering, self.follow_ups)
        )
        self.tell_queues()
        return waited

    def compact(
        self, instructions: str | None = None, token: CancelToken | None = None
    ) -> dict[str, Any]:
        """Summarise the older part of the conversation now; a prompt in progress is aborted first.

        `instructions` say what to stress. Returns the result as `compaction_end` carries it. Raises
        PiError when there is nothing to do, or it failed or was aborted: nothing has changed then.
        Not to be called from a subscriber.
        """
        if self.upkeep.is_busy and not self.is_streaming:
            raise PiError("the conversation is being compacted already")
        self.abort()
        with self._busy:
            focus = (instructions or "").strip() or None
            own = token or CancelToken()
            return self.upkeep.compact("manual", self.model, self.thinking, own, focus=focus)

    def summarise_branch(
        self, target_id: str | None, token: CancelToken, wish: BranchWish
    ) -> dict[str, Any] | None:
        """The fields of a `branch_summary` entry; see `Upkeep.branch_summary`."""
        return self.upkeep.branch_summary(target_id, self.model, self.thinking, token, wish)

    def abort_compaction(self) -> None:
        """Stop the summary that is being made, if any; returns at once."""
        self.upkeep.cancel()

    @property
    def is_compacting(self) -> bool:
        """Whether a summary is being made."""
        return self.upkeep.is_busy

    @property
    def auto_compaction(self) -> bool:
        """Whether the conversation is compacted unasked when it gets too long."""
        return self.upkeep.auto

    def set_auto_compaction(self, on: bool) -> None:
        """Compact unasked, or do not; for this conversation only."""
        self.upkeep.auto = on

    @property
    def is_streaming(self) -> bool:
        """Whether a prompt, with all that follows from it, is in progress."""
        return self._course is not None

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
        course = self._course
        if course is not None:
            course.token.cancel(reason)

    def abort_retry(self) -> None:
        """End the pause before a retry: the run then settles with its failure."""
        course = self._course
        if course is not None:
            course.give_up_retry()

    @property
    def is_retrying(self) -> bool:
        """Whether the run waits before it asks again."""
        course = self._course
        return course is not None and course.pause is not None

    @property
    def auto_retry(self) -> bool:
        """Whether failures that pass are followed by another attempt."""
        return self.retry.enabled

    def set_auto_retry(self, on: bool) -> None:
        """Ask again after failures that pass, or do not; for this conversation only."""
        self.retry = replace(self.retry, enabled=on)

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
            self.emit(ThinkingLevelChanged(level))

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

    # --- what the parts use ----------------------------------------------------------------------

    def take_late(self, token: CancelToken) -> list[Message]:
        """What was queued since the run looked for the last time; if nothing, it takes no more."""
        with self._ending:
            due = []
            if not token.cancelled:
                due = self.steering.take() or self.follow_ups.take()
            self._is_over = not due
            return due

    def tell_queues(self) -> None:
        """Tell what waits."""
        self.emit(QueueUpdate(self.steering.texts(), self.follow_ups.texts()))

    def emit(self, event: Any) -> None:
        """Tell every subscriber."""
        for subscriber in tuple(self._subscribers):
            subscriber(event)

    def _parts(self) -> Parts:
        setup = self.setup
        return Parts(
            session=setup.session,
            client=setup.client,
            settings=setup.compaction,
            summariser=setup.summariser,
            options=setup.options,
            retry=lambda: self.retry,
            random=setup.random,
            now_ms=setup.now_ms,
            emit=self.emit,
        )

    def notice(self, level: str, text: str) -> None:
        """Tell the user something that is not part of the conversation."""
        self.emit(Notice(level, text))

    def _enqueue(self, queue: Queue, content: str | list[Any]) -> None:
        queue.add(user_message(content, self.setup.now_ms()))
        self.tell_queues()
