"""The loop: ask the model, run the tools it calls, ask again, until it stops calling.

It knows no provider, no session and no terminal. It is handed a `stream` that never raises, the
tools, and a few callables, and yields agent events; whoever iterates it decides what they mean.

    for event in run(Task([user_message("hi", 0)], [], stream, tools), CancelToken()):
        ...

Order of one run: AgentStart; per turn TurnStart, the turn's new messages (MessageStart and
MessageEnd each), the answer (MessageStart, MessageUpdate..., MessageEnd), its tool calls and their
results, TurnEnd; at last AgentEnd. Steering messages enter after a whole batch of tools, follow-ups
only when the run would stop.
"""

from __future__ import annotations

import time

from pi.batch import Batch, Gate
from pi.events import (
    AgentEnd,
    AgentStart,
    Done,
    Failed,
    MessageEnd,
    MessageStart,
    MessageUpdate,
    TurnEnd,
    TurnStart,
)
from pi.messages import is_failed, tool_calls
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from pi.cancel import CancelToken
    from pi.events import StreamEvent
    from pi.messages import Message
    from pi.tools.base import Tool


def _none() -> list[Message]:
    return []


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Task(Value):
    """What one run is given.

    `prompts` are the new messages that start it (none: continue from the history). `history` is
    the conversation so far; the loop reads it through `context` before every request, and never
    changes it. `stream(messages, token)` yields stream events and ends with Done or Failed.
    `renew` is called before each further turn, when all of the last one is known outside; it may
    return the conversation to go on from (one that was made shorter), or raise HaltError. `preface`
    gives messages that a further turn is to begin with, before those that were queued.

    `complete` is given each message that is complete, before anyone is told, and returns the one
    that counts. `insists` says after a turn whether there is to be another in any case. `began` is
    handed each batch of calls.
    """

    prompts: list[Message]
    history: list[Message]
    stream: Callable[[list[Message], CancelToken], Iterator[StreamEvent]]
    tools: Mapping[str, Tool]
    gate: Gate = Gate()
    steering: Callable[[], list[Message]] = _none
    follow_ups: Callable[[], list[Message]] = _none
    context: Callable[[list[Message]], list[Message]] = lambda messages: messages
    renew: Callable[[], list[Message] | None] = lambda: None
    preface: Callable[[], list[Message]] = _none
    complete: Callable[[Message], Message] = lambda message: message
    insists: Callable[[], bool] = lambda: False
    began: Callable[[Batch], object] = lambda batch: None
    now_ms: Callable[[], int] = _now_ms


class HaltError(Exception):
    """Raised by `Task.renew`: the run ends with the turn it just had."""


class _Memory:
    """What the next request sends, and what the run added, which outlives a renewal."""

    def __init__(self, history: list[Message]) -> None:
        self.context = list(history)
        self.added: list[Message] = []

    def add(self, message: Message) -> None:
        self.context.append(message)
        self.added.append(message)

    def renew(self, conversation: list[Message] | None) -> None:
        if conversation is not None:
            self.context = list(conversation)


def run(task: Task, token: CancelToken) -> Iterator[Any]:
    """Run the agent until it stops, fails or is aborted. Never raises for a failed answer."""
    memory = _Memory(task.history)
    pending = [*task.prompts, *task.steering()]  # what was queued while nothing ran comes along
    yield AgentStart()
    while True:
        yield TurnStart()
        for message in pending:
            yield from _announce(message, task, memory)
        answer = yield from _answer(task, memory, token)
        if is_failed(answer):
            yield TurnEnd(answer, [])
            break
        results, terminate = yield from _use_tools(task, answer, memory, token)
        yield TurnEnd(answer, results)
        if terminate and not task.insists():
            break
        pending = _next(task, memory, bool(results), token)
        if pending is None:
            break
    yield AgentEnd(memory.added)


def _next(
    task: Task, memory: _Memory, has_results: bool, token: CancelToken
) -> list[Message] | None:
    """The messages the next turn begins with; None when there is no next turn.

    After an abort the queues keep what they hold; the next answer is then the aborted one.
    """
    if token.cancelled:
        return [] if has_results else None
    pending = [] if has_results else task.steering() or task.follow_ups()
    if not pending and not has_results and not task.insists():
        return None
    try:
        memory.renew(task.renew())
    except HaltError:
        return None
    # What was queued while the conversation was made shorter still enters here.
    late = task.steering() if has_results and not token.cancelled else pending
    return [*task.preface(), *late]


def _announce(message: Message, task: Task, memory: _Memory) -> Iterator[Any]:
    """Tell of a message that is complete; returns the one that counts."""
    yield MessageStart(message)
    message = task.complete(message)
    memory.add(message)
    yield MessageEnd(message)
    return message


def _answer(task: Task, memory: _Memory, token: CancelToken) -> Iterator[Any]:
    """Stream one answer; returns its final message."""
    messages = task.context(list(memory.context))
    draft = final = None
    for event in task.stream(messages, token):
        if isinstance(event, (Done, Failed)):
            final = event  # keep reading: the stream's clean-up comes after its last event
        elif draft is not None:
            yield MessageUpdate(event, draft.usage)
        else:
            draft = event.draft
            yield MessageStart(draft.shell())
    if draft is None:
        yield MessageStart(final.message)
    message = task.complete(final.message)
    memory.add(message)
    yield MessageEnd(message, final.error if isinstance(final, Failed) else None)
    return message


def _use_tools(task: Task, answer: Message, memory: _Memory, token: CancelToken) -> Iterator[Any]:
    """Run the calls of an answer; returns (result messages, whether to stop)."""
    calls = tool_calls(answer)
    if not calls:
        return [], False
    batch = Batch(calls, task.tools, token, task.gate, task.now_ms)
    task.began(batch)
    cut = answer.get("stopReason") == "length"
    yield from batch.refuse(_cut_text) if cut else batch.run()
    results = batch.results
    for at, message in enumerate(results):
        results[at] = yield from _announce(message, task, memory)
    return results, batch.terminate


def _cut_text(call: dict[str, Any]) -> str:
    return (
        f'The call of "{call["name"]}" was not run: the answer reached its output limit, so the '
        "arguments may be incomplete. Call it again with all of them."
    )
