"""The wire formats: one row each, loaded on first use.

A format is a module with two pure functions:

    encode(model, context, options) -> Request
    decode(records, draft) -> Iterator[StreamEvent]

`records` are what the request's framing gives: `(event name or None, data text)` for SSE. `decode`
yields `Start(draft)` once the answer has begun, balanced block events, and `Done`; anything else
is an exception: `ProviderError` for what the provider did wrong. It must insist on the format's
own end marker, since a cut stream otherwise looks complete.

A scripted format (`demo`, `faux`) has no HTTP: its module has `respond(model, context, options,
draft, token) -> Iterator[StreamEvent]` instead.
"""

from __future__ import annotations

from importlib import import_module

from pi.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

FORMATS = {
    "openai-completions": "pi.providers.openai_completions",
    "openai-responses": "pi.providers.openai_responses",
    "azure-openai-responses": "pi.providers.azure_openai_responses",
    "openai-codex-responses": "pi.providers.openai_codex_responses",
    "anthropic-messages": "pi.providers.anthropic_messages",
    "mistral-conversations": "pi.providers.mistral_conversations",
    "bedrock-converse-stream": "pi.providers.bedrock_converse_stream",
    "google-generative-ai": "pi.providers.google_generative_ai",
    "google-vertex": "pi.providers.google_vertex",
    "demo": "pi.providers.demo",
    "faux": "pi.providers.faux",
}
"""Wire format (a model's `api`) -> module."""


def load(api: str) -> ModuleType:
    """The module of a wire format. Raises UsageError if there is none of that name."""
    try:
        name = FORMATS[api]
    except KeyError:
        known = ", ".join(sorted(FORMATS))
        raise UsageError(f'unknown wire format "{api}"; known are: {known}') from None
    return import_module(name)
