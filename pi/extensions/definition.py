"""A tool as an extension defines it, made into a `Tool`.

    pi.register_tool({"name": "add", "description": "...", "parameters": {...}, "execute": add})
    pi.register_tool(add)                       a plain function, see `pi.tools.function`

`execute` gets as many of its arguments as it takes: (params), (params, ctx), or the reference's
(tool_call_id, params, signal, on_update, ctx). A plain function that has a parameter `ctx` gets the
context there; it is not declared to the model. What they return: a text, a dict with `content`, an
`Outcome`, or any JSON value. They fail by raising.
"""

from __future__ import annotations

import re

from pi.errors import Cancelled, ToolError, UsageError
from pi.extensions.action import require
from pi.extensions.blame import reason
from pi.extensions.context import ToolContext, partial_result
from pi.extensions.extension import RegisteredTool
from pi.extensions.host import ExtensionError
from pi.extensions.naming import snake_keys
from pi.extensions.takes import checked, positional
from pi.fit import why_not_json, why_not_usage
from pi.text.jsontext import dumps
from pi.tools.base import Call, Outcome, Tool
from pi.tools.function import outcome_of, tool_of
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.extensions.extension import Extension

EXPOSURES = ("direct", "model-only", "codemode", "deferred", "hidden")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

FIELDS: dict[str, tuple[str, str]] = {
    "name": ("text", "what the model calls it by: letters, digits, _ and -"),
    "label": ("text", "what people read"),
    "description": ("text", "what it does, for the model"),
    "parameters": ("dict", "JSON schema of an object"),
    "execute": ("any", "the function"),
    "prompt_snippet": (
        "text",
        "its line in the prompt's list of tools; without one it is not there",
    ),
    "prompt_guidelines": ("texts", "rules for the prompt; each must name the tool"),
    "prepare_arguments": ("any", "mends arguments of an older shape before they are validated"),
    "execution_mode": ("sequential|parallel", "sequential: no other call runs beside it"),
    "default_active": ("truth", "False: the model is not told of it until it is activated"),
    "exposure": ("|".join(EXPOSURES), "who can reach it"),
    "annotations": ("dict", "hints: readOnlyHint, destructiveHint, idempotentHint, openWorldHint"),
    "namespace": ("any", "the group it belongs to"),
    "output_schema": ("dict", "JSON schema of the structured content"),
    "constrained_sampling": ("any", "whether the provider is asked to keep to the schema"),
    "reaches_tools": ("any", "which other tools a call may reach"),
    "prepare_loadout": ("any", "changes what the model sees while it is active"),
    "render_shell": ("default|self", "whether it draws its own frame"),
    "render_call": ("any", "draws a call"),
    "render_result": ("any", "draws a result"),
}
"""The fields of a definition: kind (`pi.extensions.row`) and help. For the documentation too."""


def registered(
    extension: Extension, given: Any, named: dict[str, Any]
) -> tuple[RegisteredTool, list[str]]:
    """The tool that a definition, a `Tool` or a function stands for, and what is odd about it.

    `named` are fields given by name; they count more. Raises ExtensionError.
    """
    named = snake_keys(named)
    if isinstance(given, dict) or given is None:
        definition = {**snake_keys(given or {}), **named}
        odd = _checked_fields(definition)
        return _made(extension, _defined(extension, definition), definition), odd
    odd = _checked_fields(named)
    tool = given if isinstance(given, Tool) else _of_function(extension, given, named)
    return _made(extension, _renamed(tool, named), {"name": tool.name, **named}), odd


def _made(extension: Extension, tool: Tool, definition: dict[str, Any]) -> RegisteredTool:
    exposure = definition.get("exposure") or "direct"
    is_default = exposure in ("direct", "model-only") and definition.get("default_active", True)
    return RegisteredTool(
        tool,
        definition.get("label") or tool.name,
        exposure,
        bool(is_default),
        dict(definition.get("annotations") or {}),
        definition,
        extension,
    )


def _checked_fields(definition: dict[str, Any]) -> list[str]:
    """What is odd about the fields. Raises ExtensionError for a wrong type."""
    name = definition.get("name")
    where = f'tool "{name}"' if isinstance(name, str) else "tool"
    odd = []
    for key, value in definition.items():
        if key not in FIELDS:
            odd.append(f"{where}: a tool has no field {key}; it is passed over")
        elif value is not None:
            require(f"{where}: {key}", FIELDS[key][0], value)
    return odd


def _defined(extension: Extension, definition: dict[str, Any]) -> Tool:
    name = definition.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ExtensionError(
            f"a tool cannot be called {name!r}: 1 to 64 letters, digits, _ and - only"
        )
    if "execute" not in definition:
        raise ExtensionError(f'tool "{name}" has no execute')
    execute = checked(definition["execute"], f'execute of tool "{name}"')
    prepare = definition.get("prepare_arguments")
    return Tool(
        name,
        definition.get("description") or definition.get("label") or name,
        _schema(name, definition.get("parameters")),
        _running(extension, name, execute),
        snippet=definition.get("prompt_snippet") or "",
        guidelines=tuple(definition.get("prompt_guidelines") or ()),
        prepare=_preparing(name, prepare) if prepare is not None else None,
        sequential=definition.get("execution_mode") == "sequential",
        strict=_strict(definition.get("constrained_sampling")),
    )


