"""OpenCode: what its gateway wants to know beside the request itself, whatever the wire format.

    opencode_headers(model, options)     {"x-opencode-client": "pi", "x-opencode-session": "s1"}

It keeps the requests of a session together by the second one, also where nothing is cached.
Source: the requests the reference sends to it.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Model, Options

_PROVIDERS = ("opencode", "opencode-go")
_ADDRESS = re.compile(r"https?://(?:[^/?#@]*@)?opencode\.ai(?:[:/?#]|$)", re.IGNORECASE)


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
    return isinstance(url, str) and _ADDRESS.match(url) is not None
