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
from pi.providers.opencode import opencode_headers
from pi.tap import NO_TAPS, changed, watched, with_headers
from pi.text.unicode import decode
from pi.transcript import tools_in_force
from pi.transport import Limits
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pi.cancel import CancelToken
    from pi.events import StreamEvent
    from pi.messages import Message
    from pi.request import Model, Options, Request
    from pi.tap import Headers, Taps
    from pi.transport import Response, Transport

ERROR_BODY_BYTES = 64 * 1024
"""How much of a failed answer's body is read for its message."""

WRONG_CLOCK_S = 240.0
"""From when on a clock is too wrong for signatures; AWS takes five minutes."""

MAX_BODY = 64 * 1024 * 1024
"""Bytes of an answer that comes in one piece."""


class Client:
    """Asks models. `authorise(request, model, token)` attaches credentials and configured headers;
    where the provider's clock is not ours, it is handed that time too. `locate(model)` gives a
    model the address it has for this user.

    `limits` are those of hosts on the network; the transport drops the first-byte limit for
    loopback. `now_ms` gives message timestamps, `monotonic` measures durations. `codec_of(model)`
    is what speaks with a model: its wire format, unless an extension does.
    """

    def __init__(
        self,
        transport: Transport,
        authorise: Callable[..., Request],
        *,
        locate: Callable[[Model], Model] = lambda model: model,
        limits: Limits | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._authorise = authorise
        self._locate = locate
        self._limits = limits or Limits()
        self._now_ms = now_ms
        self._monotonic = monotonic
        self.codec_of: Callable[[Model], Any] = lambda model: registry.load(model["api"])

    def stream(
        self,
        model: Model,
        messages: list[Message],
        options: Options,
        token: CancelToken,
        *,
        taps: Taps = NO_TAPS,
    ) -> Iterator[StreamEvent]:
        """Ask `model` to go on from `messages`. Ends with exactly one Done or Failed."""
        started = self._monotonic()
        draft = Draft(model, self._now_ms(), cost.pricer(model))
        final: Done | Failed | None = None
        try:
            token.check()
            for event in self._respond(model, messages, options, draft, token, taps):
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
        taps: Taps,
    ) -> Iterator[StreamEvent]:
        """The events of one answer. Raises ProviderError, PiError or Cancelled."""
        codec = self.codec_of(model)
        context = prepare(messages, model)
        draft.tools = tools_in_force(context.tools, context.messages)
        if hasattr(codec, "respond"):
            yield from codec.respond(model, context, options, draft, token)
            return
        placed = self._locate(model)
        request = codec.encode(placed, context, options)
        beside = opencode_headers(placed, options)
        if beside:
            request = replace(request, headers={**request.headers, **beside})
        request, own_headers = changed(request, taps)
        ready, response = self._opened(request, placed, token, own_headers)
        try:
            if taps.response is not None:
                taps.response(response.status, dict(response.headers))
            _check(response, request)
            yield from codec.decode(_records(response, request, model, taps), draft)
            response.finish()
        except ProviderError as error:
            raise _without(error, ready.secrets()) from None
        finally:
            response.close()

    def _opened(
        self, request: Request, model: Model, token: CancelToken, own_headers: Headers
    ) -> tuple[Request, Response]:
        """A request as it was sent, and its answer; asked twice where only our clock was wrong.

        `own_headers` hold even against those that come with the credential.
        """
        ready = with_headers(self._authorise(request, model, token), own_headers)
        response = self._transport.open(ready, token, self._limits)
        provider_s = _other_time(ready, response, self._now_ms() / 1000)
        if provider_s is None:
            return ready, response
        response.close()
        ready = with_headers(self._authorise(request, model, token, provider_s), own_headers)
        return ready, self._transport.open(ready, token, self._limits)


def _records(response: Response, request: Request, model: Model, taps: Taps) -> Iterator[Any]:
    records = _FRAMINGS[request.framing](response.chunks())
    if taps.record is None:
        return records
    return watched(records, request.framing, model, taps.record)


def _event_stream(chunks: Iterable[bytes]) -> Iterator[tuple[dict[str, Any], bytes]]:
    from pi import eventstream  # noqa: PLC0415 - one wire format needs it

    return eventstream.parse(chunks)


def _whole(chunks: Iterable[bytes]) -> Iterator[tuple[None, str]]:
    """The whole body as one record. Raises ProviderError("protocol") where it has no end."""
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            raise ProviderError(f"the answer is larger than {MAX_BODY // 2**20} MiB", "protocol")
    yield None, decode(b"".join(parts))


_FRAMINGS = {"sse": sse.parse, "aws-event-stream": _event_stream, "json": _whole}
"""How a body is cut into records; the names are those of `Request.framing`."""


def _other_time(request: Request, response: Response, now_s: float) -> float | None:
    """The provider's time, if a signed request was refused and its time may be the reason."""
    if response.status not in (400, 403) or "x-amz-date" not in request.headers:
        return None
    time_s = failure.http_date(response.headers.get("date"))
    return None if time_s is None or abs(time_s - now_s) < WRONG_CLOCK_S else time_s


def _check(response: Response, request: Request) -> None:
    """Raise ProviderError unless this is the stream that was asked for."""
    if not 200 <= response.status < 300:
        body = response.read(ERROR_BODY_BYTES)
        raise failure.from_http(response.status, response.headers, body)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _WRONG_TYPES.get(request.framing, ()):
        raise failure.from_wrong_type(kind, response.read(ERROR_BODY_BYTES))


_PAGES = ("text/html", "application/xml", "text/xml")
_WRONG_TYPES = {
    "sse": (*_PAGES, "application/json"),
    "aws-event-stream": (*_PAGES, "application/json"),
    "json": _PAGES,
}
"""Content types that are never a stream of the framing; others are tried."""


def _without(error: ProviderError, secrets: list[str]) -> ProviderError:
    """An error without these secrets: some providers repeat the key that they refuse."""
    from pi.text.secret import Mask  # noqa: PLC0415 - only when something failed

    text = Mask(secrets).text(str(error))
    return ProviderError(
        text,
        error.kind,
        status=error.status,
        retry_after_s=error.retry_after_s,
        code=error.code,
    )


def _as_provider_error(error: PiError) -> ProviderError:
    """An error of ours (a missing key, an unknown format) as the reason an answer failed."""
    kind = "auth" if error.exit_code == EXIT_NO_MODEL else "bad_request"
    return ProviderError(str(error), kind)
