"""Putting a credential on a request: the last thing that happens to it before it is sent.

    authorise = authoriser(keys)
    authorise(request, model)      the request with key, configured headers and full address

What a wire format calls its way of taking a key (`Request.auth`) is a row of `CARRIERS`. Headers of
`models.json` are resolved like keys, anew for each request.
"""

from __future__ import annotations

import re

from pi.errors import NoModelError, PiError
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pi.auth.resolve import Credential, Keys
    from pi.auth.value import Values
    from pi.request import Model, Request

CARRIERS = {
    "bearer": ("Authorization", "Bearer "),
    "x-api-key": ("x-api-key", ""),
    "api-key": ("api-key", ""),
    "x-goog-api-key": ("x-goog-api-key", ""),
    "none": None,
}
"""`Request.auth` -> the header a key goes into and what stands before it; None: nowhere."""

_BLANK = r"\{([A-Z][A-Z0-9_]*)\}"
_PLAIN = r"[A-Za-z0-9._~-]+"


def authoriser(keys: Keys) -> Callable[[Request, Model], Request]:
    """A function that makes a model's request ready to be sent. It raises NoModelError, PiError."""

    def authorise(request: Request, model: Model) -> Request:
        credential = keys.require(model["provider"])
        request = filled(request, credential, keys.values)
        headers = headers_of(model, credential, keys.values)
        return apply(request, credential, headers)

    return authorise


def apply(
    request: Request, credential: Credential, headers: Mapping[str, str] | None = None
) -> Request:
    """A request with its credential attached and `headers` over its own, whatever their case.

    Raises PiError for a way of signing that pi does not know yet.
    """
    result = dict(request.headers)
    carrier = _carrier(request, credential)
    if carrier is not None:
        name, prefix = carrier
        _put(result, name, f"{prefix}{credential.secret}")
    for name, value in (headers or {}).items():
        _put(result, name, value)
    return replace(request, headers=result)


def headers_of(model: Model, credential: Credential, values: Values) -> dict[str, str]:
    """The configured headers of a model, resolved. Raises NoModelError for one that cannot be."""
    result = {}
    if model.get("authHeader") and credential.secret:
        result["Authorization"] = f"Bearer {credential.secret}"
    for name, text in (model.get("headers") or {}).items():
        what = f'the header "{name}" of {model["provider"]}/{model["id"]}'
        value = values.resolve(text, credential.env, what=what)
        if value is None:
            missing = values.missing(text, credential.env)
            why = f"needs {' and '.join(missing)}" if missing else "its command failed"
            raise NoModelError(f"{what} cannot be had: {why}")
        _put(result, name, value)
    return result


def filled(request: Request, credential: Credential, values: Values) -> Request:
    """A request whose address has its `{VARIABLE}` blanks filled in. Raises NoModelError."""
    if "{" not in request.url:
        return request

    def value_of(blank: re.Match[str]) -> str:
        name = blank[1]
        value = values.lookup(name, credential.env)
        if value is None:
            raise NoModelError(f"the address of {credential.provider} needs {name}: set it")
        if not re.fullmatch(_PLAIN, value):
            raise NoModelError(f"{name} has characters that cannot be part of an address")
        return value

    return replace(request, url=re.sub(_BLANK, value_of, request.url))


def _carrier(request: Request, credential: Credential) -> tuple[str, str] | None:
    if credential.kind == "none":
        return None
    if credential.header:
        return credential.header, "Bearer "
    if credential.kind == "bearer":
        return CARRIERS["bearer"]
    if request.auth not in CARRIERS:
        raise PiError(f'{credential.provider}: pi cannot sign requests with "{request.auth}" yet')
    return CARRIERS[request.auth]


def _put(headers: dict[str, str], name: str, value: str) -> None:
    for present in [present for present in headers if present.lower() == name.lower()]:
        del headers[present]
    headers[name] = value
