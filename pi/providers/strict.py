"""Tool schemas for strict sampling, where the provider holds the model to the schema.

Strict mode takes a subset of JSON Schema: objects list every property as required and allow no
others. An optional property therefore becomes one that may be null (and `pi.schema` reads null for
an optional argument as left out). A schema that cannot be said so is sent as it is, without strict.

    strict_schema({"type": "object", "properties": {"n": {"type": "number"}}})
    # {"type": "object", "properties": {"n": {"anyOf": [{"type": "number"}, {"type": "null"}]}},
    #  "required": ["n"], "additionalProperties": False}

Source: OpenAI's structured-outputs guide, "Supported schemas".
"""

from __future__ import annotations

from pi.errors import ProviderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_REFUSED = frozenset(
    (
        "$ref",
        "$defs",
        "$dynamicRef",
        "definitions",
        "oneOf",
        "allOf",
        "not",
        "if",
        "then",
        "else",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
        "unevaluatedItems",
        "dependentSchemas",
        "prefixItems",
        "contains",
        "additionalItems",
    )
)
"""Keywords that hold schemas and that strict mode cannot express."""

_MAX_DEPTH = 64


class UnsupportedSchemaError(ValueError):
    """A schema strict mode cannot express; the text says where."""


def wants_strict(tool: dict[str, Any]) -> bool:
    """Whether a declaration asks for schema-constrained arguments."""
    wish = tool.get("constrainedSampling")
    return isinstance(wish, dict) and wish.get("type") == "json_schema"


def insists(tool: dict[str, Any]) -> bool:
    """Whether a declaration may not be sent without them."""
    return wants_strict(tool) and tool["constrainedSampling"].get("strict") == "require"


def wished_schema(
    tool: dict[str, Any], make: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any] | None:
    """What `make(tool)` gives for a tool that asks for strictness; None: send it as it is.

    `make` raises UnsupportedSchemaError where there is no strict schema. For a tool that insists
    on one, that is raised as ProviderError("bad_request").
    """
    if not wants_strict(tool):
        return None
    try:
        return make(tool)
    except UnsupportedSchemaError as error:
        if not insists(tool):
            return None
        raise ProviderError(
            f'tool "{tool["name"]}" insists on schema-constrained arguments, but {error}; set '
            'its "strict" to "prefer"',
            "bad_request",
        ) from None


def strict_schema(schema: Any) -> dict[str, Any]:
    """The strict form of a tool's parameters. Raises UnsupportedSchemaError when there is none."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise UnsupportedSchemaError("the parameters are not an object schema")
    return _strict(schema, "parameters", 0)


def _strict(schema: Any, path: str, depth: int) -> dict[str, Any]:
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        raise UnsupportedSchemaError(f"{path} is not a plain schema")
    refused = sorted(_REFUSED & schema.keys())
    if refused:
        raise UnsupportedSchemaError(f'{path} uses "{refused[0]}"')
    result = dict(schema)
    if "anyOf" in schema:
        result["anyOf"] = _alternatives(schema["anyOf"], path, depth)
    if "items" in schema:
        result["items"] = _strict(schema["items"], f"{path}[]", depth + 1)
    if schema.get("type") == "object":
        _close(result, path, depth)
    elif "properties" in schema or "additionalProperties" in schema:
        raise UnsupportedSchemaError(f'{path} has properties but is not of type "object"')
    return result


def _alternatives(branches: Any, path: str, depth: int) -> list[Any]:
    if not isinstance(branches, list):
        raise UnsupportedSchemaError(f'{path} has an "anyOf" that is no list')
    done = [_strict(branch, path, depth + 1) for branch in branches]
    if any(branch.get("type") == "object" for branch in done):
        raise UnsupportedSchemaError(f"{path} has objects as alternatives")
    return done


def _close(result: dict[str, Any], path: str, depth: int) -> None:
    """Make an object schema (a fresh copy) list all its properties and allow no others."""
    properties = result.get("properties", {})
    required = result.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        raise UnsupportedSchemaError(f"{path} has malformed properties")
    if result.get("additionalProperties", False) is not False:
        raise UnsupportedSchemaError(f"{path} allows further properties")
    if any(not isinstance(name, str) or name not in properties for name in required):
        raise UnsupportedSchemaError(f"{path} requires a property it does not have")
    strict = {
        name: _strict(value, f"{path}.{name}", depth + 1) for name, value in properties.items()
    }
    if "properties" in result:
        result["properties"] = {
            name: value if name in required else _nullable(value) for name, value in strict.items()
        }
    result["required"] = list(properties)
    result["additionalProperties"] = False


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return schema if _allows_null(schema) else {"anyOf": [schema, {"type": "null"}]}


def _allows_null(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    return (
        kind == "null"
        or (isinstance(kind, list) and "null" in kind)
        or ("const" in schema and schema["const"] is None)
        or (isinstance(schema.get("enum"), list) and None in schema["enum"])
        or any(_allows_null(branch) for branch in schema.get("anyOf", ()))
    )
