"""The address of Vertex AI, which depends on the credential.

    with a key            https://aiplatform.googleapis.com/v1/publishers/...
    with a token          https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/...

Only an address with the blank `{location}` is completed; every other one is a gateway's. Project
and location are those of GOOGLE_CLOUD_PROJECT (or GCLOUD_PROJECT) and GOOGLE_CLOUD_LOCATION.
Source: Vertex AI's guide to locations and endpoints; the requests the reference sends.
"""

from __future__ import annotations

import re

from pi.errors import NoModelError
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.auth.credential import Credential
    from pi.request import Request

BLANK = "{location}"

_HOST = "aiplatform.googleapis.com"
_ADDRESS = re.compile(r"https?://\{location\}-aiplatform\.googleapis\.com/(?:v[0-9a-z]+/)?")
_JOINT = ("us", "eu")
"""Locations of several regions, which have hosts of their own kind."""

_PROJECT = re.compile(r"[A-Za-z0-9.:_-]+")
_LOCATION = re.compile(r"[a-z0-9-]+")


def addressed(
    request: Request, credential: Credential, lookup: Callable[[str], str | None]
) -> Request:
    """A request with its `{location}` filled in. Raises NoModelError when that cannot be done."""
    if BLANK not in request.url:
        return request
    by_key = credential.kind == "api_key"
    location = "global" if by_key else _setting(lookup, _LOCATION, "GOOGLE_CLOUD_LOCATION")
    found = _ADDRESS.match(request.url)
    if found is None:
        return replace(request, url=request.url.replace(BLANK, location))
    start = found[0].replace(f"{BLANK}-{_HOST}", host_of(location))
    if not by_key:
        project = _setting(lookup, _PROJECT, "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT")
        start += f"projects/{project}/locations/{location}/"
    return replace(request, url=start + request.url[found.end() :])


def host_of(location: str) -> str:
    """The host that serves a location."""
    if location == "global":
        return _HOST
    if location in _JOINT:
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{location}-{_HOST}"


def _setting(lookup: Callable[[str], str | None], shape: re.Pattern[str], *names: str) -> str:
    name, value = next(((name, value) for name in names if (value := lookup(name))), ("", ""))
    if not value:
        raise NoModelError(f"Vertex AI needs {' or '.join(names)}: set it")
    if not shape.fullmatch(value):
        raise NoModelError(f"{name} has characters that cannot be part of an address")
    return value
