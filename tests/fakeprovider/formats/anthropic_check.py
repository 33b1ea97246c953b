"""What the Anthropic messages endpoint refuses.

Source: the vendor's API reference and the messages it answers violations with. Consecutive messages
of one role are merged before pairs are checked, as the vendor does. Not checked: whether signatures
are genuine, and what depends on the model.
"""

from __future__ import annotations

import re

from tests.fakeprovider.refusal import RefusedError, is_count, is_filled, object_body, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.fakeprovider.request import Request

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_MOST_CACHE_MARKS = 4
_LEAST_BUDGET = 1024
_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_BLOCKS = {
    "user": ("text", "image", "document", "tool_result"),
    "assistant": ("text", "thinking", "redacted_thinking", "tool_use"),
}


def check(request: Request) -> None:
    """Raise RefusedError for a request the vendor would answer with 400."""
    require("anthropic-version" in request.headers, "anthropic-version: header is required")
    body = object_body(request)
    require(is_filled(body.get("model")), "model: Field required")
    require("max_tokens" in body, "max_tokens: Field required")
    require(is_count(body["max_tokens"]), "max_tokens: Input should be greater than or equal to 1")
    messages = body.get("messages")
    require(isinstance(messages, list), "messages: Field required")
    require(messages, "messages: at least one message is required")
    for index, message in enumerate(messages):
        _check_message(message, f"messages.{index}", index == len(messages) - 1)
    require(messages[0]["role"] == "user", 'messages: first message must use the "user" role')
    _check_pairs(messages)
    _check_system(body.get("system"))
    _check_tools(body)
    _check_thinking(body)
    _check_cache_marks(body)


