"""The assistant message under construction: what every decoder builds and every failure keeps.

A decoder opens blocks, adds text to them and closes them; each call returns the stream event to
yield. Text is kept in parts and joined once, so a long answer costs linear time.

    draft = Draft(model, timestamp=now_ms)
    yield Start(draft)
    yield draft.begin("text")            # BlockStart(0, "text")
    yield draft.delta(0, "Hello")        # BlockDelta(0, "text", "Hello")
    yield draft.end(0)                   # BlockEnd(0, "text", {"type": "text", "text": "Hello"})
    yield draft.done("stop", raw="end_turn")

Surrogates: an emoji can arrive as two halves in two deltas. `delta` holds a trailing first half
back and gives it out with the next delta, so no event and no block ever has a lone one.
"""

from __future__ import annotations

import json

from pi.events import BlockDelta, BlockEnd, BlockStart, Done, Failed
from pi.messages import zero_usage
from pi.text.jsontext import MOST_NESTED, is_too_deep
from pi.text.unicode import clean, clean_json, ends_in_half_pair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.errors import ProviderError
    from pi.messages import Message, Usage
    from pi.request import Model, ToolDecl

_TEXT_KEY = {"text": "text", "thinking": "thinking"}
_SHOWN_ARGUMENTS = 2000  # characters of unreadable arguments that are shown to the model


class _Block:
    """One content block: its final dict, and its text so far in parts."""

    __slots__ = ("closed", "content", "held", "kind", "parts")

    def __init__(self, kind: str, content: dict[str, Any]) -> None:
        self.kind = kind
        self.content = content
        self.parts: list[str] = []
        self.held = ""  # the first half of a surrogate pair, waiting for the second
        self.closed = False


class Draft:
    """An assistant message being received. One decoder writes it; others only read.

    `timestamp` is the request's start in Unix milliseconds. `price(usage)` fills in what the tokens
    cost. `usage` is replaced, never changed in place, so its identity tells whether it is news.
    """

    def __init__(
        self, model: Model, timestamp: int, price: Callable[[Usage], Usage] | None = None
    ) -> None:
        self.model = model  # whose answer it is; decoders read its switches
        self.tools: list[ToolDecl] = []  # what the request declared, for decoders that need it
        self._price = price
        self._usage = zero_usage()
        self.extra: dict[str, Any] = {}  # responseId, responseModel, rawStopReason, ...
        self._head = {
            "role": "assistant",
            "content": [],
            "api": model["api"],
            "provider": model["provider"],
            "model": model["id"],
        }
        self._timestamp = timestamp
        self._blocks: list[_Block] = []

    @property
    def usage(self) -> Usage:
        """What is known of the usage so far, priced."""
        return self._usage

    @usage.setter
    def usage(self, usage: Usage) -> None:
        self._usage = usage if self._price is None else self._price(usage)

    def reprice(self, price: Callable[[Usage], Usage]) -> None:
        """Price with `price` from now on, if usage is priced at all: another model answers."""
        if self._price is not None:
            self._price = price

    def begin(self, kind: str, **content: Any) -> BlockStart:
        """Open the next block. `kind` is text, thinking or toolCall (with `id` and `name`)."""
        if kind == "toolCall":
            self._blocks.append(_Block(kind, {"type": kind, **content, "arguments": {}}))
            return BlockStart(len(self._blocks) - 1, kind, content["id"], content["name"])
        self._blocks.append(_Block(kind, {"type": kind, _TEXT_KEY[kind]: "", **content}))
        return BlockStart(len(self._blocks) - 1, kind)

    def delta(self, index: int, text: str) -> BlockDelta:
        """Add text (or argument JSON) to an open block."""
        block = self._blocks[index]
        if block.held or not text.isascii():
            text = _joined(block, text)
        block.parts.append(text)
        return BlockDelta(index, block.kind, text)

    def set(self, index: int, **content: Any) -> None:
        """Set keys of a block: `thinkingSignature`, `textSignature`, a late `name`, ..."""
        self._blocks[index].content.update(content)

    def end(self, index: int, arguments: object = None) -> BlockEnd:
        """Close a block. `arguments` replaces the joined argument text when given."""
        block = self._blocks[index]
        block.closed = True
        if block.kind == "toolCall":
            _settle_arguments(block, arguments)
        else:
            _settle_text(block)
        return BlockEnd(index, block.kind, block.content)

    def end_all(self) -> list[BlockEnd]:
        """Close every block that is still open, in order."""
        return [self.end(index) for index in self.open_blocks()]

    def open_blocks(self) -> list[int]:
        """Indices of the blocks that were begun and not ended."""
        return [index for index, block in enumerate(self._blocks) if not block.closed]

    def kind(self, index: int) -> str:
        """The kind of a block."""
        return self._blocks[index].kind

    def text(self, index: int) -> str:
        """The text of a block so far."""
        return "".join(self._blocks[index].parts)

    def __len__(self) -> int:
        return len(self._blocks)

    def shell(self) -> Message:
        """The pending message that opens a stream: no content yet."""
        return {
            **self._head,
            "content": [],
            "usage": self.usage,
            "stopReason": "pending",
            "timestamp": self._timestamp,
        }

    def message(self, stop_reason: str, error_message: str | None = None) -> Message:
        """The message as it stands. Open text is included as far as it came; open calls are {}."""
        for block in self._blocks:
            if not block.closed and block.kind != "toolCall":
                _settle_text(block)
        message: Message = {
            **self._head,
            "content": [block.content for block in self._blocks],
            "usage": self.usage,
            "stopReason": stop_reason,
            "timestamp": self._timestamp,
            **self.extra,
        }
        if error_message is not None:
            message["errorMessage"] = clean(error_message)
        return message

    def done(self, stop_reason: str, raw: str | None = None) -> Done:
        """The end of a complete response. `raw` is the provider's own word for the reason."""
        if raw is not None:
            self.extra["rawStopReason"] = raw
        return Done(self.message(stop_reason))

    def failed(self, error: ProviderError) -> Failed:
        """The end of a broken response; what came is kept."""
        return Failed(self.message("error", str(error)), error)

    def aborted(self, reason: str = "Request was aborted") -> Failed:
        """The end of a response that was cancelled; what came is kept."""
        return Failed(self.message("aborted", reason))


