"""Responses behind a ChatGPT subscription: the same answers, to requests with other rules.

Source: requests and refusals as its client and public bug reports show them.
"""

from __future__ import annotations

import re

from tests.fakeprovider.formats.openai_responses import error_records, read, refusal, stream, whole
from tests.fakeprovider.formats.responses_check import check_body
from tests.fakeprovider.refusal import RefusedError, is_filled, object_body, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.fakeprovider.request import Request

__all__ = ["error_records", "read", "refusal", "stream", "whole"]
NAME = "openai-codex-responses"
VENDOR = "openai"
BASE_PATH = "/backend-api"
PATH = re.compile(r"/codex/responses$")

_UNKNOWN = ("max_output_tokens", "prompt_cache_retention", "metadata", "truncation", "user")


def check(request: Request) -> None:
    """Raise RefusedError for a request the service would refuse."""
    if not request.headers.get("chatgpt-account-id"):
        raise RefusedError("Unauthorized", status=401)
    body = object_body(request)
    require(is_filled(body.get("instructions")), "Instructions are required", "instructions")
    require(body.get("store") is False, "Store must be set to false", "store")
    require(body.get("stream") is True, "Stream must be set to true", "stream")
    for name in _UNKNOWN:
        require(name not in body, f"Unsupported parameter: {name}", name)
    check_body(body)
