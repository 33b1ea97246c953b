"""Where a URL leads: scheme, host, port, request target. Pure.

A URL here comes from a configuration file and may carry an API key in its query, so it is taken
apart strictly and no error text repeats more of it than its host.

    parse("https://api.example.com/v1/chat?key=x")
        -> Url("https", "api.example.com", 443, "/v1/chat?key=x")

Source: RFC 3986. `urllib.parse` is not used: it strips line breaks instead of refusing them, and
its import costs as much as that of `socket`.
"""

from __future__ import annotations

import re

from pi.errors import ProviderError
from pi.value import Value

DEFAULT_PORTS = {"http": 80, "https": 443}

_FORBIDDEN = re.compile(r'[^\x21-\x7e]|["<>\\]')
_HOST = re.compile(r"[A-Za-z0-9._~-]+|\[[A-Za-z0-9:._%-]+\]")


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
    def authority(self) -> str:
        """What the Host header says; the port only where it is not the scheme's own."""
        if self.port == DEFAULT_PORTS[self.scheme]:
            return bracketed(self.host)
        return self.place

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
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in DEFAULT_PORTS:
        raise _bad("the URL of the request must begin with http:// or https://: check the base URL")
    authority, target = _split(rest)
    if "@" in authority:
        raise _bad(
            "the URL of the request holds a user name or password: "
            "remove it from the base URL and send it as a header"
        )
    host, port = split_authority(authority)
    return Url(scheme, host, port or DEFAULT_PORTS[scheme], target)


def _split(rest: str) -> tuple[str, str]:
    """(authority, path and query) of what follows `://`."""
    rest = rest.partition("#")[0]
    end = next((at for at, character in enumerate(rest) if character in "/?"), len(rest))
    target = rest[end:]
    return rest[:end], target if target.startswith("/") else f"/{target}"


def split_authority(authority: str) -> tuple[str, int | None]:
    """(host, port or None) of `host`, `host:port` or `[v6]:port`.

    Raises ProviderError("bad_request").
    """
    end = authority.rfind("]") + 1 or authority.find(":")
    host, tail = (authority, "") if end < 0 else (authority[:end], authority[end:])
    if not _HOST.fullmatch(host):
        raise _bad("the URL of the request names no valid host: check the base URL")
    digits = tail[1:]
    if not tail or tail == ":":
        port = None
    elif tail[0] == ":" and digits.isdigit() and len(digits) < 6 and 0 < int(digits) < 65536:
        port = int(digits)
    else:
        raise _bad(f"the port after {host} must be a number from 1 to 65535: check the base URL")
    return host.strip("[]").lower(), port


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its very name; nothing is looked up."""
    return (
        host in ("localhost", "::1", "0.0.0.0", "::")
        or host.endswith(".localhost")
        or (host.startswith("127.") and host.replace(".", "").isdigit())
        or host.startswith("::ffff:127.")
    )


def _bad(text: str) -> ProviderError:
    return ProviderError(text, "bad_request")