def _schema(name: str, given: dict[str, Any] | None) -> dict[str, Any]:
    schema = {"type": "object", "properties": {}} if given is None else given
    if schema.get("type", "object") != "object":
        raise ExtensionError(f'tool "{name}": parameters must be the schema of an object')
    try:
        dumps(schema)
    except (TypeError, RecursionError) as error:
        raise ExtensionError(f'tool "{name}": parameters are not JSON: {error}') from None
    return schema if "type" in schema else {"type": "object", **schema}


def _strict(sampling: Any) -> str:
    strict = sampling.get("strict", "prefer") if isinstance(sampling, dict) else ""
    return strict if isinstance(strict, str) else ""


def _preparing(name: str, prepare: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    mend = checked(prepare, f'prepare_arguments of tool "{name}"')

    def run(arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return mend(arguments)
        except Cancelled:
            raise
        except BaseException as error:
            raise ToolError(f"The arguments could not be prepared: {reason(error)}") from error

    return run


def _running(
    extension: Extension, name: str, execute: Callable[..., Any]
) -> Callable[[dict[str, Any], Call], Outcome]:
    count = positional(execute)

    def run(arguments: dict[str, Any], call: Call) -> Outcome:
        context = ToolContext(extension, call)
        if count > 2:
            every = (call.id, arguments, call.token, _updating(call), context)
        else:
            every = (arguments, context)
        return _outcome(name, _guarded(execute, every[:count]))

    return run


def _updating(call: Call) -> Callable[[Any], None]:
    return lambda partial: call.report(partial_result(partial))


def _guarded(function: Callable[..., Any], args: tuple[Any, ...], **named: Any) -> Any:
    """What a tool's function returns. What it raises, whatever it is, is its result."""
    try:
        return function(*args, **named)
    except (Cancelled, ToolError):
        raise
    except BaseException as error:
        raise ToolError(reason(error)) from error


def _outcome(name: str, value: Any) -> Outcome:
    """What a call returned. Raises ToolError for what could not be stored: it costs this call."""
    is_result = isinstance(value, dict) and "content" in value
    outcome = _of_result(name, value) if is_result else outcome_of(value)
    why_not = why_not_json(outcome.details, outcome.structured) or why_not_usage(outcome.usage)
    if why_not:
        raise ToolError(f"{name} {why_not}")
    return outcome


def _of_result(name: str, value: dict[str, Any]) -> Outcome:
    result = snake_keys(value)
    content = result["content"]
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not (isinstance(content, list) and all(_is_block(block) for block in content)):
        raise ToolError(f"{name} returned content that is not a list of text and image blocks")
    return Outcome(
        content,
        details=result.get("details"),
        structured=result.get("structured_content"),
        usage=result.get("usage") if isinstance(result.get("usage"), dict) else None,
        is_error=bool(result.get("is_error")),
        terminate=bool(result.get("terminate")),
    )


def _is_block(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    needed = {"text": ("text",), "image": ("data", "mimeType")}.get(block.get("type"), ("",))
    return all(isinstance(block.get(key), str) for key in needed)


# --- plain functions -----------------------------------------------------------------------------


def _of_function(extension: Extension, function: Any, named: dict[str, Any]) -> Tool:
    name = named.get("name") or getattr(function, "__name__", "")
    checked(function, f'tool "{name}"' if name else "a tool")
    try:
        return tool_of(_with_context(extension, function), name=named.get("name"))
    except UsageError as error:
        raise ExtensionError(str(error)) from None


def _with_context(extension: Extension, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with `ctx`, if it has such a parameter, taken from the call."""
    import functools  # noqa: PLC0415 - with inspect, for plain functions only
    import inspect  # noqa: PLC0415 - the same

    if not inspect.isroutine(function):
        return function
    signature = inspect.signature(function)
    every = signature.parameters.values()
    calls = [each.name for each in every if each.annotation in (Call, "Call")]
    kept = [each for each in every if each.name not in ("ctx", *calls)]
    wants_context = "ctx" in signature.parameters

    @functools.wraps(function)
    def run(**arguments: Any) -> Any:
        call = arguments.pop("pi_call")
        arguments.update(dict.fromkeys(calls, call))
        if wants_context:
            arguments["ctx"] = ToolContext(extension, call)
        value = _guarded(function, (), **arguments)
        return _outcome(function.__name__, value)

    added = inspect.Parameter("pi_call", inspect.Parameter.KEYWORD_ONLY, annotation=Call)
    rest = kept[-1:] if kept and kept[-1].kind is inspect.Parameter.VAR_KEYWORD else []
    kept = kept[: len(kept) - len(rest)]
    hidden = {"ctx", *calls}
    hints = {key: hint for key, hint in function.__annotations__.items() if key not in hidden}
    run.__annotations__ = {**hints, "pi_call": Call}
    run.__signature__ = signature.replace(parameters=[*kept, added, *rest])
    return run


def _renamed(tool: Tool, named: dict[str, Any]) -> Tool:
    """A tool with what was given by name in place of what it has."""
    changes: dict[str, Any] = {}
    if named.get("name"):
        changes["name"] = named["name"]
    if named.get("description"):
        changes["description"] = named["description"]
    if named.get("parameters") is not None:
        changes["parameters"] = _schema(tool.name, named["parameters"])
    if "prompt_snippet" in named:
        changes["snippet"] = named["prompt_snippet"] or ""
    if "prompt_guidelines" in named:
        changes["guidelines"] = tuple(named["prompt_guidelines"] or ())
    if "execution_mode" in named:
        changes["sequential"] = named["execution_mode"] == "sequential"
    renamed = replace(tool, **changes) if changes else tool
    if not _NAME.fullmatch(renamed.name):
        raise ExtensionError(f"a tool cannot be called {renamed.name!r}")
    return renamed
