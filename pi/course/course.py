"""The course of one prompt: from its opening messages to the end where nothing automatic is left.

    Course(harness, token).run([text("hi")])      # Settled(message, error, aborted)

It runs the loop and stores each message before the event that announces it. Extensions are asked,
and told, before everybody else (`pi.course.unhooked`). The harness owns what outlives a prompt;
what does not is here, in `Progress`, `Recovery` (failures, a conversation that gets too long) and
`Opening`.
Order of events: `contracts.md` sections 2 and 3.
"""

from __future__ import annotations

from pi.course.opening import Opening
from pi.course.recovery import Recovery
from pi.course.state import Settled
from pi.course.unhooked import Unhooked
from pi.events import (
    AgentEnd,
    AgentSettled,
    MessageEnd,
    MessageStart,
    MessageUpdate,
    Start,
    TurnEnd,
)
from pi.extensions.nohooks import NO_HOOKS
from pi.loop import Task, run
from pi.messages import tool_calls, user_message
from pi.models.added import is_virtual
from pi.store.convert import as_sent
from pi.tap import NO_TAPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.batch import Batch
    from pi.cancel import CancelToken
    from pi.errors import ProviderError
    from pi.events import StreamEvent
    from pi.messages import Message
    from pi.request import Model
    from pi.tools.base import Tool

_OUTCOMES = {"error": "error", "aborted": "aborted"}
"""The stopReason of an answer -> how its turn went; any other is "completed"."""


