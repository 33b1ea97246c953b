"""The wire format `azure-openai-responses`: the Responses API of a customer's Azure resource.

    POST {resource}/openai/v1/responses?api-version=v1    with the key in the header `api-key`

The body is that of `openai-responses`; the model is asked for by the name of its deployment. Where
the resource is and what a deployment is called is `azure`'s affair. Source: Microsoft's reference,
"Azure OpenAI in Foundry Models REST API"; the requests the reference sends.
"""

from __future__ import annotations

from pi.providers.azure import located
from pi.providers.openai_responses import request_of
from pi.providers.responses_answer import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Context, Model, Options, Request

__all__ = ["decode", "encode"]


def encode(model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer. Raises ProviderError("bad_request") as `openai_responses`.

    A model that was not located yet is found by its own base URL alone.
    """
    return request_of(located(model, lambda name: None), context, options, "api-key")
