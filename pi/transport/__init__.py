"""HTTP/1.1 to model providers: connections that are kept, cancelled, limited and never trusted.

    transport = Transport(environ=os.environ, proxy=settings_http_proxy)
    response = transport.open(request, token, Limits(idle_s=300.0))
    for chunk in response.chunks(): ...        # as it arrives; ends only at the real end
    transport.close()

Vocabulary: a *route* is where a URL leads and by which proxy; a *channel* is one socket under a
token and limits; a *connection* speaks HTTP over a channel, an *answer* is what it hears; the
*opener* leads a request through it all.

The engine is the standard library's: an `OpenerDirector` with handlers of ours (`opener.py`), an
`HTTPConnection` that keeps its socket (`connection.py`), an `HTTPResponse` (`answer.py`). What they
leave open is guarded where it stands, with a comment that names the weakness. Together they cost
30 ms to import, so the first `open` imports them, and nothing before it.

Sources: RFC 9110, RFC 9112. Known limits: no HTTP/2, no proxy that itself speaks TLS, no SOCKS,
no names outside ASCII in URLs (write `xn--`), one address tried after the other.
"""

from __future__ import annotations

from pi.transport.client import Transport
from pi.transport.limit import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.transport.response import Response

__all__ = ["Limits", "Response", "Transport"]


def __getattr__(name: str) -> object:
    if name != "Response":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pi.transport.response import Response  # noqa: PLC0415 - loads the engine

    return Response