class Course(Recovery):
    """One prompt of a harness, on the thread that asked for it. See the module's head."""

    def __init__(self, harness: Any, token: CancelToken) -> None:  # a Harness, which knows us
        super().__init__(harness, token)
        self._queues = harness.queues
        self._hooked = self._connected()
        self.opening = Opening(self._setup, harness, token)
        self.batch: Batch | None = None  # the calls that run, or ran last
        self._results: list[str] = []  # the entries of the results of the turn
        self._has_said = False  # something of an extension, since the loop last heard of it

    def _connected(self) -> Unhooked:
        """What connects the prompt with extensions."""
        if self._setup.hooks is NO_HOOKS:
            return Unhooked()
        from pi.course.hooked import Hooked  # noqa: PLC0415 - only with extensions

        return Hooked(self._setup, self._harness, self.token)

    def run(self, content: str | list[Any] | Message) -> Settled:
        """Add a message, the user's or one of an extension, and work to the end."""
        self._compact_if_due()
        self._harness.record_selection()
        first = content
        if not isinstance(content, dict):
            first = user_message(content, self._setup.now_ms())
        return self._settle(self.opening.messages(first, self._queues.take_next_turn()))

    # --- one prompt ------------------------------------------------------------------------------

    def _settle(self, prompts: list[Message]) -> Settled:
        while True:
            self._run_once(prompts)
            prompts = []
            goes_on = self._recover() if self.delay_ms is None else self._wait_for_retry()
            if not goes_on:
                prompts, goes_on = self._more()
            if not goes_on:
                break
            prompts = [*self.opening.preface(), *prompts]
        self._say_waiting()
        self._session.sync()
        aborted = self._outcome() == "aborted" or self.token.cancelled
        self._harness.claim.is_ending = True
        self._emit(AgentSettled(aborted))
        self._hooked.settled(aborted)
        return Settled(self.answer, self.error, aborted)

    def _more(self) -> tuple[list[Message], bool]:
        """What another run begins with, and whether there is to be one."""
        if self._hooked.minds_settling:
            due = self._queues.take_due()
            if due:
                return due, True
            if self._hooked.before_settle(self._outcome()):
                return [], True
        late = self._queues.take_late(self.token)
        return late, bool(late)

    def _run_once(self, prompts: list[Message]) -> None:
        self.is_halted = False
        hooked = self._hooked
        hooked.begin_run()
        events = run(self._task(prompts), self.token)
        try:
            for event in events:
                if type(event) is MessageUpdate:  # nearly all events are
                    if hooked.hears_updates:
                        hooked.hear(event)
                    self._emit(event)
                else:
                    self._tell(event)
        finally:
            events.close()

    def _task(self, prompts: list[Message]) -> Task:
        return Task(
            prompts,
            self._conversation(),
            self._stream,
            _Current(self._harness),
            gate=self._hooked.gate(self._setup.gate),
            steering=self._queues.steering.take,
            follow_ups=self._queues.follow_ups.take,
            renew=self._renewed,
            preface=self.opening.preface,
            complete=self._hooked.completed,
            insists=lambda: self._hooked.goes_on,
            began=self._began,
            now_ms=self._setup.now_ms,
        )

    # --- one request -----------------------------------------------------------------------------

    def _stream(self, messages: list[Message], token: CancelToken) -> Iterator[StreamEvent]:
        self._session.sync()
        model, thinking = self._harness.model, self._harness.thinking
        options = self._setup.options(model, thinking)
        more: dict[str, Any] = {}
        if is_virtual(model):
            more["turn"] = self.occasion.turn(self._session, model, self._emit, self._fit)
        taps = self._hooked.taps()
        if taps is not NO_TAPS:
            more["taps"] = taps
        events = self._setup.client.stream(model, self._sent(messages), options, token, **more)
        return self._followed(events) if self._hooked.hears_updates else events

    def _conversation(self) -> list[Message]:
        """The messages so far: as handlers are to see them, if they are, else as they are sent."""
        session = self._session
        return session.messages() if self._hooked.sees_messages else session.context()

    def _sent(self, messages: list[Message]) -> list[Message]:
        """The messages of one request, after extensions had their say."""
        return as_sent(self.opening.forced(self._hooked.projected(messages)))

    def _fit(self, model: Model, messages: list[Message]) -> list[Message]:
        """The messages of a request for the model it was routed to, shorter if they must be."""
        if not self._harness.upkeep.is_due(model) or not self._attempt("threshold"):
            return messages
        self.is_shortened = True
        return self._sent(self._conversation())

    def _followed(self, events: Iterator[StreamEvent]) -> Iterator[StreamEvent]:
        """The events of an answer; what arrives of it can be seen meanwhile."""
        try:
            for event in events:
                if type(event) is Start:
                    self._hooked.draft = event.draft
                yield event
        finally:
            events.close()

    def _renewed(self) -> list[Message] | None:
        """The conversation for the next turn, where it is not what the loop knows."""
        has_more = self._hooked.take_added() or self._has_said
        self._has_said = False
        is_shorter = self.is_shortened or self._shorten()
        self.is_shortened = False
        return self._conversation() if has_more or is_shorter else None

    # --- what the loop's events mean here --------------------------------------------------------

    def _handle(self, event: Any) -> None:
        match event:
            case MessageStart(message) if message["role"] == "user" or message["role"] == "custom":
                self._queues.note_delivery(message)
                self._emit(event)
            case MessageEnd(message, error):
                self._store(message, error)
                self._emit(event)
                self._note_answer(message)
            case TurnEnd():
                self._end_turn(event)
            case AgentEnd():
                self._end_run(event)
            case _:
                self._emit(event)

    def _began(self, batch: Batch) -> None:
        self.batch = batch

    def _store(self, message: Message, error: ProviderError | None) -> None:
        role = message["role"]
        if role == "custom":
            self._session.append_custom_message(
                message["customType"],
                message["content"],
                display=message["display"],
                details=message.get("details"),
            )
            return
        entry = self._session.append_message(message)
        if role == "assistant":
            self._note_call(message, entry["id"], error)
        elif role == "toolResult":
            self._results.append(entry["id"])
        elif role == "user":
            self.rounds.note_user()
            self.occasion.note_user()

    def _note_call(self, answer: Message, entry_id: str, error: ProviderError | None) -> None:
        self.answer, self.answer_entry, self.error = answer, entry_id, error
        self._results = []
        calls = tool_calls(answer)
        if calls:  # on the disk before a call can take effect
            self._session.sync()
        for call in calls:
            self.rounds.note_call(call.get("name"), call.get("arguments"))

    def _end_turn(self, event: TurnEnd) -> None:
        self._hooked.end_turn(
            self._outcome(),
            message=event.message,
            tool_results=event.results,
            message_entry_id=self.answer_entry,
            tool_result_entry_ids=self._results,
        )
        self._session.sync()
        self._emit(event)
        self._say_waiting()

    def _say_waiting(self) -> None:
        for message in self._queues.take_after_turn():
            self.say(message)
            self._has_said = True

    def say(self, message: Message) -> None:
        """Store and tell a message of an extension that no turn is made for."""
        self._tell(MessageStart(message))
        self._tell(MessageEnd(self._hooked.completed(message)))

    def _tell(self, event: Any) -> None:
        """Tell extensions of an event, then do what it means, which tells everybody else."""
        self._hooked.hear(event)
        self._handle(event)

    def _outcome(self) -> str:
        reason = None if self.answer is None else self.answer.get("stopReason")
        return _OUTCOMES.get(reason, "completed")


class _Current:
    """The tools that are active at the time of asking: they may change while a run goes on."""

    def __init__(self, harness: Any) -> None:
        self._harness = harness

    def __contains__(self, name: object) -> bool:
        return name in self._harness.tools

    def __getitem__(self, name: str) -> Tool:
        return self._harness.tools[name]

    def get(self, name: str) -> Tool | None:
        """The tool of a name; None if it is not active."""
        return self._harness.tools.get(name)
