"""Mistral's chat: rendering, reading and strict checking.

Source: the vendor's API reference and recordings of real streams. Its base path here is /mistral,
to tell its requests from those of chat completions. Text and thinking come in the order of the
reply's blocks; a call comes whole, in one delta; usage is in the last chunk.
"""

from __future__ import annotations

import re
from hashlib import sha256

from tests.fakeprovider.edit import Stream
from tests.fakeprovider.formats.mistral_check import check
from tests.fakeprovider.formats.openai_completions import error_records, read
from tests.fakeprovider.jsontext import compact, event
from tests.fakeprovider.reply import counted, pieces, reported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.fakeprovider.refusal import RefusedError
    from tests.fakeprovider.reply import Reply
    from tests.fakeprovider.request import Request

__all__ = ["BASE_PATH", "NAME", "PATH", "VENDOR", "check", "error_records", "read", "refusal"]
NAME = "mistral-conversations"
VENDOR = "mistral"
BASE_PATH = "/mistral"
PATH = re.compile(r"^/mistral/v1/chat/completions$")

_CREATED = 1_760_000_000
_STOP = {"stop": "stop", "length": "length", "toolUse": "tool_calls"}


def stream(reply: Reply, request: Request) -> Stream:
    """The answer as chunks; the end marker is the chunk with the finish reason."""
    deltas = [{"role": "assistant", "content": ""}, *_deltas(reply, request)]
    records = [event(compact(_chunk(reply, request, delta))) for delta in deltas]
    last = _chunk(reply, request, {"content": ""}, _STOP.get(reply.stop_reason, reply.stop_reason))
    usage = _usage(reply, request)
    if usage is not None:
        last["usage"] = usage
    return Stream([*records, event(compact(last)), event("[DONE]")], len(records))


def _chunk(
    reply: Reply, request: Request, delta: dict[str, Any], reason: str | None = None
) -> dict[str, Any]:
    head = _head(reply, request, "chat.completion.chunk")
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def _head(reply: Reply, request: Request, kind: str) -> dict[str, Any]:
    return {
        "id": reply.id or f"fake{request.number}",
        "object": kind,
        "created": _CREATED,
        "model": reply.model or str(request.body.get("model", "")),
    }


def _deltas(reply: Reply, request: Request) -> Iterator[dict[str, Any]]:
    calls = 0
    for block in reply.blocks:
        split = block.get("split", reply.split)
        if block["type"] == "text":
            yield from ({"content": piece} for piece in pieces(block["text"], split))
        elif block["type"] == "thinking":
            for piece in pieces(block.get("thinking", ""), split):
                yield {"content": [_thought(piece)]}
        else:
            yield {"content": "", "tool_calls": [_call(block, request, calls)]}
            calls += 1


def _thought(words: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": words}]}


def _call(block: dict[str, Any], request: Request, index: int) -> dict[str, Any]:
    arguments = block["arguments"]
    text = arguments if isinstance(arguments, str) else compact(arguments)
    made = sha256(f"{request.number} {index}".encode()).hexdigest()[:9]
    function = {"name": block["name"], "arguments": text}
    return {"id": block.get("id") or made, "function": function, "index": index}


def _usage(reply: Reply, request: Request) -> dict[str, Any] | None:
    count = counted(reply, len(request.raw))
    prompt = count["input"] + count["cacheRead"] + count["cacheWrite"]
    usage: dict[str, Any] = {
        "prompt_tokens": prompt,
        "total_tokens": prompt + count["output"],
        "completion_tokens": count["output"],
    }
    if count["cacheRead"]:
        usage["prompt_tokens_details"] = {"cached_tokens": count["cacheRead"]}
    return reported(usage, reply.usage)


def whole(reply: Reply, request: Request) -> dict[str, Any]:
    """The answer to a request that does not stream."""
    message: dict[str, Any] = {"role": "assistant", "tool_calls": None, "content": ""}
    thoughts, words, calls = [], "", []
    for block in reply.blocks:
        if block["type"] == "text":
            words += block["text"]
        elif block["type"] == "thinking":
            thoughts.append(_thought(block.get("thinking", "")))
        else:
            calls.append(_call(block, request, len(calls)))
    message["content"] = [*thoughts, {"type": "text", "text": words}] if thoughts else words
    message["tool_calls"] = calls or None
    reason = _STOP.get(reply.stop_reason, reply.stop_reason)
    return {
        **_head(reply, request, "chat.completion"),
        "usage": _usage(reply, request),
        "choices": [{"index": 0, "finish_reason": reason, "message": message}],
    }


def refusal(refused: RefusedError) -> dict[str, Any]:
    """The body of a failed check."""
    return {
        "object": "error",
        "message": str(refused),
        "type": "invalid_request_error",
        "param": refused.param,
        "code": refused.code,
    }
