"""The answer of Chat Completions: chunks in, stream events out.

    {"id", "model", "choices": [{"delta": {"content": "Hi"}, "finish_reason": null}], "usage"?}
    ... [DONE]

An answer is complete once a `finish_reason` came; `[DONE]` may be missing. It has at most one text
and one thinking block, however often the service goes back and forth, and one block per tool call,
in the order they began. All blocks end together, at the end, also when the answer is aborted.
Another format with the same chunks lays its answers out in its own way: `read` takes an `Answer`
made for it.

Thinking comes in `reasoning_content`, `reasoning` or `reasoning_text`, and the block's signature is
that name; OpenRouter's `reasoning_details`, which hold the provider's own signatures, become the
signature as a JSON list. A refusal is shown as text.

Known limit: only the first choice of a chunk is read, since only one is ever asked for.
"""

from __future__ import annotations

import json

from pi.errors import Cancelled, ProviderError
from pi.events import Start
from pi.providers import failure
from pi.providers.openai_blocks import OneOfEach
from pi.providers.openai_calls import Calls
from pi.providers.openai_compat import switches_of
from pi.providers.openai_details import Details
from pi.providers.openai_messages import REASONING_FIELDS
from pi.providers.openai_usage import read_usage, report_of
from pi.providers.openrouter import is_openrouter
from pi.providers.rescue import Rescue
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from typing import Any

    from pi.errors import ErrorKind
    from pi.events import BlockDelta, StreamEvent
    from pi.providers.draft import Draft
    from pi.providers.openai_blocks import InTurns

_STOP_REASONS = {
    "stop": "stop",
    "end": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "toolUse",
    "tool_use": "toolUse",
    "function_call": "toolUse",
}
"""`finish_reason` -> ours; every other one is an error."""

_FAILURES: dict[str, ErrorKind] = {
    "content_filter": "content_filter",
    "error": "server",
    "network_error": "network",
    "insufficient_system_resource": "overloaded",  # DeepSeek
}
"""What a `finish_reason` that is an error means; "unknown" for the rest."""


def decode(records: Iterable[tuple[str | None, str]], draft: Draft) -> Iterator[StreamEvent]:
    """The events of an answer. Raises ProviderError as `read` does, Cancelled as `records` do."""
    rescue = None
    if draft.tools and switches_of(draft.model)["recoversTextToolCalls"]:
        rescue = Rescue(draft.tools)
    try:
        yield from read(records, draft, Answer(draft, OneOfEach(draft), Calls(draft), rescue))
    except Cancelled:
        yield from draft.end_all()
        raise


def read(
    records: Iterable[tuple[str | None, str]], draft: Draft, answer: Answer
) -> Iterator[StreamEvent]:
    """The events of an answer that is laid out by `answer`.

    Raises ProviderError: what the service reported, "protocol" for chunks that are none and for an
    answer that ended before its finish_reason.
    """
    yield Start(draft)
    loads, plain_delta = json.loads, answer.plain_delta
    for event, data in records:
        try:
            chunk = loads(data)
        except (ValueError, RecursionError):
            if data.strip() == "[DONE]":
                break
            raise failure.from_unreadable(event, data) from None
        delta = plain_delta(chunk) if event is None else None
        if delta is None:
            yield from answer.take(event, chunk)
        else:
            yield delta
    yield from answer.finish()


_SPECIAL = frozenset(("error", "x_groq"))
"""Keys of a chunk or a choice that must not be passed over."""

_KINDS = {"content": "text", **dict.fromkeys(REASONING_FIELDS, "thinking")}
"""Field of a delta -> the kind of block its words are for."""


