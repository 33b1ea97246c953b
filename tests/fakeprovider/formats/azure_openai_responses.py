"""Responses at Azure: the same answers, below another path and behind another key header.

Source: the vendor's API reference.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from tests.fakeprovider.formats import responses_check
from tests.fakeprovider.formats.openai_responses import error_records, read, refusal, stream, whole
from tests.fakeprovider.refusal import RefusedError, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.fakeprovider.request import Request

__all__ = ["error_records", "read", "refusal", "stream", "whole"]
NAME = "azure-openai-responses"
VENDOR = "openai"
BASE_PATH = "/openai/v1"
PATH = re.compile(r"/openai/v1/responses$")


def check(request: Request) -> None:
    """Raise RefusedError for a request the vendor would refuse."""
    version = parse_qs(request.query).get("api-version")
    require(version, "Missing required query parameter: api-version", "api-version")
    if not request.headers.get("api-key") and "authorization" not in request.headers:
        raise RefusedError("Access denied due to missing api-key.", code="401", status=401)
    responses_check.check(request)