def _joined(block: _Block, text: str) -> str:
    """`text` with what was held back before it, and without a half pair at its end."""
    text = block.held + text
    block.held = ""
    if ends_in_half_pair(text):
        block.held = text[-1]
        text = text[:-1]
    return clean(text)


def _settle_text(block: _Block) -> None:
    block.content[_TEXT_KEY[block.kind]] = "".join(block.parts) + clean(block.held)


def _settle_arguments(block: _Block, arguments: object) -> None:
    if arguments is None:
        value, problem = read_arguments("".join(block.parts) + clean(block.held))
    else:
        value, problem = arguments, _unusable(arguments)
    block.content["arguments"] = {} if problem else clean_json(value)
    if problem:
        block.content["argumentsError"] = problem


def read_arguments(text: str) -> tuple[Mapping[str, Any], str | None]:
    """A call's argument text as an object, and what is wrong with it (None: nothing).

    Empty text is an empty object: several providers send nothing for a call without arguments.
    Raw line ends and tabs in strings, which smaller models write, mean what they are. Any other
    text that is not a JSON object is never guessed at: it gives {} and a reason, with the text
    itself, that the model can act on.
    """
    if not text.strip():
        return {}, None
    try:
        value = json.loads(text, strict=False, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return {}, _with_text(f"not valid JSON: {error}", text)
    problem = _unusable(value, text)
    return ({}, problem) if problem else (value, None)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _unusable(value: object, text: str = "(too deep to be shown)") -> str | None:
    """What is wrong with arguments that were read, perhaps from a text; None if nothing is."""
    if is_too_deep(value):
        return _with_text(f"more than {MOST_NESTED} objects and lists nested in each other", text)
    if isinstance(value, dict):
        return None
    return _with_text("not a JSON object", json.dumps(value, ensure_ascii=False, default=str))


def _with_text(problem: str, text: str) -> str:
    shown = text if len(text) <= _SHOWN_ARGUMENTS else f"{text[:_SHOWN_ARGUMENTS]}..."
    return f"{problem}\n\nReceived arguments:\n{clean(shown)}"
