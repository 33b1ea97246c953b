"""What a strict chat completions vendor refuses.

Source: the vendor's API reference and the messages it answers violations with. Not checked:
parameters that only some servers know, so that compatible dialects pass.
"""

from __future__ import annotations

import re

from tests.fakeprovider.refusal import (
    RefusedError,
    check_name,
    is_count,
    is_filled,
    object_body,
    require,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.fakeprovider.request import Request

_ROLES = ("system", "developer", "user", "assistant", "tool")
_PARTS = {
    "system": ("text",),
    "developer": ("text",),
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
    "tool": ("text",),
}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_LONGEST_ID = 40


def check(request: Request) -> None:
    """Raise RefusedError for a request the vendor would answer with 400."""
    body = object_body(request)
    require(is_filled(body.get("model")), "you must provide a model parameter", "model")
    messages = body.get("messages")
    require(isinstance(messages, list), "Missing required parameter: 'messages'.", "messages")
    require(
        messages,
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an "
        "empty array instead.",
        "messages",
        "empty_array",
    )
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
    _check_pairs(messages)
    _check_tools(body)
    _check_limits(body)


def _check_message(message: Any, place: str) -> None:
    require(isinstance(message, dict), f"Invalid type for '{place}': expected an object.", place)
    role = message.get("role")
    require(
        role in _ROLES,
        f"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'tool', "
        "and 'developer'.",
        f"{place}.role",
        "invalid_value",
    )
    calls = message.get("tool_calls")
    if role == "assistant":
        _check_calls(calls, f"{place}.tool_calls")
        if calls and message.get("content") in (None, ""):
            return
        require(
            message.get("content") or message.get("refusal"),
            f"Invalid value for '{place}.content': an assistant message needs content or "
            "'tool_calls'.",
            f"{place}.content",
        )
    _check_content(message.get("content"), role, f"{place}.content")


def _check_content(content: Any, role: str, place: str) -> None:
    if isinstance(content, str):
        return
    kind = "null" if content is None else type(content).__name__
    require(
        isinstance(content, list),
        f"Invalid value for '{place}': expected a string or an array, got {kind}.",
        place,
    )
    require(content, f"Invalid '{place}': empty array.", place, "empty_array")
    for index, part in enumerate(content):
        at = f"{place}[{index}]"
        known = isinstance(part, dict) and part.get("type") in _PARTS[role]
        require(known, f"Invalid value: '{at}.type' is not allowed for role {role}.", f"{at}.type")
        _check_part(part, at)


def _check_part(part: dict[str, Any], place: str) -> None:
    if part["type"] == "text":
        require(isinstance(part.get("text"), str), f"'{place}.text' must be a string.", place)
    elif part["type"] == "image_url":
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else None
        valid = is_filled(url) and url.startswith(("https://", "http://", "data:image/"))
        require(valid, f"Invalid '{place}.image_url.url'.", f"{place}.image_url", "invalid_image")


def _check_calls(calls: Any, place: str) -> None:
    if calls is None:
        return
    require(isinstance(calls, list) and calls, f"Invalid '{place}': empty array.", place)
    seen = set()
    for index, call in enumerate(calls):
        at = f"{place}[{index}]"
        function = call.get("function") if isinstance(call, dict) else None
        require(isinstance(function, dict), f"Missing required parameter: '{at}.function'.", at)
        require(call.get("type") == "function", f"Invalid value for '{at}.type'.", f"{at}.type")
        call_id = call.get("id")
        require(is_filled(call_id), f"Missing required parameter: '{at}.id'.", f"{at}.id")
        require(
            len(call_id) <= _LONGEST_ID,
            f"Invalid '{at}.id': string too long. Expected a string with maximum length "
            f"{_LONGEST_ID}, but got a string with length {len(call_id)} instead.",
            f"{at}.id",
            "string_above_max_length",
        )
        require(call_id not in seen, f"Duplicate id '{call_id}' in '{place}'.", f"{at}.id")
        seen.add(call_id)
        check_name(function.get("name"), f"{at}.function.name")
        require(
            isinstance(function.get("arguments"), str),
            f"Invalid type for '{at}.function.arguments': expected a string.",
            f"{at}.function.arguments",
            "invalid_type",
        )


def _check_pairs(messages: list[Any]) -> None:
    """Every call answered before the next other message, every answer to a call just made."""
    waiting: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            call_id = message.get("tool_call_id")
            if call_id not in waiting:
                raise RefusedError(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'.",
                    f"messages[{index}].role",
                )
            waiting.remove(call_id)
            continue
        _check_answered(waiting, index)
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
    _check_answered(waiting, len(messages))


def _check_answered(waiting: list[str], index: int) -> None:
    require(
        not waiting,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        "each 'tool_call_id'. The following tool_call_ids did not have response messages: "
        f"{', '.join(waiting)}",
        f"messages[{index}].role",
    )


def _check_tools(body: dict[str, Any]) -> None:
    tools = body.get("tools")
    if tools is None:
        require("tool_choice" not in body, "'tool_choice' is only allowed when 'tools' are given.")
        return
    require(isinstance(tools, list) and tools, "Invalid 'tools': empty array.", "tools")
    names = set()
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) else None
        at = f"tools[{index}].function"
        require(isinstance(function, dict), f"Missing required parameter: '{at}'.", at)
        check_name(function.get("name"), f"{at}.name")
        require(function["name"] not in names, f"Duplicate tool '{function['name']}'.", at)
        names.add(function["name"])
        schema = function.get("parameters", {"type": "object"})
        valid = isinstance(schema, dict) and schema.get("type") == "object"
        require(
            valid,
            f"Invalid schema for function '{function['name']}': schema must be a JSON Schema of "
            "'type: \"object\"'.",
            f"{at}.parameters",
            "invalid_function_parameters",
        )


def _check_limits(body: dict[str, Any]) -> None:
    names = [name for name in ("max_tokens", "max_completion_tokens") if body.get(name) is not None]
    require(len(names) < 2, "Setting 'max_tokens' and 'max_completion_tokens' is not supported.")
    for name in names:
        require(is_count(body[name]), f"Invalid '{name}': expected an integer above 0.", name)
    require(
        body.get("stream") or not body.get("stream_options"),
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        "stream_options",
    )
