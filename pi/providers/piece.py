"""An answer in pieces, as an extension's own stream gives it, made into stream events.

    "Hel", "lo"                                        text; neighbours are one block
    {"type": "thinking", "thinking": "Hm."}            the same for thinking
    {"type": "toolCall", "name": "read", "arguments": {"path": "a"}, "id": "c1"}     a whole call
    {"type": "usage", "input": 10, "output": 4}        what it took so far
    {"type": "stop", "reason": "length"}               why it ended, where that is not plain

These are content blocks of the session format, and two more. A call's arguments are an object or
its JSON text; an id is made up where it has none. The answer is complete when the pieces end.
"""

from __future__ import annotations

import json

from pi.errors import ProviderError
from pi.events import Start
from pi.messages import zero_usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pi.events import StreamEvent
    from pi.providers.draft import Draft

STOP_REASONS = ("stop", "length", "toolUse")
_COUNTS = ("input", "output", "cacheRead", "cacheWrite")


def play(pieces: Iterable[Any], draft: Draft) -> Iterator[StreamEvent]:
    """The events of an answer. Raises ProviderError for something that is no piece."""
    yield Start(draft)
    answer = _Answer(draft)
    for piece in pieces:
        piece = {"type": "text", "text": piece} if isinstance(piece, str) else piece
        take = _TAKE.get(piece.get("type")) if isinstance(piece, dict) else None
        if take is None:
            raise _wrong(f"{_shown(piece)} is no piece of an answer: {_EXPECTED}")
        yield from take(answer, piece)
    yield from draft.end_all()
    yield draft.done(answer.reason or ("toolUse" if answer.calls else "stop"))


class _Answer:
    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.reason = ""
        self.calls = 0

    def words(self, piece: dict[str, Any]) -> Iterator[StreamEvent]:
        """More text or thinking: of the open block, if it is of that kind."""
        kind, draft = piece["type"], self.draft
        words = piece.get(kind)
        if not isinstance(words, str):
            raise _wrong(f'a piece of type {kind} has its words in "{kind}"')
        at = len(draft) - 1
        if at not in draft.open_blocks() or draft.kind(at) != kind:
            yield from draft.end_all()
            yield draft.begin(kind)
            at += 1
        signature = piece.get("thinkingSignature")
        if isinstance(signature, str):
            draft.set(at, thinkingSignature=signature)
        if words:
            yield draft.delta(at, words)

    def call(self, piece: dict[str, Any]) -> Iterator[StreamEvent]:
        name, arguments = piece.get("name"), piece.get("arguments", {})
        if not isinstance(name, str) or not name:
            raise _wrong('a piece of type toolCall has the tool\'s name in "name"')
        yield from self.draft.end_all()
        self.calls += 1
        call_id = piece.get("id") or f"call_{self.draft.shell()['timestamp']}_{self.calls}"
        yield self.draft.begin("toolCall", id=str(call_id), name=name)
        at = len(self.draft) - 1
        is_text = isinstance(arguments, str)
        yield self.draft.delta(at, arguments if is_text else _json(arguments))
        yield self.draft.end(at)

    def usage(self, piece: dict[str, Any]) -> Iterator[StreamEvent]:
        counts = {name: piece.get(name) or 0 for name in _COUNTS}
        for name, count in counts.items():
            if not isinstance(count, (int, float)) or isinstance(count, bool) or not count >= 0:
                raise _wrong(f"usage: {name} is no number of tokens")
        self.draft.usage = {**zero_usage(), **counts, "totalTokens": sum(counts.values())}
        return iter(())

    def stop(self, piece: dict[str, Any]) -> Iterator[StreamEvent]:
        if piece.get("reason") not in STOP_REASONS:
            raise _wrong(f"a stop has one of these reasons: {', '.join(STOP_REASONS)}")
        self.reason = piece["reason"]
        return iter(())


_TAKE: dict[Any, Callable[[_Answer, dict[str, Any]], Iterator[StreamEvent]]] = {
    "text": _Answer.words,
    "thinking": _Answer.words,
    "toolCall": _Answer.call,
    "usage": _Answer.usage,
    "stop": _Answer.stop,
}
_EXPECTED = "expected text, or a dict whose type is one of " + ", ".join(_TAKE)


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _wrong(f"the arguments of a call: {error}") from None


def _shown(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    return f"a dict of type {kind!r:.40}" if isinstance(value, dict) else type(value).__name__


def _wrong(text: str) -> ProviderError:
    return ProviderError(text, "bad_request")
