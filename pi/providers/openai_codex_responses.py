"""The wire format `openai-codex-responses`: the Responses API behind a ChatGPT subscription.

    POST https://chatgpt.com/backend-api/codex/responses    with the token of a ChatGPT sign-in

It differs from `openai-responses` in what it takes: the system prompt comes as `instructions`,
which must not be empty; there is no output limit and nothing free-form. The account a request is
for is named in a header that comes with the credential (`Request.auth` is "chatgpt").

Known limits: over HTTP with SSE only; bodies are not compressed, for which Python has no zstd.
Source: the requests the reference sends, and its models-configuration page.
"""

from __future__ import annotations

from pi.providers import thinking
from pi.providers.endpoint import url_of
from pi.providers.openai_cache import cache_key, session_headers
from pi.providers.openai_responses import script_of, temperature_field, tools_field
from pi.providers.responses_answer import decode_codex as decode
from pi.providers.responses_compat import switches_of
from pi.providers.responses_input import input_items
from pi.providers.responses_reasoning import SEALED, reasoning_fields
from pi.request import Request
from pi.text.jsontext import dump_bytes
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Context, Model, Options

__all__ = ["decode", "encode"]

BASE_URL = "https://chatgpt.com/backend-api"
"""Where it is for a model that does not say."""

_NO_PROMPT = "Help with what the user asks for."
"""The instructions when there is no system prompt."""

_LONGEST_SESSION = 64  # characters, also in headers


def encode(model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer.

    Raises ProviderError("bad_request") when a tool insists on what the model does not offer.
    """
    switches = switches_of(model)
    level = thinking.effective(model, options.thinking)
    script = script_of(model, context, switches, level, loose=None)
    items = [*script.placement.opening, *input_items(context, script)]
    body = {
        "model": model["id"],
        "store": False,
        "stream": True,
        "instructions": context.system or _NO_PROMPT,
        "input": items,
        "text": {"verbosity": "low"},
        "include": SEALED,
        **cache_key(options),
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        **temperature_field(options),
        **tools_field(script),
        **reasoning_fields(model, switches, level),
    }
    session = (options.session_id or "")[:_LONGEST_SESSION]
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "openai-beta": "responses=experimental",
        "originator": "pi",
        **session_headers(
            replace(options, session_id=session), ("session-id", "x-client-request-id")
        ),
    }
    return Request(_url(model), headers, dump_bytes(body, spent=items), "chatgpt")


def _url(model: Model) -> str:
    """The address; of "/codex/responses" the base URL may already have a part."""
    base, mark, query = str(model.get("baseUrl") or BASE_URL).strip().partition("?")
    base = base.rstrip("/").removesuffix("/responses").removesuffix("/codex")
    return url_of({**model, "baseUrl": f"{base}{mark}{query}"}, "/codex/responses")
