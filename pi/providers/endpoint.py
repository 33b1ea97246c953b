"""Where a request goes: the model's base URL and the path of its wire format.

url_of({"baseUrl": "https://a.example/v1/?key=1", ...}, "/chat/completions")
"https://a.example/v1/chat/completions?key=1"
"""

from __future__ import annotations

from pi.errors import ProviderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Model


def url_of(model: Model, path: str) -> str:
    """The base URL with `path` after it; a query stays at the end.

    What of the path the base URL already ends in is not repeated: all of it, or its first part
    ("/v1" of "/v1/chat/completions"). Raises ProviderError("bad_request") when there is no base URL
    of HTTP.
    """
    base, mark, query = str(model.get("baseUrl") or "").strip().partition("?")
    if not base:
        raise ProviderError(
            f'provider "{model["provider"]}" has no base URL to send requests to: '
            'set its "baseUrl" in models.json',
            "bad_request",
        )
    if not base.lower().startswith(("http://", "https://")):
        raise ProviderError(
            f'the base URL of provider "{model["provider"]}" must begin with http:// or https://: '
            'correct its "baseUrl" in models.json',
            "bad_request",
        )
    version, slash, rest = path[1:].partition("/")
    base = base.rstrip("/").removesuffix(path)
    if slash and version.startswith("v") and rest:
        base = base.removesuffix(f"/{version}")
    return f"{base}{path}{mark}{query}"
