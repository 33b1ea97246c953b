"""HTTP/1.1 to model providers: connections that are kept, cancelled, limited and never trusted.

    transport = Transport(environ=os.environ, proxy=settings_http_proxy)
    response = transport.open(request, token, Limits(idle_s=300.0))
    for chunk in response.chunks(): ...        # as it arrives; ends only at the real end
    transport.close()

Vocabulary: a *route* is where a URL leads, and by which proxy; a *channel* is one socket under a
token and limits; a *connection* speaks HTTP over a channel, and hears an *answer*, which callers
get as a *response*; the *opener* leads a request through all of it.

The engine is the standard library's: an `OpenerDirector` with handlers of ours (`opener.py`), an
`HTTPConnection` that keeps its socket (`connection.py`), an `HTTPResponse` (`answer.py`). What they
leave open is guarded where it stands, and the weakness named. Importing them costs 25 ms, so the
first `open` does it, and nothing before.

Sources: RFC 9110, RFC 9112. Known limits: no HTTP/2, no proxy that itself speaks TLS, no SOCKS,
no names outside ASCII in URLs (write `xn--`), one address tried after the other; of an answer's
head 100 header lines and 256 KiB.
"""

from __future__ import annotations

from _thread import allocate_lock

from pi import runtime
from pi.transport.limit import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.cancel import CancelToken
    from pi.request import Request
    from pi.transport.opener import Opener
    from pi.transport.response import Response

__all__ = ["Limits", "Response", "Transport"]

_DEFAULT_LIMITS = Limits()


class Transport:
    """Sends requests. Safe for several threads; one is enough for a program.

    `environ` is where proxies and certificate authorities are named, `proxy` the `httpProxy`
    setting. The environment is looked at with every request, but the authorities only once.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        proxy: str | None = None,
        user_agent: str | None = None,
    ) -> None:
        self._environ = environ
        self._proxy = proxy
        self._user_agent = user_agent or runtime.user_agent()
        self._opener: Opener | None = None
        self._is_closed = False
        self._lock = allocate_lock()

    def open(
        self,
        request: Request,
        token: CancelToken,
        limits: Limits = _DEFAULT_LIMITS,
        *,
        follow: bool = True,
    ) -> Response:
        """Send `request`, credential and all; returns once the head of the answer is there.

        Any status is returned as it is, except a redirect that cannot be followed safely and a
        proxy's own refusal; without `follow` a redirect is an answer like any other. The limit on
        the first byte does not hold for this machine itself, where a model may think for long
        before it speaks. Raises ProviderError, Cancelled.
        """
        token.check()
        with self._lock:
            if self._opener is None:
                from pi.transport.opener import Opener  # noqa: PLC0415 - the engine: 25 ms

                self._opener = Opener(self._environ, self._proxy, self._user_agent)
                if self._is_closed:
                    self._opener.close()
        return self._opener.send(request, token, limits, hop=1 if follow else 0)

    def close(self) -> None:
        """Close the idle connections. Answers under way can be read to their end."""
        with self._lock:
            self._is_closed = True
            if self._opener is not None:
                self._opener.close()


def __getattr__(name: str) -> object:
    if name != "Response":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pi.transport.response import Response  # noqa: PLC0415 - loads the engine

    return Response
