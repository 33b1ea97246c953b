"""The answer of the Responses API: typed events in, stream events out.

    response.created            {"response": {"id": "resp_1", ...}}
    response.output_item.added  {"output_index": 0, "item": {"type": "message", "id": "msg_1", ...}}
    response.output_text.delta  {"output_index": 0, "item_id": "msg_1", "delta": "Hi"}
    response.output_item.done   {"output_index": 0, "item": {... as it finally is ...}}
    response.completed          {"response": {"status": "completed", "output": [...], "usage"}}

An answer is complete with one of response.completed, .incomplete and .failed; nothing after that is
read. Items may come side by side; `responses_index` tells which one an event belongs to. What was
missed of an item is taken from the final list of output. `responses_blocks` makes content blocks of
items, `responses_end` reads the final status.

Known limits: items of tools that run at the service (searches and the like) are passed over.
Source: OpenAI's API reference, "Streaming events"; recordings of real services.
"""

from __future__ import annotations

import json
from hashlib import sha256

from pi.errors import ProviderError
from pi.events import Start
from pi.providers import failure, responses_end, service_tier
from pi.providers.openai_usage import read_usage
from pi.providers.openrouter import is_openrouter
from pi.providers.responses_blocks import Call, GrammarCall, Message, Reasoning, word
from pi.providers.responses_index import Index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pi.events import BlockDelta, StreamEvent
    from pi.providers.draft import Draft
    from pi.providers.responses_blocks import Item

    Records = Iterable[tuple["str | None", str]]

_FINAL = ("response.completed", "response.incomplete", "response.failed")

_PARTS = {
    "response.output_text.delta": "content_index",
    "response.refusal.delta": "content_index",
    "response.reasoning_summary_text.delta": "summary_index",
    "response.reasoning_text.delta": "content_index",
    "response.function_call_arguments.delta": "",
    "response.custom_tool_call_input.delta": "",
}
"""Events with more of an item's text -> the field that says for which part of it."""

_KINDS = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "text",
    "response.reasoning_summary_text.delta": "thinking",
    "response.reasoning_text.delta": "thinking",
    "response.function_call_arguments.delta": "toolCall",
    "response.custom_tool_call_input.delta": "toolCall",
}
"""The same -> the kind of block the text is for."""

_PART_KINDS = {
    "output_text": "response.output_text.delta",
    "refusal": "response.refusal.delta",
    "summary_text": "response.reasoning_summary_text.delta",
    "reasoning_text": "response.reasoning_text.delta",
}
"""The type of a part -> the event that brings more of it."""

_WHOLE = {
    "response.function_call_arguments.done": "arguments",
    "response.custom_tool_call_input.done": "input",
}
"""Events with all of a call's text -> the field that has it."""


def decode(records: Records, draft: Draft) -> Iterator[StreamEvent]:
    """The events of an answer.

    Raises ProviderError: what the service reported, "protocol" for records that are none and for
    an answer that ended before its final event.
    """
    return _read(records, draft, _FINAL)


def decode_codex(records: Records, draft: Draft) -> Iterator[StreamEvent]:
    """The events of an answer of the ChatGPT service, which may end in response.done instead."""
    return _read(records, draft, (*_FINAL, "response.done"))


def _read(records: Records, draft: Draft, final: tuple[str, ...]) -> Iterator[StreamEvent]:
    yield Start(draft)
    answer = _Answer(draft)
    loads, plain_delta = json.loads, answer.plain_delta
    for event, data in records:
        try:
            record = loads(data)
        except (ValueError, RecursionError):
            if data.strip() == "[DONE]":
                break
            raise failure.from_unreadable(event, data) from None
        delta = plain_delta(record)
        if delta is not None:
            yield delta
            continue
        kind = _kind(event, record)
        if kind in final:
            yield from answer.finish(kind, record.get("response"))
            return
        yield from answer.take(kind, record)
    raise ProviderError("the answer ended before it was complete: the stream was cut", "protocol")


def _kind(event: str | None, record: object) -> str:
    """The type of a record, which is its event's name too. Raises ProviderError for a report."""
    if not isinstance(record, dict):
        if event == "error":
            raise failure.from_object(record)
        return ""
    kind = record.get("type")
    kind = kind if isinstance(kind, str) else event or ""
    if kind == "error" or (not kind and record.get("error")):
        raise failure.from_object(record)
    return kind


