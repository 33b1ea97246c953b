"""The way of a request through `urllib.request`: an opener with handlers of ours and no others.

    opener = Opener(os.environ, settings_http_proxy, "pi/1.0")
    response = opener.send(request, token, limits)

    ProxyRule       which proxy, if any; and what one says for itself
    KeptHandler     the exchange, over a connection of the pool or a new one
    RedirectRule    where else to ask

An OpenerDirector costs 6 ms of import on top of `http.client` and a few microseconds a request; for
that the kinds of rules stay apart, and are what urllib calls them.

Known limits: a redirect is followed only where nothing secret can leave the place it was meant for.
"""

from __future__ import annotations

import re
import urllib.request
from _thread import allocate_lock
from functools import partial
from urllib.parse import urljoin

from pi.errors import ProviderError
from pi.transport import tls, trouble
from pi.transport.connection import Connection, DroppedError, Pool
from pi.transport.proxy import proxy_for
from pi.transport.response import Response
from pi.transport.route import is_loopback, parse
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from ssl import SSLContext

    from pi.cancel import CancelToken
    from pi.request import Request
    from pi.transport.limit import Limits
    from pi.transport.proxy import Proxy
    from pi.transport.route import Url

MAX_HOPS = 5  # places asked for one request

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

_OURS = frozenset(("accept-encoding", "connection", "content-length", "transfer-encoding"))
"""Request headers that http.client writes: nothing but "identity" may be accepted."""

REDIRECTS = frozenset((301, 302, 303, 307, 308))
_BODILESS = frozenset(("GET", "HEAD"))
_HARMLESS = frozenset(
    ("accept", "accept-language", "if-modified-since", "if-none-match", "range", "user-agent")
)
"""Request headers that hold no secret whatever their value."""


class Call(urllib.request.Request):
    """A request on its way through the handlers, with what urllib's own does not know.

    `hop` counts the places asked; 0 for a request whose redirects are left to the caller.
    """

    def __init__(
        self, request: Request, token: CancelToken, limits: Limits, user_agent: str, hop: int = 1
    ) -> None:
        self.source = request
        self.url = parse(request.url)
        self.token = token
        self.limits = limits
        self.proxy: Proxy | None = None
        self.hop = hop
        if not _TOKEN.fullmatch(request.method):
            raise ProviderError("the request's method is not a valid HTTP method", "bad_request")
        headers = {"User-Agent": user_agent, "Accept": "*/*"}
        super().__init__(self.url.text, request.body or None, headers, method=request.method)
        for name, value in request.headers.items():
            if name.lower() not in _OURS:
                self.add_header(name, value)

    def add_header(self, key: str, val: str) -> None:
        """Set a header. Raises ProviderError; http.client lets folded lines and much else pass."""
        if not _TOKEN.fullmatch(key):
            start = _TOKEN.match(key)  # no more: a misplaced key may follow
            raise ProviderError(
                f"a header's name is not valid (it begins {start[0] if start else ''!r:.40}): "
                "correct the configured headers",
                "bad_request",
            )
        if not _VALUE.fullmatch(val):
            raise ProviderError(
                f"the header {key} holds a line break or a character that HTTP cannot carry: "
                "check the key or the configured headers",
                "bad_request",
            )
        super().add_header(key, val)


class Opener(urllib.request.OpenerDirector):
    """Sends requests by the proxies and authorities that `environ` and the `proxy` setting name."""

    def __init__(self, environ: Mapping[str, str], proxy: str | None, user_agent: str) -> None:
        super().__init__()
        self._user_agent = user_agent
        self._kept = KeptHandler(environ)
        for handler in (ProxyRule(environ, proxy), self._kept, RedirectRule()):
            self.add_handler(handler)

    def send(self, request: Request, token: CancelToken, limits: Limits, hop: int = 1) -> Response:
        """Send `request`, return the answer it ends at. Raises ProviderError, Cancelled."""
        return self.open(Call(request, token, limits, self._user_agent, hop))

    def close(self) -> None:
        """Close the idle connections, and from now on those that become idle."""
        self._kept.close()


