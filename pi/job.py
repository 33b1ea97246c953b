"""One tool call on its way through a batch, and the shapes it comes out in.

job = Job({"type": "toolCall", "id": "c1", "name": "read", "arguments": {...}})
job.outcome = failed("no such file")
result_of(job.outcome)      {"content": [...], "details": {}}: as events have it
message_of(job, stamp)      the toolResult message
"""

from __future__ import annotations

import json

from pi.messages import text, tool_result
from pi.text.unicode import clean_json
from pi.tools.base import Outcome
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from queue import SimpleQueue
    from typing import Any

    from pi.cancel import CancelToken
    from pi.messages import Message
    from pi.nested import Record
    from pi.tools.base import Tool


class Wish(Value):
    """A tool asks for another one; `reply` gets what `Call.nest` returns."""

    parent: Job
    name: str
    arguments: Any
    token: CancelToken | None
    report: Callable[[dict[str, Any]], object] | None
    reply: SimpleQueue[dict[str, Any]]


class Job:
    """One call on its way. `shown` are the arguments as they were given, `used` those it runs with.

    `wish` is what asked for it, None for a call of the model.
    """

    def __init__(self, call: dict[str, Any], wish: Wish | None = None) -> None:
        self.call = call
        self.wish = wish
        self.depth: int = 0 if wish is None else wish.parent.depth + 1
        self.top: Job = self if wish is None else wish.parent.top
        self.record: Record | None = None  # of the top one: the nested calls, if there are any
        self.tool: Tool | None = None  # None as long as it cannot run
        self.shown = self.used = call["arguments"]
        self.outcome: Outcome | None = None
        self.duration_ms: int | None = None
        self.children = 0
        self.usages: list[Any] = []  # of nested calls

    @property
    def id(self) -> str:
        return self.call["id"]

    @property
    def name(self) -> str:
        return self.call["name"]

    @property
    def parent_id(self) -> str | None:
        return None if self.wish is None else self.wish.parent.id


def result_of(outcome: Outcome) -> dict[str, Any]:
    """An outcome as events and calling tools have it."""
    result: dict[str, Any] = {"content": outcome.content}
    if outcome.details is not None:
        result["details"] = outcome.details
    if outcome.structured is not None:
        result["structuredContent"] = outcome.structured
        if outcome.is_error:
            result["isError"] = True
    if outcome.usage is not None:
        result["usage"] = outcome.usage
    if outcome.terminate:
        result["terminate"] = True
    return clean_json(result)


def told(
    call: dict[str, Any], result: dict[str, Any], is_error: bool, duration_ms: int | None = None
) -> dict[str, Any]:
    """What `Call.nest` returns."""
    told = {"toolCall": call, "result": result, "isError": is_error}
    return told if duration_ms is None else {**told, "durationMs": duration_ms}


def never_ran(call: dict[str, Any], why: str) -> dict[str, Any]:
    """What `Call.nest` returns for a call that came to nothing."""
    return told(call, result_of(failed(why)), True)


def message_of(job: Job, stamp: int) -> Message:
    outcome = job.outcome
    extra: dict[str, Any] = {}
    if outcome.details is not None:
        extra["details"] = clean_json(outcome.details)
    if job.duration_ms is not None:
        extra["durationMs"] = job.duration_ms
    if outcome.usage is not None:
        extra["usage"] = outcome.usage
    if job.record is not None:
        extra.update(clean_json(job.record.fields()))
    content = clean_json(outcome.content)
    return tool_result(job.call, content, stamp, is_error=outcome.is_error, extra=extra)


def failed(message: str, details: object = None) -> Outcome:
    return Outcome([text(message)], details={} if details is None else details, is_error=True)


def validation_text(name: str, problems: list[str], arguments: object) -> str:
    listed = "\n".join(f"  - {problem}" for problem in problems)
    received = json.dumps(arguments, indent=2, ensure_ascii=False)
    return f'Validation failed for tool "{name}":\n{listed}\n\nReceived arguments:\n{received}'
