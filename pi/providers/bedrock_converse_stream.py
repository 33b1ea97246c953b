"""The wire format `bedrock-converse-stream`: the Converse API of Amazon Bedrock.

    POST {baseUrl}/model/{id}/converse-stream    {"messages", "system", "inferenceConfig", ...}
    answer: an AWS event stream, from messageStart to messageStop and metadata

This module puts the request together; its parts are made next door:

    bedrock_family            what the model can do      claude_thinking    efforts and budgets
    bedrock_conversation      the messages               strict_room        strict tool schemas
    bedrock_answer            the answer's events        limits             the output limit

The region is settled before (`pi.auth.region`): a model's base URL is where it is asked. Requests
are signed, or carry a Bedrock key as a bearer token.

Some models use tools only where they answer in one piece; those are asked at `/converse` instead.
Not used: documents, guardrails, `requestMetadata`, a model's `samplingParams`. Sources: Bedrock's
API reference; the reference's models-configuration page, and the requests it sends.
"""

from __future__ import annotations

from urllib.parse import quote

from pi.providers import thinking
from pi.providers.bedrock_answer import decode
from pi.providers.bedrock_conversation import converted
from pi.providers.bedrock_family import family_of
from pi.providers.claude_thinking import (
    ADAPTIVE,
    BINDING,
    DROPPED_WHERE_CHANGED,
    INTERLEAVED,
    answer_limit,
    budgeted,
    effort,
    limit_and_budget,
)
from pi.providers.endpoint import url_of
from pi.providers.strict_room import StrictRoom
from pi.request import Request
from pi.text.jsontext import dump_bytes
from pi.text.unicode import clean
from pi.transcript import named, replay, update_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.providers.bedrock_family import Family
    from pi.request import Context, Model, Options, ToolDecl

__all__ = ["decode", "encode"]

PLACEHOLDER = {
    "toolSpec": {
        "name": "no_tool",
        "inputSchema": {"json": {"type": "object", "properties": {}}},
        "description": "Holds a place in the list of tools; there is nothing to call.",
    }
}
"""Declared where no tool is in force but some were: Bedrock refuses calls and results without."""

_OSS_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium"}
"""Levels -> what gpt-oss calls them; it has nothing above high."""


def encode(model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer.

    Raises ProviderError("bad_request") when a tool insists on what the model does not offer, and
    for a model without a base URL.
    """
    family = family_of(model)
    system, tools = _in_force(context)
    limit, fields = _thinking(model, family, context, options)
    mark = _cache_point(family, options)
    messages = converted(context.messages, family)
    if messages:
        messages[-1]["content"] += mark
    specs = _tool_specs(tools, model, messages)
    body = {
        "messages": messages,
        **({"system": [{"text": system}, *mark]} if system.strip() else {}),
        "inferenceConfig": {"maxTokens": limit, **_temperature(options, fields)},
        **({"toolConfig": {"tools": specs}} if specs else {}),
        **({"additionalModelRequestFields": fields} if fields else {}),
        **(options.sampling or {}),
    }
    return _request(
        model, dump_bytes(body, spent=messages), is_stream=family.streams_tools or not specs
    )


def _request(model: Model, body: bytes, *, is_stream: bool) -> Request:
    operation, framing, accept = (
        ("converse-stream", "aws-event-stream", "application/vnd.amazon.eventstream")
        if is_stream
        else ("converse", "json", "application/json")
    )
    url = url_of(model, f"/model/{quote(clean(model['id']), safe='')}/{operation}")
    headers = {"content-type": "application/json", "accept": accept}
    return Request(url, headers, body, "sigv4", framing)


def _in_force(context: Context) -> tuple[str, list[ToolDecl]]:
    """Prompt and tools at the end of the conversation; Converse has no changes on the way."""
    later = [message for message in context.messages if message.get("role") == "system"]
    texts = [context.system, *map(update_text, later)]
    tools = replay([{"role": "system", "toolsAdded": context.tools}, *later]).tools
    return "\n\n".join(text for text in texts if text), tools


def _cache_point(family: Family, options: Options) -> list[dict[str, Any]]:
    if options.cache == "none" or not family.takes_cache_points:
        return []
    kept = {"ttl": "1h"} if options.cache == "long" else {}
    return [{"cachePoint": {"type": "default", **kept}}]


# --- thinking ------------------------------------------------------------------------------------


def _thinking(
    model: Model, family: Family, context: Context, options: Options
) -> tuple[int, dict[str, Any]]:
    """The output limit, and the fields that ask the model to think."""
    level = thinking.effective(model, options.thinking)
    limit = answer_limit(model, context, options)
    if level == "off":
        return limit, {}
    if not family.is_claude:
        return limit, _effort_fields(model, family, level)
    if family.thinks_adaptively:
        return limit, _adaptive(model, family, level)
    limit, tokens = limit_and_budget(model, context, options, level)
    if tokens is None:
        return limit, {}
    return limit, {"thinking": _shown(budgeted(tokens), family), "anthropic_beta": [INTERLEAVED]}


def _adaptive(model: Model, family: Family, level: str) -> dict[str, Any]:
    binds = family.binds_thinking and not family.is_gov
    bound = DROPPED_WHERE_CHANGED if binds else {}
    return {
        "thinking": {**_shown(ADAPTIVE, family), **bound},
        "output_config": {"effort": effort(model, level)},
        **({"anthropic_beta": [BINDING]} if binds else {}),
    }


def _shown(fields: dict[str, Any], family: Family) -> dict[str, Any]:
    """The fields, as GovCloud takes them: there it cannot be said how thinking is shown."""
    return {key: value for key, value in fields.items() if not (family.is_gov and key == "display")}


def _effort_fields(model: Model, family: Family, level: str) -> dict[str, Any]:
    if family.effort_field == "reasoning_effort":
        return {"reasoning_effort": _OSS_EFFORTS.get(level, "high")}
    if family.effort_field == "reasoning":
        own = thinking.mapped_value(model, level)
        return {"reasoning": {"effort": own or ("low" if level == "minimal" else level)}}
    return {}


def _temperature(options: Options, fields: dict[str, Any]) -> dict[str, Any]:
    """A temperature; a Claude that thinks takes none."""
    if options.temperature is None or "thinking" in fields:
        return {}
    return {"temperature": options.temperature}


# --- tools ---------------------------------------------------------------------------------------


def _tool_specs(
    tools: list[ToolDecl], model: Model, messages: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The declarations, in order.

    Raises ProviderError("bad_request") when a tool insists on strictness and cannot have it.
    """
    room = StrictRoom((model.get("compat") or {}).get("supportsStrictMode") is True)
    specs = [_tool_spec(tool, room) for tool in named(tools)]
    used = any("toolUse" in block for message in messages for block in message["content"])
    return specs or ([PLACEHOLDER] if used else [])


def _tool_spec(tool: ToolDecl, room: StrictRoom) -> dict[str, Any]:
    schema = room.schema_of(tool)
    parameters = tool.get("parameters") if schema is None else schema
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        parameters = {"type": "object", "properties": {}}
    spec = {"name": tool["name"], "inputSchema": {"json": parameters}}
    description = tool.get("description")
    if isinstance(description, str) and description.strip():
        spec["description"] = description
    if schema is not None:
        spec["strict"] = True
    return {"toolSpec": spec}
