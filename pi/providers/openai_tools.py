"""Tool declarations as Chat Completions takes them: functions, strict functions, grammar tools.

    {"type": "function", "function": {"name", "description", "parameters"[, "strict"]}}
    {"type": "custom", "custom": {"name", "description", "format": {"type": "grammar", ...}}}

A grammar tool has one required string parameter, and the model writes that string as it is instead
of JSON. Where grammars are unsupported, or the tool does not fit, it is declared as a function.
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
    from collections.abc import Iterable
    from typing import Any

    from pi.request import ToolDecl

_SYNTAXES = {"openai_lark": "lark", "openai_regex": "regex"}
"""Grammar variant -> the syntax's name in a request; the first that a tool has is taken."""


def declared(tools: Iterable[ToolDecl], switches: dict[str, Any]) -> list[dict[str, Any]]:
    """The `tools` of a request. Raises ProviderError when one insists on what is unsupported."""
    return [_declared(tool, switches) for tool in tools if isinstance(tool.get("name"), str)]


def grammar_arguments(tools: Iterable[ToolDecl], switches: dict[str, Any]) -> dict[str, str]:
    """Tool name -> the parameter that takes the text, for tools declared with a grammar."""
    if not switches["supportsOpenAIGrammarTools"]:
        return {}
    found = {tool.get("name"): text_parameter(tool) for tool in tools}
    return {name: parameter for name, parameter in found.items() if name and parameter}


def _declared(tool: ToolDecl, switches: dict[str, Any]) -> dict[str, Any]:
    if switches["supportsOpenAIGrammarTools"] and text_parameter(tool):
        syntax, definition = _grammar(tool)
        grammar = {"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}}
        return {"type": "custom", "custom": {**_head(tool), "format": grammar}}
    parameters = tool.get("parameters")
    if not isinstance(parameters, dict):
        parameters = {"type": "object", "properties": {}}
    function = {**_head(tool), "parameters": parameters}
    if switches["supportsStrictMode"]:
        function.update(_strictness(tool, parameters))
    elif insists(tool):
        raise _refused(tool, "this model does not offer it")
    return {"type": "function", "function": function}


def _head(tool: ToolDecl) -> dict[str, Any]:
    description = tool.get("description")
    head: dict[str, Any] = {"name": tool["name"]}
    if isinstance(description, str):
        head["description"] = description
    return head


def _strictness(tool: ToolDecl, parameters: dict[str, Any]) -> dict[str, Any]:
    if not wants_strict(tool):
        return {"strict": False}
    try:
        return {"parameters": strict_schema(parameters), "strict": True}
    except UnsupportedSchemaError as error:
        if insists(tool):
            raise _refused(tool, f"its schema cannot be made strict: {error}") from None
        return {"strict": False}


def _refused(tool: ToolDecl, why: str) -> ProviderError:
    return ProviderError(
        f'tool "{tool["name"]}" insists on schema-constrained arguments, but {why}; set its '
        '"strict" to "prefer"',
        "bad_request",
    )


def _grammar(tool: ToolDecl) -> tuple[str, str] | None:
    wish = tool.get("constrainedSampling")
    variants = wish.get("variants") if isinstance(wish, dict) else None
    if not isinstance(variants, dict) or wish.get("type") != "grammar":
        return None
    for variant, syntax in _SYNTAXES.items():
        definition = variants.get(variant)
        if isinstance(definition, str) and definition.strip():
            return syntax, definition
    return None


def text_parameter(tool: ToolDecl) -> str | None:
    """The one required string parameter of a grammar tool; None if the tool is none."""
    parameters = tool.get("parameters")
    if _grammar(tool) is None or not isinstance(parameters, dict):
        return None
    required, properties = parameters.get("required"), parameters.get("properties")
    if not isinstance(required, list) or len(required) != 1 or not isinstance(properties, dict):
        return None
    rule = properties.get(required[0]) if isinstance(required[0], str) else None
    return required[0] if isinstance(rule, dict) and rule.get("type") == "string" else None
