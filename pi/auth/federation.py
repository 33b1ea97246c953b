"""Anthropic's workload identity federation: a machine's own identity, as tokens for requests.

    is_there(lookup)                          True: the file with the identity token is there
    source = open_source(lookup, transport, time, "https://api.anthropic.com")
    source(token)                             Credential(anthropic, bearer, from ...)

The identity token is what the machine's platform vouches for it with: a JSON Web Token in a file
that the platform keeps fresh, so the file is read anew for each exchange. What it is exchanged for
is kept for the run and renewed a minute before its end. The exchange goes where requests go.

Sources: Anthropic's guide "Workload identity federation"; RFC 7523; the requests the reference
sends.
"""

from __future__ import annotations

import json
import os
import time

from pi.auth.credential import Credential
from pi.auth.exchange import Token, ask
from pi.errors import NoModelError
from pi.providers.endpoint import url_of
from pi.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.auth.ambient import Lookup, Source
    from pi.cancel import CancelToken
    from pi.transport import Transport

PROVIDER = "anthropic"
_FILE = "ANTHROPIC_IDENTITY_TOKEN_FILE"
_FIELDS = {
    "federation_rule_id": "ANTHROPIC_FEDERATION_RULE_ID",
    "organization_id": "ANTHROPIC_ORGANIZATION_ID",
    "service_account_id": "ANTHROPIC_SERVICE_ACCOUNT_ID",
    "workspace_id": "ANTHROPIC_WORKSPACE_ID",
}
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_BETAS = "oauth-2025-04-20,oidc-federation-2026-04-01"
_PUBLIC_API = "https://api.anthropic.com"
_EARLY_S = 60.0  # how long before its end a token is renewed
_LARGEST = 256 * 1024  # bytes of an identity token


def is_marker(_key: str) -> bool:
    """No key stands for this."""
    return False


def is_there(lookup: Lookup) -> bool:
    """Whether there seems to be an identity token, by a look at the file alone."""
    return os.path.exists(_path(lookup))


def missing(lookup: Lookup) -> str:
    """What to do so that there is one, for a message."""
    return f"let {_FILE} name a file that is there (it says {lookup(_FILE)})"


def open_source(
    lookup: Lookup,
    transport: Transport,
    now_s: Callable[[], float] = time.time,
    base_url: str = _PUBLIC_API,
) -> Source:
    """What gives the credential of one request; raises NoModelError, ProviderError, Cancelled."""
    kept: list[tuple[Token, Credential]] = []  # the latest one; threads may both renew it

    def source(token: CancelToken) -> Credential:
        if kept and kept[-1][0].expires_s - _EARLY_S > now_s():
            return kept[-1][1]
        path = _path(lookup)
        identity = _read(path)
        request = _exchange(identity, lookup, base_url)
        reply = ask(transport, request, token, "Anthropic", secrets=[identity])
        fresh = Token.of(reply, now_s(), "Anthropic")
        kept[:] = [(fresh, Credential(PROVIDER, "bearer", fresh.secret, path, {}))]
        return kept[-1][1]

    return source


def _exchange(identity: str, lookup: Lookup, base_url: str) -> Request:
    named = {field: lookup(name) for field, name in _FIELDS.items()}
    given = {field: value for field, value in named.items() if value}
    body = json.dumps({"grant_type": _GRANT, "assertion": identity, **given}).encode("ascii")
    headers = {
        "content-type": "application/json",
        "accept": "application/json",
        "anthropic-beta": _BETAS,
    }
    place = {"provider": PROVIDER, "baseUrl": base_url or _PUBLIC_API}
    return Request(url_of(place, "/v1/oauth/token"), headers, body, "none", "json")


def _path(lookup: Lookup) -> str:
    return os.path.abspath(os.path.expanduser(lookup(_FILE) or ""))


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST)
    except OSError as error:
        raise NoModelError(f"cannot read the identity token in {path}: {error.strerror}") from None
    text = data.decode("ascii", "replace").strip()
    if not text:
        raise NoModelError(f"the identity token in {path} is empty: {_FILE} names the wrong file?")
    return text
