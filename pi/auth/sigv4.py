"""AWS Signature Version 4: what proves that a request was made by the owner of a key.

    keys, scope = AwsKeys("AKIDEXAMPLE", "wJalr..."), Scope("us-east-1", "bedrock")
    sign("POST", "https://...", {"content-type": "application/json"}, b"{}", keys, scope, now_s)
    {"x-amz-date": "20150830T123600Z", "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/
     20150830/us-east-1/bedrock/aws4_request, SignedHeaders=..., Signature=..."}

Pure: the time is handed in. The signature covers method, path, query, host, body, and all headers
it is given; it holds for about five minutes around its time.

A path is encoded once more for the signature than for the wire (`%3A` counts as `%253A`), and
without `.`, `..` and double slashes: that holds for all services but S3. Source: "Create a signed
AWS API request" in the IAM user guide; AWS's published test suite.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit

from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.request import Request

_ALGORITHM = "AWS4-HMAC-SHA256"
_END = "aws4_request"


class AwsKeys(Value):
    """An access key. `session_token` comes with a key that was lent, "" otherwise."""

    access_key: str
    secret_key: str
    session_token: str = ""

    def __repr__(self) -> str:  # never the secrets
        return f"AwsKeys({self.access_key[:4]}...)"


class Scope(Value):
    """What a signature is good for: a service in a region."""

    region: str
    service: str


def sign(  # noqa: PLR0913, PLR0917 - a request is all of this
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    keys: AwsKeys,
    scope: Scope,
    now_s: float,
) -> dict[str, str]:
    """The headers that sign a request, to be sent besides `headers`, all of which are signed.

    Names of `headers` are lower-case; `host` is taken from the URL unless it is among them.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_s))
    more = {"x-amz-date": moment}
    if keys.session_token:
        more["x-amz-security-token"] = keys.session_token
    covered = {"host": host_of(url), **headers, **more}
    names = ";".join(sorted(covered))
    text = _canonical(method, url, covered, headers.get("x-amz-content-sha256") or digest(body))
    parts = (moment[:8], scope.region, scope.service, _END)
    to_sign = "\n".join((_ALGORITHM, moment, "/".join(parts), digest(text.encode())))
    key = f"AWS4{keys.secret_key}".encode()
    for part in parts:
        key = hmac.digest(key, part.encode(), sha256)
    signature = hmac.digest(key, to_sign.encode(), sha256).hex()
    owner = "/".join((keys.access_key, *parts))
    more["authorization"] = (
        f"{_ALGORITHM} Credential={owner}, SignedHeaders={names}, Signature={signature}"
    )
    return more


def signed(request: Request, keys: AwsKeys, region: str, now_s: float) -> Request:
    """A request to Bedrock, signed; one with an authorization of its own is left alone.

    Signed are the headers that gateways do not touch.
    """
    present = {name.lower(): value for name, value in request.headers.items()}
    if "authorization" in present:
        return request
    covered = {name: present[name] for name in ("content-type", "host") if name in present}
    covered["x-amz-content-sha256"] = digest(request.body)
    scope = Scope(region, "bedrock")
    made = sign(request.method, request.url, covered, request.body, keys, scope, now_s)
    kept = {name: value for name, value in request.headers.items() if name.lower() not in made}
    added = {"x-amz-content-sha256": covered["x-amz-content-sha256"], **made}
    return replace(request, headers={**kept, **added})


def digest(data: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal."""
    return sha256(data).hexdigest()


def host_of(url: str) -> str:
    """The Host header of a URL: its authority in lower case, without user and default port."""
    parts = urlsplit(url)
    authority = parts.netloc.rpartition("@")[2].lower()
    return authority.removesuffix({"https": ":443", "http": ":80"}.get(parts.scheme, "\0"))


def _canonical(method: str, url: str, headers: Mapping[str, str], body_digest: str) -> str:
    """The request in the only form in which it is signed."""
    parts = urlsplit(url)
    lines = [f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers)]
    return "\n".join(
        (
            method,
            _path(parts.path),
            _query(parts.query),
            "".join(lines),
            ";".join(sorted(headers)),
            body_digest,
        )
    )


def _path(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(quote(part, safe="-_.~"))
    end = "/" if kept and path.endswith(("/", "/.", "/..")) else ""
    return f"/{'/'.join(kept)}{end}"


def _query(query: str) -> str:
    pairs = [part.partition("=") for part in query.split("&") if part]
    return "&".join(sorted(f"{_encoded(name)}={_encoded(value)}" for name, _, value in pairs))


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")
