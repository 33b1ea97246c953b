"""What went wrong, as one readable line: which hop, why, and what to do about it.

Operating system and TLS errors are turned into ProviderError here and nowhere else. A line names
hosts and ports, never a path, a query, a header or a password.
"""

from __future__ import annotations

import socket

from pi.errors import ProviderError
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.transport.proxy import Proxy

IDLE_SETTING = "httpIdleTimeoutMs"


def unreachable(exc: OSError, hop: str, limit_s: float | None) -> ProviderError:
    """No connection could be made to `hop` ("host:port" or "the proxy host:port")."""
    if isinstance(exc, socket.gaierror):
        text = (
            f"cannot find the host of {hop} ({reason(exc)}): check the base URL and the network; "
            "behind a proxy set HTTPS_PROXY or httpProxy"
        )
    elif is_timeout(exc):
        text = (
            f"no connection to {hop} within {seconds(limit_s)}: check the network; "
            "behind a proxy set HTTPS_PROXY or httpProxy"
        )
    elif isinstance(exc, ConnectionRefusedError):
        text = (
            f"connection to {hop} refused: nothing listens there; "
            "start the server, or correct the host and port"
        )
    else:
        text = f"cannot connect to {hop}: {reason(exc)}"
    return ProviderError(text, "network")


def broken(exc: OSError, peer: str, when: str) -> ProviderError:
    """The connection broke; `when` says how far it got: "before an answer came"."""
    return ProviderError(f"the connection to {peer} was lost {when} ({reason(exc)})", "network")


def cut(peer: str, received: int, where: str) -> ProviderError:
    """The body ended too early; `where` completes "was cut ..."."""
    text = f"the connection to {peer} was cut {where}, after {received} bytes of it"
    return ProviderError(text, "network")


def stalled(peer: str, what: str, limit_s: float | None) -> ProviderError:
    """Nothing moved for too long; `what` says what did not: "no answer from"."""
    advice = f"to wait longer raise the setting {IDLE_SETTING} (0: no limit)"
    return ProviderError(f"{what} {peer} for {seconds(limit_s)}: {advice}", "stall")


def malformed(peer: str, what: str | Exception) -> ProviderError:
    """The answer is not acceptable HTTP; `what` completes "the answer ..."."""
    return ProviderError(f"the answer of {peer} {what}", "protocol")


def untunnelled(exc: OSError, proxy: str, place: str) -> ProviderError:
    """The proxy was reached, but broke off or kept silent when asked to connect to `place`."""
    why = "no answer in time" if is_timeout(exc) else reason(exc)
    return ProviderError(f"the proxy {proxy} did not connect to {place}: {why}", "network")


def proxy_refused(status: int, proxy: Proxy, place: str, *, is_sure: bool = True) -> ProviderError:
    """The proxy answered with an error; `is_sure`: that it was not the server behind it."""
    kind, advice = "network", "check the proxy, or add the host to NO_PROXY"
    if status == 407:
        kind, advice = "auth", f"correct the user and password in {proxy.source}"
        if not proxy.authorization:
            advice = f"put user:password@ before the host in {proxy.source}"
    elif status < 500:
        kind, advice = "bad_request", f"ask for {place} to be allowed, or add it to NO_PROXY"
    who = (
        f"the proxy {proxy.place}"
        if is_sure
        else f"the proxy {proxy.place} or the server behind it"
    )
    text = f"{who} refused the way to {place} with status {status}: {advice}"
    return ProviderError(text, kind)


def is_timeout(exc: OSError) -> bool:
    """Whether our own limit ran out. The kernel's ETIMEDOUT is a lost connection instead."""
    return isinstance(exc, TimeoutError) and exc.errno is None


def seconds(limit_s: float | None) -> str:
    """A limit as text: "30 s"."""
    return "an unlimited time" if limit_s is None else f"{limit_s:g} s"


def reason(exc: Exception) -> str:
    """The operating system's own words, on one line."""
    words = getattr(exc, "strerror", None)
    words = words if isinstance(words, str) and words else str(exc)
    return " ".join(clean(words).split())[:200] or type(exc).__name__
