"""One API over every model: messages in, stream events out, and never an exception.

    client = Client(transport, authorise)
    for event in client.stream(model, messages, options, token):
        ...   # Start, BlockStart, BlockDelta, BlockEnd, ..., then Done or Failed

It joins what is pure (hand-over, encoder, decoder) with what is not (credentials, transport). A
failure of any kind becomes a final message with stopReason "error" or "aborted" that keeps what
had arrived; the classified error travels beside it. Final messages get `durationMs` and
`thinkingLevel`.
"""

from __future__ import annotations

import time

from pi import cost, sse
from pi.errors import EXIT_NO_MODEL, Cancelled, PiError, ProviderError
from pi.events import Done, Failed
from pi.providers import failure, registry
from pi.providers.draft import Draft
from pi.providers.handover import prepare
from pi.transport import Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from pi.cancel import CancelToken
    from pi.events import StreamEvent
    from pi.messages import Message
    from pi.request import Model, Options, Request
    from pi.transport import Response, Transport

ERROR_BODY_BYTES = 64 * 1024
"""How much of a failed answer's body is read for its message."""


class Client:
    """Asks models. `authorise(request, model)` attaches credentials and configured headers.

    `limits` are those of hosts on the network; the transport drops the first-byte limit for
    loopback. `now_ms` gives message timestamps, `monotonic` measures durations.
    """

    def __init__(
        self,
        transport: Transport,
        authorise: Callable[[Request, Model], Request],
        *,
        limits: Limits | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._authorise = authorise
        self._limits = limits or Limits()
        self._now_ms = now_ms
        self._monotonic = monotonic

    def stream(
        self, model: Model, messages: list[Message], options: Options, token: CancelToken
    ) -> Iterator[StreamEvent]:
        """Ask `model` to go on from `messages`. Ends with exactly one Done or Failed."""
        started = self._monotonic()
        draft = Draft(model, self._now_ms(), cost.pricer(model))
        final: Done | Failed | None = None
        try:
            token.check()
            for event in self._respond(model, messages, options, draft, token):
                if type(event) is Done:
                    final = event
                else:
                    yield event
            if final is None:
                raise ProviderError("the answer ended without its end mark", "protocol")
        except Cancelled:
            final = draft.aborted()
        except ProviderError as error:
            final = draft.aborted() if token.cancelled else draft.failed(error)
        except PiError as error:
            final = draft.failed(_as_provider_error(error))
        final.message["durationMs"] = round((self._monotonic() - started) * 1000)
        final.message["thinkingLevel"] = options.thinking
        yield final

    def _respond(
        self,
        model: Model,
        messages: list[Message],
        options: Options,
        draft: Draft,
        token: CancelToken,
    ) -> Iterator[StreamEvent]:
        """The events of one answer. Raises ProviderError, PiError or Cancelled."""
        codec = registry.load(model["api"])
        context = prepare(messages, model)
        draft.tools = context.tools
        if hasattr(codec, "respond"):
            yield from codec.respond(model, context, options, draft, token)
            return
        request = self._authorise(codec.encode(model, context, options), model)
        response = self._transport.open(request, token, self._limits)
        try:
            _check(response, request)
            yield from _decoded(codec, response, request, draft)
            response.finish()
        finally:
            response.close()


def _decoded(
    codec: ModuleType, response: Response, request: Request, draft: Draft
) -> Iterator[StreamEvent]:
    yield from codec.decode(_FRAMINGS[request.framing](response.chunks()), draft)


_FRAMINGS = {"sse": sse.parse}
"""How a body is cut into records; the names are those of `Request.framing`."""


def _check(response: Response, request: Request) -> None:
    """Raise ProviderError unless this is the stream that was asked for."""
    if not 200 <= response.status < 300:
        body = response.read(ERROR_BODY_BYTES)
        raise failure.from_http(response.status, response.headers, body)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _WRONG_TYPES.get(request.framing, ()):
        raise failure.from_wrong_type(kind, response.read(ERROR_BODY_BYTES))


_WRONG_TYPES = {"sse": ("text/html", "application/json", "application/xml", "text/xml")}
"""Content types that are never a stream of the framing; others are tried."""


def _as_provider_error(error: PiError) -> ProviderError:
    """An error of ours (a missing key, an unknown format) as the reason an answer failed."""
    kind = "auth" if error.exit_code == EXIT_NO_MODEL else "bad_request"
    return ProviderError(str(error), kind)
