"""The request to generate content, the same at Google AI and at Vertex AI.

    {"contents": [...], "systemInstruction": {"parts": [{"text"}], "role": "user"},
     "tools", "toolConfig", "generationConfig": {"temperature", "maxOutputTokens",
     "thinkingConfig"}}

The model is named in the address. A model's `samplingParams` do not apply to this format. Sources:
Google's API reference, "generateContent"; the requests the reference sends.
"""

from __future__ import annotations

from pi.errors import ProviderError
from pi.providers.google_contents import converted
from pi.providers.google_thinking import thinking_config
from pi.providers.google_tools import declared
from pi.providers.limits import output_limit
from pi.request import Request
from pi.text.jsontext import dump_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Context, Model, Options

METHOD = ":streamGenerateContent"
SSE = "alt=sse"
"""What a request's query says so that the answer is a stream of events, not one JSON array."""


def request_to(url: str, model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer, sent to `url`, which may have a query of its own.

    Raises ProviderError("bad_request") when there is nothing to answer, when a tool insists on
    what cannot be had, or when the model's level map is wrong.
    """
    contents = converted(context.messages, model)
    if not contents:
        raise ProviderError("the conversation has nothing that could be answered", "bad_request")
    body: dict[str, Any] = {"contents": contents}
    if context.system.strip():
        body["systemInstruction"] = {"parts": [{"text": context.system}], "role": "user"}
    body.update(declared(context.tools, model))
    settings = _settings(model, context, options)
    if settings:
        body["generationConfig"] = settings
    body.update(options.sampling or {})
    address = f"{url}{'&' if '?' in url else '?'}{SSE}"
    headers = {"content-type": "application/json"}
    return Request(address, headers, dump_bytes(body, spent=contents), "x-goog-api-key")


def _settings(model: Model, context: Context, options: Options) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if options.temperature is not None:
        settings["temperature"] = options.temperature
    limit = output_limit(model, context, options)
    if limit is not None:
        settings["maxOutputTokens"] = limit
    thinking = thinking_config(model, options)
    if thinking:
        settings["thinkingConfig"] = thinking
    return settings
