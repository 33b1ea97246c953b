"""What a session has come to: counts, tokens and cost of all its entries, on every branch.

    session_stats(session)    {"sessionId": "01a2...", "userMessages": 3, ..., "tokens": {...}}

The keys are those of RPC's `get_session_stats`. Tokens and cost are those of answers, of model work
inside tools, and of summaries.
"""

from __future__ import annotations

from pi.cost import summed
from pi.messages import tool_calls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from pi.messages import Message, Usage
    from pi.session import Session
    from pi.store.format import Entry

_PARTS = ("input", "output", "cacheRead", "cacheWrite")


def session_stats(session: Session) -> dict[str, Any]:
    """Counts, tokens and cost in US dollars of a session."""
    entries = session.entries()
    messages = [m for e in entries if e.get("type") == "message" and _is_message(m := e["message"])]
    answers = _of(messages, "assistant")
    total = summed(_usages(entries))
    tokens = {part: total[part] for part in _PARTS}
    return {
        **({} if session.path is None else {"sessionFile": session.path}),
        "sessionId": session.id,
        "userMessages": len(_of(messages, "user")),
        "assistantMessages": len(answers),
        "toolCalls": sum(len(tool_calls(answer)) for answer in answers),
        "toolResults": len(_of(messages, "toolResult")),
        "totalMessages": len(messages),
        "tokens": {**tokens, "total": sum(tokens.values())},
        "cost": total["cost"]["total"],
    }


def _usages(entries: Iterable[Entry]) -> Iterator[Usage]:
    for entry in entries:
        holder: Mapping[str, Any] | None = entry
        if entry.get("type") == "message":
            holder = entry.get("message")
        usage = holder.get("usage") if isinstance(holder, dict) else None
        if isinstance(usage, dict):
            yield usage


def _of(messages: Iterable[Message], role: str) -> list[Message]:
    return [message for message in messages if message.get("role") == role]


def _is_message(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str)
