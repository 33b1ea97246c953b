"""The transport: requests in, answers out, over connections that are kept.

    transport = Transport(environ=os.environ, proxy=None)
    with transport.open(request, token) as response: ...

Known limits: a redirect is followed only where nothing secret can leave the place it was meant for.
"""

from __future__ import annotations

from _thread import allocate_lock
from functools import partial

from pi import runtime
from pi.errors import ProviderError
from pi.transport import exchange, trouble
from pi.transport.body import framing_of
from pi.transport.exchange import DroppedError, Message
from pi.transport.head import MalformedError, encode_head
from pi.transport.limit import Limits
from pi.transport.pool import Pool
from pi.transport.proxy import proxy_for
from pi.transport.response import Response
from pi.transport.route import Url, is_loopback, parse
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.cancel import CancelToken
    from pi.request import Request
    from pi.transport.connection import Connection
    from pi.transport.proxy import Proxy
    from pi.transport.tls import TlsClient

MAX_REDIRECTS = 5

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_BODILESS = frozenset(("GET", "HEAD"))
_FRAMING = frozenset(("connection", "content-length", "transfer-encoding"))
_HARMLESS = frozenset(
    ("accept", "accept-language", "if-modified-since", "if-none-match", "range", "user-agent")
)
"""Request headers that hold no secret whatever their value."""

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
        self._tls: TlsClient | None = None
        self._tls_lock = allocate_lock()

    def open(
        self, request: Request, token: CancelToken, limits: Limits = _DEFAULT_LIMITS
    ) -> Response:
        """Send `request`, credential and all; returns once the head of the answer is there.

        Any status is returned as it is, except a redirect that cannot be followed safely and a
        proxy's own refusal. The limit on the first byte does not hold for this machine itself,
        where a model may think for long before it speaks. Raises ProviderError, Cancelled.
        """
        for _ in range(MAX_REDIRECTS):
            response = self._open(request, parse(request.url), token, limits)
            target = _redirected(request, response)
            if target is None:
                return response
            request = replace(request, url=target)
        place = parse(request.url).place
        raise ProviderError(f"{place} redirects in circles: check the base URL", "bad_request")

    def close(self) -> None:
        """Close the idle connections. Answers under way can be read to their end."""
        self._pool.close()

    def _open(self, request: Request, url: Url, token: CancelToken, limits: Limits) -> Response:
        token.check()
        if is_loopback(url.host):
            limits = replace(limits, first_byte_s=None)
        proxy = proxy_for(url, self._environ, self._proxy)
        message = self._message(request, url, proxy)
        response = self._send((url, proxy), message, token, limits)
        _check_proxy(proxy, url, response)
        return response

    def _send(
        self,
        route: tuple[Url, Proxy | None],
        message: Message,
        token: CancelToken,
        limits: Limits,
    ) -> Response:
        url, proxy = route
        key = (url.origin, proxy)
        connection = self._pool.take(key)
        if connection is not None:
            try:
                return self._exchange(connection, message, key, token, limits)
            except DroppedError:
                pass  # it had been closed while idle, before it saw this request: once more
        connection = exchange.connect(url, proxy, self._tls_for(url), token, limits)
        try:
            return self._exchange(connection, message, key, token, limits)
        except DroppedError as exc:
            raise trouble.broken(exc.cause, connection.peer, "before an answer came") from exc

    def _exchange(
        self,
        connection: Connection,
        message: Message,
        key: object,
        token: CancelToken,
        limits: Limits,
    ) -> Response:
        try:
            connection.bind(token)
            answer = exchange.ask(connection, message, limits)
            body = framing_of(answer.head, message.method)
            keep = partial(self._pool.put, key)
            return Response(connection, answer, body, limits.idle_s, keep)
        except MalformedError as exc:
            connection.close()
            raise trouble.malformed(connection.peer, str(exc)) from None
        except BaseException:
            connection.close()
            raise

    def _tls_for(self, url: Url) -> TlsClient | None:
        if url.scheme != "https":
            return None
        with self._tls_lock:
            if self._tls is None:
                from pi.transport.tls import TlsClient  # noqa: PLC0415 - ssl costs 10 ms

                self._tls = TlsClient(self._environ)
            return self._tls

    def _message(self, request: Request, url: Url, proxy: Proxy | None) -> Message:
        """The request as its bytes. Raises ProviderError for what HTTP cannot carry."""
        ours = {"Host": url.authority, "User-Agent": self._user_agent, "Accept": "*/*"}
        headers = {name.lower(): (name, value) for name, value in ours.items()}
        for name, value in request.headers.items():
            if name.lower() not in _FRAMING:
                headers[name.lower()] = (name, value)
        headers["accept-encoding"] = ("Accept-Encoding", "identity")
        if request.body or request.method not in _BODILESS:
            headers["content-length"] = ("Content-Length", str(len(request.body)))
        target = url.target
        if proxy is not None and url.scheme == "http":
            target = f"http://{url.authority}{url.target}"
            if proxy.authorization:
                headers["proxy-authorization"] = ("Proxy-Authorization", proxy.authorization)
        head = encode_head(request.method, target, dict(headers.values()))
        return Message(request.method, head, request.body)


def _check_proxy(proxy: Proxy | None, url: Url, response: Response) -> None:
    """Raise ProviderError for a plain proxy's refusal. Its 403 can only be told by its form."""
    if proxy is None or url.scheme != "http" or response.status not in (403, 407):
        return
    is_sure = response.status == 407
    if is_sure or "json" not in response.headers.get("content-type", ""):
        response.close()
        raise trouble.proxy_refused(response.status, proxy, url.place, is_sure=is_sure)


def _redirected(request: Request, response: Response) -> str | None:
    """The URL to ask instead, None when the answer is no redirect.

    Raises ProviderError for one that would carry a credential elsewhere or lose the body.
    """
    location = response.headers.get("location")
    if response.status not in _REDIRECTS or not location:
        return None
    response.close()
    here = parse(request.url)
    target = _joined(request.url, location, here.place)
    there = parse(target)
    keeps_method = response.status in (307, 308) or request.method in _BODILESS
    if keeps_method and there.origin == here.origin:
        return target
    is_downgrade = (here.scheme, there.scheme) == ("https", "http")
    has_secret = any(name.lower() not in _HARMLESS for name in request.headers)
    if request.method in _BODILESS and not has_secret and not is_downgrade:
        return target
    shown = f"{there.scheme}://{there.authority}{there.target.partition('?')[0]}"[:200]
    raise ProviderError(
        f"{here.place} redirects ({response.status}) to {shown}, which is not followed with a "
        "credential or a body: if that is the right address, make it the base URL",
        "bad_request",
        status=response.status,
    )


def _joined(url: str, location: str, place: str) -> str:
    from urllib.parse import urljoin  # noqa: PLC0415 - only for a redirect

    try:
        target = urljoin(url, location)
        parse(target)
    except (ValueError, ProviderError):
        raise ProviderError(
            f"{place} redirects to an address that cannot be used: check the base URL",
            "bad_request",
        ) from None
    return target
