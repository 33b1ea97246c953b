"""Tokens for what Google's credential files hold; one way for each `type` of file.

    service_account                     a signed statement is exchanged for a token
    authorized_user                     a refresh token is
    external_account                    another service's token is, read from a file or an address
    external_account_authorized_user    a refresh token is, at the token exchange
    impersonated_service_account        a token of one of the above is, for a service account's

The files are the user's own and are trusted, but not to send secrets in the clear: addresses must
be https, except on this machine. Sources: RFC 7523, RFC 8693; Google's AIP-4110 to 4117; the
requests the reference sends. Known limits: an external account whose token comes from a program or
from AWS is refused.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode

from pi.auth import rsa
from pi.auth.exchange import Token, ask, form, send
from pi.errors import NoModelError
from pi.request import Request
from pi.text.jsontext import dump_bytes
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.cancel import CancelToken
    from pi.transport import Transport

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URL = "https://oauth2.googleapis.com/token"
EXCHANGE_URL = "https://sts.googleapis.com/v1/token"
_LIFE_S = 3600
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
_SAFE_URL = re.compile(
    r"https://[!-~]+|http://(?:localhost|127\.0\.0\.1|\[::1\]|169\.254\.169\.254)(?:[:/][!-~]*)?"
)
_LARGEST = 1024 * 1024  # bytes of a token in a file


class Desk(Value):
    """Where tokens are asked for: the file, its content, and what a request takes."""

    path: str
    info: dict[str, Any]
    transport: Transport
    cancel: CancelToken
    now_s: Callable[[], float]

    def text(self, key: str, usual: str = "") -> str:
        """A field of the file. Raises NoModelError when it is missing or is no text."""
        value = self.info.get(key, usual)
        if not isinstance(value, str) or not value:
            raise NoModelError(f"the credentials in {self.path} have no {key}: renew the file")
        return value

    def url(self, key: str, usual: str = "") -> str:
        """An address in the file. Raises NoModelError for one that cannot be trusted."""
        value = self.text(key, usual)
        if not _SAFE_URL.fullmatch(value):
            raise NoModelError(f"the {key} in {self.path} is not an https address")
        return value

    def of(self, info: object) -> Desk:
        """The same for a part of the file."""
        held = info if isinstance(info, dict) else {}
        return Desk(self.path, held, self.transport, self.cancel, self.now_s)


def token_of(desk: Desk) -> Token:
    """A fresh token for what a credential file holds.

    Raises NoModelError for a file that cannot be used, ProviderError, Cancelled.
    """
    kind = desk.text("type")
    grant = _GRANTS.get(kind)
    if grant is None:
        known = ", ".join(_GRANTS)
        raise NoModelError(
            f'the credentials in {desk.path} are of type "{kind}"; pi can use {known}'
        )
    return grant(desk)


def _service_account(desk: Desk) -> Token:
    url = desk.url("token_uri", TOKEN_URL)
    statement = _statement(desk, url)
    fields = {"grant_type": _JWT_GRANT, "assertion": statement}
    reply = ask(desk.transport, form(url, fields), desk.cancel, "Google", secrets=[statement])
    return Token.of(reply, desk.now_s(), "Google")


def _statement(desk: Desk, audience: str) -> str:
    """The signed statement (RFC 7523) that a service account asks for a token."""
    issued = int(desk.now_s())
    head = {"alg": "RS256", "typ": "JWT"}
    key_id = desk.info.get("private_key_id")
    if isinstance(key_id, str) and key_id:
        head["kid"] = key_id
    claims = {
        "iss": desk.text("client_email"),
        "scope": SCOPE,
        "aud": audience,
        "exp": issued + _LIFE_S,
        "iat": issued,
    }
    signed = b".".join(map(_unpadded, (dump_bytes(head), dump_bytes(claims))))
    try:
        signature = rsa.sign(rsa.read_key(desk.text("private_key")), signed)
    except rsa.KeyProblemError as error:
        raise NoModelError(f"the credentials in {desk.path} cannot be used: {error}") from None
    return b".".join((signed, _unpadded(signature))).decode("ascii")


def _unpadded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _user(desk: Desk) -> Token:
    secrets = [desk.text("refresh_token"), desk.text("client_secret")]
    fields = {
        "refresh_token": secrets[0],
        "client_id": desk.text("client_id"),
        "client_secret": secrets[1],
        "grant_type": "refresh_token",
    }
    request = form(desk.url("token_uri", TOKEN_URL), fields)
    reply = ask(desk.transport, request, desk.cancel, "Google", secrets=secrets)
    return Token.of(reply, desk.now_s(), "Google")


def _external_user(desk: Desk) -> Token:
    fields = {"grant_type": "refresh_token", "refresh_token": desk.text("refresh_token")}
    request = form(desk.url("token_url"), fields, _client(desk, required=True))
    secrets = [fields["refresh_token"], desk.text("client_secret")]
    reply = ask(desk.transport, request, desk.cancel, "Google", secrets=secrets)
    return Token.of(reply, desk.now_s(), "Google")


def _client(desk: Desk, *, required: bool) -> dict[str, str]:
    """The header that says which client asks."""
    if not required and "client_id" not in desk.info:
        return {}
    pair = f"{desk.text('client_id')}:{desk.text('client_secret')}"
    return {"authorization": f"Basic {b64encode(pair.encode()).decode('ascii')}"}


def _external(desk: Desk) -> Token:
    subject = _subject(desk)
    fields = {
        "grant_type": _EXCHANGE_GRANT,
        "audience": desk.text("audience"),
        "scope": SCOPE,
        "requested_token_type": _ACCESS_TOKEN,
        "subject_token": subject,
        "subject_token_type": desk.text("subject_token_type"),
    }
    request = form(desk.url("token_url", EXCHANGE_URL), fields, _client(desk, required=False))
    reply = ask(desk.transport, request, desk.cancel, "Google", secrets=[subject])
    token = Token.of(reply, desk.now_s(), "Google")
    if desk.info.get("service_account_impersonation_url"):
        return _impersonated(desk, token)
    return token


def _subject(desk: Desk) -> str:
    """The other service's token, as `credential_source` tells where it is."""
    source = desk.of(desk.info.get("credential_source"))
    if "file" in source.info:
        data = _file(source.text("file"))
    elif "url" in source.info and "environment_id" not in source.info:
        headers = {
            name: value
            for name, value in (source.info.get("headers") or {}).items()
            if isinstance(value, str)
        }
        request = Request(source.url("url"), headers, b"", "none", "json", "GET")
        data = send(desk.transport, request, desk.cancel, "the source of the external account")
    else:
        raise NoModelError(
            f"the credentials in {desk.path} take their token from a program or from AWS, which pi "
            "cannot do; use a file or an address"
        )
    return _picked(source, data)


