"""The wire format `anthropic-messages`: Anthropic's Messages API and everything that speaks it.

    POST {baseUrl}/v1/messages    {"model", "messages", "max_tokens", "stream": true, ...}
    answer: SSE events from message_start to message_stop

This module puts the request together; its parts are made next door:

    anthropic_compat          which service differs how      claude_thinking  efforts and budgets
    anthropic_conversation    the messages                   limits           the output limit
    anthropic_updates         prompt and tools, and changes  strict_room      strict tool schemas
    anthropic_tools           tool declarations
    anthropic_answer          the answer's events

Thinking is asked for in one of three ways: with a budget of tokens; adaptive, with an effort for
the whole request; adaptive with an effort per answer (`supportsMidConvoEffort`), where the
request's own effort stays the same so that a change of level does not empty the cache.

A model's `samplingParams` do not apply to this format. Conversations are always sent whole: message
threads, which let a server keep them, are not used. Sources: Anthropic's API reference; the
reference's models-configuration page, and the requests it sends.
"""

from __future__ import annotations

import re

from pi.providers import thinking
from pi.providers.anthropic_answer import decode
from pi.providers.anthropic_compat import fallback_models, switches_of
from pi.providers.anthropic_conversation import converted, mark_last
from pi.providers.anthropic_tools import PLACEHOLDER
from pi.providers.anthropic_updates import script_of
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
from pi.providers.copilot import copilot_headers
from pi.request import Request
from pi.text.jsontext import dump_bytes
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.messages import Message
    from pi.providers.anthropic_updates import Script
    from pi.request import Context, Model, Options

__all__ = ["decode", "encode"]

_BASE_EFFORT = "low"
"""The request's effort where each answer has its own."""