class ProxyRule(urllib.request.BaseHandler):
    """Leads a request to its proxy, and tells a plain proxy's own refusal from the server's."""

    def __init__(self, environ: Mapping[str, str], setting: str | None) -> None:
        self._environ = environ
        self._setting = setting

    def http_request(self, call: Call) -> Call:
        call.proxy = proxy = proxy_for(call.url, self._environ, self._setting)
        if proxy is not None:
            call.set_proxy(proxy.place, "http")  # which makes the selector of http a whole URL
            if proxy.authorization and call.url.scheme == "http":
                call.add_header("Proxy-authorization", proxy.authorization)
        return call

    https_request = http_request

    def http_response(self, call: Call, response: Response) -> Response:
        """A 403 can only be told by its form."""
        if call.proxy is not None and response.status in (403, 407):
            is_sure = response.status == 407
            if is_sure or "json" not in response.headers.get("content-type", ""):
                response.close()
                place = call.url.place
                raise trouble.proxy_refused(response.status, call.proxy, place, is_sure=is_sure)
        return response


class KeptHandler(urllib.request.AbstractHTTPHandler):
    """Asks over connections that are kept, where urllib's own handlers close each one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._environ = environ
        self._pool = Pool()
        self._context: SSLContext | None = None
        self._lock = allocate_lock()

    def close(self) -> None:
        self._pool.close()

    def http_open(self, call: Call) -> Response:
        return self.do_open(Connection, call)

    https_open = http_open

    def do_open(self, http_class: type[Connection], call: Call) -> Response:
        """The answer to `call`, whatever its status. Raises ProviderError, Cancelled."""
        kept = self._pool.take((call.url.origin, call.proxy))
        if kept is not None:
            try:
                return self._exchange(kept, call)
            except DroppedError:
                pass  # it had been closed while idle, before it saw this request: once more
        connection = http_class(call.url, call.proxy, self._context_for(call.url))
        try:
            return self._exchange(connection, call, is_new=True)
        except DroppedError as exc:
            raise trouble.broken(exc.__cause__, connection.peer, "before an answer came") from exc

    def _exchange(self, connection: Connection, call: Call, *, is_new: bool = False) -> Response:
        limits = call.limits
        if is_loopback(call.url.host):
            limits = replace(limits, first_byte_s=None)
        elif limits.is_patient:
            limits = replace(limits, is_patient=False)
        try:
            connection.bind(call.token, limits)
            if is_new:
                connection.connect()
            headers = dict(call.header_items())
            connection.request(call.get_method(), call.selector, call.data, headers)
            answer = connection.getresponse()
            keep = partial(self._pool.put, (call.url.origin, call.proxy))
            return Response(answer, connection, keep)
        except BaseException:
            connection.close()
            raise

    def _context_for(self, url: Url) -> SSLContext | None:
        if url.scheme != "https":
            return None
        with self._lock:
            if self._context is None:
                self._context = tls.build_context(self._environ)
            return self._context


class RedirectRule(urllib.request.BaseHandler):
    """Follows a redirect where that is safe; urllib's own would take any header anywhere."""

    def http_response(self, call: Call, response: Response) -> Response:
        """Raises ProviderError for a redirect that would carry a secret off or lose the body."""
        location = response.headers.get("location")
        if response.status not in REDIRECTS or not location or call.hop == 0:
            return response
        response.close()
        target = _target(call, response.status, location)
        if call.hop == MAX_HOPS:
            text = f"{call.url.place} redirects in circles: check the base URL"
            raise ProviderError(text, "bad_request")
        return self.parent.send(
            replace(call.source, url=target), call.token, call.limits, call.hop + 1
        )

    https_response = http_response


def _target(call: Call, status: int, location: str) -> str:
    """The URL to ask instead. Raises ProviderError."""
    here, request = call.url, call.source
    try:
        target = urljoin(here.text, location)
        there = parse(target)
    except (ValueError, ProviderError):
        raise ProviderError(
            f"{here.place} redirects to an address that cannot be used: check the base URL",
            "bad_request",
        ) from None
    keeps_method = status in (307, 308) or request.method in _BODILESS
    if keeps_method and there.origin == here.origin:
        return target
    is_downgrade = (here.scheme, there.scheme) == ("https", "http")
    has_secret = any(name.lower() not in _HARMLESS for name in request.headers)
    if request.method in _BODILESS and not has_secret and not is_downgrade:
        return target
    raise ProviderError(
        f"{here.place} redirects ({status}) to {there.text.partition('?')[0]:.200}, which is not "
        "followed with a credential or a body: if that is the right address, make it the base URL",
        "bad_request",
        status=status,
    )
