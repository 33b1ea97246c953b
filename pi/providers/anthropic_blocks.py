"""The content blocks of an Anthropic answer: from their events into a draft.

    content_block_start   {"index": 0, "content_block": {"type": "text" | "thinking" |
                           "redacted_thinking" | "tool_use" | ..., ...}}
    content_block_delta   {"index": 0, "delta": {"type": "text_delta" | "thinking_delta" |
                           "signature_delta" | "input_json_delta" | ..., ...}}
    content_block_stop    {"index": 0}

Blocks of server-side tools, and deltas of unknown kind, are passed over. What a sloppy service gets
wrong is mended where that is safe: text without a start gets a block, a start that comes twice ends
the first block, a call without an id gets one. A redacted thinking block keeps its data as
`thinkingSignature` and shows REDACTED.
"""

from __future__ import annotations

from pi.errors import ProviderError
from pi.text.jsontext import dumps
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.events import BlockDelta, BlockEnd, StreamEvent
    from pi.providers.draft import Draft

REDACTED = "[Reasoning redacted]"

_DELTAS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "input_json_delta": ("toolCall", "partial_json"),
}
"""Delta -> the kind of block it continues, and its key."""


class Blocks:
    """The blocks of one answer. Events tell them apart by `index`."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._open: dict[Any, tuple[int, str]] = {}  # index -> (place in the draft, kind)
        self._ended: set[Any] = set()
        self._passed: set[Any] = set()
        self._inputs: dict[int, Any] = {}  # place -> arguments that came with a call's start
        self._signatures: dict[int, str] = {}  # place -> signature so far
        self._ids: set[str] = set()  # of calls

    def plain_delta(self, event: dict[str, Any]) -> BlockDelta | None:
        """More of an open block, as nearly all events are; None when it is anything else."""
        try:
            delta = event["delta"]
            kind, key = _DELTAS[delta["type"]]
            words = delta[key]
            place, open_kind = self._open[event["index"]]
        except (LookupError, TypeError):
            return None
        if open_kind == kind and type(words) is str:
            return self._draft.delta(place, words)
        return None

    def start(self, event: dict[str, Any]) -> Iterator[StreamEvent]:
        """Begin a block. Raises ProviderError when another model takes over in mid-answer."""
        block, index = event.get("content_block"), _index_of(event)
        if not isinstance(block, dict):
            return
        yield from self._end(index)
        self._passed.discard(index)
        match block.get("type"):
            case "text":
                yield from self._begin(index, "text", block.get("text"))
            case "thinking":
                words = block.get("thinking")
                yield from self._begin(index, "thinking", words, thinkingSignature="")
                self._sign(index, block.get("signature"))
            case "redacted_thinking":
                data = block.get("data")
                sealed = {"thinkingSignature": clean(data) if isinstance(data, str) else ""}
                yield from self._begin(index, "thinking", REDACTED, **sealed, redacted=True)
            case "tool_use":
                name = block.get("name")
                name = clean(name) if isinstance(name, str) else ""
                yield from self._begin(index, "toolCall", id=self._id_of(block), name=name)
                self._inputs[self._open[index][0]] = block.get("input")
            case "fallback" if len(self._draft):
                raise ProviderError("another model took over in the middle of the answer", "server")
            case _:
                self._passed.add(index)

    def delta(self, event: dict[str, Any]) -> Iterator[StreamEvent]:
        """A delta that is not plain: a signature, one of unknown kind, one out of place.

        Raises ProviderError("protocol") for one that cannot be put anywhere.
        """
        delta, index = event.get("delta"), _index_of(event)
        if not isinstance(delta, dict) or index in self._passed:
            return
        name = delta.get("type")
        if name == "signature_delta":
            if delta.get("signature") and index not in self._open and index not in self._ended:
                yield from self._begin_late(index, "thinking", name)  # thinking that is not shown
            self._sign(index, delta.get("signature"))
            return
        kind, key = _DELTAS.get(name, ("", "")) if isinstance(name, str) else ("", "")
        words = delta.get(key)
        if not words:
            return
        if not isinstance(words, str):
            raise ProviderError(f"the answer has a {name} that is not text", "protocol")
        if self._kind(index) != kind:
            yield from self._begin_late(index, kind, name)
        yield self._draft.delta(self._open[index][0], words)

    def stop(self, event: dict[str, Any]) -> Iterator[StreamEvent]:
        """End a block; one that is not open is none of ours, or has ended before."""
        return self._end(_index_of(event))

    def end_all(self) -> Iterator[StreamEvent]:
        """End the blocks that are still open, in order."""
        for index in list(self._open):
            yield from self._end(index)

    def _begin(
        self, index: Any, kind: str, words: object = None, **content: Any
    ) -> Iterator[StreamEvent]:
        begun = self._draft.begin(kind, **content)
        self._open[index] = (begun.index, kind)
        self._ended.discard(index)
        yield begun
        if isinstance(words, str) and words:
            yield self._draft.delta(begun.index, words)

    def _begin_late(self, index: Any, kind: str, name: str) -> Iterator[StreamEvent]:
        """Begin a block whose start was lost or told another kind. A call cannot be guessed."""
        if index in self._ended or kind == "toolCall":
            raise ProviderError(f"the answer has a {name} outside of its block", "protocol")
        yield from self._end(index)
        content = {"thinkingSignature": ""} if kind == "thinking" else {}
        yield from self._begin(index, kind, **content)

    def _end(self, index: Any) -> Iterator[BlockDelta | BlockEnd]:
        """End a block if it is open. A call's arguments may have come whole with its start."""
        if index not in self._open:
            return
        place, kind = self._open.pop(index)
        self._ended.add(index)
        given = self._inputs.pop(place, None)
        if kind == "toolCall" and given and not self._draft.text(place):
            yield self._draft.delta(place, given if isinstance(given, str) else dumps(given))
        yield self._draft.end(place)

    def _kind(self, index: Any) -> str:
        return self._open[index][1] if index in self._open else ""

    def _sign(self, index: Any, signature: object) -> None:
        if isinstance(signature, str) and self._kind(index) == "thinking":
            place = self._open[index][0]
            self._signatures[place] = self._signatures.get(place, "") + signature
            self._draft.set(place, thinkingSignature=clean(self._signatures[place]))

    def _id_of(self, block: dict[str, Any]) -> str:
        """A call's id; one that is missing or was used before in this answer is made up."""
        given = block.get("id")
        chosen = clean(given) if isinstance(given, str) else ""
        if not chosen or chosen in self._ids:
            chosen = f"call_{self._draft.shell()['timestamp']}_{len(self._draft)}"
        self._ids.add(chosen)
        return chosen


def _index_of(event: dict[str, Any]) -> int | str | None:
    index = event.get("index")
    return index if isinstance(index, (int, str)) else None
