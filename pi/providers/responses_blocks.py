"""The output items of a Responses answer, each one a content block in the making.

    message             text       its parts joined; a refusal is text too
    reasoning           thinking   the parts of its summary, a blank line between them
    function_call       toolCall   arguments as JSON text
    custom_tool_call    toolCall   of a grammar tool: its text becomes the one argument

What an item says when it is done completes what was streamed of it, if it goes on from that. Text
that was streamed is never taken back; arguments, which nobody acts on before the end, may be.
"""

from __future__ import annotations

from pi.providers.draft import read_arguments
from pi.providers.grammar import CLOSING, escaped, opening, parameter_of_call
from pi.providers.responses_ids import joined_id, text_signature
from pi.text.jsontext import dumps
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.events import StreamEvent
    from pi.providers.draft import Draft


def word(value: object) -> str:
    """A string that can be kept; "" for what is none."""
    return clean(value) if isinstance(value, str) else ""


class Item:
    """One output item. `block` is its content block, None until it has begun."""

    is_call = False
    is_plain = True
    """Whether a delta that goes on with the same part is text of the block as it stands."""

    def __init__(self, draft: Draft, item: dict[str, Any]) -> None:
        self.draft = draft
        self.item = item  # as it was when it was added
        self.block: int | None = None
        self.part: object = None  # which part the last delta was for

    def begin(self) -> Iterator[StreamEvent]:
        """The item was added."""
        yield from ()

    def more(self, part: object, text: str) -> Iterator[StreamEvent]:
        """More of its text, in a part of it."""
        raise NotImplementedError

    def end(self, item: dict[str, Any]) -> Iterator[StreamEvent]:
        """The item is complete as `item` says; {} when it does not say."""
        raise NotImplementedError

    def _rest(self, whole: str) -> Iterator[StreamEvent]:
        """What the whole text has beyond what came of it."""
        said = "" if self.block is None else self.draft.text(self.block)
        if whole != said and whole.startswith(said):
            yield self.draft.delta(self.block, whole[len(said) :])


class Message(Item):
    """Text. Its block begins with its first words: a message without any is none."""

    kind = "text"

    def more(self, part: object, text: str) -> Iterator[StreamEvent]:
        self.part = part
        if text:
            yield from self._open()
            yield self.draft.delta(self.block, text)

    def end(self, item: dict[str, Any]) -> Iterator[StreamEvent]:
        whole = "".join(_texts(item.get("content"), "text", "refusal"))
        if whole:
            yield from self._open()
            yield from self._rest(whole)
        if self.block is None:
            return
        item_id = word(item.get("id")) or word(self.item.get("id"))
        if item_id:
            phase = item.get("phase") or self.item.get("phase")
            self.draft.set(self.block, textSignature=text_signature(item_id, phase))
        yield self.draft.end(self.block)

    def _open(self) -> Iterator[StreamEvent]:
        if self.block is None:
            start = self.draft.begin("text")
            self.block = start.index
            yield start


class Reasoning(Item):
    """Thinking. Its signature is the whole item, to be sent back as it is."""

    kind = "thinking"

    def begin(self) -> Iterator[StreamEvent]:
        start = self.draft.begin("thinking")
        self.block = start.index
        yield start

    def more(self, part: object, text: str) -> Iterator[StreamEvent]:
        if text:
            is_next = self.part is not None and part != self.part
            self.part = part
            yield self.draft.delta(self.block, f"\n\n{text}" if is_next else text)

    def end(self, item: dict[str, Any]) -> Iterator[StreamEvent]:
        words = _texts(item.get("summary"), "text") or _texts(item.get("content"), "text")
        yield from self._rest("\n\n".join(words))
        sealed = self.item.get("encrypted_content")
        if sealed and not item.get("encrypted_content"):
            item = {**(item or self.item), "encrypted_content": sealed}
        if item:
            self.draft.set(self.block, thinkingSignature=dumps(item))
        yield self.draft.end(self.block)