def _check_message(message: Any, place: str, is_last: bool) -> None:
    role = message.get("role") if isinstance(message, dict) else None
    require(role in _BLOCKS, f"{place}.role: Input should be 'user' or 'assistant'")
    content = message.get("content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content else []
    require(isinstance(content, list), f"{place}.content: Input should be a valid list")
    require(
        content or (is_last and role == "assistant"),
        f"{place}: all messages must have non-empty content except for the optional final "
        "assistant message",
    )
    for index, block in enumerate(content):
        at = f"{place}.content.{index}"
        kind = block.get("type") if isinstance(block, dict) else None
        require(kind in _BLOCKS[role], f"{at}.type: Input should be one of {_BLOCKS[role]}")
        _BLOCK_CHECKS.get(kind, _no_check)(block, at)


def _no_check(block: Any, place: str) -> None:
    """Documents are taken as they are."""


def _check_text(block: Any, place: str) -> None:
    text = block.get("text")
    require(isinstance(text, str), f"{place}.text.text: Field required")
    require(text, "messages: text content blocks must be non-empty")
    require(text.strip(), "messages: text content blocks must contain non-whitespace text")


def _check_image(block: Any, place: str) -> None:
    source = block.get("source")
    require(isinstance(source, dict), f"{place}.image.source: Field required")
    if source.get("type") == "base64":
        known = source.get("media_type") in _IMAGE_TYPES
        require(known, f"{place}.image.source.base64.media_type: Input should be an image type")
        require(is_filled(source.get("data")), f"{place}.image.source.base64: image is empty")


def _check_thought(block: Any, place: str) -> None:
    for field in ("thinking", "signature"):
        require(isinstance(block.get(field), str), f"{place}.thinking.{field}: Field required")
    require(block["signature"], f"{place}: Invalid `signature` in `thinking` block")


def _check_redacted(block: Any, place: str) -> None:
    require(is_filled(block.get("data")), f"{place}.redacted_thinking.data: Field required")


def _check_use(block: Any, place: str) -> None:
    _check_id(block.get("id"), f"{place}.tool_use.id")
    name = block.get("name")
    require(isinstance(name, str) and _NAME.fullmatch(name), f"{place}.tool_use.name: invalid name")
    require(
        isinstance(block.get("input"), dict),
        f"{place}.tool_use.input: Input should be a valid dictionary",
    )


def _check_id(value: Any, place: str) -> None:
    require(
        isinstance(value, str) and _ID.fullmatch(value),
        f"{place}: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'",
    )


def _check_result(block: Any, place: str) -> None:
    _check_id(block.get("tool_use_id"), f"{place}.tool_result.tool_use_id")
    content = block.get("content", "")
    if isinstance(content, str):
        is_empty = content == ""
    else:
        require(isinstance(content, list), f"{place}.tool_result.content: invalid type")
        for index, part in enumerate(content):
            at = f"{place}.tool_result.content.{index}"
            kind = part.get("type") if isinstance(part, dict) else None
            require(kind in ("text", "image", "document"), f"{at}.type: invalid block")
            _BLOCK_CHECKS.get(kind, _no_check)(part, at)
        is_empty = not content
    failed = block.get("is_error")
    require(not (failed and is_empty), f"{place}: content cannot be empty if `is_error` is true")


_BLOCK_CHECKS = {
    "text": _check_text,
    "image": _check_image,
    "thinking": _check_thought,
    "redacted_thinking": _check_redacted,
    "tool_use": _check_use,
    "tool_result": _check_result,
}


def _blocks(message: dict[str, Any]) -> list[Any]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _merged(messages: list[Any]) -> list[tuple[str, list[Any]]]:
    found: list[tuple[str, list[Any]]] = []
    for message in messages:
        if found and found[-1][0] == message["role"]:
            found[-1][1].extend(_blocks(message))
        else:
            found.append((message["role"], list(_blocks(message))))
    return found


def _check_pairs(messages: list[Any]) -> None:
    """Every use answered at the beginning of the next message, every result to a use before it."""
    seen: set[str] = set()
    waiting: list[str] = []
    for index, (role, blocks) in enumerate(_merged(messages)):
        if role == "assistant":
            waiting = [block["id"] for block in blocks if block["type"] == "tool_use"]
            twice = len(set(waiting)) < len(waiting) or seen & set(waiting)
            require(not twice, "messages: `tool_use` ids must be unique")
            seen.update(waiting)
            continue
        _check_results(blocks, waiting, f"messages.{index}")
        waiting = []
    _check_results([], waiting, f"messages.{len(messages)}")


def _check_results(blocks: list[Any], waiting: list[str], place: str) -> None:
    ids = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    for call_id in ids:
        if call_id not in waiting:
            raise RefusedError(
                f"{place}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: "
                f"{call_id}. Each `tool_result` block must have a corresponding `tool_use` block "
                "in the previous message."
            )
    require(len(set(ids)) == len(ids), f"{place}: each tool_use must have a single result")
    first = [block["type"] for block in blocks[: len(ids)]]
    missing = [call_id for call_id in waiting if call_id not in ids]
    if missing or first != ["tool_result"] * len(ids):
        raise RefusedError(
            f"{place}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing or ids)}. Each `tool_use` block must have a corresponding "
            "`tool_result` block in the next message."
        )


def _check_system(system: Any) -> None:
    if system is None or isinstance(system, str):
        return
    require(isinstance(system, list), "system: Input should be a valid list")
    for index, block in enumerate(system):
        is_text = isinstance(block, dict) and block.get("type") == "text"
        require(is_text, f"system.{index}.type: Input should be 'text'")
        require(is_filled(block.get("text")), "system: text content blocks must be non-empty")


def _check_tools(body: dict[str, Any]) -> None:
    tools = body.get("tools")
    if tools is None:
        return
    require(isinstance(tools, list), "tools: Input should be a valid list")
    names = set()
    for index, tool in enumerate(tools):
        name = tool.get("name") if isinstance(tool, dict) else None
        valid = isinstance(name, str) and _NAME.fullmatch(name)
        require(valid, f"tools.{index}.custom.name: String should match pattern")
        require(name not in names, "tools: Tool names must be unique.")
        names.add(name)
        schema = tool.get("input_schema")
        is_object = isinstance(schema, dict) and schema.get("type") == "object"
        require(is_object, f"tools.{index}.custom.input_schema.type: Input should be 'object'")


def _check_thinking(body: dict[str, Any]) -> None:
    thinking = body.get("thinking")
    if thinking is None:
        return
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    require(
        kind in ("enabled", "disabled", "adaptive"),
        "thinking: Input tag found using 'type' does not match any of the expected tags",
    )
    if kind == "disabled":
        return
    if kind == "enabled":
        budget = thinking.get("budget_tokens")
        require(
            is_count(budget, _LEAST_BUDGET),
            "thinking.enabled.budget_tokens: Input should be greater than or equal to "
            f"{_LEAST_BUDGET}",
        )
        require(
            budget < body["max_tokens"],
            "`max_tokens` must be greater than `thinking.budget_tokens`.",
        )
    require(
        body.get("temperature", 1) == 1,
        "`temperature` may only be set to 1 when thinking is enabled.",
    )
    forced = isinstance(body.get("tool_choice"), dict) and body["tool_choice"].get("type")
    require(
        forced not in ("any", "tool"),
        "Thinking may not be enabled when tool_choice forces tool use.",
    )


def _marks(value: Any) -> Iterator[Any]:
    """Every cache_control, in the order the vendor reads a request: tools, system, messages."""
    if isinstance(value, list):
        for item in value:
            yield from _marks(item)
    elif isinstance(value, dict):
        if value.get("cache_control") is not None:
            yield value["cache_control"]
        yield from _marks(value.get("content"))


def _check_cache_marks(body: dict[str, Any]) -> None:
    marks = [mark for part in ("tools", "system", "messages") for mark in _marks(body.get(part))]
    require(
        len(marks) <= _MOST_CACHE_MARKS,
        f"A maximum of {_MOST_CACHE_MARKS} blocks with cache_control may be provided. Found "
        f"{len(marks)}.",
    )
    was_short = False
    for mark in marks:
        valid = isinstance(mark, dict) and mark.get("type") == "ephemeral"
        require(valid, "cache_control.type: Input should be 'ephemeral'")
        ttl = mark.get("ttl", "5m")
        require(ttl in ("5m", "1h"), "cache_control.ephemeral.ttl: Input should be '5m' or '1h'")
        require(
            not (ttl == "1h" and was_short),
            "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block",
        )
        was_short = was_short or ttl == "5m"
    for message in body["messages"]:
        for block in _thoughts(message):
            require("cache_control" not in block, "thinking blocks cannot have cache_control")


def _thoughts(message: dict[str, Any]) -> list[Any]:
    return [block for block in _blocks(message) if block["type"].endswith("thinking")]
