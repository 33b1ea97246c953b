"""Services that lend AWS keys: STS, IAM Identity Center, a container's agent, an EC2 instance.

    lender = Lender(transport, lookup, now_s)
    lender.container(token)       Lent(AwsKeys(ASIA...), 1790000000.0, "the container's role")

Nothing is kept here, and no secret is part of an error. Agents of the machine (container, instance)
are asked directly, never through a proxy, and without TLS only where that cannot leave the machine.

Sources: "Container credential provider", "Use IMDS credentials" and "IAM Identity Center credential
provider" in the AWS SDKs guide; STS API reference; "Use the Instance Metadata Service" of EC2.
Variables `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL` and `AWS_EC2_METADATA_SERVICE_ENDPOINT` move
the services elsewhere, as in AWS's own programs.
"""

from __future__ import annotations

import json
import re
import time
from calendar import timegm
from html import unescape
from urllib.parse import quote, urlencode, urlsplit

from pi.auth.exchange import masked
from pi.auth.region import checked
from pi.auth.sigv4 import AwsKeys, Scope, host_of, sign
from pi.errors import NoModelError, ProviderError
from pi.request import Request
from pi.text.unicode import clean, decode
from pi.transport import Limits, Transport
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from pi.cancel import CancelToken

    Lookup = Callable[[str], "str | None"]

_AGENT = Limits(connect_s=2.0, first_byte_s=10.0, idle_s=10.0)
_SERVICE = Limits(connect_s=15.0, first_byte_s=30.0, idle_s=30.0)
_MAX_ANSWER = 256 * 1024  # bytes

_CONTAINER = "http://169.254.170.2"
_INSTANCE = "http://169.254.169.254"
_NEAR = ("169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost", "::1")
"""Hosts that a container's token may be sent to without TLS, and 127.0.0.0/8."""

_STS_VERSION = "2011-06-15"
_FORM = "application/x-www-form-urlencoded"


class Lent(Value):
    """Keys, until when they are good (Unix seconds, None: not told), and where they are from.

    `is_fixed`: they are written down somewhere, and may be changed there at any time.
    """

    keys: AwsKeys
    expires_s: float | None
    source: str
    is_fixed: bool = False


