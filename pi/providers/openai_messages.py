"""A conversation as Chat Completions messages.

    user        {"role": "user", "content": [{"type": "text", "text": "hi"}]}
    assistant   {"role": "assistant", "content": null, "reasoning_content": "...",
                 "tool_calls": [{"id", "type": "function", "function": {"name", "arguments"}}]}
    tool        {"role": "tool", "content": "42 lines", "tool_call_id": "call_1"}

What services refuse is never sent: empty user or assistant messages, tool results without words.
Images of tool results follow in a user message after the whole run of results.

Thinking is replayed in the field it came in, which its `thinkingSignature` names; a signature that
is a JSON list is the answer's `reasoning_details` and is replayed whole.
"""

from __future__ import annotations

from pi.messages import blocks_of
from pi.providers.openai_details import read_signature
from pi.text.jsontext import dumps
from pi.transcript import update_text
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.messages import Message
    from pi.request import Context, Model

REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_text")
"""Fields of a delta that carry thinking; the first that has text is taken."""

RENAMED_FIELDS = {("opencode-go", "reasoning"): "reasoning_content"}
"""(provider, the field it answers in) -> the field it wants to read."""

NO_OUTPUT = "(no output)"
IMAGE_FOLLOWS = "(an image; it follows below)"
IMAGES_OF_TOOLS = "Images from the tool results above:"
BRIDGE = "The tool results have arrived."


class Dialect(Value):
    """What decides how messages are written.

    `role` is that of system messages, "system" or "developer". `grammars` maps the names of tools
    declared with a grammar to the parameter that takes their text. `reasons` is whether the model
    can think.
    """

    provider: str
    role: str
    reasons: bool
    switches: dict[str, Any]
    grammars: dict[str, str]


def dialect_of(model: Model, switches: dict[str, Any], grammars: dict[str, str]) -> Dialect:
    """The dialect of a model."""
    reasons = bool(model.get("reasoning"))
    role = "developer" if reasons and switches["supportsDeveloperRole"] else "system"
    return Dialect(model["provider"], role, reasons, switches, grammars)


def converted(context: Context, dialect: Dialect, inline_tools: dict[int, list[Any]]) -> list[Any]:
    """The `messages` of a request. `inline_tools`: position -> tools declared by that message."""
    result: list[Any] = []
    if context.system:
        result.append({"role": dialect.role, "content": context.system})
    images: list[Any] = []
    after_results = False
    for at, message in enumerate(context.messages):
        role = message.get("role")
        if role == "toolResult":
            result.append(_tool_result(message, dialect, images))
            after_results = True
            continue
        said = list(_said(message, role, dialect, inline_tools.get(at, ())))
        if not said:
            continue
        result += _interlude(images, after_results, role, dialect)
        result += said
        images, after_results = [], False
    result += _interlude(images, after_results, "", dialect)
    return result


def _interlude(
    images: list[Any], after_results: bool, role: str, dialect: Dialect
) -> Iterator[Any]:
    """What stands between tool results and the next message: a bridge, the results' images."""
    bridged = dialect.switches["requiresAssistantAfterToolResult"]
    if bridged and after_results and (images or role == "user"):
        yield {"role": "assistant", "content": BRIDGE}
    if images:
        yield {"role": "user", "content": [text_part(IMAGES_OF_TOOLS), *images]}


def _said(message: Message, role: str | None, dialect: Dialect, tools: list[Any]) -> Iterator[Any]:
    if role == "user":
        yield from _user(message)
    elif role == "assistant":
        yield from _assistant(message, dialect)
    elif role == "system":
        if tools:
            yield {"role": "system", "tools": tools}
        words = update_text(message)
        if words:
            yield {"role": dialect.role, "content": words}


def _user(message: Message) -> Iterator[Any]:
    content = message.get("content")
    if isinstance(content, str):
        parts: Any = content
    else:
        parts = [part for part in map(part_of, blocks_of(message)) if part is not None]
    if parts:
        yield {"role": "user", "content": parts}


