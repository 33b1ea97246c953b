"""A conversation as plain text for a model that is to summarise it, not to continue it.

    [User]: Fix the tests.

    [Assistant]: I look at them first.

    [Assistant tool calls]: read(path="a.py"); bash(command="pytest")

    [Tool result]: ...                  no more than 2,000 characters of each

Thinking, images and system messages are left out. Source: the reference's compaction page.
"""

from __future__ import annotations

from pi.messages import blocks_of, text_of, tool_calls
from pi.store.convert import as_sent
from pi.text.jsontext import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.messages import Message

RESULT_CHARS = 2000


def serialise(messages: Iterable[Message]) -> list[str]:
    """The paragraphs of a conversation, special roles included; blank messages give none."""
    return [part for message in as_sent(messages) for part in _PARTS[message["role"]](message)]


def _user(message: Message) -> list[str]:
    words = text_of(message)
    return [f"[User]: {words}"] if words.strip() else []


def _assistant(message: Message) -> list[str]:
    texts = [str(b.get("text") or "") for b in blocks_of(message) if b.get("type") == "text"]
    words = "\n".join(texts)
    calls = "; ".join(_call(call) for call in tool_calls(message))
    parts = [f"[Assistant]: {words}"] if words.strip() else []
    return [*parts, f"[Assistant tool calls]: {calls}"] if calls else parts


def _call(call: dict[str, Any]) -> str:
    given = call.get("arguments")
    pairs = given.items() if isinstance(given, dict) else ()
    return f"{call.get('name')}({', '.join(f'{name}={dumps(value)}' for name, value in pairs)})"


def _result(message: Message) -> list[str]:
    words = text_of(message)
    if not words.strip():
        return []
    more = len(words) - RESULT_CHARS
    if more > 0:
        words = f"{words[:RESULT_CHARS]}\n\n[{more} more characters are left out here]"
    return [f"[Tool result]: {words}"]


_PARTS = {
    "system": lambda message: [],
    "user": _user,
    "assistant": _assistant,
    "toolResult": _result,
}