class Lender:
    """Asks the services. `lookup(name)` gives a variable, `now_s` the time."""

    def __init__(
        self, transport: Transport, lookup: Lookup, now_s: Callable[[], float] = time.time
    ) -> None:
        self._transport = transport
        self._lookup = lookup
        self._now_s = now_s

    # --- the machine's own agents ----------------------------------------------------------------

    def container(self, token: CancelToken) -> Lent:
        """The keys of a container's role (ECS, EKS). Raises NoModelError, ProviderError."""
        relative = self._lookup("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        url = f"{_CONTAINER}{relative}" if relative else None
        url = url or self._lookup("AWS_CONTAINER_CREDENTIALS_FULL_URI") or ""
        if not _is_near(url):
            raise NoModelError(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http on this machine"
            )
        secret = self._lookup("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        path = self._lookup("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        if path:
            secret = read_secret(path, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        headers = {"authorization": secret} if secret else {}
        answer = self._agent(Request(url, headers, b"", "none", "json", "GET"), token)
        return lent_of(_object(answer), "the container's role")

    def instance(self, token: CancelToken) -> Lent:
        """The keys of an EC2 instance's role, by IMDSv2. Raises NoModelError, ProviderError."""
        if (self._lookup("AWS_EC2_METADATA_DISABLED") or "").lower() == "true":
            raise NoModelError("AWS_EC2_METADATA_DISABLED forbids asking for the instance's role")
        base = (self._lookup("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _INSTANCE).rstrip("/")
        asked = {"x-aws-ec2-metadata-token-ttl-seconds": "21600"}
        ticket = self._agent(
            Request(f"{base}/latest/api/token", asked, b"", "none", "json", "PUT"), token
        )
        headers = {"x-aws-ec2-metadata-token": decode(ticket).strip()}
        url = f"{base}/latest/meta-data/iam/security-credentials/"
        role = decode(self._agent(Request(url, headers, b"", "none", "json", "GET"), token))
        role = role.strip().partition("\n")[0]
        request = Request(url + quote(role, safe=""), headers, b"", "none", "json", "GET")
        return lent_of(_object(self._agent(request, token)), "the instance's role")

    # --- AWS -------------------------------------------------------------------------------------

    def web_identity(self, role: str, path: str, session: str | None, token: CancelToken) -> Lent:
        """The keys of a role, for the identity token in a file."""
        form = {
            "Action": "AssumeRoleWithWebIdentity",
            "RoleArn": role,
            "RoleSessionName": session or self._session_name(),
            "WebIdentityToken": read_secret(path, "the web identity token's file"),
        }
        return self._sts(form, None, self._region(), token, "a web identity")

    def assumed_role(
        self, keys: AwsKeys, profile: Mapping[str, str], region: str | None, token: CancelToken
    ) -> Lent:
        """The keys of the role a profile names (`role_arn`), lent to the owner of `keys`."""
        form = {
            "Action": "AssumeRole",
            "RoleArn": profile["role_arn"],
            "RoleSessionName": profile.get("role_session_name") or self._session_name(),
        }
        for name, setting in (
            ("ExternalId", "external_id"),
            ("DurationSeconds", "duration_seconds"),
        ):
            if profile.get(setting):
                form[name] = profile[setting]
        return self._sts(form, keys, region or self._region(), token, "an assumed role")

    def single_sign_on(
        self, profile: Mapping[str, str], region: str, access: str, token: CancelToken
    ) -> Lent:
        """The keys of an Identity Center role, for the access token of a login."""
        asked = {"account_id": profile["sso_account_id"], "role_name": profile["sso_role_name"]}
        checked(region, "sso_region")
        base = (
            self._lookup("AWS_ENDPOINT_URL_SSO") or f"https://portal.sso.{region}.{_suffix(region)}"
        )
        request = Request(
            f"{base.rstrip('/')}/federation/credentials?{urlencode(asked)}",
            {"x-amz-sso_bearer_token": access},
            b"",
            "none",
            "json",
            "GET",
        )
        who = "IAM Identity Center"
        answer = _ask(self._transport, request, token, _SERVICE, who, (access,))
        return lent_of(_object(answer).get("roleCredentials"), who)

    def _sts(
        self,
        form: dict[str, str],
        keys: AwsKeys | None,
        region: str,
        token: CancelToken,
        source: str,
    ) -> Lent:
        checked(region, "the region of STS")
        moved = self._lookup("AWS_ENDPOINT_URL_STS") or self._lookup("AWS_ENDPOINT_URL")
        url = (moved or f"https://sts.{region}.{_suffix(region)}").rstrip("/") + "/"
        body = urlencode({**form, "Version": _STS_VERSION}).encode()
        headers = {"content-type": f"{_FORM}; charset=utf-8"}
        if keys is not None:
            scope = Scope(region, "sts")
            headers |= sign("POST", url, headers, body, keys, scope, self._now_s())
        request = Request(url, headers, body, "none", "json")
        secrets = (form.get("WebIdentityToken", ""),)
        who = f"STS ({form['Action']})"
        return lent_of(
            _elements(_ask(self._transport, request, token, _SERVICE, who, secrets)), source
        )

    def _agent(self, request: Request, token: CancelToken) -> bytes:
        who = f"the credentials' agent at {host_of(request.url)}"
        secrets = tuple(request.headers.values())
        direct = Transport(environ={})  # without a proxy
        try:
            return _ask(direct, request, token, _AGENT, who, secrets)
        finally:
            direct.close()

    def _region(self) -> str:
        return self._lookup("AWS_REGION") or self._lookup("AWS_DEFAULT_REGION") or "us-east-1"

    def _session_name(self) -> str:
        return self._lookup("AWS_ROLE_SESSION_NAME") or f"pi-{int(self._now_s())}"


def lent_of(value: object, source: str) -> Lent:
    """Keys as the services write them. Raises NoModelError for what are none."""
    named = {key.lower(): text for key, text in value.items()} if isinstance(value, dict) else {}
    access, secret = named.get("accesskeyid"), named.get("secretaccesskey")
    session = named.get("sessiontoken") or named.get("token") or ""
    for text in (access, secret, session):
        if not isinstance(text, str) or not text.isascii() or not text.isprintable():
            raise NoModelError(f"{source} gives no usable AWS keys")
    if not access or not secret:
        raise NoModelError(f"{source} gives no usable AWS keys")
    return Lent(AwsKeys(access, secret, session), moment(named.get("expiration")), source)


def moment(value: object) -> float | None:
    """A time as Unix seconds: from "2026-01-02T03:04:05Z", milliseconds or seconds; else None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value / 1000 if value > 1e11 else float(value)
    if not isinstance(value, str):
        return None
    head, zone = value.strip()[:19], value.strip()[19:]
    shift = re.fullmatch(r"(?:\.\d+)?(?:Z|UTC|([+-])(\d\d):?(\d\d))?", zone)
    try:
        seconds = timegm(time.strptime(head, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return None
    if shift is None or shift[1] is None:
        return float(seconds)
    offset = int(shift[2]) * 3600 + int(shift[3]) * 60
    return float(seconds - offset if shift[1] == "+" else seconds + offset)


def read_secret(path: str, what: str) -> str:
    """The token a file holds. Raises NoModelError, which names the file and not the token."""
    try:
        with open(path, "rb") as file:
            text = decode(file.read(_MAX_ANSWER)).strip()
    except OSError as error:
        raise NoModelError(f"{what} cannot be read: {error.strerror}: {path}") from None
    if not text or not text.isascii() or not text.isprintable():
        raise NoModelError(f"{what} holds no token: {path}")
    return text


# --- answers -------------------------------------------------------------------------------------


def _ask(
    transport: Transport,
    request: Request,
    token: CancelToken,
    limits: Limits,
    who: str,
    secrets: Iterable[str],
) -> bytes:
    """The body of an answer. Raises ProviderError, with the service's own words, Cancelled."""
    with transport.open(request, token, limits) as response:
        status, answer = response.status, response.read(_MAX_ANSWER)
    if status == 200:
        return answer
    said = {name.lower(): text for name, text in {**_elements(answer), **_object(answer)}.items()}
    words = [text for key in ("code", "message") if isinstance(text := said.get(key), str)]
    detail = masked(" ".join(clean(": ".join(words)).split())[:300], secrets)
    kind = "server" if status >= 500 or status == 429 else "auth"
    line = f"{who} gave no AWS credentials: {status}{f' {detail}' if detail else ''}"
    raise ProviderError(line, kind, status=status)


def _object(answer: bytes) -> dict[str, Any]:
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}


_ELEMENT = re.compile(r"<(\w+)>([^<]*)</\1>")


def _elements(answer: bytes) -> dict[str, str]:
    """The texts of an answer of STS, which is XML, by the names of their elements."""
    return {name: unescape(text.strip()) for name, text in _ELEMENT.findall(decode(answer))}


def _suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _is_near(url: str) -> bool:
    """Whether a token may be sent there: with TLS, or without leaving this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and (
        host in _NEAR or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))
    )
