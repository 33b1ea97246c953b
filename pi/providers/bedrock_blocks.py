"""The content blocks of a Converse answer: from their events into a draft.

    contentBlockStart   {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId", "name"}}}
    contentBlockDelta   {"contentBlockIndex": 0, "delta": {"text": "..."} |
                         {"reasoningContent": {"text" | "signature" | "redactedContent": "..."}} |
                         {"toolUse": {"input": "{..."}}}
    contentBlockStop    {"contentBlockIndex": 0}

They are Anthropic's blocks in other words, and `anthropic_blocks` does the work: here events are
put into its words. What differs: text and thinking have no start, the first delta begins them; and
hidden thinking comes as bytes in several deltas, of which one block is made when they have ended.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from pi.errors import ProviderError
from pi.providers import anthropic_blocks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.events import BlockDelta, StreamEvent
    from pi.providers.draft import Draft

_IMPLICIT = ("text", "reasoningContent")
"""Kinds of blocks whose start, where there is one, says nothing."""


class Blocks:
    """The blocks of one answer. Events tell them apart by `contentBlockIndex`."""

    def __init__(self, draft: Draft) -> None:
        self._blocks = anthropic_blocks.Blocks(draft)
        self._hidden: dict[Any, list[str]] = {}  # index -> hidden thinking so far, base64

    def plain_delta(self, event: dict[str, Any]) -> BlockDelta | None:
        """More of an open block, as nearly all events are; None when it is anything else."""
        try:
            index, delta = event["contentBlockIndex"], event["delta"]
            return self._blocks.plain_delta({"index": index, "delta": _delta(delta)})
        except (LookupError, TypeError, ValueError, AttributeError):
            return None

    def start(self, event: dict[str, Any]) -> Iterator[StreamEvent]:
        """Begin a call. Other kinds begin with their first delta, or are passed over."""
        start, index = event.get("start"), _index_of(event)
        if not isinstance(start, dict) or not start or any(kind in start for kind in _IMPLICIT):
            return
        yield from self._flush(index)
        yield from self._begin(index, _call(start.get("toolUse")))

    def delta(self, event: dict[str, Any]) -> Iterator[StreamEvent]:
        """A delta that is not plain: the first one, a signature, hidden thinking, an unknown one.

        Raises ProviderError("protocol") for one that cannot be put anywhere.
        """
        delta, index = event.get("delta"), _index_of(event)
        if not isinstance(delta, dict):
            return
        thought = delta.get("reasoningContent")
        hidden = thought.get("redactedContent") if isinstance(thought, dict) else None
        if isinstance(hidden, str):
            self._hidden.setdefault(index, []).append(hidden)
        for part in _parts(delta):
            yield from self._blocks.delta({"index": index, "delta": part})

    def stop(self, event: dict[str, Any]) -> Iterator[StreamEvent]:
        """End a block; one that is not open is none of ours, or has ended before."""
        index = _index_of(event)
        yield from self._flush(index)
        yield from self._blocks.stop({"index": index})

    def whole(self, index: int, block: dict[str, Any]) -> Iterator[StreamEvent]:
        """A block that came in one piece."""
        begun = _whole(block)
        if begun is not None:
            yield from self._begin(index, begun)
            yield from self._blocks.stop({"index": index})

    def end_all(self) -> Iterator[StreamEvent]:
        """End the blocks that are still open, in order."""
        for index in list(self._hidden):
            yield from self._flush(index)
        yield from self._blocks.end_all()

    def _flush(self, index: Any) -> Iterator[StreamEvent]:
        """The block of hidden thinking that has been gathered, if there is any."""
        pieces = self._hidden.pop(index, None)
        if pieces:
            yield from self._begin(index, _hidden(_joined(pieces)))
            yield from self._blocks.stop({"index": index})

    def _begin(self, index: Any, block: dict[str, Any]) -> Iterator[StreamEvent]:
        return self._blocks.start({"index": index, "content_block": block})


def _index_of(event: dict[str, Any]) -> int | None:
    index = event.get("contentBlockIndex")
    return index if isinstance(index, int) else None


# --- Converse's words, and Anthropic's -----------------------------------------------------------


def _delta(delta: dict[str, Any]) -> dict[str, Any]:
    """A delta with a single text in it. Others raise LookupError and the like."""
    ((name, value),) = delta.items()
    if name == "text":
        return {"type": "text_delta", "text": value}
    if name == "toolUse":
        return {"type": "input_json_delta", "partial_json": value["input"]}
    ((kind, words),) = value.items()
    return {"type": "thinking_delta", "thinking" if kind == "text" else kind: words}


def _parts(delta: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A delta, as the deltas of Anthropic's it stands for; none for an unknown one."""
    if "text" in delta:
        yield {"type": "text_delta", "text": delta["text"]}
    call, thought = delta.get("toolUse"), delta.get("reasoningContent")
    if isinstance(call, dict):
        yield {"type": "input_json_delta", "partial_json": call.get("input")}
    if isinstance(thought, dict):
        yield {"type": "thinking_delta", "thinking": thought.get("text")}
        yield {"type": "signature_delta", "signature": thought.get("signature")}


def _call(use: object) -> dict[str, Any]:
    """The start of a call; tools that the service itself runs are none of ours."""
    if not isinstance(use, dict) or use.get("type") == "server_tool_use":
        return {"type": "unknown"}
    named = {"id": use.get("toolUseId"), "name": use.get("name"), "input": use.get("input")}
    return {"type": "tool_use", **named}


def _hidden(data: object) -> dict[str, Any]:
    return {"type": "redacted_thinking", "data": data}


def _whole(block: dict[str, Any]) -> dict[str, Any] | None:
    """A finished block; None for one of unknown kind."""
    if isinstance(block.get("text"), str):
        return {"type": "text", "text": block["text"]}
    if "toolUse" in block:
        return _call(block["toolUse"])
    thought = block.get("reasoningContent")
    if not isinstance(thought, dict):
        return None
    if "redactedContent" in thought:
        return _hidden(thought["redactedContent"])
    words = thought.get("reasoningText")
    if not isinstance(words, dict):
        return None
    return {
        "type": "thinking",
        "thinking": words.get("text"),
        "signature": words.get("signature"),
    }


def _joined(pieces: list[str]) -> str:
    """Bytes that came in pieces of base64. Raises ProviderError("protocol") for what is none."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        data = b"".join(a2b_base64(piece) for piece in pieces)
    except (Base64Error, ValueError):
        raise ProviderError(
            "the answer has hidden thinking that is not base64", "protocol"
        ) from None
    return b2a_base64(data, newline=False).decode()
