"""A conversation as Mistral's chat messages.

    user        {"role": "user", "content": [{"type": "text", "text": "hi"}]}
    assistant   {"role": "assistant", "prefix": false, "content": [{"type": "thinking",
                 "thinking": [{"type": "text", "text": "..."}]}, ...], "tool_calls": [...]}
    tool        {"role": "tool", "name": "read", "content": [...], "tool_call_id": "9fB2kQ0aZ"}

Close to Chat Completions, and different in this: thinking and text stand in the order in which they
came, an image is a plain URL string and may be part of a tool's result, a tool message names its
tool, and after tool messages only the assistant may speak; where a user does, a line of the
assistant's is put between.

Nothing empty is sent. A result has no mark of failure on this wire, so its text says it. Sources:
Mistral's API reference, "Chat Completions"; the order of roles from its own request validator,
which is public.
"""

from __future__ import annotations

from pi.messages import blocks_of
from pi.providers.openai_messages import BRIDGE, NO_OUTPUT, part_of, text_part
from pi.text.jsontext import dumps
from pi.transcript import update_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.messages import Message
    from pi.request import Context

FAILED = "[failed]"
IMAGE_BESIDE = "(see the image)"


def converted(context: Context) -> list[Any]:
    """The `messages` of a request."""
    result: list[Any] = []
    if context.system:
        result.append({"role": "system", "content": context.system})
    for message in context.messages:
        for said in _SAY.get(message.get("role", ""), _nothing)(message):
            if result and result[-1]["role"] == "tool" and said["role"] in ("user", "system"):
                result.append(_answer([text_part(BRIDGE)], []))
            result.append(said)
    return result


def _nothing(message: Message) -> Iterator[Any]:
    yield from ()


def _system(message: Message) -> Iterator[Any]:
    words = update_text(message)
    if words:
        yield {"role": "system", "content": words}


def _user(message: Message) -> Iterator[Any]:
    content = message.get("content")
    said = content if isinstance(content, str) else _parts(message)
    if said:
        yield {"role": "user", "content": said}


def _parts(message: Message) -> list[dict[str, Any]]:
    """Text and images; an image's URL is not wrapped in an object here."""
    found = [part for part in map(part_of, blocks_of(message)) if part is not None]
    return [
        part if part["type"] == "text" else {**part, "image_url": part["image_url"]["url"]}
        for part in found
    ]


def _assistant(message: Message) -> Iterator[Any]:
    parts, calls = [], []
    for block in blocks_of(message):
        match block:
            case {"type": "text", "text": str(words)} if words.strip():
                parts.append(text_part(words))
            case {"type": "thinking", "thinking": str(words)} if words.strip():
                parts.append({"type": "thinking", "thinking": [text_part(words)]})
            case {"type": "toolCall"}:
                calls.append(_call(block))
    if parts or calls:
        yield _answer(parts, calls)


def _answer(parts: list[Any], calls: list[Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "prefix": False}
    if parts:
        message["content"] = parts
    if calls:
        message["tool_calls"] = calls
    return message


def _call(block: dict[str, Any]) -> dict[str, Any]:
    arguments = block.get("arguments")
    arguments = arguments if isinstance(arguments, dict) else {}
    function = {"name": str(block.get("name", "")), "arguments": dumps(arguments)}
    return {"id": str(block.get("id", "")), "type": "function", "function": function, "index": 0}


def _tool_result(message: Message) -> Iterator[Any]:
    parts = _parts(message)
    images = [part for part in parts if part["type"] != "text"]
    words = "\n".join(part["text"] for part in parts if part["type"] == "text")
    if not words.strip():
        words = IMAGE_BESIDE if images else NO_OUTPUT
    if message.get("isError") is True:
        words = f"{FAILED} {words}"
    result: dict[str, Any] = {"role": "tool"}
    if isinstance(message.get("toolName"), str):
        result["name"] = message["toolName"]
    result["content"] = [text_part(words), *images]
    result["tool_call_id"] = str(message.get("toolCallId", ""))
    yield result


_SAY: dict[str, Callable[[Message], Iterator[Any]]] = {
    "system": _system,
    "user": _user,
    "assistant": _assistant,
    "toolResult": _tool_result,
}
"""Role -> the messages it is sent as: one, or none when there is nothing in it."""
