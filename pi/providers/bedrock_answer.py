"""The answer of Bedrock's Converse API: records of an AWS event stream in, stream events out.

    messageStart         {"role": "assistant"}
    contentBlock...      see bedrock_blocks
    messageStop          {"stopReason": "end_turn"}: without it the answer was cut
    metadata             {"usage": {...}}, the last one

The record's header `:event-type` tells the event; unknown ones are passed over. What fails in mid-
stream comes as a record whose `:message-type` is `exception` (`:exception-type`, and the message in
the payload) or `error` (`:error-code`, `:error-message`). A record without headers is the answer of
`/converse`: everything in one JSON value.

Source: the API reference of ConverseStream; "Event stream encoding" in AWS's guides; recordings of
the service.
"""

from __future__ import annotations

import json

from pi.errors import ProviderError
from pi.events import Start
from pi.providers import failure
from pi.providers.bedrock_blocks import Blocks
from pi.providers.bedrock_usage import usage_of
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pi.errors import ErrorKind
    from pi.events import StreamEvent
    from pi.providers.draft import Draft

_STOP_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "toolUse",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}
"""`stopReason` -> ours; every other one is an error."""

_FAILURES: dict[str, tuple[ErrorKind, str]] = {
    "guardrail_intervened": ("content_filter", "a guardrail of Bedrock stopped the answer"),
    "content_filtered": ("content_filter", "Bedrock stopped the answer because of its content"),
    "malformed_model_output": ("server", "the model gave an answer Bedrock cannot read"),
    "malformed_tool_use": ("server", "the model made a tool call Bedrock cannot read"),
}
"""`stopReason` -> what kind of error it is, and what it means."""

_REFUSED = ("validationexception", "resourcenotfoundexception")
"""Exceptions that blame the request; Bedrock has no status in mid-stream to say so."""


def decode(
    records: Iterable[tuple[dict[str, Any] | None, bytes | str]], draft: Draft
) -> Iterator[StreamEvent]:
    """The events of an answer.

    Raises ProviderError: what the service reported, "content_filter" for a stopped answer,
    "protocol" for events that make no sense and for an answer that ended before messageStop.
    """
    answer = _Answer(draft)
    loads, plain_delta = json.loads, answer.blocks.plain_delta
    for headers, payload in records:
        if headers is None:
            yield from answer.whole(_object(payload))
            return
        kind = headers.get(":event-type")
        try:
            event = loads(payload)
        except (ValueError, RecursionError):
            event = None
        if kind == "contentBlockDelta":
            delta = plain_delta(event)
            if delta is not None:
                yield delta
                continue
        if headers.get(":message-type", "event") != "event":
            raise _reported(headers, event)
        if not isinstance(kind, str):
            raise ProviderError("the answer has a record without an event type", "protocol")
        yield from answer.take(kind, event, payload)
        if answer.is_over:
            break
    yield from answer.finish()


def _object(payload: bytes | str) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise _unreadable(payload) from None


def _unreadable(payload: bytes | str) -> ProviderError:
    text = payload if isinstance(payload, str) else payload.decode("utf-8", "replace")
    shown = clean(" ".join(text.split()))[:100]
    return ProviderError(f"the answer has an event that is no JSON object: {shown}", "protocol")


def _reported(headers: dict[str, Any], said: object) -> ProviderError:
    """The error a record tells of."""
    code = headers.get(":exception-type") or headers.get(":error-code")
    value = dict(said) if isinstance(said, dict) else {"message": headers.get(":error-message")}
    words, upstream = value.get("message"), value.get("originalMessage")
    if isinstance(upstream, str) and upstream not in str(words):
        value["message"] = f"{words}: {upstream}" if isinstance(words, str) else upstream
    if isinstance(code, str):
        value["code"] = code
    is_ours = isinstance(code, str) and code.lower() in _REFUSED
    return failure.from_object(value, 400 if is_ours else None)


class _Answer:
    """What has come of an answer so far. `is_over`: nothing more is to be waited for."""

    def __init__(self, draft: Draft) -> None:
        self.blocks = Blocks(draft)
        self.is_over = False
        self._draft = draft
        self._started = False
        self._reason = ""
        self._has_usage = False

    def take(self, kind: str, event: object, payload: bytes | str) -> Iterator[StreamEvent]:
        """The events of one event of the service. Raises ProviderError("protocol") for nonsense."""
        if kind not in _EVENTS:
            return
        if not isinstance(event, dict):
            raise _unreadable(payload)
        match kind:
            case "messageStart":
                if event.get("role", "assistant") != "assistant":
                    raise ProviderError("the answer begins with a user's message", "protocol")
                yield from self._start()
            case "contentBlockStart":
                yield from self._start()
                yield from self.blocks.start(event)
            case "contentBlockDelta":
                yield from self._start()
                yield from self.blocks.delta(event)
            case "contentBlockStop":
                yield from self.blocks.stop(event)
            case "messageStop":
                self._stopped(event)
            case "metadata":
                self._meter(event)
        self.is_over = bool(self._reason) and self._has_usage

    def whole(self, answer: object) -> Iterator[StreamEvent]:
        """The events of an answer that came in one piece."""
        output = answer.get("output") if isinstance(answer, dict) else None
        message = output.get("message") if isinstance(output, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, list):
            if isinstance(answer, dict) and ("message" in answer or "Message" in answer):
                raise failure.from_object(answer)
            raise ProviderError("the answer holds no message", "protocol")
        yield from self._start()
        for index, block in enumerate(content):
            if isinstance(block, dict):
                yield from self.blocks.whole(index, block)
        self._stopped(answer)
        self._meter(answer)
        yield from self.finish()

    def finish(self) -> Iterator[StreamEvent]:
        """End all blocks and the answer. Raises ProviderError when it was cut or failed."""
        reason = self._reason
        if not reason:
            raise ProviderError(
                "the answer ended before messageStop: the stream was cut", "protocol"
            )
        yield from self._start()
        yield from self.blocks.end_all()
        stop = _STOP_REASONS.get(reason)
        if stop is None:
            kind, meaning = _FAILURES.get(reason, ("unknown", "Bedrock ended the answer"))
            raise ProviderError(f"{meaning} (stopReason {reason})", kind, code=reason)
        yield self._draft.done(stop)

    def _start(self) -> Iterator[StreamEvent]:
        if not self._started:
            self._started = True
            yield Start(self._draft)

    def _stopped(self, event: dict[str, Any]) -> None:
        reason = event.get("stopReason")
        if not isinstance(reason, str) or not reason.strip():
            raise ProviderError("the answer ended without a stopReason", "protocol")
        self._reason = clean(" ".join(reason.split()))
        self._draft.extra["rawStopReason"] = self._reason

    def _meter(self, event: dict[str, Any]) -> None:
        report = event.get("usage")
        self._has_usage = True
        if isinstance(report, dict):
            self._draft.usage = usage_of(report)


_EVENTS = frozenset(
    (
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    )
)
