"""Prompt caching for Responses: fields of the body, and headers that keep a session together.

    {"prompt_cache_key": "s1", "prompt_cache_retention": "24h"}
    {"prompt_cache_key": "s1", "prompt_cache_options": {"ttl": "30m"}}       newer models

Sources: OpenAI's prompt-caching guide; the reference's models-configuration page.
"""

from __future__ import annotations

from pi.providers.openai_cache import cache_key, session_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Options

_HEADERS = {
    "openai": ("session-id", "x-client-request-id"),
    "openai-nosession": ("x-client-request-id",),
    "openrouter": ("x-session-id",),
    "none": (),
}
"""`sessionAffinityFormat` -> the headers that keep a session on one machine, where its cache is."""


def cache_fields(switches: dict[str, Any], options: Options) -> dict[str, Any]:
    """The body's cache fields."""
    fields: dict[str, Any] = {}
    if switches["promptCacheKeyMode"] != "disabled":
        fields.update(cache_key(options))
    explicit = switches["supportsExplicitPromptCacheMode"]
    if options.cache == "none" and explicit:
        fields["prompt_cache_options"] = {"mode": "explicit"}  # with no mark set: nothing is kept
    elif options.cache == "long" and switches["supportsLongCacheRetention"]:
        if explicit:
            fields["prompt_cache_options"] = {"ttl": "30m"}
        else:
            fields["prompt_cache_retention"] = "24h"
    return fields


def affinity_headers(switches: dict[str, Any], options: Options) -> dict[str, str]:
    """The session's headers, as the service wants them."""
    names = _HEADERS.get(switches["sessionAffinityFormat"], _HEADERS["openai"])
    return session_headers(options, names)
