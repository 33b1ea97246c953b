"""The transport: requests in, answers out, over connections that are kept.

transport = Transport(environ=os.environ, proxy=None)
with transport.open(request, token) as response: ...
"""

from __future__ import annotations

from _thread import allocate_lock

from pi import runtime
from pi.transport.limit import Limits
from pi.transport.pool import Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.cancel import CancelToken
    from pi.request import Request
    from pi.transport.opener import Opener
    from pi.transport.response import Response

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
        self._pool = Pool()
        self._opener: Opener | None = None
        self._lock = allocate_lock()

    def open(
        self, request: Request, token: CancelToken, limits: Limits = _DEFAULT_LIMITS
    ) -> Response:
        """Send `request`, credential and all; returns once the head of the answer is there.

        Any status is returned as it is, except a redirect that cannot be followed safely and a
        proxy's own refusal. The limit on the first byte does not hold for this machine itself,
        where a model may think for long before it speaks. Raises ProviderError, Cancelled.
        """
        token.check()
        with self._lock:
            if self._opener is None:
                from pi.transport.opener import Opener  # noqa: PLC0415 - the first request: 30 ms

                self._opener = Opener(self._environ, self._proxy, self._user_agent, self._pool)
        return self._opener.send(request, token, limits)

    def close(self) -> None:
        """Close the idle connections. Answers under way can be read to their end."""
        self._pool.close()
