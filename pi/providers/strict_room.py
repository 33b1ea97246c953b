"""How many tools of one request may have strict schemas, as Claude and Bedrock allow it.

    room = StrictRoom(offered=True)
    room.schema_of(tool)      the strict schema of a declaration, None: send it as it is

Only schemas that the service can compile are strict, and only as many as one request may have.
Sources: Anthropic's structured-outputs guide ("JSON Schema limitations", "Schema complexity
limits"), which Bedrock's refers to.
"""

from __future__ import annotations

from pi.providers.strict import UnsupportedSchemaError, strict_schema, wished_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.request import ToolDecl

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


class StrictRoom:
    """How much strictness one request has left. `offered`: whether the model has any."""

    def __init__(self, offered: bool) -> None:
        self._offered = offered
        self._tools = MAX_STRICT_TOOLS
        self._nullable = MAX_NULLABLE

    def schema_of(self, tool: ToolDecl) -> dict[str, Any] | None:
        """The tool's strict schema; None when it is to be sent as it is.

        Raises ProviderError("bad_request") when it insists on strictness and cannot have it.
        """
        return wished_schema(tool, self._taken)

    def _taken(self, tool: ToolDecl) -> dict[str, Any]:
        if not self._offered:
            raise UnsupportedSchemaError("this model does not offer it")
        schema = strict_schema(tool.get("parameters"))
        _check_keywords(schema)
        nullable = sum(
            "anyOf" in node or isinstance(node.get("type"), list) for node in _nodes(schema)
        )
        if not self._tools or nullable > self._nullable:
            raise UnsupportedSchemaError("the request has too many such tools")
        self._tools -= 1
        self._nullable -= nullable
        return {**schema, "properties": schema.get("properties", {})}


def _check_keywords(schema: dict[str, Any]) -> None:
    """Raise UnsupportedSchemaError for what is refused beyond the common rules of strict mode."""
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
