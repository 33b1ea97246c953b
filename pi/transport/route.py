"""Where a URL leads: scheme, host, port, request target. Pure.

A URL here comes from a configuration file and may carry an API key in its query, so it is taken
apart strictly and no error text repeats more of it than its host.

    parse("https://api.example.com/v1/chat?key=x")
        -> Url("https", "api.example.com", 443, "/v1/chat?key=x")

Source: RFC 3986. `urllib.parse` does the splitting; what it would strip (line breaks) or let pass
(a port of 0, `[::1]x`, Unicode digits) is refused here, before and after.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pi.errors import ProviderError
from pi.value import Value

DEFAULT_PORTS = {"http": 80, "https": 443}

_FORBIDDEN = re.compile(r'[^\x21-\x7e]|["<>\\]')
_AUTHORITY = re.compile(r"([A-Za-z0-9._~-]+|\[[A-Za-z0-9:._%-]+\])(?::(.*))?")


class Url(Value):
    """An absolute http or https URL. `host` is lower-case and without brackets."""

    scheme: str
    host: str
    port: int
    target: str  # path and query, as the request line carries them

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def text(self) -> str:
        """The URL again, without a fragment; the port only where it is not the scheme's own."""
        place = bracketed(self.host) if self.port == DEFAULT_PORTS[self.scheme] else self.place
        return f"{self.scheme}://{place}{self.target}"

    @property
    def place(self) -> str:
        """`host:port`, for messages and for CONNECT."""
        return f"{bracketed(self.host)}:{self.port}"

    def __repr__(self) -> str:  # the target may hold a key
        return f"Url({self.scheme}://{self.place})"


def bracketed(host: str) -> str:
    """`host` as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def parse(url: str) -> Url:
    """Take a URL apart. Raises ProviderError("bad_request") without repeating its secrets."""
    found = _FORBIDDEN.search(url)
    if found:
        raise _bad(
            f"the URL of the request has a character that is not allowed, U+{ord(found[0]):04X} at "
            f"position {found.start() + 1}: percent-encode it, or correct the base URL"
        )
    try:
        scheme, authority, path, query, _ = urlsplit(url)
    except ValueError:  # brackets without an address
        raise _no_host() from None
    if scheme not in DEFAULT_PORTS:
        raise _bad("the URL of the request must begin with http:// or https://: check the base URL")
    if "@" in authority:
        raise _bad(
            "the URL of the request holds a user name or password: "
            "remove it from the base URL and send it as a header"
        )
    host, port = split_authority(authority)
    target = f"{path or '/'}?{query}" if query else path or "/"
    return Url(scheme, host, port or DEFAULT_PORTS[scheme], target)


def split_authority(authority: str) -> tuple[str, int | None]:
    """(host, port or None) of `host`, `host:port` or `[v6]:port`.

    Raises ProviderError("bad_request").
    """
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise _no_host()
    host, digits = found.groups()
    if digits and not (re.fullmatch("[0-9]{1,5}", digits) and 0 < int(digits) < 65536):
        raise _bad(f"the port after {host} must be a number from 1 to 65535: check the base URL")
    return host.strip("[]").lower(), int(digits) if digits else None


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its very name; nothing is looked up."""
    return (
        host in ("localhost", "::1", "0.0.0.0", "::")
        or host.endswith(".localhost")
        or (host.startswith("127.") and host.replace(".", "").isdigit())
        or host.startswith("::ffff:127.")
    )


def _no_host() -> ProviderError:
    return _bad("the URL of the request names no valid host: check the base URL")


def _bad(text: str) -> ProviderError:
    return ProviderError(text, "bad_request")
