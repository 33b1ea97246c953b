"""Events as the outside sees them: the JSON lines of JSON mode and RPC.

One table, one row per event class, spells the outside names, for both directions. Deltas, which are
nearly all events of a run, are written without building a dict: `usage` is encoded once per change
of it.

    encoder = LineEncoder()
    encoder.line(AgentStart())              '{"type":"agent_start"}\\n'
    decode({"type": "agent_start"})         AgentStart()

Lines end in LF only; U+2028 and U+2029 may occur raw inside strings. Source: the reference's JSON
event page and `contracts.md` section 2.
"""

from __future__ import annotations

from pi import events as ev
from pi.text.jsontext import dumps, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OUTSIDE_KIND = {"text": "text", "thinking": "thinking", "toolCall": "toolcall"}
_INSIDE_KIND = {outside: kind for kind, outside in _OUTSIDE_KIND.items()}


def encode(event: object) -> dict[str, Any] | None:
    """The outside form of an event as a dict; None for one that stays inside."""
    row = _ROWS.get(type(event))
    if row is None:
        return None
    name, keys = row
    record = {"type": name}
    if type(event) is ev.MessageUpdate:
        return {**record, "usage": event.usage, "assistantMessageEvent": stream_event(event.event)}
    for key, field in zip(keys, event.__slots__, strict=False):
        value = getattr(event, field)
        if value is not None or key[-1] != "?":
            record[key.rstrip("?")] = value
    return record


def decode(record: dict[str, Any]) -> Any:
    """The event a record stands for; None for a record that is none, or that lacks something.

    What is not told outside is missing: the error of a `MessageEnd`, the signature of a block.
    """
    name = record.get("type")
    event_type = _TYPES.get(name) if isinstance(name, str) else None
    try:
        if event_type is None:
            return None
        if event_type is ev.MessageUpdate:
            return ev.MessageUpdate(_inner(record["assistantMessageEvent"]), record["usage"])
        keys = _ROWS[event_type][1]
        return event_type(
            *[record.get(key[:-1]) if key[-1] == "?" else record[key] for key in keys]
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


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


def _inner(record: dict[str, Any]) -> ev.BlockStart | ev.BlockDelta | ev.BlockEnd:
    """The stream event of an `assistantMessageEvent`. Raises KeyError, ValueError, ..."""
    outside, step = record["type"].split("_")
    kind, index = _INSIDE_KIND[outside], record["contentIndex"]
    if step == "start":
        return ev.BlockStart(index, kind, record.get("id", ""), record.get("toolName", ""))
    if step == "delta":
        return ev.BlockDelta(index, kind, record["delta"])
    is_call = kind == "toolCall"
    block = record["toolCall"] if is_call else {"type": kind, kind: record["content"]}
    return ev.BlockEnd(index, kind, block)


_TOOL = ("toolCallId", "toolName", "args")
_RETRY = ("attempt", "maxAttempts", "delayMs", "errorMessage")
_ROWS: dict[type, tuple[str, tuple[str, ...]]] = {
    ev.AgentStart: ("agent_start", ()),
    ev.AgentEnd: ("agent_end", ("messages", "willRetry")),
    ev.AgentSettled: ("agent_settled", ("aborted",)),
    ev.TurnStart: ("turn_start", ()),
    ev.TurnEnd: ("turn_end", ("message", "toolResults")),
    ev.MessageStart: ("message_start", ("message",)),
    ev.MessageUpdate: ("message_update", ()),
    ev.MessageEnd: ("message_end", ("message",)),
    ev.ToolStart: ("tool_execution_start", (*_TOOL, "parentToolCallId?")),
    ev.ToolUpdate: (
        "tool_execution_update",
        (*_TOOL, "partialResult", "parentToolCallId?"),
    ),
    ev.ToolEnd: (
        "tool_execution_end",
        ("toolCallId", "toolName", "result", "isError", "durationMs?", "parentToolCallId?"),
    ),
    ev.RetryStart: ("auto_retry_start", _RETRY),
    ev.RetryEnd: ("auto_retry_end", ("success", "attempt", "finalError?")),
    ev.EntryAppended: ("entry_appended", ("entry",)),
    ev.QueueUpdate: ("queue_update", ("steering", "followUp")),
    ev.CompactionStart: ("compaction_start", ("reason",)),
    ev.CompactionEnd: (
        "compaction_end",
        ("reason", "result?", "aborted", "willRetry", "errorMessage?"),
    ),
    ev.SummaryRetryScheduled: ("summarization_retry_scheduled", _RETRY),
    ev.SummaryRetryStart: ("summarization_retry_attempt_start", ("source", "reason?")),
    ev.SummaryRetryEnd: ("summarization_retry_finished", ()),
    ev.SessionInfoChanged: ("session_info_changed", ("name?",)),
    ev.ShellUpdate: ("bash_execution_update", ("id?", "delta")),
    ev.ThinkingLevelChanged: ("thinking_level_changed", ("level",)),
    ev.ExtensionFault: ("extension_error", ("extensionPath", "event", "error")),
}
"""Event -> its outside name, and what its fields, in order, are called there. A field that is left
out where it is None ends in a question mark; a field without a name stays inside."""

_TYPES = {name: event_type for event_type, (name, _) in _ROWS.items()}
