"""What a strict Responses vendor refuses.

Source: the vendor's API reference and the messages it answers violations with, among them what it
says of reasoning that is sent without what it led to, and of items it was told not to store.
"""

from __future__ import annotations

from tests.fakeprovider.refusal import check_name, is_count, is_filled, object_body, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.fakeprovider.request import Request

_PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
}
"""Type of an item -> how its id begins."""

_OUTPUTS = {
    "function_call_output": "function_call",
    "custom_tool_call_output": "custom_tool_call",
    "tool_search_output": "tool_search_call",
}
"""Type of an output -> that of the call it answers."""

_OTHERS = ("additional_tools", "configuration_update", "tool_search_call")
_PARTS = {
    "user": ("input_text", "input_image", "input_file"),
    "system": ("input_text",),
    "developer": ("input_text",),
    "assistant": ("output_text", "refusal"),
}
_LONGEST_ID = 64
_LEAST_OUTPUT = 16
_INCLUDE = ("reasoning.encrypted_content", "message.output_text.logprobs")


def check(request: Request) -> None:
    """Raise RefusedError for a request the vendor would answer with 400."""
    check_body(object_body(request))


def check_body(body: dict[str, Any]) -> None:
    """The same, for a body."""
    require(is_filled(body.get("model")), "Missing required parameter: 'model'.", "model")
    items = body.get("input")
    require(items, "Missing required parameter: 'input'.", "input")
    if isinstance(items, list):
        for index, item in enumerate(items):
            _check_item(item, f"input[{index}]", body.get("store") is False)
        _check_pairs(items)
        _check_reasoning(items)
    _check_tools(body)
    _check_limits(body)


def _check_item(item: Any, place: str, is_stateless: bool) -> None:
    require(isinstance(item, dict), f"Invalid type for '{place}': expected an object.", place)
    kind = item.get("type", "message")
    known = kind in _PREFIXES or kind in _OUTPUTS or kind in _OTHERS
    require(known, f"Invalid value: '{kind}'.", f"{place}.type", "invalid_value")
    if item.get("id") is not None:
        _check_id(item["id"], _PREFIXES.get(kind, ""), f"{place}.id")
    if kind == "message":
        _check_message(item, place)
    elif kind == "reasoning":
        require(isinstance(item.get("summary"), list), f"Missing '{place}.summary'.", place)
        require(
            item.get("encrypted_content") or item.get("content") or not is_stateless,
            f"Item with id '{item.get('id')}' not found. Items are not persisted when `store` is "
            "set to false. Try again with `store` set to true, or remove this item.",
            "input",
        )
    elif kind in _OUTPUTS and kind != "tool_search_output":
        _check_output(item.get("output"), f"{place}.output")
    elif kind in ("function_call", "custom_tool_call"):
        check_name(item.get("name"), f"{place}.name")
        field = "arguments" if kind == "function_call" else "input"
        is_text = isinstance(item.get(field), str)
        require(is_text, f"Invalid type for '{place}.{field}': expected a string.", place)


def _check_id(value: Any, prefix: str, place: str) -> None:
    require(is_filled(value), f"Invalid '{place}': expected a string.", place)
    require(
        value.startswith(prefix),
        f"Invalid '{place}': '{value}'. Expected an ID that begins with '{prefix}'.",
        place,
        "invalid_value",
    )
    require(
        len(value) <= _LONGEST_ID,
        f"Invalid '{place}': string too long. Expected a string with maximum length {_LONGEST_ID}, "
        f"but got a string with length {len(value)} instead.",
        place,
        "string_above_max_length",
    )


def _check_message(item: dict[str, Any], place: str) -> None:
    role = item.get("role")
    require(role in _PARTS, f"Invalid value: '{role}'.", f"{place}.role", "invalid_value")
    content = item.get("content")
    if not isinstance(content, str):
        _check_parts(content, _PARTS[role], f"{place}.content")