def _file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise NoModelError(f"cannot read the token in {path}: {error.strerror}") from None


def _picked(source: Desk, data: bytes) -> str:
    """The token in what a source gave: all of it, or a field of a JSON object."""
    shape = source.of(source.info.get("format"))
    token: object = data.decode("utf-8", "replace").strip()
    if shape.info.get("type") == "json":
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        field = shape.text("subject_token_field_name")
        token = value.get(field) if isinstance(value, dict) else None
    if not isinstance(token, str) or not token:
        raise NoModelError(f"the source of the external account in {source.path} gave no token")
    return token


def _for_service_account(desk: Desk) -> Token:
    return _impersonated(desk, token_of(desk.of(desk.info.get("source_credentials"))))


def _impersonated(desk: Desk, token: Token) -> Token:
    """The token of the service account that somebody may act for."""
    body: dict[str, Any] = {"scope": [SCOPE], "lifetime": f"{_LIFE_S}s"}
    delegates = desk.info.get("delegates")
    if isinstance(delegates, list) and delegates:
        body["delegates"] = delegates
    headers = {
        "content-type": "application/json",
        "accept": "application/json",
        "authorization": f"Bearer {token.secret}",
    }
    url = desk.url("service_account_impersonation_url")
    request = Request(url, headers, dump_bytes(body), "none", "json")
    reply = ask(desk.transport, request, desk.cancel, "Google", secrets=[token.secret])
    return Token.of(reply, desk.now_s(), "Google", "accessToken")


_GRANTS: dict[str, Callable[[Desk], Token]] = {
    "service_account": _service_account,
    "authorized_user": _user,
    "external_account": _external,
    "external_account_authorized_user": _external_user,
    "impersonated_service_account": _for_service_account,
}
"""`type` of a file -> what gives its token."""
