"""Grammar tools: the model writes one text in the syntax of a grammar instead of JSON arguments.

Such a tool has one required string parameter. In our messages a call of it has arguments like any
other, `{"code": "..."}`; on the wire it is the bare text. While an answer streams, the arguments'
JSON text is made from the pieces: `opening`, each piece `escaped`, then `CLOSING`.

    {"name": "run", "constrainedSampling": {"type": "grammar",
     "variants": {"openai_lark": "start: ..."}}, "parameters": {..., "required": ["code"]}}

Source: OpenAI's guide to function calling, "Custom tools".
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.request import ToolDecl

_SYNTAXES = {"openai_lark": "lark", "openai_regex": "regex"}
"""Grammar variant -> the syntax's name in a request; the first that a tool has is taken."""

_UNKNOWN_PARAMETER = "input"
"""The parameter of a call whose tool is not known."""

CLOSING = '"}'
"""Ends the JSON text of a call's arguments."""


def grammar_of(tool: ToolDecl) -> tuple[str, str] | None:
    """(syntax, definition) of a tool's grammar; None if it asks for none that OpenAI has."""
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
    if grammar_of(tool) is None or not isinstance(parameters, dict):
        return None
    required, properties = parameters.get("required"), parameters.get("properties")
    if not isinstance(required, list) or len(required) != 1 or not isinstance(properties, dict):
        return None
    rule = properties.get(required[0]) if isinstance(required[0], str) else None
    return required[0] if isinstance(rule, dict) and rule.get("type") == "string" else None


def grammar_arguments(tools: Iterable[ToolDecl], switches: dict[str, Any]) -> dict[str, str]:
    """Tool name -> the parameter that takes the text, for tools declared with a grammar."""
    if not switches["supportsOpenAIGrammarTools"]:
        return {}
    found = {tool.get("name"): text_parameter(tool) for tool in tools}
    return {name: parameter for name, parameter in found.items() if name and parameter}


def parameter_of_call(name: str, tools: Iterable[ToolDecl]) -> str:
    """The parameter that the text of a grammar call fills; `tools` are those declared."""
    for tool in tools:
        if tool.get("name") == name:
            return text_parameter(tool) or _UNKNOWN_PARAMETER
    return _UNKNOWN_PARAMETER


def opening(parameter: str) -> str:
    """How the JSON text of a grammar call's arguments begins."""
    return f'{{{json.dumps(parameter)}:"'


def escaped(text: str) -> str:
    """A piece of the text as it stands in that JSON text."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