def _check_parts(content: Any, allowed: tuple[str, ...], place: str) -> None:
    valid = isinstance(content, list) and content
    require(valid, f"Invalid type for '{place}': expected a string or parts.", place)
    for index, part in enumerate(content):
        at = f"{place}[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        require(
            kind in allowed,
            f"Invalid value: '{kind}'. Supported values are: {', '.join(map(repr, allowed))}.",
            f"{at}.type",
            "invalid_value",
        )
        if kind == "input_image":
            url = part.get("image_url")
            valid = is_filled(url) and url.startswith(("https://", "http://", "data:image/"))
            require(valid, f"Invalid '{at}.image_url'.", f"{at}.image_url", "invalid_image")
        else:
            text = part.get("refusal" if kind == "refusal" else "text")
            require(isinstance(text, str), f"Missing required parameter: '{at}.text'.", at)


def _check_output(output: Any, place: str) -> None:
    if not isinstance(output, str):
        _check_parts(output, ("input_text", "input_image", "input_file"), place)


def _check_pairs(items: list[Any]) -> None:
    """Every call has one output after it, and every output its call before it."""
    waiting: dict[tuple[str, str], int] = {}
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(items):
        kind, call_id = item.get("type"), item.get("call_id")
        if kind in _OUTPUTS:
            key = (_OUTPUTS[kind], call_id)
            said = kind.replace("_", " ")
            require(
                key in waiting, f"No tool call found for {said} with call_id {call_id}.", "input"
            )
            del waiting[key]
        elif kind in _OUTPUTS.values():
            place = f"input[{index}].call_id"
            _check_id(call_id, "", place)
            require((kind, call_id) not in seen, f"Duplicate call_id '{call_id}'.", place)
            waiting[kind, call_id] = index
            seen.add((kind, call_id))
    for kind, call_id in waiting:
        said = kind.replace("_", " ")
        require(False, f"No tool output found for {said} {call_id}.", "input")


def _check_reasoning(items: list[Any]) -> None:
    """Reasoning stands before what it led to."""
    led_to = ("message", "function_call", "custom_tool_call", "reasoning")
    for item, following in zip(items, [*items[1:], {}], strict=True):
        if item.get("type") == "reasoning":
            leads = following.get("type") in led_to and following.get("role") in (None, "assistant")
            require(
                leads,
                f"Item '{item.get('id')}' of type 'reasoning' was provided without its required "
                "following item.",
                "input",
            )


def _check_tools(body: dict[str, Any]) -> None:
    tools = body.get("tools", [])
    require(isinstance(tools, list), "Invalid type for 'tools': expected an array.", "tools")
    names: set[str] = set()
    for index, tool in enumerate(tools):
        at = f"tools[{index}]"
        kind = tool.get("type") if isinstance(tool, dict) else None
        require(kind in ("function", "custom"), f"Invalid value: '{kind}'.", f"{at}.type")
        check_name(tool.get("name"), f"{at}.name")
        require(tool["name"] not in names, f"Duplicate tool '{tool['name']}'.", at)
        names.add(tool["name"])
        if kind == "function":
            _check_schema(tool, f"{at}.parameters")
        else:
            form = tool.get("format", {"type": "text"})
            valid = form.get("type") == "text" or is_filled(form.get("definition"))
            require(valid, f"Missing required parameter: '{at}.format.definition'.", at)


def _check_schema(tool: dict[str, Any], place: str) -> None:
    schema = tool.get("parameters")
    valid = isinstance(schema, dict) and schema.get("type") == "object"
    head = f"Invalid schema for function '{tool['name']}': "
    code = "invalid_function_parameters"
    require(valid, f"{head}schema must be of 'type: \"object\"'.", place, code)
    if tool.get("strict"):
        closed = schema.get("additionalProperties") is False
        require(closed, f"{head}'additionalProperties' must be false.", place, code)
        whole = set(schema.get("required", ())) == set(schema.get("properties", {}))
        require(whole, f"{head}'required' must include every key in properties.", place, code)


def _check_limits(body: dict[str, Any]) -> None:
    limit = body.get("max_output_tokens")
    require(
        limit is None or is_count(limit, _LEAST_OUTPUT),
        "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= "
        f"{_LEAST_OUTPUT}, but got {limit} instead.",
        "max_output_tokens",
        "integer_below_min_value",
    )
    for value in body.get("include") or ():
        require(value in _INCLUDE, f"Invalid value: '{value}'.", "include", "invalid_value")
    key = body.get("prompt_cache_key")
    if key is not None:
        _check_id(key, "", "prompt_cache_key")
