"""Chat completions: rendering, reading and strict checking.

Source: the vendor's API reference and recordings of real streams. Dialects (`Reply.dialect`):

    reasoning   the field of thinking: reasoning_content (default), reasoning, reasoning_text,
                or reasoning_details (blocks with a signature of their own)
    usage_in    own (default; a last chunk without choices, only when asked for), finish (in the
                finish chunk), choice (inside the choice), x_groq
    whole_calls a call comes in one delta
"""

from __future__ import annotations

import re
import time

from tests.fakeprovider.edit import Stream
from tests.fakeprovider.formats.openai_check import check
from tests.fakeprovider.jsontext import compact, event, quoted
from tests.fakeprovider.reply import counted, pieces, reported
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
NAME = "openai-completions"
VENDOR = "openai"
BASE_PATH = "/v1"
PATH = re.compile(r"/chat/completions$")

_STOP = {"stop": "stop", "length": "length", "toolUse": "tool_calls"}


def stream(reply: Reply, request: Request) -> Stream:
    """The answer as chunks; the end marker is the chunk with the finish reason."""
    dialect = reply.dialect or {}
    asked = bool((request.body.get("stream_options") or {}).get("include_usage"))
    usage = _usage(reply, request)
    head, tail = _chunk_parts(reply, request, asked)
    records = [event(f"{head}{delta}{tail}") for delta in _deltas(reply, request, dialect)]
    end = len(records)
    records.append(_finish_record(reply, (head, ',"usage":null' if asked else ""), usage, dialect))
    if dialect.get("usage_in", "own") == "own" and asked and usage is not None:
        start = head.partition('"choices":')[0]
        records.append(event(f'{start}"choices":[],"usage":{compact(usage)}}}'))
    records.append(event("[DONE]"))
    return Stream(records, end)


def _chunk_parts(reply: Reply, request: Request, asked: bool) -> tuple[str, str]:
    """What stands before and after the delta in every chunk."""
    base = compact(
        {
            "id": reply.id or f"chatcmpl-fake{request.number}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": reply.model or str(request.body.get("model", "")),
            "system_fingerprint": "fp_fake",
        }
    )
    head = f'{base[:-1]},"choices":[{{"index":0,"delta":'
    tail = ',"logprobs":null,"finish_reason":null}]' + (',"usage":null}' if asked else "}")
    return head, tail


def _deltas(reply: Reply, request: Request, dialect: Any) -> Iterator[str]:
    """The JSON of every delta."""
    yield '{"role":"assistant","content":"","refusal":null}'
    calls = 0
    for block in reply.blocks:
        split = block.get("split", reply.split)
        if block["type"] == "text":
            for piece in pieces(block["text"], split):
                yield f'{{"content":{quoted(piece)}}}'
        elif block["type"] == "thinking":
            yield from _thinking(block, split, dialect.get("reasoning", "reasoning_content"))
        else:
            yield from _call(block, split, (calls, _call_id(block, request, calls)), dialect)
            calls += 1


def _call_id(block: Any, request: Request, index: int) -> str:
    return block.get("id") or f"call_fake{request.number}x{index}"


def _thinking(block: Any, split: object, field: str) -> Iterator[str]:
    for piece in pieces(block.get("thinking", ""), split):
        if field == "reasoning_details":
            detail = f'{{"type":"reasoning.text","text":{quoted(piece)},"index":0}}'
            yield f'{{"content":"","reasoning":{quoted(piece)},"reasoning_details":[{detail}]}}'
        else:
            yield f'{{"content":null,"{field}":{quoted(piece)}}}'
    signature = block.get("thinkingSignature")
    if signature and field == "reasoning_details":
        detail = f'{{"type":"reasoning.text","signature":{quoted(signature)},"index":0}}'
        yield f'{{"content":"","reasoning":null,"reasoning_details":[{detail}]}}'


def _arguments(block: Any) -> str:
    arguments = block["arguments"]
    return arguments if isinstance(arguments, str) else compact(arguments)


