"""Messages and content blocks: the plain JSON that flows, is stored and is sent.

A message is a dict with the session format's camelCase keys. The same dict is the payload of a
session line and of a JSON event; nothing is converted and unknown keys survive. Build messages
only with the constructors below and take them apart only with the readers.

    user        {"role": "user", "content": [{"type": "text", "text": "hi"}], "timestamp": 1}
    assistant   {"role": "assistant", "content": [...], "api": ..., "usage": {...},
                 "stopReason": "toolUse", ...}          built by `pi.providers.draft.Draft`
    toolResult  {"role": "toolResult", "toolCallId": "call_1", "toolName": "read",
                 "content": [...], "isError": False, "timestamp": 1}
    system      {"role": "system", "content": "", "sections": {...}, "toolsAdded": [...]}

Timestamps are Unix milliseconds. Source of the shapes: the reference's message-types page.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Literal, TypedDict

    class TextContent(TypedDict, total=False):
        type: Literal["text"]
        text: str
        textSignature: str  # opaque, provider-specific

    class ImageContent(TypedDict):
        type: Literal["image"]
        data: str  # base64
        mimeType: str

    class ThinkingContent(TypedDict, total=False):
        type: Literal["thinking"]
        thinking: str
        thinkingSignature: str  # opaque; a redacted block keeps its payload here
        redacted: bool

    class ToolCall(TypedDict, total=False):
        type: Literal["toolCall"]
        id: str
        name: str
        arguments: dict[str, Any]
        thoughtSignature: str
        namespace: str
        argumentsError: str  # why the model's argument text could not be read, if it could not

    Block = TextContent | ImageContent | ThinkingContent | ToolCall

    class Cost(TypedDict, total=False):
        input: float  # US dollars, like all fields here
        output: float
        cacheRead: float
        cacheWrite: float
        total: float
        totalFromProvider: bool
        unknown: bool  # nobody knows the price; the numbers are 0 and mean nothing

    class Usage(TypedDict, total=False):
        input: int  # tokens; without cacheRead and cacheWrite
        output: int  # includes reasoning
        cacheRead: int
        cacheWrite: int
        cacheWrite1h: int  # the part of cacheWrite kept for an hour
        reasoning: int
        totalTokens: int
        cost: Cost

    Message = dict[str, Any]


STOP_REASONS = ("pending", "stop", "length", "toolUse", "error", "aborted", "deferred")
"""Every `stopReason`; "pending" lives only in the message_start of a stream."""


def text(value: str) -> TextContent:
    """A text block."""
    return {"type": "text", "text": value}


def image(data: str, mime_type: str) -> ImageContent:
    """An image block; `data` is base64, `mime_type` for example "image/png"."""
    return {"type": "image", "data": data, "mimeType": mime_type}


def zero_usage() -> Usage:
    """Usage before the provider reported any."""
    return {
        "input": 0,
        "output": 0,
        "cacheRead": 0,
        "cacheWrite": 0,
        "totalTokens": 0,
        "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "total": 0},
    }


def user_message(content: str | list[Any], timestamp: int) -> Message:
    """A user message; a plain string becomes one text block."""
    blocks = [text(content)] if isinstance(content, str) else content
    return {"role": "user", "content": blocks, "timestamp": timestamp}


def system_message(
    sections: Mapping[str, str | None],
    timestamp: int,
    tools_added: list[Any] | None = None,
    tools_removed: list[Any] | None = None,
) -> Message:
    """A declaration of prompt sections and tools; `pi.transcript` replays a series of them.

    A section of None removes that section. `tools_removed` holds `{"name": ...}` references.
    """
    message: Message = {"role": "system", "content": ""}
    if sections:
        message["sections"] = dict(sections)
    message["timestamp"] = timestamp
    if tools_added:
        message["toolsAdded"] = tools_added
    if tools_removed:
        message["toolsRemoved"] = tools_removed
    return message


def tool_result(
    call: Mapping[str, Any],
    content: list[Any],
    timestamp: int,
    *,
    is_error: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Message:
    """The result of one tool call.

    `extra` adds optional keys of the format: `details`, `durationMs`, `usage`, `nestedCalls`.
    """
    extra = extra or {}
    message: Message = {
        "role": "toolResult",
        "toolCallId": call["id"],
        "toolName": call["name"],
        "content": content,
    }
    if "details" in extra:
        message["details"] = extra["details"]
    message["isError"] = is_error
    message.update({key: value for key, value in extra.items() if key != "details"})
    message["timestamp"] = timestamp
    return message


def bash_execution(
    command: str, result: Mapping[str, Any], timestamp: int, exclude: bool | None = None
) -> Message:
    """A command the user ran, and its `result`: `output`, `exitCode`?, `cancelled`, `truncated`,
    `fullOutputPath`?. `exclude`: whether to keep it from the model; None when nothing was said."""
    message: Message = {"role": "bashExecution", "command": command, **result}
    message["timestamp"] = timestamp
    if exclude is not None:
        message["excludeFromContext"] = exclude
    return message


def blocks_of(message: Mapping[str, Any]) -> list[Any]:
    """The content blocks of any message; a string is one text block, null and junk are none."""
    content = message.get("content")
    if isinstance(content, str):
        return [text(content)] if content else []
    if not isinstance(content, list):
        return []
    return [block for block in content if isinstance(block, dict)]


def text_of(message: Mapping[str, Any]) -> str:
    """All text blocks of a message, joined without separator."""
    return "".join(
        block["text"]
        for block in blocks_of(message)
        if block.get("type") == "text" and isinstance(block.get("text"), str)
    )


def tool_calls(message: Mapping[str, Any]) -> list[Any]:
    """The tool calls of a message, in order."""
    return [block for block in blocks_of(message) if block.get("type") == "toolCall"]


def is_failed(message: Mapping[str, Any]) -> bool:
    """Whether an assistant message ended in an error or an abort; such ones are not replayed."""
    return message.get("stopReason") in ("error", "aborted")


def made_by(message: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether an assistant message came from this very model, over the same wire format."""
    return (
        message.get("provider") == model["provider"]
        and message.get("api") == model["api"]
        and message.get("model") == model["id"]
    )


def with_role(messages: list[Message], role: str) -> Iterator[Message]:
    """The messages of one role, in order."""
    return (message for message in messages if message.get("role") == role)
