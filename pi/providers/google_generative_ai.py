"""The wire format `google-generative-ai`: Google's Gemini API, and gateways that speak it.

    POST {baseUrl}/models/{id}:streamGenerateContent?alt=sse
    answer: SSE of GenerateContentResponse objects

The base URL names the API's version; without a base URL it is Google's own. The key travels in
`x-goog-api-key`. An id may also be a whole name, `models/...` or `tunedModels/...`. Body:
`google_body`; answer: `google_answer`. Source: Google's API reference.
"""

from __future__ import annotations

from urllib.parse import quote

from pi.providers.endpoint import url_of
from pi.providers.google_answer import decode
from pi.providers.google_body import METHOD, request_to
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Context, Model, Options, Request

__all__ = ["decode", "encode"]

_OWN_URL = "https://generativelanguage.googleapis.com/v1beta"
_COLLECTIONS = ("models/", "tunedModels/")


def encode(model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer. Raises ProviderError as `google_body.request_to` does."""
    name = quote(clean(model["id"]), safe="/:@")
    if not name.startswith(_COLLECTIONS):
        name = f"models/{name}"
    base = str(model.get("baseUrl") or "").strip() or _OWN_URL
    url = url_of({**model, "baseUrl": base}, f"/{name}{METHOD}")
    return request_to(url, model, context, options)
