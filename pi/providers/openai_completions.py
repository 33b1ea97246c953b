"""The wire format `openai-completions`: OpenAI's Chat Completions and everything that speaks it.

    POST {baseUrl}/chat/completions    {"model", "messages", "stream": true, ...}
    answer: SSE of chat.completion.chunk objects, then `[DONE]`

This module puts the body together; its parts are made next door:

    openai_compat      which service differs how       openai_reasoning   thinking levels
    openai_messages    the conversation                openai_tools       tool declarations
    openai_answer      the answer's chunks             openai_cache       prompt caching
    thinking, limits   thinking levels, the output limit

Sources: OpenAI's API reference, "Chat Completions"; the reference's models-configuration page, and
the requests it sends.
"""

from __future__ import annotations

from pi.messages import blocks_of
from pi.providers import openai_reasoning, thinking
from pi.providers.copilot import copilot_headers
from pi.providers.endpoint import url_of
from pi.providers.grammar import grammar_arguments
from pi.providers.limits import output_limit
from pi.providers.openai_answer import decode
from pi.providers.openai_cache import (
    affinity_headers,
    cache_fields,
    cache_mark,
    mark_for_cache,
)
from pi.providers.openai_compat import switches_of
from pi.providers.openai_messages import converted, dialect_of
from pi.providers.openai_tools import declared
from pi.providers.sampling import sampling_fields
from pi.request import Request
from pi.text.jsontext import dump_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Context, Model, Options

__all__ = ["decode", "encode"]


def encode(model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer.

    Raises ProviderError("bad_request") when the model has no URL, or when a tool insists on what
    the model does not offer.
    """
    switches = switches_of(model)
    tools, inline = _tools(context, switches)
    dialect = dialect_of(model, switches, grammar_arguments(context.tools, switches))
    messages = converted(context, dialect, inline)
    mark = cache_mark(switches, options)
    if mark:
        mark_for_cache(messages, tools, mark)
    body = {
        "model": model.get("deployment") or model["id"],
        "messages": messages,
        "stream": True,
        **cache_fields(model, switches, options),
        **_protocol_fields(model, context, switches, options),
    }
    if tools or (switches["requiresToolsWithToolHistory"] and _has_calls(context)):
        body["tools"] = tools
    if tools and switches["zaiToolStream"]:
        body["tool_stream"] = True
    body.update(_model_fields(model, switches, options, body.get(switches["maxTokensField"])))
    body.update(sampling_fields(model, options))
    headers = {
        "content-type": "application/json",
        "accept": "application/json",
        **copilot_headers(model, context),
        **affinity_headers(switches, options),
    }
    return Request(url_of(model, "/chat/completions"), headers, dump_bytes(body, spent=messages))


def _protocol_fields(
    model: Model, context: Context, switches: dict[str, Any], options: Options
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if switches["supportsUsageInStreaming"]:
        fields["stream_options"] = {"include_usage": True}
    if switches["supportsStore"]:
        fields["store"] = False
    limit = output_limit(model, context, options)
    if limit is not None:
        fields[switches["maxTokensField"]] = limit
    if options.temperature is not None:
        fields["temperature"] = options.temperature
    return fields


def _model_fields(
    model: Model, switches: dict[str, Any], options: Options, limit: int | None
) -> dict[str, Any]:
    """What one service or one model wants: priority, thinking, routing."""
    fields: dict[str, Any] = {}
    if switches["vllmPriority"] is not None:
        fields["priority"] = switches["vllmPriority"]
    level = thinking.effective(model, options.thinking)
    tokens = thinking.budget(level, options.budgets, limit)
    fields.update(openai_reasoning.fields(model, switches, level, tokens))
    if isinstance(switches["openRouterRouting"], dict):
        fields["provider"] = switches["openRouterRouting"]
    routing = switches["vercelGatewayRouting"]
    wanted = {key: routing[key] for key in ("only", "order") if routing.get(key)} if routing else {}
    if wanted:
        fields["providerOptions"] = {"gateway": wanted}
    return fields


# --- tools ---------------------------------------------------------------------------------------


def _tools(
    context: Context, switches: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[int, list[Any]]]:
    """The request's tools, and those that a later system message declares (by its position).

    A tool is declared where it was added, so that the text before it keeps its place in the cache;
    where the model cannot take that, all are declared at the start.
    """
    later: dict[int, list[Any]] = {}
    if switches["supportsMidConvoToolAdditions"]:
        for at, message in enumerate(context.messages):
            added = message.get("toolsAdded") if message.get("role") == "system" else None
            added = added if isinstance(added, list) else []
            found = [tool for tool in added if tool in context.tools]
            if found:
                later[at] = found
    placed = [tool for tools in later.values() for tool in tools]
    first = [tool for tool in context.tools if tool not in placed]
    return declared(first, switches), {at: declared(late, switches) for at, late in later.items()}


def _has_calls(context: Context) -> bool:
    return any(
        message.get("role") == "toolResult"
        or any(block.get("type") == "toolCall" for block in blocks_of(message))
        for message in context.messages
    )
