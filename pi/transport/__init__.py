"""HTTP/1.1 to model providers: connections that are kept, cancelled, limited and never trusted.

    transport = Transport(environ=os.environ, proxy=settings_http_proxy)
    response = transport.open(request, token, Limits(idle_s=300.0))
    for chunk in response.chunks(): ...        # as it arrives; ends only at the real end
    transport.close()

Vocabulary: a *route* is where a URL leads and by which proxy; a *connection* is one socket on a
route; an *exchange* is one request and its answer; *framing* is how the end of a body is known.

It speaks HTTP itself (`head.py` and `body.py`, no I/O) instead of through `http.client`, for
reasons that were measured: that import costs 22 ms of CPU, `ssl` and `email` with it whatever the
URL, in a budget of 100 for a whole run, against 7 ms; its `read1` takes a body shorter than its
Content-Length without a word; it follows a flood of 1xx answers for ever.

Sources: RFC 9110, RFC 9112. Known limits: no HTTP/2, no proxy that itself speaks TLS, no SOCKS,
no names outside ASCII in URLs (write `xn--`), one address tried after the other.
"""

from __future__ import annotations

from pi.transport.client import Transport
from pi.transport.limit import Limits
from pi.transport.response import Response

__all__ = ["Limits", "Response", "Transport"]
