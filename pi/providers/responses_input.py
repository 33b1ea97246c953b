"""A conversation as the `input` of a Responses request: a list of items.

    {"role": "developer", "content": "You are ..."}
    {"role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    {"type": "reasoning", "id": "rs_1", "summary": [...], "encrypted_content": "..."}
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", ...}], "id", ...}
    {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name", "arguments": "{}"}
    {"type": "function_call_output", "call_id": "call_1", "output": "42 lines"}
    {"type": "custom_tool_call", ...}              calls of grammar tools, with their text
    {"type": "configuration_update", ...}          how hard to think from here on

Reasoning is only sent with what it led to: a service refuses an item of reasoning that no message
and no call follows. Calls whose reasoning cannot be sent go without their item ids, which would
tell the service to look for it. Sources: OpenAI's API reference and reasoning guide; the requests
the reference sends.
"""

from __future__ import annotations

from pi.messages import blocks_of
from pi.providers.openai_messages import NO_OUTPUT
from pi.providers.responses_ids import (
    FUNCTION_ITEM,
    GRAMMAR_ITEM,
    item_fields,
    message_fields,
    reasoning_item,
    split_id,
)
from pi.text.jsontext import dumps
from pi.transcript import update_text
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.messages import Message
    from pi.providers.responses_tools import Placement
    from pi.request import Context

    Item = dict[str, Any]


class Script(Value):
    """What decides how a conversation is written.

    `role` is that of items that speak for the system, "system" or "developer". `grammars` maps the
    names of tools declared with a grammar to the parameter that takes their text. `effort_of` gives
    the effort an earlier answer was made with, and for None that of the answer asked for; None
    where the request as a whole has one.
    """

    role: str
    grammars: dict[str, str]
    placement: Placement
    effort_of: Callable[[Message | None], str | None]


def input_items(context: Context, script: Script) -> list[Item]:
    """The items of a conversation, without its system prompt."""
    writer = _Writer(script)
    items: list[Item] = []
    for at, message in enumerate(context.messages):
        items += writer.items(at, message)
    return items + _effort(script.effort_of(None))


def system_item(context: Context, script: Script) -> list[Item]:
    """The item that is the system prompt; none for an empty one."""
    return [{"role": script.role, "content": context.system}] if context.system else []


def _effort(effort: str | None) -> list[Item]:
    return [{"type": "configuration_update", "reasoning": {"effort": effort}}] if effort else []


class _Writer:
    """Writes messages in their order; it remembers which calls were of grammar tools."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._custom: set[str] = set()

    def items(self, at: int, message: Message) -> list[Item]:
        match message.get("role"):
            case "user":
                parts = _parts(message)
                return [{"role": "user", "content": parts}] if parts else []
            case "assistant":
                said = _with_cause(list(self._said(at, message)))
                return _effort(self._script.effort_of(message)) + said if said else []
            case "toolResult":
                return [self._result(message)]
            case "system":
                return self._update(at, message)
        return []

    def _update(self, at: int, message: Message) -> list[Item]:
        placement = self._script.placement
        words = [part for part in (update_text(message), placement.notes.get(at)) if part]
        said = [{"role": self._script.role, "content": "\n\n".join(words)}] if words else []
        return placement.changes.get(at, []) + said

    def _said(self, at: int, message: Message) -> Iterator[Item | None]:
        """The items of an answer; None for thinking that cannot be sent."""
        texts = 0
        for block in blocks_of(message):
            match block:
                case {"type": "thinking"}:
                    yield reasoning_item(block.get("thinkingSignature"))
                case {"type": "text", "text": str(words)} if words.strip():
                    made_up = f"msg_pi_{at}_{texts}" if texts else f"msg_pi_{at}"
                    yield _message(words, message_fields(block.get("textSignature"), made_up))
                    texts += 1
                case {"type": "toolCall"}:
                    yield self._call(block)

    def _call(self, block: dict[str, Any]) -> Item:
        call_id, item_id = split_id(str(block.get("id", "")))
        name = str(block.get("name", ""))
        arguments = block.get("arguments")
        arguments = arguments if isinstance(arguments, dict) else {}
        namespace = block.get("namespace")
        place = {"namespace": namespace} if isinstance(namespace, str) and namespace else {}
        shared = {"call_id": call_id, "name": name}
        parameter = self._script.grammars.get(name)
        if parameter is None:
            item = {"type": "function_call", **item_fields(item_id, FUNCTION_ITEM), **shared}
            return {**item, "arguments": dumps(arguments), **place}
        self._custom.add(call_id)
        text = arguments.get(parameter)
        text = text if isinstance(text, str) else dumps(arguments)
        item = {"type": "custom_tool_call", **item_fields(item_id, GRAMMAR_ITEM), **shared}
        return {**item, "input": text, **place}

    def _result(self, message: Message) -> Item:
        call_id, _ = split_id(str(message.get("toolCallId", "")))
        kind = "custom_tool_call_output" if call_id in self._custom else "function_call_output"
        return {"type": kind, "call_id": call_id, "output": _output(message)}


def _with_cause(items: list[Item | None]) -> list[Item]:
    """An answer's items without reasoning that led to nothing, and without ids that lack theirs."""
    while items and (items[-1] is None or items[-1]["type"] == "reasoning"):
        items.pop()
    known = [item for item in items if item is not None]
    if len(known) == len(items):
        return known
    return [
        item if item["type"] in ("message", "reasoning") else _without_id(item) for item in known
    ]


def _without_id(item: Item) -> Item:
    return {key: value for key, value in item.items() if key != "id"}


def _message(words: str, fields: dict[str, str]) -> Item:
    part = {"type": "output_text", "text": words, "annotations": []}
    return {
        "type": "message",
        "role": "assistant",
        "content": [part],
        "status": "completed",
        **fields,
    }


def _parts(message: Message) -> list[Item]:
    return [part for part in map(_part, blocks_of(message)) if part is not None]


def _part(block: dict[str, Any]) -> Item | None:
    """A text or image block as a part; None for others and for empty ones."""
    match block:
        case {"type": "text", "text": str(words)} if words:
            return {"type": "input_text", "text": words}
        case {"type": "image", "data": str(data), "mimeType": str(kind)} if data:
            url = f"data:{kind};base64,{data}"
            return {"type": "input_image", "detail": "auto", "image_url": url}
    return None


def _output(message: Message) -> str | list[Item]:
    """A result: its text, or parts when there are images, all text before them."""
    parts = _parts(message)
    images = [part for part in parts if part["type"] == "input_image"]
    words = "\n".join(part["text"] for part in parts if part["type"] == "input_text")
    if not images:
        return words if words.strip() else NO_OUTPUT
    return [{"type": "input_text", "text": words}, *images] if words.strip() else images
