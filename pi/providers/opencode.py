"""OpenCode: what its gateway wants to know beside the request itself, whatever the wire format.

    opencode_headers(model, options)     {"x-opencode-client": "pi", "x-opencode-session": "s1"}

It keeps the requests of a session together by the second one, also where nothing is cached.
Source: the requests the reference sends to it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Model, Options

_PROVIDERS = ("opencode", "opencode-go")
_HOST = "opencode.ai"


def opencode_headers(model: Model, options: Options) -> dict[str, str]:
    """The extra headers of a request to OpenCode; {} for every other provider."""
    if not _is_opencode(model):
        return {}
    headers = {"x-opencode-client": "pi"}
    if options.session_id:
        headers["x-opencode-session"] = re.sub(r"[^!-~]", "_", options.session_id)
    return headers


def _is_opencode(model: Model) -> bool:
    if model.get("provider") in _PROVIDERS:
        return True
    url = model.get("baseUrl")
    if not isinstance(url, str) or _HOST not in url:
        return False
    try:
        return urlsplit(url).hostname == _HOST
    except ValueError:  # the request itself will say what is wrong with the address
        return False
