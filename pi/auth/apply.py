"""Putting a credential on a request: the last thing that happens to it before it is sent.

    authorise = authoriser(keys, transport)
    authorise(request, model, token)     the request with key, configured headers, full address
    locate = locator(keys)
    locate(model)                  the model at the address this user's variables give it

What a wire format calls its way of taking a key (`Request.auth`) is a row of `CARRIERS`. Headers of
`models.json` are resolved like keys, anew for each request.
"""

from __future__ import annotations

import re
import time

from pi.auth import chatgpt, copilot, region
from pi.auth.ambient import Machine
from pi.auth.credential import AMBIENT, ANTHROPIC_LOGIN
from pi.auth.vertex import addressed
from pi.errors import NoModelError, PiError
from pi.providers import azure
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pi.auth.resolve import Credential, Keys
    from pi.auth.value import Values
    from pi.cancel import CancelToken
    from pi.request import Model, Request
    from pi.transport import Transport

CARRIERS = {
    "bearer": ("Authorization", "Bearer "),
    "x-api-key": ("x-api-key", ""),
    "api-key": ("api-key", ""),
    "x-goog-api-key": ("x-goog-api-key", ""),
    "chatgpt": ("Authorization", "Bearer "),  # and the account's header, see `pi.auth.chatgpt`
    "sigv4": ("Authorization", "Bearer "),  # a Bedrock key; AWS keys sign instead
    "none": None,
}
"""`Request.auth` -> the header a key goes into and what stands before it; None: nowhere."""

_BY_LOGIN = {"openai": chatgpt.modest, copilot.PROVIDER: copilot.located}
"""Provider -> what a login makes of a model."""

_ANTHROPIC_LOGIN_BETA = "oauth-2025-04-20"
"""The feature that requests with a token of an Anthropic login must name."""

_BLANK = r"\{([A-Z][A-Z0-9_]*)\}"
_PLAIN = r"[A-Za-z0-9._~-]+"


def authoriser(
    keys: Keys, transport: Transport, now_s: Callable[[], float] = time.time
) -> Callable[..., Request]:
    """A function that makes a model's request ready to be sent. It raises PiError, Cancelled.

    `transport` is used where the machine's credentials have to be asked for. The function's last
    argument is the time at the provider, where that has turned out to be another than here:
    signatures have a time, and from then on that one counts.
    """
    machine = Machine(transport, now_s)
    ahead_s = 0.0

    def authorise(
        request: Request, model: Model, token: CancelToken, provider_s: float | None = None
    ) -> Request:
        nonlocal ahead_s
        if provider_s is not None:
            ahead_s = provider_s - now_s()
        credential = keys.require(model["provider"])

        def lookup(name: str) -> str | None:
            return keys.values.lookup(name, credential.env)

        held = credential
        if credential.kind == AMBIENT:
            place = str(model.get("baseUrl") or "")
            own = machine.credential(credential, lookup, token, place)
            held = replace(own, env=credential.env)
        request = addressed(filled(request, credential, keys.values), held, lookup)
        headers = {**held.headers, **headers_of(model, held, keys.values)}
        if held.aws is not None:
            from pi.auth.sigv4 import signed  # noqa: PLC0415 - one provider needs hashes and hmac

            place = region.region_of(model, lookup)
            return signed(apply(request, held, headers), held.aws, place, now_s() + ahead_s)
        return apply(request, held, headers)

    return authorise


def locator(keys: Keys) -> Callable[[Model], Model]:
    """A function that says what a model is for this user: at their Azure, in their AWS region, as
    their login has it.

    Every other model is returned as it is. It raises ProviderError.
    """

    def locate(model: Model) -> Model:
        login = keys.login(model["provider"]) if model["provider"] in _BY_LOGIN else None
        if login is not None:
            return _BY_LOGIN[model["provider"]](model, login)
        place = azure.located if azure.is_azure(model) else region.located
        if place is region.located and not region.is_bedrock(model):
            return model
        env = keys.variables(model["provider"])
        return place(model, lambda name: keys.values.lookup(name, env))

    return locate


def apply(
    request: Request, credential: Credential, headers: Mapping[str, str] | None = None
) -> Request:
    """A request with its credential attached and `headers` over its own, whatever their case.

    Raises PiError for a way of signing that pi does not know yet, NoModelError for a token that is
    not what the provider takes.
    """
    result = dict(request.headers)
    carrier = _carrier(request, credential)
    if carrier is not None:
        name, prefix = carrier
        _put(result, name, f"{prefix}{credential.secret}")
    if request.auth == "chatgpt" and credential.secret:
        _put(result, chatgpt.HEADER, chatgpt.account_of(credential.secret))
    if request.auth == "x-api-key" and credential.secret.startswith(ANTHROPIC_LOGIN):
        betas = [name for name in (result.get("anthropic-beta"), _ANTHROPIC_LOGIN_BETA) if name]
        _put(result, "anthropic-beta", ",".join(betas))
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
    if credential.kind == "none" or credential.aws is not None:
        return None
    if credential.header:
        return credential.header, "Bearer "
    if credential.kind == "bearer":
        return CARRIERS["bearer"]
    if request.auth not in CARRIERS:
        raise PiError(f'{credential.provider}: pi cannot sign requests with "{request.auth}"')
    return CARRIERS[request.auth]


def _put(headers: dict[str, str], name: str, value: str) -> None:
    for present in [present for present in headers if present.lower() == name.lower()]:
        del headers[present]
    headers[name] = value
