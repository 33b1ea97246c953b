"""The wire format `google-vertex`: Gemini models at Google Cloud's Vertex AI.

    POST https://{location}-aiplatform.googleapis.com/v1/publishers/google/models/{id}:stream...

Which host and which project that is depends on the credential, which an encoder does not know:
`pi.auth.vertex` completes the address. A base URL without `{location}` is a gateway's and stays as
it is; `/v1` is added to one that names no version. An id may name its publisher
(`publisher/model`). Everything else is as in `google-generative-ai`. Sources: Vertex AI's API
reference; the requests the reference sends.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from pi.providers.endpoint import url_of
from pi.providers.google_answer import decode
from pi.providers.google_body import METHOD, request_to
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Context, Model, Options, Request

__all__ = ["decode", "encode"]

_OWN_URL = "https://{location}-aiplatform.googleapis.com"
_VERSION = re.compile(r"/v\d+(?:(?:alpha|beta)\d*)?(?=/|\?|$)")
_PUBLISHED = re.compile(r"(?:publishers/)?([^/]+)/(?:models/)?([^/]+)")


def encode(model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer. Raises ProviderError as `google_body.request_to` does."""
    base = str(model.get("baseUrl") or "").strip() or _OWN_URL
    version = "" if _VERSION.search(base.partition("://")[2]) else "/v1"
    url = url_of({**model, "baseUrl": base}, f"{version}/{_resource(clean(model['id']))}{METHOD}")
    return request_to(url, model, context, options)


def _resource(model_id: str) -> str:
    """The name of a model below the project."""
    plain = model_id.removeprefix("models/")
    named = _PUBLISHED.fullmatch(plain)
    publisher, name = named.groups() if named else ("google", plain)
    return f"publishers/{quote(publisher, safe='')}/models/{quote(name, safe=':@')}"
