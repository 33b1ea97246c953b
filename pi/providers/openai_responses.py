"""The wire format `openai-responses`: OpenAI's Responses API and everything that speaks it.

    POST {baseUrl}/responses    {"model", "input": [items], "stream": true, "store": false, ...}
    answer: SSE of typed events, the last one response.completed, .incomplete or .failed

Nothing is stored at the service: each request brings the whole conversation, reasoning included,
which comes and goes sealed. This module puts the body together; its parts are made next door:

    responses_compat     which service differs how      responses_reasoning   thinking levels
    responses_input      the conversation as items      responses_cache       prompt caching
    responses_ids        item ids and signatures        responses_tools       tool declarations
    responses_answer     the answer's events            service_tier          what a tier costs

`azure_openai_responses` and `openai_codex_responses` are made of the same parts. Sources: OpenAI's
API reference, "Responses"; the reference's models-configuration page, and the requests it sends.
"""

from __future__ import annotations

from pi.providers import thinking
from pi.providers.copilot import copilot_headers
from pi.providers.endpoint import url_of
from pi.providers.grammar import grammar_arguments
from pi.providers.limits import output_limit
from pi.providers.responses_answer import decode
from pi.providers.responses_cache import affinity_headers, cache_fields
from pi.providers.responses_compat import switches_of
from pi.providers.responses_input import Script, input_items, system_item
from pi.providers.responses_reasoning import efforts, reasoning_fields
from pi.providers.responses_tools import Declarer, placed
from pi.providers.sampling import sampling_fields
from pi.request import Request
from pi.text.jsontext import dump_bytes
from pi.transcript import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Context, Model, Options

__all__ = ["decode", "encode"]

_LEAST_OUTPUT = 16
"""The smallest `max_output_tokens` the service takes."""


def encode(model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer.

    Raises ProviderError("bad_request") when the model has no URL, or when a tool insists on what
    the model does not offer.
    """
    return request_of(model, context, options, "bearer")


def request_of(model: Model, context: Context, options: Options, auth: str) -> Request:
    """The request, with its way of taking a key."""
    switches = switches_of(model)
    level = thinking.effective(model, options.thinking)
    script = script_of(model, context, switches, level)
    opening = [*script.placement.opening, *system_item(context, script)]
    items = [*opening, *input_items(context, script)]
    body = {
        "model": model.get("deployment") or model["id"],
        "input": items,
        "stream": True,
        **cache_fields(switches, options),
        "store": False,
        **_limit(model, context, options, switches),
        **temperature_field(options),
        **tools_field(script),
        **reasoning_fields(model, switches, level),
        **sampling_fields(model, options),
    }
    headers = {
        "content-type": "application/json",
        "accept": "application/json",
        **copilot_headers(model, context),
        **affinity_headers(switches, options),
    }
    return Request(url_of(model, "/responses"), headers, dump_bytes(body, spent=items), auth)


def script_of(
    model: Model,
    context: Context,
    switches: dict[str, Any],
    level: str,
    loose: bool | None = False,
) -> Script:
    """How the conversation is written for a model that thinks at `level`.

    `loose` is what `strict` is for a tool that is not. Raises ProviderError("bad_request").
    """
    speaks = bool(model.get("reasoning")) and switches["supportsDeveloperRole"]
    role = "developer" if speaks else "system"
    declared = [*context.tools]
    for message in context.messages:
        if message.get("role") == "system":
            declared += named(message.get("toolsAdded"))
    return Script(
        role,
        grammar_arguments(declared, switches),
        placed(context, switches, Declarer(switches, loose), role),
        efforts(model, switches, level),
    )


def tools_field(script: Script) -> dict[str, Any]:
    """The list of tools; {} when there is none."""
    return {"tools": script.placement.tools} if script.placement.tools else {}


def temperature_field(options: Options) -> dict[str, Any]:
    """The temperature, where the caller gave one."""
    return {} if options.temperature is None else {"temperature": options.temperature}


def _limit(
    model: Model, context: Context, options: Options, switches: dict[str, Any]
) -> dict[str, int]:
    limit = output_limit(model, context, options) if switches["supportsMaxOutputTokens"] else None
    return {} if limit is None else {"max_output_tokens": max(limit, _LEAST_OUTPUT)}
