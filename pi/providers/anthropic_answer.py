"""The answer of Anthropic Messages: SSE events in, stream events out.

    message_start         {"message": {"id", "model", "usage"}}
    content_block_...     see anthropic_blocks
    message_delta         {"delta": {"stop_reason"}, "usage"}
    message_stop          the only end mark: without it the answer was cut

Events are told by their data's `type`; the SSE event name stands in where that is missing. `ping`
and unknown events are passed over. Blocks end when their content_block_stop comes, those that never
get one at message_stop. Source: Anthropic's API reference, "Streaming messages" and "Handling stop
reasons".
"""

from __future__ import annotations

import json

from pi.cost import pricer
from pi.errors import ProviderError
from pi.events import Start
from pi.providers import failure
from pi.providers.anthropic_blocks import Blocks
from pi.providers.anthropic_compat import fallback_prices
from pi.providers.anthropic_usage import Tally
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
    "pause_turn": "stop",
    "tool_use": "toolUse",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}
"""`stop_reason` -> ours; every other one is an error."""

_REFUSALS = {
    "refusal": "the model refused to go on with this request",
    "sensitive": "the provider stopped the answer because of its content",
}
"""`stop_reason` -> what it means; the service may explain it further."""

_EVENTS = frozenset(
    (
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    )
)


def decode(records: Iterable[tuple[str | None, str]], draft: Draft) -> Iterator[StreamEvent]:
    """The events of an answer.

    Raises ProviderError: what the service reported, "content_filter" for a refusal, "protocol" for
    events that make no sense and for an answer that ended before message_stop.
    """
    answer = _Answer(draft)
    loads, plain_delta = json.loads, answer.blocks.plain_delta
    for name, data in records:
        try:
            event = loads(data)
            kind = event["type"]
        except (ValueError, RecursionError, LookupError, TypeError):
            event, kind = _untyped(name, data)
        if kind == "content_block_delta":
            delta = plain_delta(event)
            if delta is not None:
                yield delta
                continue
        elif kind == "message_stop":
            yield from answer.finish()
            return
        yield from answer.take(kind, event)
    raise ProviderError("the answer ended before message_stop: the stream was cut", "protocol")


def _untyped(name: str | None, data: str) -> tuple[dict[str, Any], str]:
    """(event, type) of data that does not tell its type.

    Raises ProviderError for an error, and for data that is no JSON where an event should be.
    """
    unreadable = False
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        event = data
        unreadable = data.strip() != "[DONE]" and (name is None or name in _EVENTS)
    if name == "error" or (isinstance(event, dict) and event.get("error")):
        raise failure.from_object(event)
    if unreadable:
        shown = clean(" ".join(data.split()))[:100]
        raise ProviderError(f"the answer has an event that is not JSON: {shown}", "protocol")
    return (event, name or "") if isinstance(event, dict) else ({}, "")


class _Answer:
    """What has come of an answer so far."""

    def __init__(self, draft: Draft) -> None:
        self.blocks = Blocks(draft)
        self._draft = draft
        self._tally = Tally(draft.model)
        self._started = False
        self._reason = ""
        self._explanation = ""
        self._changes: list[Any] = []  # what the service changed in our request

    def take(self, kind: object, event: dict[str, Any]) -> Iterator[StreamEvent]:
        """The events of one event of the service. Raises ProviderError when it reports an error."""
        match kind:
            case "message_start":
                self._opened(event.get("message"))
                yield from self._start()
            case "content_block_start":
                yield from self._start()
                yield from self.blocks.start(event)
            case "content_block_delta":
                yield from self._start()
                yield from self.blocks.delta(event)
            case "content_block_stop":
                yield from self.blocks.stop(event)
            case "message_delta":
                self._closing(event)
            case "error":
                raise failure.from_object(event)

    def finish(self) -> Iterator[StreamEvent]:
        """End all blocks and the answer. Raises ProviderError when it failed."""
        draft, reason = self._draft, self._reason
        yield from self._start()
        yield from self.blocks.end_all()
        if self._changes:
            draft.extra["diagnostics"] = [self._diagnostic()]
        if not reason:
            raise ProviderError("the answer ended without a stop_reason", "protocol")
        stop = _STOP_REASONS.get(reason)
        if stop is not None:
            yield draft.done(stop)
            return
        meaning = _REFUSALS.get(reason)
        line = meaning or f"the provider ended the answer with stop_reason {reason}"
        kind: ErrorKind = "content_filter" if meaning else "unknown"
        if self._explanation:
            line = f"{line}: {self._explanation}"
        raise ProviderError(line, kind, code=reason)

    def _start(self) -> Iterator[StreamEvent]:
        if not self._started:
            self._started = True
            yield Start(self._draft)

    def _opened(self, message: object) -> None:
        """Note who answers: the answer's id and, where it is not the one asked for, its model.

        A model that answers because the one asked refused has prices of its own.
        """
        if not isinstance(message, dict):
            return
        extra = self._draft.extra
        name, model = _line(message.get("id")), _line(message.get("model"))
        if name:
            extra.setdefault("responseId", name)
        if model and model != self._draft.model["id"]:
            extra.setdefault("responseModel", model)
            prices = fallback_prices(self._draft.model, model)
            if prices is not None:
                self._draft.reprice(pricer({"cost": prices}))
        self._beside(message)

    def _closing(self, event: dict[str, Any]) -> None:
        """Note why the answer ends. It is over only with message_stop."""
        delta = event.get("delta")
        if isinstance(delta, dict):
            self._reason = _line(delta.get("stop_reason")) or self._reason
            if self._reason:
                self._draft.extra["rawStopReason"] = self._reason
            details = delta.get("stop_details")
            if isinstance(details, dict):
                self._explanation = _line(details.get("explanation"))
        self._beside(event)

    def _beside(self, holder: dict[str, Any]) -> None:
        """Usage and changes of the request, which come with the first and the last event."""
        report, changes = holder.get("usage"), holder.get("input_transformations")
        if isinstance(report, dict):
            self._draft.usage = self._tally.take(report)
        if isinstance(changes, list):
            self._changes = [change for change in changes if isinstance(change, dict)]

    def _diagnostic(self) -> dict[str, Any]:
        """What became of thinking that the service did not accept, and the like."""
        changes = [
            {key: _line(change[key]) for key in ("type", "path", "reason") if change.get(key)}
            for change in self._changes
        ]
        return {
            "type": "anthropic_input_transformations",
            "timestamp": self._draft.shell()["timestamp"],
            "details": {"transformations": changes},
        }


def _line(value: object) -> str:
    """A text on one line; "" for what is none."""
    return " ".join(clean(value).split()) if isinstance(value, str) else ""
