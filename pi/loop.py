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
    """

    prompts: list[Message]
    history: list[Message]
    stream: Callable[[list[Message], CancelToken], Iterator[StreamEvent]]
    tools: Mapping[str, Tool]
    gate: Gate = Gate()
    steering: Callable[[], list[Message]] = _none
    follow_ups: Callable[[], list[Message]] = _none
    context: Callable[[list[Message]], list[Message]] = lambda messages: messages
    now_ms: Callable[[], int] = _now_ms


def run(task: Task, token: CancelToken) -> Iterator[Any]:
    """Run the agent until it stops, fails or is aborted. Never raises for a failed answer."""
    added: list[Message] = []
    pending = task.prompts or task.steering()
    yield AgentStart()
    while True:
        yield TurnStart()
        for message in pending:
            yield from _announce(message, added)
        answer = yield from _answer(task, added, token)
        if is_failed(answer):
            yield TurnEnd(answer, [])
            break
        results, terminate = yield from _use_tools(task, answer, added, token)
        yield TurnEnd(answer, results)
        if terminate:
            break
        # After an abort the queues keep what they hold; the next answer is then the aborted one.
        pending = [] if token.cancelled else task.steering()
        if not pending and not results:
            pending = [] if token.cancelled else task.follow_ups()
            if not pending:
                break
    yield AgentEnd(added)


def _announce(message: Message, added: list[Message]) -> Iterator[Any]:
    added.append(message)
    yield MessageStart(message)
    yield MessageEnd(message)


def _answer(task: Task, added: list[Message], token: CancelToken) -> Iterator[Any]:
    """Stream one answer; returns its final message."""
    messages = task.context(task.history + added)
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
    added.append(final.message)
    yield MessageEnd(final.message, final.error if isinstance(final, Failed) else None)
    return final.message


def _use_tools(
    task: Task, answer: Message, added: list[Message], token: CancelToken
) -> Iterator[Any]:
    """Run the calls of an answer; returns (result messages, whether to stop)."""
    calls = tool_calls(answer)
    if not calls:
        return [], False
    batch = Batch(calls, task.tools, token, task.gate, task.now_ms)
    cut = answer.get("stopReason") == "length"
    yield from batch.refuse(_cut_text) if cut else batch.run()
    results = batch.results
    for message in results:
        yield from _announce(message, added)
    return results, batch.terminate


def _cut_text(call: dict[str, Any]) -> str:
    return (
        f'The call of "{call["name"]}" was not run: the answer reached its output limit, so the '
        "arguments may be incomplete. Call it again with all of them."
    )
