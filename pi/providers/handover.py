"""Hand-over: make any history acceptable to the model that gets it next.

A conversation may have been held with other models, over other wire formats, and may have been cut
at any point. `prepare` gives the `Context` an encoder takes:

  system messages   folded into one prompt and one list of tools (`pi.transcript`), or left where
                    they are for a model that takes them in the middle of a conversation
  failed answers    (error, aborted) are not replayed
  thinking          kept only for the model that made it, with a signature or with words
  foreign marks     `thoughtSignature`, `textSignature`, `namespace` removed for another model
  call ids          rewritten to what the target's format accepts, without collisions; names of
                    tools that were called, too
  calls and results every call gets exactly one result, right after it; stray results are dropped
  images            replaced by a line of text for a model that cannot see
  the rest          blocks of unknown kind and empty messages are dropped

The input is never changed. The result for a longer history starts with the result for a shorter
one, so prompt caches keep working. Lone surrogates are left to `pi.text.jsontext`, which every
encoder writes its body with. Source of the id rules: the vendors' API references.
"""

from __future__ import annotations

import re
from hashlib import sha256

from pi.messages import blocks_of, is_failed, made_by, text, tool_result
from pi.request import Context
from pi.transcript import render, replay
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pi.messages import Message
    from pi.request import Model

USER_IMAGE_NOTE = "(an image was here; this model cannot see images)"
TOOL_IMAGE_NOTE = "(the tool gave an image; this model cannot see images)"
NO_RESULT = "No result provided (the call was interrupted; whether it took effect is unknown)"


class IdRule(Value):
    """What a format accepts as a tool-call id: characters (negated set) and the greatest length.

    Where the length is `exact`, an id that does not fit is replaced by a digest of that length.
    The last two fields are the same for the names of called tools.
    """

    forbidden: str
    length: int
    exact: bool = False
    forbidden_in_name: str = r"[^A-Za-z0-9_-]"
    name_length: int = 64


_COMMON_IDS = IdRule(r"[^A-Za-z0-9_-]", 64)
ID_RULES = {
    "openai-completions": IdRule(r"[^A-Za-z0-9_-]", 40),
    "anthropic-messages": IdRule(r"[^A-Za-z0-9_-]", 64, name_length=128),
    "mistral-conversations": IdRule(r"[^A-Za-z0-9]", 9, exact=True),
}
"""Wire format -> its rule; formats without a row take the common one."""


_NOT_SENT = frozenset(("argumentsError",))
_NOT_SENT_TO_OTHERS = frozenset((*_NOT_SENT, "thoughtSignature", "namespace"))
"""Fields of tool calls that a model does not get back, or only the one that gave them."""

_TOOL_CHANGES = ("supportsMidConvoToolChanges", "supportsAdditionalTools", "supportsToolSearch")
"""Switches of models that can be told of changed tools where they change."""


def prepare(messages: list[Message], model: Model) -> Context:
    """The context of the next request to `model`, from the whole history of a conversation."""
    switches = model.get("compat") or {}
    opening, later = _split(messages)
    start, now = replay(opening), replay(messages)
    if switches.get("supportsMidConvoSystemMessages"):
        tools = start.tools if any(map(switches.get, _TOOL_CHANGES)) else now.tools
        return Context(render(start), tools, list(_paired(_adapted(later, model))))
    spoken = (message for message in later if message.get("role") != "system")
    return Context(render(now), now.tools, list(_paired(_adapted(spoken, model))))


def _split(messages: list[Message]) -> tuple[list[Message], list[Message]]:
    """The system messages a conversation opens with, and what follows them."""
    for at, message in enumerate(messages):
        if message.get("role") != "system":
            return messages[:at], messages[at:]
    return messages, []


def _adapted(messages: Iterable[Message], model: Model) -> Iterator[Message]:
    """Messages with blocks and ids as the target takes them; failed and empty ones are left out."""
    ids = _Ids(ID_RULES.get(model["api"], _COMMON_IDS))
    sees = "image" in model.get("input", ())
    for message in messages:
        role = message.get("role")
        if role == "system":
            yield message
        elif role == "user":
            blocks = _visible(message, sees, USER_IMAGE_NOTE)
            if blocks:
                yield _with(message, content=blocks)
        elif role == "toolResult":
            blocks = _visible(message, sees, TOOL_IMAGE_NOTE)
            call_id = ids.of_result(str(message.get("toolCallId", "")))
            name = ids.name(str(message.get("toolName", "")))
            yield _with(message, content=blocks, toolCallId=call_id, toolName=name)
        elif role == "assistant" and not is_failed(message):
            blocks = list(_answer_blocks(message, made_by(message, model), ids))
            if blocks:
                yield _with(message, content=blocks)


