"""Tool declarations as Google takes them.

    {"functionDeclarations": [{"name", "description", "parametersJsonSchema"}, ...]}

`parametersJsonSchema` takes JSON Schema (`parameters`, its older sister, only OpenAPI's subset),
but no `const`: a string or a number becomes an `enum` of one. A tool that asks for it gets a strict
schema where the model is of the third generation, and the request then says `VALIDATED`.

Sources: Google's guide to function calling; the requests the reference sends.
"""

from __future__ import annotations

from pi.providers.google_family import is_new
from pi.providers.openai_tools import head
from pi.providers.strict import UnsupportedSchemaError, strict_schema, wished_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.request import Model, ToolDecl

VALIDATED = {"functionCallingConfig": {"mode": "VALIDATED"}}
"""The `toolConfig` that holds the model to the schemas."""

_EMPTY = {"type": "object", "properties": {}}
_SCHEMAS = frozenset(
    ("additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames")
)
_LISTS = frozenset(("anyOf", "oneOf", "allOf", "prefixItems"))
_NAMED = frozenset(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"))
"""Keywords whose values are a schema, a list of schemas, schemas by name."""

_DEEPEST = 100


def declared(tools: Iterable[ToolDecl], model: Model) -> dict[str, Any]:
    """The fields `tools` and perhaps `toolConfig` of a request; {} without tools.

    Raises ProviderError("bad_request") when a tool insists on strictness and cannot have it.
    """
    named = [tool for tool in tools if isinstance(tool.get("name"), str)]
    make = _strict if is_new(model) else _not_offered
    strict = [wished_schema(tool, make) for tool in named]
    functions = [_function(tool, schema) for tool, schema in zip(named, strict, strict=True)]
    if not functions:
        return {}
    holds = {"toolConfig": VALIDATED} if any(schema is not None for schema in strict) else {}
    return {"tools": [{"functionDeclarations": functions}], **holds}


def _strict(tool: ToolDecl) -> dict[str, Any]:
    return strict_schema(tool.get("parameters"))


def _not_offered(tool: ToolDecl) -> dict[str, Any]:
    raise UnsupportedSchemaError("this model does not offer it")


def _function(tool: ToolDecl, schema: dict[str, Any] | None) -> dict[str, Any]:
    parameters = tool.get("parameters") if schema is None else schema
    plain = without_const(parameters if isinstance(parameters, dict) else _EMPTY)
    return {**head(tool), "parametersJsonSchema": plain}


def without_const(schema: Any, depth: int = 0) -> Any:
    """A schema in which a `const` is an `enum` of one, in all its parts; data in it stays."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return schema
    result = {key: _part(key, value, depth + 1) for key, value in schema.items()}
    only = schema.get("const")
    if isinstance(only, (str, int, float)) and not isinstance(only, bool) and "enum" not in schema:
        del result["const"]
        result["enum"] = [only]
    return result


def _part(key: str, value: Any, depth: int) -> Any:
    if key in _SCHEMAS and isinstance(value, dict):
        return without_const(value, depth)
    if (key in _LISTS or key == "items") and isinstance(value, list):
        return [without_const(item, depth) for item in value]
    if key in _NAMED and isinstance(value, dict):
        return {name: without_const(item, depth) for name, item in value.items()}
    return value
