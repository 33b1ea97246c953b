"""Asking a token service: one request, one JSON object, and errors without a secret in them.

    request = form("https://oauth2.example/token", {"grant_type": "refresh_token", ...})
    reply = ask(transport, request, token, "Google", secrets=[refresh_token])
    Token.of(reply, now_s, "Google")              Token(expires in 3599 s)

Source: RFC 6749 sections 4 to 6.
"""

from __future__ import annotations

import json

from pi.errors import ProviderError
from pi.providers import failure
from pi.request import Request
from pi.text.number import count_of
from pi.transport import Limits
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from pi.cancel import CancelToken
    from pi.errors import ErrorKind
    from pi.transport import Transport

LIMITS = Limits(connect_s=10.0, first_byte_s=20.0, idle_s=10.0)
_LARGEST = 1024 * 1024  # bytes of an answer
_SHORTEST_SECRET = 6  # characters; shorter ones are no secrets and may be part of any word
_LIFE_S = 3600


class Token(Value):
    """An access token and the moment it ends, in seconds since 1970."""

    secret: str
    expires_s: float

    def __repr__(self) -> str:  # never the token
        return f"Token(until {self.expires_s:.0f})"

    @classmethod
    def of(
        cls, reply: Mapping[str, Any], now_s: float, who: str, name: str = "access_token"
    ) -> Token:
        """The token of a service's reply. Raises ProviderError when it has none."""
        secret = reply.get(name)
        if not isinstance(secret, str) or not (secret.isascii() and secret.isprintable()):
            raise ProviderError(f"{who} answered without an {name}", "protocol")
        if not secret.strip():
            raise ProviderError(f"{who} answered with an empty {name}", "protocol")
        return cls(secret.strip(), now_s + (count_of(reply.get("expires_in")) or _LIFE_S))


def form(url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Request:
    """A POST of form fields."""
    from urllib.parse import urlencode  # noqa: PLC0415 - only where a token is asked for

    kind = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    body = urlencode(fields).encode("ascii")
    return Request(url, {**kind, **(headers or {})}, body, "none", "json")


def ask(
    transport: Transport, request: Request, token: CancelToken, who: str, **options: Any
) -> dict[str, Any]:
    """The JSON object a service answers with. Options and errors are those of `send`."""
    try:
        reply = json.loads(send(transport, request, token, who, **options))
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        raise ProviderError(f"{who} did not answer with a JSON object", "protocol")
    return reply


def send(
    transport: Transport,
    request: Request,
    token: CancelToken,
    who: str,
    *,
    secrets: Iterable[str] = (),
    limits: Limits = LIMITS,
) -> bytes:
    """The body a service answers with.

    `who` names it in errors, which have none of the `secrets` in them. Raises ProviderError: "auth"
    where the service refuses (400, 401, 403), as the transport says otherwise; Cancelled.
    """
    with transport.open(request, token, limits) as response:
        data = response.read(_LARGEST)
        if 200 <= response.status < 300:
            return data
        error = failure.from_http(response.status, response.headers, data)
    refused = error.status in (400, 401, 403)
    kind: ErrorKind = "auth" if refused else error.kind
    line = f"{who} refused: {error}" if refused else f"{who}: {error}"
    raise ProviderError(
        masked(line, secrets),
        kind,
        status=error.status,
        retry_after_s=error.retry_after_s,
        code=error.code and masked(error.code, secrets),
    )


def masked(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text