def encode(model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer.

    Raises ProviderError("bad_request") when a tool insists on what the model does not offer.
    """
    switches = switches_of(model)
    plan = _plan(model, context, options, switches)
    script = script_of(context, switches)
    mark = _cache_mark(switches, options)
    messages = converted(
        context.messages,
        script.updates,
        _efforts(model, plan),
        keeps_unsigned=switches["allowEmptySignature"],
    )
    if mark:
        mark_last(messages, mark)
    body = {
        "model": model["id"],
        "messages": messages,
        "max_tokens": plan.limit,
        "stream": True,
        **_system(script, mark),
        **_temperature(plan, options, switches),
        **_tools(script, switches, mark),
        **plan.fields,
    }
    fallbacks = fallback_models(switches)
    if fallbacks:
        body["fallbacks"] = [{"model": name} for name in fallbacks]
    body.update(options.sampling or {})
    betas = _betas(script, plan, switches)
    headers = _headers(model, context, options, switches, betas)
    auth = "bearer" if model.get("provider") == "github-copilot" else "x-api-key"
    return Request(_url(model), headers, dump_bytes(body, spent=messages), auth)


def _url(model: Model) -> str:
    """Where to send it. A version in the base URL is not repeated; a query stays at the end.

    `beta=true` is what the vendor's own client adds when it sends beta headers.
    """
    base, _, query = model["baseUrl"].strip().partition("?")
    base = base.rstrip("/").removesuffix("/v1/messages").removesuffix("/v1")
    return f"{base}/v1/messages?{query}{'&' if query else ''}beta=true"


# --- thinking ------------------------------------------------------------------------------------


class _Plan(Value):
    """How much the model is to think, and the output limit that goes with it.

    `style` is "none", "off", "budget", "adaptive" or "per-answer"; `fields` are those of the body;
    `effort` is said with the answer asked for where the style is "per-answer".
    """

    style: str
    limit: int
    fields: dict[str, Any]
    effort: str | None = None


def _plan(model: Model, context: Context, options: Options, switches: dict[str, Any]) -> _Plan:
    level = thinking.effective(model, options.thinking)
    limit = answer_limit(model, context, options)
    per_answer = switches["supportsMidConvoEffort"] and bool(model.get("reasoning"))
    if level == "off" and per_answer and thinking.refuses(model, "off"):
        level = thinking.clamp(model, "off")  # it thinks anyway: as little as it can
    if level == "off":
        return _off(model, limit)
    if per_answer:
        bound = {**ADAPTIVE, **DROPPED_WHERE_CHANGED}
        fields = {"thinking": bound, "output_config": {"effort": _BASE_EFFORT}}
        return _Plan("per-answer", limit, fields, effort(model, level))
    if switches["forceAdaptiveThinking"]:
        fields = {"thinking": ADAPTIVE, "output_config": {"effort": effort(model, level)}}
        return _Plan("adaptive", limit, fields)
    return _with_budget(model, context, options, level)


def _off(model: Model, limit: int) -> _Plan:
    """No thinking. Some models cannot be told so; they decide for themselves."""
    if not model.get("reasoning") or thinking.refuses(model, "off"):
        return _Plan("none", limit, {})
    return _Plan("off", limit, {"thinking": {"type": "disabled"}})


def _with_budget(model: Model, context: Context, options: Options, level: str) -> _Plan:
    """Thinking with a budget, or none where the output limit leaves no room for one."""
    limit, tokens = limit_and_budget(model, context, options, level)
    if tokens is None:
        return _off(model, limit)
    return _Plan("budget", limit, {"thinking": budgeted(tokens)})


def _efforts(model: Model, plan: _Plan) -> Callable[[Message | None], str | None]:
    """The effort of an earlier answer of this model, or (for None) of the one asked for."""
    if plan.style != "per-answer":
        return lambda answer: None

    def effort_of(answer: Message | None) -> str | None:
        if answer is None:
            return plan.effort
        return thinking.effort_of_answer(model, answer, effort)

    return effort_of


# --- body ----------------------------------------------------------------------------------------


def _cache_mark(switches: dict[str, Any], options: Options) -> dict[str, Any] | None:
    if options.cache == "none":
        return None
    if options.cache == "long" and switches["supportsLongCacheRetention"]:
        return {"type": "ephemeral", "ttl": "1h"}
    return {"type": "ephemeral"}


def _system(script: Script, mark: dict[str, Any] | None) -> dict[str, Any]:
    if not script.system.strip():
        return {}
    return {"system": [_marked({"type": "text", "text": script.system}, mark)]}


def _tools(script: Script, switches: dict[str, Any], mark: dict[str, Any] | None) -> dict[str, Any]:
    tools = list(script.tools)
    if not tools:
        return {}
    if switches["supportsCacheControlOnTools"]:
        tools[-1] = _marked(tools[-1], mark)
    return {"tools": [*tools, PLACEHOLDER] if script.changes_tools else tools}


def _marked(block: dict[str, Any], mark: dict[str, Any] | None) -> dict[str, Any]:
    return {**block, "cache_control": mark} if mark else block


def _temperature(plan: _Plan, options: Options, switches: dict[str, Any]) -> dict[str, Any]:
    """A temperature, where the model takes one; none does while it thinks."""
    thinks = plan.style in ("budget", "adaptive", "per-answer")
    if options.temperature is None or thinks or not switches["supportsTemperature"]:
        return {}
    return {"temperature": options.temperature}


# --- headers -------------------------------------------------------------------------------------


def _betas(script: Script, plan: _Plan, switches: dict[str, Any]) -> list[str]:
    """The beta features the request uses, in the order the reference names them."""
    rows = (
        (
            bool(script.tools) and not switches["supportsEagerToolInputStreaming"],
            ("fine-grained-tool-streaming-2025-05-14",),
        ),
        (plan.style == "budget", (INTERLEAVED,)),
        (bool(fallback_models(switches)), ("server-side-fallback-2026-07-01",)),
        (
            switches["supportsMidConvoEffort"],
            ("mid-conversation-output-config-2026-07-01", BINDING),
        ),
        (script.changes_tools, ("inline-tools-2026-09-15",)),
    )
    return [name for wanted, names in rows if wanted for name in names]


def _headers(
    model: Model,
    context: Context,
    options: Options,
    switches: dict[str, Any],
    betas: list[str],
) -> dict[str, str]:
    headers = {
        "content-type": "application/json",
        "accept": "application/json",
        "anthropic-version": "2023-06-01",
    }
    if betas:
        headers["anthropic-beta"] = ",".join(betas)
    headers.update(copilot_headers(model, context))
    session = re.sub(r"[^!-~]", "_", options.session_id or "")
    if session and options.cache != "none" and switches["sendSessionAffinityHeaders"]:
        by_openrouter = switches["sessionAffinityFormat"] == "openrouter"
        headers["x-session-id" if by_openrouter else "x-session-affinity"] = session
    return headers
