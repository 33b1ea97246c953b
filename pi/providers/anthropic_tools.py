"""Tool declarations as Anthropic Messages takes them.

    {"name", "description", "eager_input_streaming": true, "strict"?: true, "input_schema"}

`eager_input_streaming` makes argument text arrive as it is written. `strict` holds the model to the
schema; only schemas Anthropic can compile are sent so, and only as many as one request may have.

Sources: Anthropic's tool-use and structured-outputs guides ("JSON Schema limitations", "Schema
complexity limits"); the requests the reference sends.
"""

from __future__ import annotations

from pi.errors import ProviderError
from pi.providers.strict import (
    UnsupportedSchemaError,
    insists,
    strict_schema,
    wants_strict,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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

MAX_STRICT_TOOLS = 20
MAX_NULLABLE = 16
"""What one request may have: strict tools, and parameters of more than one type in all of them."""

_NOT_STRICT = frozenset(
    (
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "maxItems",
        "uniqueItems",
        "minContains",
        "maxContains",
        "minProperties",
        "maxProperties",
    )
)
"""Keywords a strict schema may not have."""

_FORMATS = (
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
    "uuid",
)
"""Formats of strings a strict schema may name."""

_SCHEMA_KEYS = ("$defs", "definitions")
"""Keys of a plain schema's root that are kept beside its properties; others are refused or have no
effect there."""


def declared(tools: Iterable[ToolDecl], switches: dict[str, Any]) -> list[dict[str, Any]]:
    """The declarations, in order, without cache marks.

    Raises ProviderError("bad_request") when a tool insists on strictness and cannot have it.
    """
    room = _StrictRoom() if switches["supportsStrictTools"] else None
    named = (tool for tool in tools if isinstance(tool.get("name"), str))
    return [_declared(tool, switches, room) for tool in named]


class _StrictRoom:
    """How much strictness one request has left."""

    def __init__(self) -> None:
        self._tools = MAX_STRICT_TOOLS
        self._nullable = MAX_NULLABLE

    def take(self, schema: dict[str, Any]) -> bool:
        """Take what a strict schema needs; False when there is not enough left."""
        nullable = sum(
            "anyOf" in node or isinstance(node.get("type"), list) for node in _nodes(schema)
        )
        if not self._tools or nullable > self._nullable:
            return False
        self._tools -= 1
        self._nullable -= nullable
        return True


def _declared(tool: ToolDecl, switches: dict[str, Any], room: _StrictRoom | None) -> dict[str, Any]:
    result: dict[str, Any] = {"name": tool["name"]}
    if isinstance(tool.get("description"), str):
        result["description"] = tool["description"]
    if switches["supportsEagerToolInputStreaming"]:
        result["eager_input_streaming"] = True
    schema = _strict_schema(tool, room)
    if schema is not None:
        result["strict"] = True
    result["input_schema"] = _plain_schema(tool.get("parameters")) if schema is None else schema
    return result


def _strict_schema(tool: ToolDecl, room: _StrictRoom | None) -> dict[str, Any] | None:
    """The tool's strict schema; None when it is to be sent as it is."""
    if not wants_strict(tool):
        return None
    try:
        if room is None:
            raise UnsupportedSchemaError("this model does not offer it")
        schema = strict_schema(tool.get("parameters"))
        _check_keywords(schema)
        if not room.take(schema):
            raise UnsupportedSchemaError("the request has too many such tools")
    except UnsupportedSchemaError as error:
        if not insists(tool):
            return None
        raise ProviderError(
            f'tool "{tool["name"]}" insists on schema-constrained arguments, but {error}; set its '
            '"strict" to "prefer"',
            "bad_request",
        ) from None
    return {**schema, "properties": schema.get("properties", {})}


def _check_keywords(schema: dict[str, Any]) -> None:
    """Raise UnsupportedSchemaError for what Anthropic's strict mode refuses beyond the common."""
    for node in _nodes(schema):
        refused = sorted(_NOT_STRICT & node.keys())
        if node.get("minItems", 0) not in (0, 1):
            refused.append("minItems")
        if "format" in node and node["format"] not in _FORMATS:
            refused.append("format")
        if refused:
            raise UnsupportedSchemaError(f'its schema uses "{refused[0]}"')


def _nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All schemas of a strict schema: itself, its properties, items and alternatives."""
    yield schema
    properties = schema.get("properties")
    inner = [*properties.values()] if isinstance(properties, dict) else []
    inner += [schema["items"]] if "items" in schema else []
    for child in (*inner, *schema.get("anyOf", ())):
        yield from _nodes(child)


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
