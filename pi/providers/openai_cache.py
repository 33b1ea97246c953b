"""Prompt caching for Chat Completions: cache keys, marks on the text, headers that keep a session.

    cache_fields(...)      {"prompt_cache_key": "s1", "prompt_cache_retention": "24h"}
    mark_for_cache(...)    {"cache_control": {"type": "ephemeral"}} on prompt, tools, last text
    affinity_headers(...)  {"x-session-id": "s1"}

Sources: OpenAI's prompt-caching guide; Anthropic's, whose marks OpenRouter passes on; the
reference's models-configuration page.
"""

from __future__ import annotations

import re

from pi.providers.openai_compat import url_has

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Model, Options

_MAX_CACHE_KEY = 64  # characters


def cache_fields(model: Model, switches: dict[str, Any], options: Options) -> dict[str, Any]:
    """The body's own cache fields."""
    fields: dict[str, Any] = {}
    keep_long = options.cache == "long" and switches["supportsLongCacheRetention"]
    mode = switches["promptCacheKeyMode"]
    automatic = url_has(model, "api.openai.com") or keep_long
    if mode == "enabled" or (mode != "disabled" and automatic):
        fields.update(cache_key(options))
    if keep_long:
        fields["prompt_cache_retention"] = "24h"
    return fields


def cache_key(options: Options) -> dict[str, str]:
    """The field that tells the service which requests belong together; {} without a session."""
    session = _session(options)
    return {"prompt_cache_key": session[:_MAX_CACHE_KEY]} if session else {}


def _session(options: Options) -> str:
    """The session id where it may be used for caching, else ""."""
    return (options.session_id or "") if options.cache != "none" else ""


def cache_mark(switches: dict[str, Any], options: Options) -> dict[str, Any] | None:
    """The mark to put on text; None where the service does not read marks."""
    if switches["cacheControlFormat"] != "anthropic" or options.cache == "none":
        return None
    mark = {"type": "ephemeral"}
    if options.cache == "long" and switches["supportsLongCacheRetention"]:
        mark["ttl"] = "1h"
    return mark


def mark_for_cache(messages: list[Any], tools: list[Any], mark: dict[str, Any]) -> None:
    """Put `mark` on the system prompt, the last tool and the last message that has text."""
    if messages and messages[0]["role"] in ("system", "developer"):
        _mark_text(messages[0], mark)
    if tools:
        tools[-1] = {**tools[-1], "cache_control": mark}
    for message in reversed(messages):
        if message["role"] in ("user", "assistant", "tool") and _mark_text(message, mark):
            return


def _mark_text(message: dict[str, Any], mark: dict[str, Any]) -> bool:
    """Mark a message's last text; returns whether it has one."""
    content = message.get("content")
    if isinstance(content, str) and content:
        content = [{"type": "text", "text": content}]
    for at in range(len(content or ()) - 1, -1, -1):
        if content[at]["type"] == "text":
            message["content"] = [
                *content[:at],
                {**content[at], "cache_control": mark},
                *content[at + 1 :],
            ]
            return True
    return False


_AFFINITY_HEADERS = {
    "openai": ("session_id", "x-client-request-id", "x-session-affinity"),
    "openai-nosession": ("x-client-request-id", "x-session-affinity"),
    "openrouter": ("x-session-id",),
}
"""`sessionAffinityFormat` -> the headers that keep a session on one machine, where its cache is."""


def affinity_headers(switches: dict[str, Any], options: Options) -> dict[str, str]:
    """The session's headers, where the service wants them."""
    if not switches["sendSessionAffinityHeaders"]:
        return {}
    names = _AFFINITY_HEADERS.get(switches["sessionAffinityFormat"])
    return session_headers(options, names or _AFFINITY_HEADERS["openai-nosession"])


def session_headers(options: Options, names: tuple[str, ...]) -> dict[str, str]:
    """Headers of these names with the session's id; {} without one, or when nothing is cached."""
    session = re.sub(r"[^!-~]", "_", _session(options))
    return dict.fromkeys(names, session) if session else {}
