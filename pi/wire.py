"""Events as the outside sees them: the JSON lines of JSON mode and RPC.

One table, one row per event class, spells the outside names. Deltas, which are nearly all events
of a run, are written without building a dict: `usage` is encoded once per change of it.

    encoder = LineEncoder()
    encoder.line(AgentStart())        '{"type":"agent_start"}\\n'

Lines end in LF only; U+2028 and U+2029 may occur raw inside strings. Source: the reference's JSON
event page and `contracts.md` section 2.
"""

from __future__ import annotations

from pi import events as ev
from pi.text.jsontext import dumps, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_OUTSIDE_KIND = {"text": "text", "thinking": "thinking", "toolCall": "toolcall"}


def encode(event: object) -> dict[str, Any] | None:
    """The outside form of an event as a dict; None for one that stays inside."""
    row = _ROWS.get(type(event))
    if row is None:
        return None
    name, fields = row
    return {"type": name, **fields(event)}


class LineEncoder:
    """Encodes events to lines. Keeps the last usage, so one encoder serves one stream."""

    def __init__(self) -> None:
        self._usage: object = None
        self._usage_text = ""

    def line(self, event: object) -> str:
        """One line with its final newline; "" for an event that stays inside."""
        if type(event) is ev.MessageUpdate:
            return self._update_line(event)
        value = encode(event)
        return "" if value is None else dumps(value) + "\n"

    def _update_line(self, event: ev.MessageUpdate) -> str:
        if event.usage is not self._usage:
            self._usage = event.usage
            self._usage_text = dumps(event.usage)
        inner = event.event
        if type(inner) is ev.BlockDelta:
            body = (
                f'{{"type":"{_OUTSIDE_KIND[inner.kind]}_delta","contentIndex":{inner.index},'
                f'"delta":{quote(inner.text)}}}'
            )
        else:
            body = dumps(stream_event(inner))
        return (
            f'{{"type":"message_update","usage":{self._usage_text},'
            f'"assistantMessageEvent":{body}}}\n'
        )


def stream_event(event: ev.BlockStart | ev.BlockDelta | ev.BlockEnd) -> dict[str, Any]:
    """The `assistantMessageEvent` of an update."""
    kind = _OUTSIDE_KIND[event.kind]
    match event:
        case ev.BlockStart(index, "toolCall", call_id, name):
            return {
                "type": f"{kind}_start",
                "contentIndex": index,
                "id": call_id,
                "toolName": name,
            }
        case ev.BlockStart(index):
            return {"type": f"{kind}_start", "contentIndex": index}
        case ev.BlockDelta(index, _, text):
            return {"type": f"{kind}_delta", "contentIndex": index, "delta": text}
        case ev.BlockEnd(index, "toolCall", block):
            return {"type": f"{kind}_end", "contentIndex": index, "toolCall": block}
    content = event.block[event.kind]
    return {"type": f"{kind}_end", "contentIndex": event.index, "content": content}


def _present(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _tool(event: ev.ToolStart | ev.ToolUpdate) -> dict[str, Any]:
    return {"toolCallId": event.call_id, "toolName": event.name, "args": event.arguments}


def _tool_end(event: ev.ToolEnd) -> dict[str, Any]:
    fields = {
        "toolCallId": event.call_id,
        "toolName": event.name,
        "result": event.result,
        "isError": event.is_error,
    }
    return {**fields, **_present(durationMs=event.duration_ms)}


def _compaction_end(event: ev.CompactionEnd) -> dict[str, Any]:
    return {
        "reason": event.reason,
        **_present(result=event.result),
        "aborted": event.aborted,
        "willRetry": event.will_retry,
        **_present(errorMessage=event.error),
    }


def _retry_start(event: ev.RetryStart | ev.SummaryRetryScheduled) -> dict[str, Any]:
    return {
        "attempt": event.attempt,
        "maxAttempts": event.max_attempts,
        "delayMs": event.delay_ms,
        "errorMessage": event.error,
    }


_ROWS: dict[type, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    ev.AgentStart: ("agent_start", lambda e: {}),
    ev.AgentEnd: ("agent_end", lambda e: {"messages": e.messages, "willRetry": e.will_retry}),
    ev.AgentSettled: ("agent_settled", lambda e: {"aborted": e.aborted}),
    ev.TurnStart: ("turn_start", lambda e: {}),
    ev.TurnEnd: ("turn_end", lambda e: {"message": e.message, "toolResults": e.results}),
    ev.MessageStart: ("message_start", lambda e: {"message": e.message}),
    ev.MessageUpdate: (
        "message_update",
        lambda e: {"usage": e.usage, "assistantMessageEvent": stream_event(e.event)},
    ),
    ev.MessageEnd: ("message_end", lambda e: {"message": e.message}),
    ev.ToolStart: ("tool_execution_start", _tool),
    ev.ToolUpdate: (
        "tool_execution_update",
        lambda e: {**_tool(e), "partialResult": e.partial},
    ),
    ev.ToolEnd: ("tool_execution_end", _tool_end),
    ev.RetryStart: ("auto_retry_start", _retry_start),
    ev.RetryEnd: (
        "auto_retry_end",
        lambda e: {"success": e.success, "attempt": e.attempt, **_present(finalError=e.error)},
    ),
    ev.EntryAppended: ("entry_appended", lambda e: {"entry": e.entry}),
    ev.QueueUpdate: ("queue_update", lambda e: {"steering": e.steering, "followUp": e.follow_up}),
    ev.CompactionStart: ("compaction_start", lambda e: {"reason": e.reason}),
    ev.CompactionEnd: ("compaction_end", _compaction_end),
    ev.SummaryRetryScheduled: ("summarization_retry_scheduled", _retry_start),
    ev.SummaryRetryStart: (
        "summarization_retry_attempt_start",
        lambda e: {"source": e.source, **_present(reason=e.reason)},
    ),
    ev.SummaryRetryEnd: ("summarization_retry_finished", lambda e: {}),
    ev.SessionInfoChanged: ("session_info_changed", lambda e: _present(name=e.name)),
    ev.ThinkingLevelChanged: ("thinking_level_changed", lambda e: {"level": e.level}),
}
