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

from pi.cancel import CancelToken
from pi.compaction.estimate import context_tokens, is_known
from pi.course.asking import Parts
from pi.course.audience import Audience
from pi.course.course import Course
from pi.course.queues import Queues
from pi.course.state import Claim, Retrying
from pi.course.upkeep import Upkeep
from pi.errors import PiError
from pi.events import Notice, ThinkingLevelChanged
from pi.messages import user_message
from pi.stats import session_stats
from pi.transcript import render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.course.state import Settled, Setup
    from pi.messages import Message
    from pi.request import Model

    Content = str | list[Any] | Message


class Harness(Audience):
    """A conversation in progress. See the module's head.

    `tools` may be replaced at any time: the next request has the new ones. `queues`, `retry` and
    `upkeep` have the verbs for messages that wait, for retries and for compaction; whoever changes
    the conversation holds the `claim`.
    """

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self.session = setup.session
        self.model = setup.model
        self.thinking = setup.thinking
        self.tools = setup.tools
        self.setup = setup
        self.queues = Queues(setup.steering_mode, setup.follow_up_mode, self.emit)
        self.retry = Retrying(setup.retry)
        self.upkeep = Upkeep(self._parts(), setup.auto_compaction)
        self.claim = Claim()
        self._course: Course | None = None
        self._informing: CancelToken | None = None  # fires where handlers hang and nothing runs

    # --- prompts ---------------------------------------------------------------------------------

    def prompt(self, content: Content, token: CancelToken | None = None) -> Settled:
        """Add a message, the user's or a whole one of an extension, and work until nothing
        automatic is left to do.

        Raises PiError when another prompt is running or the session cannot be written; a failed
        answer is not raised but returned.
        """
        with self.claim:
            try:
                self._course = Course(self, token or CancelToken())
                self.queues.begin()
                return self._course.run(content)
            finally:
                self._course = None
                self.queues.end()

    def steer(self, content: Content) -> None:
        """Queue a message for after the current answer's tool calls."""
        self.queues.put("steer", self._message(content))

    def follow_up(self, content: Content) -> None:
        """Queue a message for when the run would otherwise stop."""
        self.queues.put("followUp", self._message(content))

    def offer(self, behaviour: str, content: Content) -> bool:
        """Queue a message for the run in progress; see `Queues.offer`."""
        return self.queues.offer(behaviour, self._message(content))

    def after_turn(self, message: Message) -> None:
        """Store a message of an extension when the current turn has ended; at once if none runs."""
        if not self.queues.offer_after_turn(message):
            Course(self, CancelToken()).say(message)

    def abort(self, reason: str = "Operation aborted") -> None:
        """Stop the current run, if any; returns at once."""
        course = self._course
        if course is not None:
            course.token.cancel(reason)

    def hurry(self) -> None:
        """Give up a handler that hangs since it was told of a change while nothing ran."""
        token = self._informing
        if token is not None:
            token.cancel("nobody waits for it any more")

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
        with self.claim.lock:
            focus = (instructions or "").strip() or None
            own = token or CancelToken()
            return self.upkeep.compact("manual", self.model, self.thinking, own, focus=focus)

    def navigate(
        self, target_id: str, *, token: CancelToken | None = None, **wish: Any
    ) -> dict[str, Any]:
        """Go on from another entry of the session; see `pi.course.navigate.Wish` for `wish`."""
        from pi.course.navigate import Wish, navigate  # noqa: PLC0415 - few runs go elsewhere

        return navigate(self, target_id, Wish(**wish), token)

    # --- what goes on ----------------------------------------------------------------------------

    @property
    def is_streaming(self) -> bool:
        """Whether a prompt, with all that follows from it, is in progress."""
        return self._course is not None

    @property
    def token(self) -> CancelToken | None:
        """What fires when the run in progress is aborted; None when there is none."""
        course = self._course
        return None if course is None else course.token

    def nest(self, parent_id: str, name: str, arguments: Any, **options: Any) -> dict[str, Any]:
        """Run a tool for the tool whose call has this id; see `pi.tools.base.Call`."""
        batch = None if self._course is None else self._course.batch
        if batch is None:
            raise PiError(f"the call {parent_id} has ended: only a running tool can call others")
        return batch.nest(parent_id, name, arguments, **options)

    def system_prompt(self) -> str:
        """The prompt of the run in progress, or of the next one, as one text."""
        course = self._course
        return render(self.setup.prompt(self.tools)) if course is None else course.opening.prompt()

    @property
    def measured(self) -> Model:
        """The model whose limits count: of a virtual one, the one that answered last."""
        return self.setup.measured(self.model, self.session)

    def context_usage(self) -> dict[str, Any] | None:
        """`{"tokens", "contextWindow", "percent"}`; None where the model has no known window.

        Tokens and percent are None from a compaction to the next answer that tells its usage.
        """
        window = self.measured.get("contextWindow")
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

    # --- model and thinking level ----------------------------------------------------------------

    def set_model(self, model: Model, thinking: str, source: str = "set") -> None:
        """Use another model from the next request on, and record it. `thinking` is clamped.

        `source` is how it was chosen: set, or cycle.
        """
        previous, self.model = self.model, model
        self.session.append("model_change", provider=model["provider"], modelId=model["id"])
        self.set_thinking(thinking)
        if self.setup.hooks.wants("model_select"):
            fields = {"model": model, "previous_model": previous, "source": source}
            self._inform("model_select", fields)

    def set_thinking(self, level: str) -> None:
        """Use another thinking level from the next request on; recorded when it changes."""
        if level == self.thinking:
            return
        previous, self.thinking = self.thinking, level
        self.session.append("thinking_level_change", thinkingLevel=level)
        if self.setup.hooks.wants("thinking_level_select"):
            self._inform("thinking_level_select", {"level": level, "previous_level": previous})
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

    # --- telling ---------------------------------------------------------------------------------

    def report(self, event: str, text: str) -> None:
        """Tell what was wrong with what extensions answered to an event."""
        if self.setup.report is not None:
            self.setup.report(event, text)
        else:
            self.emit(Notice("error", f"What extensions answered to {event} was not used: {text}"))

    def close(self) -> None:
        """Abort what runs and make everything durable."""
        self.abort()
        self.session.sync()
        self.session.close()

    # --- inside ----------------------------------------------------------------------------------

    def _message(self, content: Content) -> Message:
        return content if isinstance(content, dict) else user_message(content, self.setup.now_ms())

    def _inform(self, hook: str, fields: dict[str, Any]) -> None:
        """Tell handlers of a change; `abort` or `hurry` gives up one that hangs."""
        self._informing = None if self._course else CancelToken()
        try:
            self.setup.hooks.fire(hook, self.token or self._informing, **fields)
        finally:
            self._informing = None

    def _parts(self) -> Parts:
        setup = self.setup
        return Parts(
            session=setup.session,
            client=setup.client,
            settings=setup.compaction,
            summariser=setup.summariser,
            options=setup.options,
            retry=lambda: self.retry.policy,
            random=setup.random,
            now_ms=setup.now_ms,
            emit=self.emit,
            hooks=setup.hooks,
            report=self.report,
        )