def _with(given: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A message or block with these fields; the same object if it has them already, as most of a
    long conversation does."""
    for name, value in fields.items():
        if given.get(name) != value:
            return {**given, **fields}
    return given


def _visible(message: Message, sees: bool, note: str) -> list[Any]:
    """Text and image blocks; where images cannot be seen, one note for each run of them."""
    result: list[Any] = []
    for block in blocks_of(message):
        if block.get("type") == "text" and isinstance(block.get("text"), str):
            result.append(block)
        elif block.get("type") == "image" and isinstance(block.get("data"), str):
            if sees:
                result.append(block)
            elif not (result and result[-1].get("text") == note):
                result.append(text(note))
    return result


def _answer_blocks(message: Message, own: bool, ids: _Ids) -> Iterator[Any]:
    for block in blocks_of(message):
        match block.get("type"):
            case "text" if isinstance(block.get("text"), str):
                if own:
                    yield block
                elif block["text"].strip():
                    yield text(block["text"])
            case "thinking" if own and _is_worth_replaying(block):
                yield block
            case "toolCall" if isinstance(block.get("name"), str):
                yield _adapted_call(block, own, ids)


def _is_worth_replaying(block: dict[str, Any]) -> bool:
    words = block.get("thinking")
    return bool(block.get("thinkingSignature")) or (isinstance(words, str) and bool(words.strip()))


def _adapted_call(block: dict[str, Any], own: bool, ids: _Ids) -> dict[str, Any]:
    call_id = ids.of_call(str(block.get("id", "")), own)
    arguments = block.get("arguments")
    arguments = arguments if isinstance(arguments, dict) else {}
    call = _with(block, id=call_id, arguments=arguments, name=ids.name(block["name"]))
    unwanted = _NOT_SENT if own else _NOT_SENT_TO_OTHERS
    if unwanted.isdisjoint(call):
        return call
    return {name: value for name, value in call.items() if name not in unwanted}


class _Ids:
    """Rewrites call ids for one request; a result takes the id its latest call got."""

    def __init__(self, rule: IdRule) -> None:
        self._forbidden = re.compile(rule.forbidden)
        self._rule = rule
        self._used: set[str] = set()
        self._latest: dict[str, str] = {}

    def of_call(self, original: str, own: bool) -> str:
        """The id to send for a call; unique within the request."""
        plain = original if own else original.partition("|")[0]
        chosen = plain if own and plain else self._fitted(plain or original)
        attempt = 1
        while chosen.partition("|")[0] in self._used or not chosen:
            attempt += 1
            chosen = self._fitted(f"{plain.partition('|')[0]}#{attempt}")
        self._used.add(chosen.partition("|")[0])  # what a result is matched by
        self._latest[original] = chosen
        return chosen

    def name(self, original: str) -> str:
        """A tool's name to send: what a model made up may be refused, with all that follows."""
        rule = self._rule
        return re.sub(rule.forbidden_in_name, "_", original)[: rule.name_length] or "unknown"

    def of_result(self, original: str) -> str:
        return self._latest.get(original, original)

    def _fitted(self, value: str) -> str:
        """`value` in allowed characters; where that loses something, a digest keeps it apart."""
        length = self._rule.length
        least = length if self._rule.exact else 1
        if least <= len(value) <= length and not self._forbidden.search(value):
            return value
        digest = sha256(value.encode("utf-8", "replace")).hexdigest()
        if self._rule.exact:
            return digest[:length]
        return f"{self._forbidden.sub('_', value)[: length - 9]}_{digest[:8]}"


def _paired(messages: Iterator[Message]) -> Iterator[Message]:
    """Every call followed by exactly one result, in call order, before anything else is said."""
    open_calls: dict[str, dict[str, Any]] = {}
    results: dict[str, Message] = {}
    held: list[Message] = []  # system messages that came between a call and its result
    stamp = 0
    for message in messages:
        if message["role"] == "toolResult":
            if message["toolCallId"] in open_calls:
                results.setdefault(message["toolCallId"], message)
            continue
        if message["role"] == "system":
            held.append(message)
            continue
        yield from _settled(open_calls, results, stamp)
        yield from held
        yield message
        stamp = message.get("timestamp", stamp)
        results, held = {}, []
        open_calls = {
            block["id"]: block for block in message["content"] if block.get("type") == "toolCall"
        }
    yield from _settled(open_calls, results, stamp)
    yield from held


def _settled(
    calls: dict[str, dict[str, Any]], results: dict[str, Message], stamp: int
) -> Iterator[Message]:
    for call_id, call in calls.items():
        if call_id in results:
            yield results[call_id]
        else:
            yield tool_result(call, [text(NO_RESULT)], stamp, is_error=True)