def _call(block: Any, split: object, place: tuple[int, str], dialect: Any) -> Iterator[str]:
    index, call_id = place
    text = _arguments(block)
    first = text if dialect.get("whole_calls") else ""
    function = f'{{"name":{quoted(block["name"])},"arguments":{quoted(first)}}}'
    yield (
        f'{{"tool_calls":[{{"index":{index},"id":{quoted(call_id)},"type":"function",'
        f'"function":{function}}}]}}'
    )
    for piece in [] if first else pieces(text, split):
        yield f'{{"tool_calls":[{{"index":{index},"function":{{"arguments":{quoted(piece)}}}}}]}}'


def _finish_record(reply: Reply, parts: tuple[str, str], usage: Any, dialect: Any) -> bytes:
    head, without = parts
    stop = _STOP.get(reply.stop_reason, reply.stop_reason)
    place = dialect.get("usage_in", "own")
    shown = compact(usage) if usage is not None else ""
    inside = f',"usage":{shown}' if place == "choice" and shown else ""
    after = f',"usage":{shown}' if place == "finish" and shown else without
    if place == "x_groq" and shown:
        after = f',"x_groq":{{"id":"req_fake","usage":{shown}}}'
    return event(f'{head}{{}},"logprobs":null,"finish_reason":{quoted(stop)}{inside}}}]{after}}}')


def _usage(reply: Reply, request: Request) -> dict[str, Any] | None:
    count = counted(reply, len(request.raw))
    prompt = count["input"] + count["cacheRead"] + count["cacheWrite"]
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": count["output"],
        "total_tokens": prompt + count["output"],
        "prompt_tokens_details": {"cached_tokens": count["cacheRead"]},
        "completion_tokens_details": {"reasoning_tokens": count["reasoning"]},
    }
    if count["cacheWrite"]:
        usage["prompt_tokens_details"]["cache_write_tokens"] = count["cacheWrite"]
    return reported(usage, reply.usage)


def whole(reply: Reply, request: Request) -> dict[str, Any]:
    """The answer to a request that does not stream."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    calls = []
    for block in reply.blocks:
        if block["type"] == "text":
            message["content"] = (message["content"] or "") + block["text"]
        elif block["type"] == "thinking":
            message["reasoning_content"] = block.get("thinking", "")
        else:
            function = {"name": block["name"], "arguments": _arguments(block)}
            call_id = _call_id(block, request, len(calls))
            calls.append({"id": call_id, "type": "function", "function": function})
    if calls:
        message["tool_calls"] = calls
    stop = _STOP.get(reply.stop_reason, reply.stop_reason)
    return {
        "id": reply.id or f"chatcmpl-fake{request.number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": reply.model or request.body.get("model", ""),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": stop}],
        "usage": _usage(reply, request),
    }


def error_records(error: VendorError) -> list[bytes]:
    """An error inside the stream: a bare chunk, or an `error` event where the vendor does so."""
    return [event(error.data.decode(), error.event)]


def refusal(refused: RefusedError) -> dict[str, Any]:
    """The body of a failed check."""
    return {
        "error": {
            "message": str(refused),
            "type": "invalid_request_error",
            "param": refused.param,
            "code": refused.code,
        }
    }


def read(body: dict[str, Any]) -> Conversation:
    """The request as a conversation."""
    messages = dicts_of(body.get("messages"))
    system = [text_of(m.get("content")) for m in messages if m.get("role") in _SYSTEM_ROLES]
    turns = tuple(_turn(m) for m in messages if m.get("role") not in _SYSTEM_ROLES)
    functions = [tool.get("function") for tool in dicts_of(body.get("tools"))]
    names = tuple(str(function.get("name")) for function in dicts_of(functions))
    return Conversation("\n".join(system), turns, names)


_SYSTEM_ROLES = ("system", "developer")


def _turn(message: Any) -> Turn:
    text = text_of(message.get("content"))
    if message.get("role") == "tool":
        return Turn("tool", results=((str(message.get("tool_call_id")), text),))
    calls = []
    for call in dicts_of(message.get("tool_calls")):
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        calls.append((str(call.get("id")), str(function.get("name")), function.get("arguments")))
    images = sum(part.get("type") == "image_url" for part in dicts_of(message.get("content")))
    return Turn(str(message.get("role")), text, tuple(calls), images=images)