class Call(Item):
    """A tool call. `taken` are the call ids of the answer so far, which must differ."""

    kind = "toolCall"
    is_call = True

    def __init__(self, draft: Draft, item: dict[str, Any], taken: set[str], spare: str) -> None:
        super().__init__(draft, item)
        call_id = word(item.get("call_id")) or word(item.get("id")) or spare
        self.call_id = spare if call_id in taken else call_id
        taken.add(self.call_id)
        self.is_whole = False  # whether its arguments are known to be complete

    def begin(self) -> Iterator[StreamEvent]:
        name, namespace = word(self.item.get("name")), word(self.item.get("namespace"))
        place = {"namespace": namespace} if namespace else {}
        full_id = joined_id(self.call_id, word(self.item.get("id")))
        start = self.draft.begin("toolCall", id=full_id, name=name, **place)
        self.block = start.index
        yield start
        yield from self._lead()
        first = self._text_of(self.item)
        if first:
            yield from self.more(None, first)

    def _lead(self) -> Iterator[StreamEvent]:
        """What of the arguments stands before their first piece."""
        yield from ()

    def more(self, part: object, text: str) -> Iterator[StreamEvent]:
        self.part = part
        yield self.draft.delta(self.block, text)

    def complete(self, whole: object) -> Iterator[StreamEvent]:
        """Its text is `whole`; nothing more will come."""
        self.is_whole = True
        yield from self._rest(_json(whole))

    def end(self, item: dict[str, Any]) -> Iterator[StreamEvent]:
        self._learn(item)
        whole = self._text_of(item)
        arguments = None
        if whole:
            yield from self._rest(whole)
            if self.draft.text(self.block) != whole:
                value, problem = read_arguments(whole)
                arguments = None if problem else value
        yield self.draft.end(self.block, arguments)

    def _text_of(self, item: dict[str, Any]) -> str:
        return _json(item.get("arguments"))

    def _learn(self, item: dict[str, Any]) -> None:
        """Note what only the finished item says. An id once given out stays."""
        changed = {key: word(item.get(key)) for key in ("name", "namespace")}
        if not word(self.item.get("id")):
            changed["id"] = joined_id(self.call_id, word(item.get("id")))
        self.draft.set(self.block, **{key: value for key, value in changed.items() if value})


class GrammarCall(Call):
    """A call of a grammar tool: the pieces are text, the block's are JSON."""

    is_plain = False

    def __init__(self, draft: Draft, item: dict[str, Any], taken: set[str], spare: str) -> None:
        super().__init__(draft, item, taken, spare)
        self._parameter = parameter_of_call(word(item.get("name")), draft.tools)

    def more(self, part: object, text: str) -> Iterator[StreamEvent]:
        yield from super().more(part, escaped(text))

    def complete(self, whole: object) -> Iterator[StreamEvent]:
        yield from super().complete(opening(self._parameter) + escaped(_json(whole)))

    def end(self, item: dict[str, Any]) -> Iterator[StreamEvent]:
        self._learn(item)
        whole = self._text_of(item)
        if whole:
            yield from self.complete(whole)
        said = self.draft.text(self.block)
        is_said = not whole or said == opening(self._parameter) + escaped(whole)
        yield self.draft.delta(self.block, CLOSING)
        yield self.draft.end(self.block, None if is_said else {self._parameter: whole})

    def _lead(self) -> Iterator[StreamEvent]:
        yield self.draft.delta(self.block, opening(self._parameter))

    def _text_of(self, item: dict[str, Any]) -> str:
        return _json(item.get("input"))


def _json(value: object) -> str:
    """Arguments as text; some servers send the object itself."""
    if isinstance(value, str):
        return value
    return dumps(value) if isinstance(value, dict) else ""


def _texts(parts: object, *keys: str) -> list[str]:
    """The texts of an item's parts, in order; each under the first of these keys that it has."""
    found = []
    for part in parts if isinstance(parts, list) else ():
        values = [part.get(key) for key in keys] if isinstance(part, dict) else []
        found += [value for value in values if isinstance(value, str) and value][:1]
    return found
