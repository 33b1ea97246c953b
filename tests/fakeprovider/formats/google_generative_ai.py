"""Google's generateContent: rendering, reading and strict checking.

Source: the vendor's API reference and recordings of real streams. A signature stands on the last
part of its block. Dialects (`Reply.dialect`):

    ids         whether calls carry ids (default true); older models send none
    signed      whether the first call of an answer gets a made-up signature (default true)
"""

from __future__ import annotations

import re
from base64 import b64encode
from itertools import count

from tests.fakeprovider.edit import Stream
from tests.fakeprovider.formats.google_check import MODEL, check
from tests.fakeprovider.jsontext import compact, event
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
NAME = "google-generative-ai"
VENDOR = "google"
BASE_PATH = "/v1beta"
PATH = MODEL

_SURROGATE = re.compile("[\ud800-\udfff]")
_STOP = {"stop": "STOP", "length": "MAX_TOKENS", "toolUse": "STOP"}


def is_streamed(request: Request) -> bool:
    """The method asks for a stream; the query, for one of events."""
    return ":stream" in request.path and "alt=sse" in request.query


def stream(reply: Reply, request: Request) -> Stream:
    """The answer as chunks; the end marker is the one with the finishReason."""
    records = [_record(reply, request, [part]) for part in _parts(reply, request)]
    stop = _STOP.get(reply.stop_reason, reply.stop_reason)
    records.append(_record(reply, request, [{"text": ""}], finishReason=stop))
    return Stream(records, len(records) - 1)


def _record(reply: Reply, request: Request, parts: list[Any], **more: Any) -> bytes:
    text = compact(_chunk(reply, request, parts, **more))
    return event(_SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text))


def _chunk(reply: Reply, request: Request, parts: list[Any], **more: Any) -> dict[str, Any]:
    found = MODEL.search(request.path)
    candidate = {"content": {"parts": parts, "role": "model"}, **more, "index": 0}
    chunk = {
        "candidates": [candidate],
        "usageMetadata": _usage(reply, request),
        "modelVersion": reply.model or (found[1] if found else ""),
        "responseId": reply.id or f"fake{request.number}",
    }
    return {key: value for key, value in chunk.items() if value is not None}


def _parts(reply: Reply, request: Request) -> Iterator[dict[str, Any]]:
    """Every part of an answer, as they are streamed."""
    dialect = reply.dialect or {}
    is_first = True
    for index, block in enumerate(reply.blocks):
        if block["type"] == "toolCall":
            call = {"name": block["name"], "args": block["arguments"]}
            if dialect.get("ids", True):
                call["id"] = block.get("id") or f"fake{request.number}x{index}"
            part = {"functionCall": call}
            made = _made(block["name"]) if is_first and dialect.get("signed", True) else None
            yield _signed(part, block.get("thoughtSignature", made))
            is_first = False
        else:
            yield from _words(block, block.get("split", reply.split))


def _words(block: Any, split: object) -> Iterator[dict[str, Any]]:
    kind = block["type"]
    mark = {"thought": True} if kind == "thinking" else {}
    cut = pieces(block.get(kind, ""), split)
    for piece in cut[:-1]:
        yield {"text": piece, **mark}
    signature = block.get("thinkingSignature", block.get("textSignature"))
    yield _signed({"text": cut[-1] if cut else "", **mark}, signature)


def _signed(part: dict[str, Any], signature: str | None) -> dict[str, Any]:
    return {**part, "thoughtSignature": signature} if signature else part


def _made(text: str) -> str:
    return b64encode(f"fake signature of {text[:80]}".encode()).decode()


def _usage(reply: Reply, request: Request) -> dict[str, Any] | None:
    count = counted(reply, len(request.raw))
    prompt = count["input"] + count["cacheRead"]
    output = max(0, count["output"] - count["reasoning"])
    usage = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": output,
        "totalTokenCount": prompt + output + count["reasoning"],
        "thoughtsTokenCount": count["reasoning"],
        "cachedContentTokenCount": count["cacheRead"],
    }
    return reported(usage, reply.usage)


def whole(reply: Reply, request: Request) -> dict[str, Any]:
    """The answer to a request that does not stream."""
    stop = _STOP.get(reply.stop_reason, reply.stop_reason)
    return _chunk(reply, request, list(_parts(reply, request)), finishReason=stop)


def error_records(error: VendorError) -> list[bytes]:
    """An error inside the stream."""
    return [event(error.data.decode())]


def refusal(refused: RefusedError) -> dict[str, Any]:
    """The body of a failed check."""
    status = "INVALID_ARGUMENT" if refused.status == 400 else "PERMISSION_DENIED"
    return {"error": {"code": refused.status, "message": str(refused), "status": status}}


def read(body: dict[str, Any]) -> Conversation:
    """The request as a conversation."""
    system = body.get("systemInstruction")
    tools = [
        str(function.get("name"))
        for tool in dicts_of(body.get("tools"))
        for function in dicts_of(tool.get("functionDeclarations"))
    ]
    calls, results = count(1), count(1)
    turns = tuple(_turn(content, calls, results) for content in dicts_of(body.get("contents")))
    said = text_of(system.get("parts")) if isinstance(system, dict) else ""
    return Conversation(said, turns, tuple(tools))


def _turn(content: Any, call_number: Iterator[int], result_number: Iterator[int]) -> Turn:
    """One content. Calls without ids, and their results, are known by their number."""
    parts = dicts_of(content.get("parts"))
    calls = [part["functionCall"] for part in parts if isinstance(part.get("functionCall"), dict)]
    responses = [
        part["functionResponse"] for part in parts if isinstance(part.get("functionResponse"), dict)
    ]
    images = sum("inlineData" in part for part in parts)
    images += sum(len(dicts_of(response.get("parts"))) for response in responses)
    return Turn(
        "assistant" if content.get("role") == "model" else str(content.get("role")),
        text_of([part for part in parts if not part.get("thought")]),
        tuple((_id(call, call_number), str(call.get("name")), call.get("args")) for call in calls),
        tuple((_id(response, result_number), _output(response)) for response in responses),
        images,
    )


def _id(holder: Any, number: Iterator[int]) -> str:
    name = f"call {next(number)}"
    return str(holder.get("id", name))


def _output(response: Any) -> str:
    value = response.get("response")
    held = value if isinstance(value, dict) else {}
    return str(held.get("output", held.get("error", "")))
