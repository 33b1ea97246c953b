"""Tool declarations as Chat Completions takes them: functions, strict functions, grammar tools.

    {"type": "function", "function": {"name", "description", "parameters"[, "strict"]}}
    {"type": "custom", "custom": {"name", "description", "format": {"type": "grammar", ...}}}

Where grammars are unsupported, or a grammar tool does not fit (see `grammar`), it is declared as a
function.
"""

from __future__ import annotations

from pi.errors import ProviderError
from pi.providers.grammar import grammar_of, text_parameter
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


def declared(tools: Iterable[ToolDecl], switches: dict[str, Any]) -> list[dict[str, Any]]:
    """The `tools` of a request. Raises ProviderError when one insists on what is unsupported."""
    return [_declared(tool, switches) for tool in tools if isinstance(tool.get("name"), str)]


def _declared(tool: ToolDecl, switches: dict[str, Any]) -> dict[str, Any]:
    if switches["supportsOpenAIGrammarTools"] and text_parameter(tool):
        syntax, definition = grammar_of(tool)
        grammar = {"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}}
        return {"type": "custom", "custom": {**head(tool), "format": grammar}}
    return {"type": "function", "function": function_fields(tool, switches["supportsStrictMode"])}


def function_fields(
    tool: ToolDecl, offers_strict: bool, *, loose: bool | None = False, **more: Any
) -> dict[str, Any]:
    """The fields of a function: its name, description and parameters, `more`, and `strict`.

    `offers_strict` is whether the model takes that field at all, `loose` what it is for a tool
    that is not strict. Raises ProviderError when a tool insists on what is unsupported.
    """
    parameters = tool.get("parameters")
    if not isinstance(parameters, dict):
        parameters = {"type": "object", "properties": {}}
    function = {**head(tool), "parameters": parameters, **more}
    if offers_strict:
        function.update(_strictness(tool, parameters, loose))
    elif insists(tool):
        raise _refused(tool, "this model does not offer it")
    return function


def head(tool: ToolDecl) -> dict[str, Any]:
    """A tool's name and, if it has one, its description."""
    description = tool.get("description")
    head: dict[str, Any] = {"name": tool["name"]}
    if isinstance(description, str):
        head["description"] = description
    return head


def _strictness(tool: ToolDecl, parameters: dict[str, Any], loose: bool | None) -> dict[str, Any]:
    if not wants_strict(tool):
        return {"strict": loose}
    try:
        return {"parameters": strict_schema(parameters), "strict": True}
    except UnsupportedSchemaError as error:
        if insists(tool):
            raise _refused(tool, f"its schema cannot be made strict: {error}") from None
        return {"strict": loose}


def _refused(tool: ToolDecl, why: str) -> ProviderError:
    return ProviderError(
        f'tool "{tool["name"]}" insists on schema-constrained arguments, but {why}; set its '
        '"strict" to "prefer"',
        "bad_request",
    )
