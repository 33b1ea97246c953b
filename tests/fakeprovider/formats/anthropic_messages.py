"""Anthropic messages: rendering, reading and strict checking.

Source: the vendor's API reference and recordings of real streams. A thinking block with
`redacted: True` is sent as redacted thinking, its `thinkingSignature` being the payload; other
thinking gets a signature made from its text when it brings none. Dialects (`Reply.dialect`):

    pings       how many ping events come after the first block has opened (1)
    early       the usage of message_start counts the whole input (default true); false leaves it
                to message_delta, as some gateways do
"""

from __future__ import annotations

import re

from tests.fakeprovider.edit import Stream
from tests.fakeprovider.formats.anthropic_check import check
from tests.fakeprovider.jsontext import compact, event, quoted
from tests.fakeprovider.reply import counted, pieces, reported, signature_of
from tests.fakeprovider.request import Conversation, Turn, dicts_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.fakeprovider.refusal import RefusedError
    from tests.fakeprovider.reply import Reply
    from tests.fakeprovider.request import Request
    from tests.fakeprovider.vendor_error import VendorError

__all__ = ["BASE_PATH", "NAME", "PATH", "VENDOR", "check", "error_records", "read", "refusal"]
NAME = "anthropic-messages"
VENDOR = "anthropic"
BASE_PATH = ""
PATH = re.compile(r"/messages$")

_STOP = {"stop": "end_turn", "length": "max_tokens", "toolUse": "tool_use"}


def stream(reply: Reply, request: Request) -> Stream:
    """The answer as events; the end marker is message_stop."""
    dialect = reply.dialect or {}
    usage = _usage(reply, request)
    records = [_start_record(reply, request, usage, dialect)]
    for index, block in enumerate(reply.blocks):
        opening = _opening(block, request, index)
        data = f'{{"type":"content_block_start","index":{index},"content_block":{opening}}}'
        records.append(event(data, "content_block_start"))
        if index == 0:
            records += [event('{"type": "ping"}', "ping")] * int(dialect.get("pings", 1))
        head = f'{{"type":"content_block_delta","index":{index},"delta":'
        split = block.get("split", reply.split)
        records += [event(f"{head}{d}}}", "content_block_delta") for d in _deltas(block, split)]
        records.append(
            event(f'{{"type":"content_block_stop","index":{index}}}', "content_block_stop")
        )
    records.append(_delta_record(reply, usage))
    records.append(event('{"type":"message_stop"}', "message_stop"))
    return Stream(records, len(records) - 1)


def _start_record(reply: Reply, request: Request, usage: Any, dialect: Any) -> bytes:
    message = {**_message(reply, request), "content": [], "stop_reason": None}
    if usage is None:
        del message["usage"]
    else:
        early = dialect.get("early", True)
        fields = {key: value if early else 0 for key, value in usage.items()}
        message["usage"] = {**fields, "output_tokens": 1, "service_tier": "standard"}
    return event(compact({"type": "message_start", "message": message}), "message_start")


def _message(reply: Reply, request: Request) -> dict[str, Any]:
    return {
        "id": reply.id or f"msg_fake{request.number}",
        "type": "message",
        "role": "assistant",
        "model": reply.model or request.body.get("model", ""),
        "content": [],
        "stop_reason": _STOP.get(reply.stop_reason, reply.stop_reason),
        "stop_sequence": None,
        "usage": _usage(reply, request),
    }


def _call_id(block: Any, request: Request, index: int) -> str:
    return block.get("id") or f"toolu_fake{request.number}x{index}"


def _opening(block: Any, request: Request, index: int) -> str:
    if block["type"] == "text":
        return '{"type":"text","text":""}'
    if block["type"] == "toolCall":
        call = {"id": _call_id(block, request, index), "name": block["name"], "input": {}}
        return compact({"type": "tool_use", **call})
    if block.get("redacted"):
        return compact({"type": "redacted_thinking", "data": block["thinkingSignature"]})
    return '{"type":"thinking","thinking":"","signature":""}'


def _deltas(block: Any, split: object) -> Iterator[str]:
    """The JSON of every delta of a block."""
    if block["type"] == "text":
        for piece in pieces(block["text"], split):
            yield f'{{"type":"text_delta","text":{quoted(piece)}}}'
    elif block["type"] == "toolCall":
        yield '{"type":"input_json_delta","partial_json":""}'
        for piece in pieces(_arguments(block), split):
            yield f'{{"type":"input_json_delta","partial_json":{quoted(piece)}}}'
    elif not block.get("redacted"):
        for piece in pieces(block.get("thinking", ""), split):
            yield f'{{"type":"thinking_delta","thinking":{quoted(piece)}}}'
        yield f'{{"type":"signature_delta","signature":{quoted(signature_of(block))}}}'


def _arguments(block: Any) -> str:
    arguments = block["arguments"]
    return arguments if isinstance(arguments, str) else compact(arguments)


def _usage(reply: Reply, request: Request) -> dict[str, Any] | None:
    count = counted(reply, len(request.raw))
    usage = {
        "input_tokens": count["input"],
        "cache_creation_input_tokens": count["cacheWrite"],
        "cache_read_input_tokens": count["cacheRead"],
        "output_tokens": count["output"],
    }
    return reported(usage, reply.usage)


def _delta_record(reply: Reply, usage: Any) -> bytes:
    stop = _STOP.get(reply.stop_reason, reply.stop_reason)
    data: dict[str, Any] = {
        "type": "message_delta",
        "delta": {"stop_reason": stop, "stop_sequence": None},
    }
    if usage is not None:
        data["usage"] = usage
    return event(compact(data), "message_delta")


def whole(reply: Reply, request: Request) -> dict[str, Any]:
    """The answer to a request that does not stream."""
    content: list[Any] = []
    for index, block in enumerate(reply.blocks):
        if block["type"] == "text":
            content.append({"type": "text", "text": block["text"]})
        elif block["type"] == "toolCall":
            call = {"id": _call_id(block, request, index), "name": block["name"]}
            content.append({"type": "tool_use", **call, "input": block["arguments"]})
        elif block.get("redacted"):
            content.append({"type": "redacted_thinking", "data": block["thinkingSignature"]})
        else:
            thought = {"thinking": block.get("thinking", ""), "signature": signature_of(block)}
            content.append({"type": "thinking", **thought})
    return {**_message(reply, request), "content": content}


def error_records(error: VendorError) -> list[bytes]:
    """An error inside the stream."""
    return [event(error.data.decode(), "error")]


def refusal(refused: RefusedError) -> dict[str, Any]:
    """The body of a failed check."""
    error = {"type": "invalid_request_error", "message": str(refused)}
    return {"type": "error", "error": error, "request_id": "req_fake"}


def read(body: dict[str, Any]) -> Conversation:
    """The request as a conversation."""
    turns = tuple(_turn(message) for message in dicts_of(body.get("messages")))
    names = tuple(str(tool.get("name")) for tool in dicts_of(body.get("tools")))
    return Conversation(text_of(body.get("system")), turns, names)


def _turn(message: Any) -> Turn:
    content = message.get("content")
    blocks = dicts_of(content)
    calls = tuple(
        (str(block.get("id")), str(block.get("name")), block.get("input"))
        for block in blocks
        if block.get("type") == "tool_use"
    )
    results = tuple(
        (str(block.get("tool_use_id")), text_of(block.get("content")))
        for block in blocks
        if block.get("type") == "tool_result"
    )
    images = sum(block.get("type") == "image" for block in blocks)
    return Turn(str(message.get("role")), text_of(content), calls, results, images)
