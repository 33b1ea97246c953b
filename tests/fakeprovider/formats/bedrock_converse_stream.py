"""Bedrock's Converse API: rendering, reading and strict checking.

Source: the API reference of ConverseStream and recordings of real streams. A stream is binary, see
`tests.fakeprovider.eventframe`; `/converse` answers in one piece. A thinking block with `redacted:
True` is sent as redacted content, its `thinkingSignature` being the payload; other thinking gets a
signature made from its text when it brings none.
"""

from __future__ import annotations

import re

from tests.fakeprovider.edit import Stream
from tests.fakeprovider.eventframe import event, exception
from tests.fakeprovider.formats.bedrock_check import check
from tests.fakeprovider.jsontext import compact
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
NAME = "bedrock-converse-stream"
VENDOR = "bedrock"
BASE_PATH = ""
PATH = re.compile(r"/model/[^/]+/converse(-stream)?$")

_STOP = {"stop": "end_turn", "length": "max_tokens", "toolUse": "tool_use"}
_CONTENT_TYPE = "application/vnd.amazon.eventstream"


def is_streamed(request: Request) -> bool:
    """Whether the answer is to come as a stream: here the path says so."""
    return request.path.endswith("-stream")


def stream(reply: Reply, request: Request) -> Stream:
    """The answer as events; the end marker is messageStop."""
    records = [event("messageStart", {"role": "assistant", "p": "abcdefgh"})]
    for index, block in enumerate(reply.blocks):
        if block["type"] == "toolCall":
            start = {"toolUse": _named_call(block, request, index)}
            records.append(_record("contentBlockStart", index, start=start))
        split = block.get("split", reply.split)
        records += [_record("contentBlockDelta", index, delta=d) for d in _deltas(block, split)]
        records.append(_record("contentBlockStop", index))
    end = len(records)
    records.append(event("messageStop", {"stopReason": _stop(reply)}))
    usage = _usage(reply, request)
    shown = {} if usage is None else {"usage": usage}
    records.append(event("metadata", {**shown, "metrics": {"latencyMs": 5}}))
    return Stream(records, end, _CONTENT_TYPE)


def _record(kind: str, index: int, **fields: Any) -> bytes:
    return event(kind, {"contentBlockIndex": index, **fields, "p": "abcd"})


def _stop(reply: Reply) -> str:
    return _STOP.get(reply.stop_reason, reply.stop_reason)


def _named_call(block: Any, request: Request, index: int) -> dict[str, Any]:
    made = f"tooluse_fake{request.number}x{index}"
    return {"toolUseId": block.get("id") or made, "name": block["name"]}


def _deltas(block: Any, split: object) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        for piece in pieces(block["text"], split):
            yield {"text": piece}
    elif block["type"] == "toolCall":
        arguments = block["arguments"]
        text = arguments if isinstance(arguments, str) else compact(arguments)
        for piece in pieces(text, split):
            yield {"toolUse": {"input": piece}}
    elif block.get("redacted"):
        yield {"reasoningContent": {"redactedContent": block["thinkingSignature"]}}
    else:
        for piece in pieces(block.get("thinking", ""), split):
            yield {"reasoningContent": {"text": piece}}
        yield {"reasoningContent": {"signature": signature_of(block)}}


def _usage(reply: Reply, request: Request) -> dict[str, Any] | None:
    count = counted(reply, len(request.raw))
    usage = {
        "inputTokens": count["input"],
        "outputTokens": count["output"],
        "totalTokens": sum(count[key] for key in ("input", "output", "cacheRead", "cacheWrite")),
        "cacheReadInputTokens": count["cacheRead"],
        "cacheWriteInputTokens": count["cacheWrite"],
    }
    return reported(usage, reply.usage)


def whole(reply: Reply, request: Request) -> dict[str, Any]:
    """The answer to a request at `/converse`."""
    content: list[Any] = []
    for index, block in enumerate(reply.blocks):
        if block["type"] == "text":
            content.append({"text": block["text"]})
        elif block["type"] == "toolCall":
            call = {**_named_call(block, request, index), "input": block["arguments"]}
            content.append({"toolUse": call})
        elif block.get("redacted"):
            hidden = {"redactedContent": block["thinkingSignature"]}
            content.append({"reasoningContent": hidden})
        else:
            words = {"text": block.get("thinking", ""), "signature": signature_of(block)}
            content.append({"reasoningContent": {"reasoningText": words}})
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": _stop(reply),
        "usage": _usage(reply, request),
        "metrics": {"latencyMs": 5},
    }


def error_records(error: VendorError) -> list[bytes]:
    """An error inside the stream: an exception, named by its event."""
    return [exception(error.event or "internalServerException", error.data.decode())]


def refusal(refused: RefusedError) -> dict[str, Any]:
    """The body of a failed check."""
    return {"__type": refused.code or "ValidationException", "message": str(refused)}


def read(body: dict[str, Any]) -> Conversation:
    """The request as a conversation."""
    turns = tuple(_turn(message) for message in dicts_of(body.get("messages")))
    config = body.get("toolConfig")
    tools = dicts_of(config.get("tools")) if isinstance(config, dict) else []
    names = tuple(str(tool["toolSpec"].get("name")) for tool in tools if "toolSpec" in tool)
    return Conversation(text_of(body.get("system")), turns, names)


def _turn(message: Any) -> Turn:
    blocks = dicts_of(message.get("content"))
    uses = [block["toolUse"] for block in blocks if isinstance(block.get("toolUse"), dict)]
    found = [block["toolResult"] for block in blocks if isinstance(block.get("toolResult"), dict)]
    calls = tuple((str(u.get("toolUseId")), str(u.get("name")), u.get("input")) for u in uses)
    results = tuple((str(r.get("toolUseId")), text_of(r.get("content"))) for r in found)
    inner = [part for result in found for part in dicts_of(result.get("content"))]
    images = sum("image" in block for block in (*blocks, *inner))
    return Turn(str(message.get("role")), text_of(blocks), calls, results, images)