class Answer:
    """What has come of an answer so far; `blocks` and `calls` decide how it is laid out.

    `rescue`, if given, finds calls in its text.
    """

    def __init__(
        self, draft: Draft, blocks: OneOfEach | InTurns, calls: Calls, rescue: Rescue | None = None
    ) -> None:
        self._draft = draft
        self._blocks = blocks
        self._details = Details()
        self._calls = calls
        self._rescue = rescue
        self._reason: str | None = None  # the last finish_reason
        self._is_openrouter = is_openrouter(draft.model)

    def plain_delta(self, chunk: Any) -> BlockDelta | None:
        """The event of a chunk that only goes on with a block, as most do; None for all others."""
        try:
            choice = chunk["choices"][0]
            plain = (
                choice["finish_reason"] is None
                and chunk.get("usage") is None
                and _SPECIAL.isdisjoint(chunk)
                and choice.get("usage") is None
                and _SPECIAL.isdisjoint(choice)
            )
            said = [field for field, value in choice["delta"].items() if value and field != "role"]
            (field,) = said
            words = choice["delta"][field]
            if plain and field == "tool_calls":
                return self._calls.more(words)
            block = self._blocks.open[_KINDS[field]]
        except (LookupError, TypeError, ValueError, AttributeError):
            return None
        plain = plain and "responseId" in self._draft.extra  # or the chunk may bring it
        if not plain or not isinstance(words, str):
            return None
        if self._rescue is not None and field == "content" and not self._rescue.passes(words):
            return None
        return self._draft.delta(block, words)

    def take(self, event: str | None, chunk: Any) -> Iterator[StreamEvent]:
        """Add a chunk. Raises ProviderError for one that reports an error."""
        if not isinstance(chunk, dict):
            if event == "error":
                raise failure.from_object(chunk)
            return  # no chunk of the format; some gateways send null to keep the line warm
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        self._identify(chunk)
        report = report_of(chunk, choice)
        if report is not None:
            self._count(report)
        if event == "error" or _is_report(chunk):
            raise failure.from_object(chunk)
        if isinstance(choice, dict):
            yield from self._choice(choice)

    def finish(self) -> Iterator[StreamEvent]:
        """End all blocks and the answer. Raises ProviderError when it is not complete or failed."""
        draft, reason = self._draft, self._reason
        is_recovered = yield from self._recover()
        yield from self._blocks.pause()
        yield from self._calls.settle()
        thinking = self._blocks.open.get("thinking")
        if self._details and thinking is not None:
            draft.set(thinking, thinkingSignature=self._details.signature())
        yield from draft.end_all()
        if reason is None:
            if switches_of(draft.model)["supportsFinishReason"]:
                raise ProviderError(
                    "the answer ended without a finish_reason: the stream was cut", "protocol"
                )
            yield draft.done("toolUse" if self._calls else "stop")
            return
        stop = _STOP_REASONS.get(reason)
        if stop is None:
            raise ProviderError(
                f"the provider ended the answer with finish_reason {reason}",
                _FAILURES.get(reason, "unknown"),
                code=reason,
            )
        yield draft.done("toolUse" if is_recovered else stop)

    def _recover(self) -> Generator[StreamEvent, None, bool]:
        """Bring out the calls that came as text, or the text that was held back as it is."""
        if self._rescue is None:
            return False
        told = not switches_of(self._draft.model)["supportsFinishReason"]
        stop = _STOP_REASONS.get(self._reason) if self._reason else "stop" if told else None
        words, calls = self._rescue.settle(whole=stop in ("stop", "toolUse"))
        if words:
            yield from self._blocks.add("text", words, "content")
        for at, (name, arguments) in enumerate(calls):
            function = {"name": name, "arguments": arguments}
            yield from self._calls.take({"index": at, "function": function})
        return bool(calls)

    def _identify(self, chunk: dict[str, Any]) -> None:
        """Note the answer's id and, where it is another than asked for, its model."""
        extra = self._draft.extra
        name, model = chunk.get("id"), chunk.get("model")
        if "responseId" not in extra and isinstance(name, str) and name:
            extra["responseId"] = clean(name)
        is_news = model != self._draft.model["id"] and "responseModel" not in extra
        if is_news and isinstance(model, str) and model:
            extra["responseModel"] = clean(model)

    def _count(self, report: dict[str, Any]) -> None:
        usage = read_usage(report, priced=self._is_openrouter)
        if usage["totalTokens"] or not self._draft.usage["totalTokens"]:
            self._draft.usage = usage

    def _choice(self, choice: dict[str, Any]) -> Iterator[StreamEvent]:
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self._reason = self._draft.extra["rawStopReason"] = clean(reason)
        if choice.get("error"):
            raise failure.from_object(choice)
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            delta = choice.get("message")  # a server that does not stream sends the whole message
        if isinstance(delta, dict):
            yield from self._think(delta)
            yield from self._speak(delta.get("content"))
            yield from self._speak(delta.get("refusal"))
            yield from self._call(delta.get("tool_calls"))

    def _think(self, delta: dict[str, Any]) -> Iterator[StreamEvent]:
        told = self._details.add(delta.get("reasoning_details"))
        for field in REASONING_FIELDS:
            words = delta.get(field)
            if isinstance(words, str) and words:
                yield from self._blocks.add("thinking", words, field)
                return
        if told or (self._details.is_sealed and "thinking" not in self._blocks.open):
            yield from self._blocks.add("thinking", told, "reasoning_details")

    def _speak(self, content: Any) -> Iterator[StreamEvent]:
        """Text, or a list of parts as Mistral and some gateways send it."""
        if not content:
            return
        if isinstance(content, str):
            words = content if self._rescue is None else self._rescue.feed(content)
            if words:
                yield from self._blocks.add("text", words, "content")
        elif isinstance(content, (list, dict)):
            for part in content if isinstance(content, list) else [content]:
                yield from self._part(part)
        else:
            raise ProviderError("the answer has content that is neither text nor parts", "protocol")

    def _part(self, part: Any) -> Iterator[StreamEvent]:
        if isinstance(part, str):
            yield from self._speak(part)
        elif not isinstance(part, dict):
            return
        elif part.get("type") == "thinking":
            words = _words(part.get("thinking"))
            if words:
                yield from self._blocks.add("thinking", words, REASONING_FIELDS[0])
        elif isinstance(part.get("text"), str):
            yield from self._speak(part["text"])

    def _call(self, pieces: Any) -> Iterator[StreamEvent]:
        for piece in pieces if isinstance(pieces, list) else [pieces]:
            if isinstance(piece, dict):
                words = self._rescue.give_up() if self._rescue else ""
                if words:
                    yield from self._blocks.add("text", words, "content")
                yield from self._blocks.pause()
                yield from self._calls.take(piece)


def _is_report(chunk: dict[str, Any]) -> bool:
    """Whether a chunk says what went wrong: `{"error": ...}`, or such an object as the chunk."""
    bare = chunk.get("object") == "error" or ("choices" not in chunk and "detail" in chunk)
    return bare or bool(chunk.get("error"))


def _words(thinking: Any) -> str:
    """The text of a thinking part: a string, or a list of text parts."""
    if isinstance(thinking, str):
        return thinking
    parts = thinking if isinstance(thinking, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))
