"""Which proxy a request goes through, if any. Pure.

For each scheme the first that is set decides, and one that is set but empty means none:

    http    http_proxy, HTTP_PROXY, the `httpProxy` setting, all_proxy, ALL_PROXY
    https   https_proxy, HTTPS_PROXY, the `httpProxy` setting, all_proxy, ALL_PROXY,
            http_proxy, HTTP_PROXY

`no_proxy`, else `NO_PROXY`, lists exceptions, separated by commas or blanks: `*` (all), a host
name (with its subdomains; a leading `.` or `*.` changes nothing), an address, a network in CIDR
form, each with an optional `:port`. The reference reads them so too, but for the subdomains, which
are curl's reading, and ALL_PROXY; its setting also only fills variables that are unset.

`urllib.request` has a reading of its own; it is not used, since it looks only at `os.environ` and
knows neither ALL_PROXY nor networks, and compares addresses as text.

Known limits: only proxies spoken to in plain HTTP; names are not resolved.
"""

from __future__ import annotations

import re
from base64 import b64encode
from ipaddress import ip_address, ip_network
from urllib.parse import unquote_to_bytes

from pi.errors import ProviderError
from pi.transport.route import Url, bracketed, split_authority
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_SETTING = "httpProxy"
_ALL = ("all_proxy", "ALL_PROXY")
_HTTP = ("http_proxy", "HTTP_PROXY")
SOURCES = {
    "http": (*_HTTP, _SETTING, *_ALL),
    "https": ("https_proxy", "HTTPS_PROXY", _SETTING, *_ALL, *_HTTP),
}


class Proxy(Value):
    """A forward proxy. `authorization` is the value of Proxy-Authorization, "" for none."""

    host: str
    port: int
    source: str  # the variable or setting that named it
    authorization: str = ""

    @property
    def place(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"

    def __repr__(self) -> str:  # never the password
        return f"Proxy({self.place}, from {self.source})"


def proxy_for(url: Url, environ: Mapping[str, str], setting: str | None = None) -> Proxy | None:
    """The proxy `url` is to be asked through; None: ask directly.

    Raises ProviderError("bad_request") for a proxy that cannot be used, naming the variable.
    """
    for source in SOURCES[url.scheme]:
        value = (setting or None) if source == _SETTING else environ.get(source)
        if value is None:
            continue
        value = value.strip()
        if not value or is_excepted(url.host, url.port, _exceptions(environ)):
            return None
        return parse(value, source)
    return None


def parse(value: str, source: str) -> Proxy:
    """Read `[http://][user[:password]@]host[:port][/]`. Raises ProviderError("bad_request")."""
    scheme, separator, rest = value.partition("://")
    if not separator:
        scheme, rest = "http", value
    if scheme.lower() != "http":
        kind = re.sub(r"[^A-Za-z0-9+.-]", "?", scheme)[:20]
        raise _bad(source, f"names a {kind}:// proxy; only http:// proxies are supported")
    user, _, authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")
    try:
        host, port = split_authority(authority)
    except ProviderError:
        raise _bad(source, "is not a proxy address; write http://host:port") from None
    return Proxy(host, port or 80, source, _basic(user) if user else "")


def _basic(user: str) -> str:
    name, _, password = user.partition(":")
    secret = unquote_to_bytes(name) + b":" + unquote_to_bytes(password)
    return "Basic " + b64encode(secret).decode("ascii")


def _bad(source: str, what: str) -> ProviderError:
    where = "the setting httpProxy" if source == _SETTING else f"the variable {source}"
    return ProviderError(f"{where} {what}", "bad_request")


def _exceptions(environ: Mapping[str, str]) -> str:
    lower = environ.get("no_proxy")
    return environ.get("NO_PROXY", "") if lower is None else lower


def is_excepted(host: str, port: int, exceptions: str) -> bool:
    """Whether a NO_PROXY list takes `host` (no brackets, lower-case) out of proxying."""
    return any(_matches(host, port, entry) for entry in re.split(r"[,\s]+", exceptions) if entry)


def _matches(host: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    name, wanted = _split_port(entry.lower())
    if wanted is not None and wanted != port:
        return False
    try:
        address = ip_address(host)
    except ValueError:
        host, domain = host.rstrip("."), name.removeprefix("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
    try:
        return address in ip_network(name, strict=False)
    except ValueError:
        return False


def _split_port(entry: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*):(\d{1,5})", entry)
    if found:
        return found[1].strip("[]"), int(found[2])
    return entry.replace("[", "").replace("]", ""), None
