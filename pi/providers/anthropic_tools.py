"""Tool declarations as Anthropic Messages takes them.

    {"name", "description", "eager_input_streaming": true, "strict"?: true, "input_schema"}

`eager_input_streaming` makes argument text arrive as it is written. `strict` holds the model to the
schema; `strict_room` tells which tools may have it.

Sources: Anthropic's tool-use guide; the requests the reference sends.
"""

from __future__ import annotations

from pi.providers.strict_room import StrictRoom

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.request import ToolDecl

PLACEHOLDER = {
    "name": "__pi_deferred_placeholder__",
    "description": "Holds a place in the list of tools; there is nothing to call.",
    "input_schema": {"type": "object", "properties": {}, "required": []},
    "defer_loading": True,
}
"""Ends the list where tools may be added later in the conversation, so that the list stays the same
when the first one is; its name is the reference's."""

_SCHEMA_KEYS = ("$defs", "definitions")
"""Keys of a plain schema's root that are kept beside its properties; others are refused or have no
effect there."""


def declared(tools: Iterable[ToolDecl], switches: dict[str, Any]) -> list[dict[str, Any]]:
    """The declarations, in order, without cache marks.

    Raises ProviderError("bad_request") when a tool insists on strictness and cannot have it.
    """
    room = StrictRoom(switches["supportsStrictTools"])
    named = (tool for tool in tools if isinstance(tool.get("name"), str))
    return [_declared(tool, switches, room) for tool in named]


def _declared(tool: ToolDecl, switches: dict[str, Any], room: StrictRoom) -> dict[str, Any]:
    result: dict[str, Any] = {"name": tool["name"]}
    if isinstance(tool.get("description"), str):
        result["description"] = tool["description"]
    if switches["supportsEagerToolInputStreaming"]:
        result["eager_input_streaming"] = True
    schema = room.schema_of(tool)
    if schema is not None:
        result["strict"] = True
    result["input_schema"] = _plain_schema(tool.get("parameters")) if schema is None else schema
    return result


def _plain_schema(parameters: Any) -> dict[str, Any]:
    """A schema as an object of properties; Anthropic takes nothing else at the root."""
    source = parameters if isinstance(parameters, dict) else {}
    properties, required = source.get("properties"), source.get("required")
    return {
        "type": "object",
        "properties": properties if isinstance(properties, dict) else {},
        "required": required if isinstance(required, list) else [],
        **{key: source[key] for key in _SCHEMA_KEYS if isinstance(source.get(key), dict)},
    }