def part_of(block: dict[str, Any]) -> dict[str, Any] | None:
    """A text or image block as a content part; None for others and for empty ones."""
    if block.get("type") == "text":
        words = block.get("text")
        return text_part(words) if isinstance(words, str) and words else None
    match block:
        case {"type": "image", "data": str(data), "mimeType": str(kind)} if data:
            return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}
    return None


def text_part(words: str) -> dict[str, Any]:
    """A content part that is text."""
    return {"type": "text", "text": words}


def _tool_result(message: Message, dialect: Dialect, images: list[Any]) -> dict[str, Any]:
    """A tool message; the result's images are added to `images`."""
    parts = [part for part in map(part_of, blocks_of(message)) if part is not None]
    seen = [part for part in parts if part["type"] == "image_url"]
    images += seen
    words = "\n".join(part["text"] for part in parts if part["type"] == "text")
    result = {
        "role": "tool",
        "content": words or (IMAGE_FOLLOWS if seen else NO_OUTPUT),
        "tool_call_id": str(message.get("toolCallId", "")),
    }
    if dialect.switches["requiresToolResultName"] and isinstance(message.get("toolName"), str):
        result["name"] = message["toolName"]
    return result


def _assistant(message: Message, dialect: Dialect) -> Iterator[Any]:
    blocks = blocks_of(message)
    texts = [
        block["text"]
        for block in blocks
        if block.get("type") == "text" and isinstance(block.get("text"), str)
    ]
    thoughts = [
        block
        for block in blocks
        if block.get("type") == "thinking" and isinstance(block.get("thinking"), str)
    ]
    calls = [_call(block, dialect) for block in blocks if block.get("type") == "toolCall"]
    content = _content(texts, thoughts, dialect)
    if not content and not calls:
        return
    result: dict[str, Any] = {"role": "assistant", "content": content}
    reasoning, details = _reasoning(thoughts, dialect) if thoughts else ({}, [])
    if not dialect.switches["requiresThinkingAsText"]:
        result.update(reasoning)
    if calls:
        result["tool_calls"] = calls
    if details:
        result["reasoning_details"] = details
    if dialect.reasons and dialect.switches["requiresReasoningContentOnAssistantMessages"]:
        result.setdefault("reasoning_content", "")
    yield result


def _content(texts: list[str], thoughts: list[Any], dialect: Dialect) -> Any:
    """An assistant's content: one text, parts when thinking goes along as text, or none."""
    words = [text for text in texts if text.strip()]
    if thoughts and dialect.switches["requiresThinkingAsText"]:
        thought = "\n\n".join(block["thinking"] for block in thoughts if block["thinking"].strip())
        if thought:
            return [text_part(part) for part in (thought, *words)]
    if words:
        return "".join(texts)
    needs_text = (
        dialect.switches["requiresNonNullAssistantContent"]
        or dialect.switches["requiresAssistantAfterToolResult"]
    )
    return "" if needs_text else None


def _reasoning(thoughts: list[Any], dialect: Dialect) -> tuple[dict[str, str], list[Any]]:
    """({field: thinking that came in it}, reasoning details)."""
    by_field: dict[str, list[str]] = {}
    details: list[Any] = []
    for block in thoughts:
        signature = block.get("thinkingSignature")
        if signature in REASONING_FIELDS:
            if block["thinking"].strip():
                field = RENAMED_FIELDS.get((dialect.provider, signature), signature)
                by_field.setdefault(field, []).append(block["thinking"])
        else:
            details += read_signature(signature)
    return {field: "\n".join(texts) for field, texts in by_field.items()}, details


def _call(block: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    name = str(block.get("name", ""))
    arguments = block.get("arguments")
    arguments = arguments if isinstance(arguments, dict) else {}
    call_id = str(block.get("id", ""))
    parameter = dialect.grammars.get(name)
    if parameter is None:
        function = {"name": name, "arguments": dumps(arguments)}
        return {"id": call_id, "type": "function", "function": function}
    text = arguments.get(parameter)
    custom = {"name": name, "input": text if isinstance(text, str) else dumps(arguments)}
    return {"id": call_id, "type": "custom", "custom": custom}
