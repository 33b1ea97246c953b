"""What Mistral's chat refuses.

Source: the vendor's API reference, and its public request validator (mistral-common): which role
may follow which, what a tool-call id looks like, which parts a message may have.
"""

from __future__ import annotations

import re

from tests.fakeprovider.refusal import RefusedError, is_count, is_filled, object_body, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.fakeprovider.request import Request

_MAY_FOLLOW: dict[str, tuple[str, ...]] = {
    "": ("system", "user", "assistant"),
    "system": ("system", "user", "assistant"),
    "user": ("system", "user", "assistant"),
    "assistant": ("system", "user", "assistant"),
    "tool": ("tool", "assistant"),
}
"""Role -> the roles that may come next; after an assistant that calls tools only "tool" may."""

_PARTS = {
    "system": ("text",),
    "user": ("text", "image_url"),
    "assistant": ("text", "thinking"),
    "tool": ("text", "image_url"),
}
_ID = re.compile(r"[a-zA-Z0-9]{9}")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def check(request: Request) -> None:
    """Raise RefusedError for a request the vendor would answer with 400."""
    body = object_body(request)
    require(is_filled(body.get("model")), "Field required: model", "model")
    messages = body.get("messages")
    require(isinstance(messages, list) and messages, "Conversation must have messages", "messages")
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
    _check_order(messages)
    _check_tools(body.get("tools"))
    limit = body.get("max_tokens")
    require(limit is None or is_count(limit, 0), "max_tokens must be a count", "max_tokens")
    mode = body.get("prompt_mode")
    require(mode in (None, "reasoning"), f"Unknown prompt_mode {mode}", "prompt_mode")


def _check_message(message: Any, place: str) -> None:
    require(isinstance(message, dict), f"{place} must be an object", place)
    role = message.get("role")
    require(role in _PARTS, f"Unexpected role '{role}' in {place}", f"{place}.role")
    _check_content(message.get("content"), role, f"{place}.content")
    calls = message.get("tool_calls")
    if role == "assistant":
        _check_calls(calls, f"{place}.tool_calls")
        has_words = is_filled(message.get("content")) or isinstance(message.get("content"), list)
        require(
            has_words or calls, "Assistant message must have either content or tool_calls", place
        )
    elif role == "tool":
        _check_id(message.get("tool_call_id"), f"{place}.tool_call_id")


def _check_content(content: Any, role: str, place: str) -> None:
    if content is None:
        require(role == "assistant", f"{place} is missing", place)
        return
    if isinstance(content, str):
        return
    require(isinstance(content, list) and content, f"{place} must be text or parts", place)
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        require(kind in _PARTS[role], f"a {role} message may not have a part {kind!r}", place)
        _check_part(part, kind, place)


def _check_part(part: dict[str, Any], kind: str, place: str) -> None:
    if kind == "text":
        require(isinstance(part.get("text"), str), f"{place}: text must be a string", place)
    elif kind == "thinking":
        thoughts = part.get("thinking")
        valid = isinstance(thoughts, list) and all(is_filled(each.get("text")) for each in thoughts)
        require(valid, f"{place}: thinking must be a list of text parts", place)
    else:
        url = part.get("image_url")
        url = url.get("url") if isinstance(url, dict) else url
        valid = is_filled(url) and url.startswith(("https://", "data:image/"))
        require(valid, f"{place}: image_url must be a URL or data", place)


def _check_calls(calls: Any, place: str) -> None:
    if calls is None:
        return
    require(isinstance(calls, list) and calls, f"{place} must not be empty", place)
    for call in calls:
        _check_id(call.get("id"), f"{place}.id")
        function = call.get("function")
        named = isinstance(function, dict) and _NAME.fullmatch(str(function.get("name")))
        require(named, f"{place}: function name must match [a-zA-Z0-9_-]{{1,64}}", place)
        valid = isinstance(function["arguments"], str)
        require(valid, f"{place}: arguments must be a string", place)


def _check_id(call_id: Any, place: str) -> None:
    require(
        isinstance(call_id, str) and _ID.fullmatch(call_id),
        f"Tool call id was {call_id} but must be a-z, A-Z, 0-9, with a length of 9.",
        place,
        "3280",
    )


def _check_order(messages: list[Any]) -> None:
    before, waiting = "", []
    for message in messages:
        role = message["role"]
        allowed = ("tool",) if waiting else _MAY_FOLLOW[before]
        if role == "tool" and message["tool_call_id"] in waiting:
            waiting.remove(message["tool_call_id"])
        elif role not in allowed or role == "tool":
            raise RefusedError(
                f"Unexpected role '{role}' after role '{before}'", "messages", "3230"
            )
        waiting += [call["id"] for call in message.get("tool_calls") or ()]
        before = role
    require(not waiting, "Not the same number of function calls and responses", "messages", "3230")
    require(
        before in ("user", "tool"), f"Expected last role User or Tool, got {before}", "messages"
    )


def _check_tools(tools: Any) -> None:
    if tools is None:
        return
    require(isinstance(tools, list) and tools, "tools must not be empty", "tools")
    for tool in tools:
        function = tool.get("function") if isinstance(tool, dict) else None
        require(isinstance(function, dict), "a tool must have a function", "tools")
        require(_NAME.fullmatch(str(function.get("name"))), "Invalid function name", "tools")
        schema = function.get("parameters")
        valid = isinstance(schema, dict) and schema.get("type") == "object"
        require(valid, f"Invalid parameters of function {function['name']}", "tools")
        strict = function.get("strict", False)
        require(isinstance(strict, bool), "strict must be a boolean", "tools")