class _Answer:
    """What has come of an answer so far."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._count = 0  # items that were added
        self._items = Index()
        self._call_ids: set[str] = set()

    def plain_delta(self, record: Any) -> BlockDelta | None:
        """The event of a record that only goes on with a block, as most do; None for others."""
        try:
            kind = record["type"]
            part = record.get(_PARTS[kind])
            item = self._items.by_key[record["output_index"], record["item_id"]]
            text = record["delta"]
        except (LookupError, TypeError, AttributeError):
            return None
        if not item.is_plain or item.part != (kind, part) or item.block is None:
            return None
        return self._draft.delta(item.block, text) if type(text) is str else None

    def take(self, kind: str, record: Any) -> Iterator[StreamEvent]:
        """Add a record that is not the final one. Those of unknown kinds are passed over."""
        if kind in ("response.created", "response.in_progress"):
            self._identify(record.get("response"))
        elif kind in ("response.content_part.added", "response.reasoning_summary_part.added"):
            yield from self._open_part(record)
        elif kind == "response.output_item.added":
            yield from self._add(record)
        elif kind == "response.output_item.done":
            yield from self._end(record)
        elif kind in _PARTS:
            yield from self._more(kind, record)
        elif kind in _WHOLE:
            item = self._items.find(record)
            if isinstance(item, Call):
                yield from item.complete(record.get(_WHOLE[kind]))

    def finish(self, kind: str, response: object) -> Iterator[StreamEvent]:
        """End all blocks and the answer. Raises ProviderError when it failed or lacks a part."""
        response = response if isinstance(response, dict) else {}
        self._identify(response)
        self._price(response)
        status = responses_end.status_of(kind, response)
        self._draft.extra["rawStopReason"] = responses_end.raw_reason(status, response)
        error = responses_end.failed(kind, status, response)
        if error is not None:
            raise error
        yield from self._settle(response.get("output"), is_cut=status == "incomplete")
        has_calls = bool(self._call_ids)
        yield self._draft.done(responses_end.stop_reason(status, response, has_calls))

    # --- items -----------------------------------------------------------------------------------

    def _add(self, record: dict[str, Any]) -> Iterator[StreamEvent]:
        item = record.get("item")
        if not isinstance(item, dict) or self._items.has(record, word(item.get("id"))):
            return
        made = self._made(item)
        if made is not None:
            self._items.keep(record, made)
            yield from made.begin()

    def _made(self, item: dict[str, Any]) -> Item | None:
        self._count += 1
        make = _ITEMS.get(item.get("type") if isinstance(item.get("type"), str) else "")
        if make is None:
            return None
        if issubclass(make, Call):
            return make(self._draft, item, self._call_ids, self._spare_id())
        return make(self._draft, item)

    def _spare_id(self) -> str:
        """A call id for a call that came without one of its own; the same on every replay."""
        shell = self._draft.shell()
        seed = f"{shell['timestamp']} {self._draft.extra.get('responseId')} {self._count}"
        return f"call_{sha256(seed.encode()).hexdigest()[:24]}"

    def _more(self, kind: str, record: dict[str, Any]) -> Iterator[StreamEvent]:
        item, text = self._items.find(record), record.get("delta")
        if item is not None and item.kind == _KINDS[kind] and isinstance(text, str):
            yield from item.more((kind, record.get(_PARTS[kind])), text)

    def _open_part(self, record: dict[str, Any]) -> Iterator[StreamEvent]:
        """A part began; some gateways put its first words there."""
        part = record.get("part")
        kind = _PART_KINDS.get(str(part.get("type"))) if isinstance(part, dict) else None
        words = part.get("text") or part.get("refusal") if kind else None
        if words:
            yield from self._more(kind, {**record, "delta": words})

    def _end(self, record: dict[str, Any]) -> Iterator[StreamEvent]:
        final = record.get("item")
        if not isinstance(final, dict):
            return
        item_id = word(final.get("id"))
        item = self._items.find(record, item_id)
        if item is None or _ITEMS.get(str(final.get("type"))) is not type(item):
            if self._items.is_complete(item_id):
                return
            item = self._made(final)  # it was never added
            if item is None:
                return
            yield from item.begin()
        self._items.forget(item, item_id)
        yield from item.end(final)

    # --- the end ---------------------------------------------------------------------------------

    def _settle(self, output: object, is_cut: bool) -> Iterator[StreamEvent]:
        """End the items that are open, as the final list of output has them.

        With nothing at all so far, the whole answer is in that list.
        """
        output = output if isinstance(output, list) else []
        listed = [item for item in output if isinstance(item, dict)]
        if not self._count:
            for index, item in enumerate(listed):
                yield from self._end({"output_index": index, "item": item})
        by_id = {item["id"]: item for item in listed if isinstance(item.get("id"), str)}
        for item in self._items:
            final = by_id.get(word(item.item.get("id")), {})
            if item.is_call and not (final or item.is_whole or is_cut):
                name = word(item.item.get("name"))
                raise ProviderError(f'the call of "{name}" never came to its end', "protocol")
            yield from item.end(final)

    def _identify(self, response: object) -> None:
        name = word(response.get("id")) if isinstance(response, dict) else ""
        if name:
            self._draft.extra["responseId"] = name
        if name and isinstance(response.get("end_turn"), bool):
            self._draft.extra["endTurn"] = response["end_turn"]

    def _price(self, response: dict[str, Any]) -> None:
        """Note the usage, at the prices of the tier the answer was given in."""
        report, model = response.get("usage"), self._draft.model
        if not isinstance(report, dict) or not report:
            return
        if model["api"] != "azure-openai-responses":
            price = service_tier.pricer_of(model, response.get("service_tier"))
            if price is not None:
                self._draft.reprice(price)
        self._draft.usage = read_usage(report, priced=is_openrouter(model))


_ITEMS: dict[str, Callable[..., Item]] = {
    "message": Message,
    "reasoning": Reasoning,
    "function_call": Call,
    "custom_tool_call": GrammarCall,
}
"""The type of an output item -> what is made of it; others are passed over."""
