"""Generate content at Vertex AI: the same answers, below a path that names the publisher.

Source: the vendor's API reference.
"""

from __future__ import annotations

import re

from tests.fakeprovider.formats.google_check import check
from tests.fakeprovider.formats.google_generative_ai import (
    error_records,
    is_streamed,
    read,
    refusal,
    stream,
    whole,
)

__all__ = ["check", "error_records", "is_streamed", "read", "refusal", "stream", "whole"]
NAME = "google-vertex"
VENDOR = "google"
BASE_PATH = "/v1"
PATH = re.compile(r"/publishers/[^/]+/models/[^/]+:(?:stream)?[gG]enerateContent$")
