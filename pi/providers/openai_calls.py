"""Tool calls put together from their pieces, in all the ways servers cut them.

OpenAI sends a call's id and name first and then its argument text, each piece with the call's
`index`. Others send no index, or always 0, or only ids; a name late, in parts, or with every piece;
arguments as an object; a whole call at once; no id at all.

Which call a piece belongs to: its index says so, then its id, else it goes on with the last call.
It begins a new one when it has another id and a name, or a name and arguments though the call
under way already has complete ones.
"""

from __future__ import annotations

import json
from hashlib import sha256

from pi.providers.grammar import CLOSING, escaped, opening, parameter_of_call
from pi.text.jsontext import dumps
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.events import BlockDelta, StreamEvent
    from pi.providers.draft import Draft


def _plain_id(digest: str) -> str:
    return f"call_{digest[:24]}"


class _Call:
    """One call: its number in the answer, and what is known of it."""

    __slots__ = ("block", "grammar", "id", "index", "name", "number")

    def __init__(self, number: int, index: int | None) -> None:
        self.number = number
        self.index = index  # the wire's own index, None if it gave none
        self.block: int | None = None  # its content block, once begun
        self.id = ""
        self.name = ""
        self.grammar = False  # its arguments come as the text of one parameter


class Calls:
    """The calls of one answer. `id_of` makes an id from a digest where a call came without one."""

    def __init__(self, draft: Draft, id_of: Callable[[str], str] = _plain_id) -> None:
        self._draft = draft
        self._id_of = id_of
        self._calls: list[_Call] = []
        self._open: dict[int, _Call] = {}  # the wire's index -> the last call begun under it

    def __bool__(self) -> bool:
        return any(call.block is not None for call in self._calls)

    def more(self, pieces: Any) -> BlockDelta | None:
        """The event of a `tool_calls` that only goes on with one call's arguments, as most do."""
        try:
            (piece,) = pieces
            function = piece["function"]
            text = function["arguments"]
            call = self._open[piece["index"]]
            known = piece.get("id") or function.get("name")
        except (LookupError, TypeError, ValueError, AttributeError):
            return None
        if known or call.block is None or not isinstance(text, str):
            return None
        return self._draft.delta(call.block, text)

    def take(self, piece: dict[str, Any]) -> Iterator[StreamEvent]:
        """Add one element of a delta's `tool_calls`."""
        custom = piece.get("custom")
        body = custom if isinstance(custom, dict) else piece.get("function")
        body = body if isinstance(body, dict) else {}
        call_id, name = _word(piece.get("id")), _word(body.get("name"))
        call_id = "" if call_id == "null" else call_id  # what some Mistral models say for none
        text = _text(body.get("input") if body is custom else body.get("arguments"))
        call = self._find(_index(piece.get("index")), call_id, name, text)
        if body is custom:
            call.grammar = True
        self._learn(call, call_id, name)
        if call.block is None and (call.name or text):
            yield from self._begin(call)
        if call.block is not None:
            text = escaped(text) if call.grammar else text
            yield self._draft.delta(call.block, text)

    def settle(self) -> Iterator[StreamEvent]:
        """Bring all calls to their end: begin those that never got a name, close open text."""
        for call in self._calls:
            if call.block is None and call.id:
                yield from self._begin(call)
            if call.grammar and call.block is not None:
                yield self._draft.delta(call.block, CLOSING)

    def _begin(self, call: _Call) -> Iterator[StreamEvent]:
        if not call.id or any(other.id == call.id for other in self._calls[: call.number]):
            call.id = self._new_id(call)
        start = self._draft.begin("toolCall", id=call.id, name=call.name)
        call.block = start.index
        if call.index is not None:
            self._open[call.index] = call
        yield start
        if call.grammar:
            parameter = parameter_of_call(call.name, self._draft.tools)
            yield self._draft.delta(call.block, opening(parameter))

    def _find(self, index: int | None, call_id: str, name: str, text: str) -> _Call:
        """The call a piece belongs to, a new one if to none."""
        found = self._matching(index, call_id, name)
        if found is None or self._is_another(found, call_id, name, text):
            found = _Call(len(self._calls), index)
            self._calls.append(found)
        return found

    def _matching(self, index: int | None, call_id: str, name: str) -> _Call | None:
        for call in reversed(self._calls):
            if index is not None and call.index == index:
                return call
        for call in reversed(self._calls):
            if call_id and call.id == call_id and not (name and index is not None):
                return call
        fresh = index is not None or call_id
        return self._calls[-1] if self._calls and not fresh else None

    def _is_another(self, call: _Call, call_id: str, name: str, text: str) -> bool:
        if not name or call.block is None:
            return False
        if call_id and call.id and call_id != call.id:
            return True
        return bool(text) and _is_object(self._draft.text(call.block))

    def _learn(self, call: _Call, call_id: str, name: str) -> None:
        """Note an id or a name that came late or in parts; once arguments came, a name is whole."""
        changed: dict[str, str] = {}
        if call_id and not call.id:
            call.id = changed["id"] = call_id
        if name and name != call.name and not self._has_arguments(call):
            call.name = changed["name"] = name if name.startswith(call.name) else call.name + name
        if changed and call.block is not None:
            self._draft.set(call.block, **changed)

    def _has_arguments(self, call: _Call) -> bool:
        return call.block is not None and bool(self._draft.text(call.block))

    def _new_id(self, call: _Call) -> str:
        """An id for a call that came without one of its own; the same on every replay."""
        shell = self._draft.shell()
        seed = f"{shell['timestamp']} {self._draft.extra.get('responseId')} {call.number} {call.id}"
        return self._id_of(sha256(seed.encode()).hexdigest())


def _index(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _word(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _text(value: object) -> str:
    """Arguments as JSON text; some servers send the object itself."""
    if isinstance(value, str):
        return value
    return "" if value is None else dumps(value)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
