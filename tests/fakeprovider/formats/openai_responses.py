"""Responses: rendering and reading; `responses_check` is what a strict vendor refuses.

Source: the vendor's API reference and recordings of real streams. Thinking is a reasoning item
whose `encrypted_content` is the block's `thinkingSignature`, or made from its text; `redacted:
True` leaves out the summary. A call of a tool that the request declared with a grammar is a custom
call; its arguments must then be the text. Dialects (`Reply.dialect`):

    reasoning   summary (default), or text: the thoughts themselves, without a seal
    phase       the phase of messages, commentary or final_answer (none)
    index       own (default), zero (all items are number 0) or none
    ids         own (default), or change: an item has another id in every record
    deltas      true (default); false: finished items only
"""

from __future__ import annotations

import re
import time
from base64 import b64encode

from tests.fakeprovider.edit import Stream
from tests.fakeprovider.formats.responses_check import check
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
NAME = "openai-responses"
VENDOR = "openai"
BASE_PATH = "/v1"
PATH = re.compile(r"/responses$")


class _Writer:
    """Writes the records of one answer; each has a number of its own."""

    def __init__(self, reply: Reply, request: Request) -> None:
        self._dialect = reply.dialect or {}
        self._reply = reply
        self._request = request
        self._custom = custom_tools(request.body)
        self.records: list[bytes] = []
        self.items: list[dict[str, Any]] = []

    def record(self, kind: str, fields: str) -> None:
        number = len(self.records)
        self.records.append(event(f'{{"type":"{kind}",{fields},"sequence_number":{number}}}', kind))

    def response(self, kind: str, response: dict[str, Any]) -> None:
        self.record(f"response.{kind}", f'"response":{compact(response)}')

    def block(self, block: dict[str, Any]) -> None:
        item = self._item(block)
        if self._dialect.get("deltas", True):
            empty = {**item, **{name: value for name, value in _EMPTY.items() if name in item}}
            if item["type"] != "reasoning":
                empty["status"] = "in_progress"
            self._about("response.output_item.added", empty, f'"item":{compact(empty)}')
            for kind, fields in self._middle(item, block.get("split", self._reply.split)):
                self._about(kind, item, fields)
        self._about("response.output_item.done", item, f'"item":{compact(item)}')
        self.items.append(item)

    def _about(self, kind: str, item: dict[str, Any], fields: str) -> None:
        """A record about an item, with the index and the id it is known by."""
        index = {"zero": 0, "none": None}.get(self._dialect.get("index"), len(self.items))
        place = "" if index is None else f'"output_index":{index},'
        name = item["id"]
        if self._dialect.get("ids") == "change":
            name = f"{name}-{len(self.records)}"
            fields = fields.replace(f'"id":{quoted(item["id"])}', f'"id":{quoted(name)}', 1)
        if not kind.startswith("response.output_item"):
            place += f'"item_id":{quoted(name)},'
        self.record(kind, f"{place}{fields}")

    def _middle(self, item: dict[str, Any], split: object) -> Iterator[tuple[str, str]]:
        """The records between the first and the last one about an item: (type, fields)."""
        if item["type"] == "message":
            yield from _part("output_text", item["content"][0], split, '"content_index":0,')
        elif item["type"] == "function_call":
            yield from _input("function_call_arguments", "arguments", item["arguments"], split)
        elif item["type"] == "custom_tool_call":
            yield from _input("custom_tool_call_input", "input", item["input"], split)
        for part in item.get("summary", ()):
            yield from _part("reasoning_summary_text", part, split, '"summary_index":0,')
        for part in item.get("content", ()) if item["type"] == "reasoning" else ():
            yield from _part("reasoning_text", part, split, '"content_index":0,')

    def _item(self, block: dict[str, Any]) -> dict[str, Any]:
        place = f"fake{self._request.number}x{len(self.items)}"
        if block["type"] == "thinking":
            return self._reasoning(block, f"rs_{place}")
        if block["type"] == "text":
            part = {"type": "output_text", "annotations": [], "logprobs": [], "text": block["text"]}
            phase = self._dialect.get("phase")
            item = {"id": f"msg_{place}", "type": "message", "status": "completed"}
            item.update({"content": [part], "role": "assistant"})
            return {**item, "phase": phase} if phase else item
        call = {"call_id": block.get("id") or f"call_{place}", "name": block["name"]}
        arguments = block["arguments"]
        text = arguments if isinstance(arguments, str) else compact(arguments)
        if block["name"] in self._custom:
            item = {"id": f"ctc_{place}", "type": "custom_tool_call", "status": "completed"}
            return {**item, **call, "input": text}
        item = {"id": f"fc_{place}", "type": "function_call", "status": "completed"}
        return {**item, "arguments": text, **call}

    def _reasoning(self, block: dict[str, Any], name: str) -> dict[str, Any]:
        words = block.get("thinking", "")
        item: dict[str, Any] = {"id": name, "type": "reasoning", "summary": []}
        if self._dialect.get("reasoning") == "text":
            return {**item, "content": [{"type": "reasoning_text", "text": words}]}
        made = b64encode(f"fake seal of {words[:80]}".encode("utf-8", "replace")).decode()
        item["encrypted_content"] = block.get("thinkingSignature", made)
        if words and not block.get("redacted"):
            item["summary"] = [{"type": "summary_text", "text": words}]
        return item


_EMPTY: dict[str, Any] = {"content": [], "summary": [], "arguments": "", "input": ""}
"""What an item has at first of what it will have."""


def _part(kind: str, part: dict[str, Any], split: object, place: str) -> Iterator[tuple[str, str]]:
    holder = "reasoning_summary_part" if kind == "reasoning_summary_text" else "content_part"
    yield f"response.{holder}.added", f'{place}"part":{compact({**part, "text": ""})}'
    for piece in pieces(part["text"], split):
        yield f"response.{kind}.delta", f'{place}"delta":{quoted(piece)}'
    yield f"response.{kind}.done", f'{place}"text":{quoted(part["text"])}'
    yield f"response.{holder}.done", f'{place}"part":{compact(part)}'


def _input(kind: str, field: str, text: str, split: object) -> Iterator[tuple[str, str]]:
    for piece in pieces(text, split):
        yield f"response.{kind}.delta", f'"delta":{quoted(piece)}'
    yield f"response.{kind}.done", f'"{field}":{quoted(text)}'


def stream(reply: Reply, request: Request) -> Stream:
    """The answer as events; the end marker is the last one."""
    writer = _Writer(reply, request)
    begun = _response(reply, request, "in_progress", [])
    writer.response("created", begun)
    writer.response("in_progress", begun)
    for block in reply.blocks:
        writer.block(block)
    writer.response(*_ended(reply, request, writer.items))
    return Stream(writer.records, len(writer.records) - 1)


def _ended(reply: Reply, request: Request, items: list[Any]) -> tuple[str, dict[str, Any]]:
    """(name of the last event, its response)."""
    stop = reply.stop_reason
    status = "completed" if stop in ("stop", "toolUse") else "incomplete"
    response = _response(reply, request, status, items)
    if status == "incomplete":
        response["incomplete_details"] = {"reason": _REASONS.get(stop, stop)}
    count = counted(reply, len(request.raw))
    prompt = count["input"] + count["cacheRead"] + count["cacheWrite"]
    usage = {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": count["cacheRead"]},
        "output_tokens": count["output"],
        "output_tokens_details": {"reasoning_tokens": count["reasoning"]},
        "total_tokens": prompt + count["output"],
    }
    if count["cacheWrite"]:
        usage["input_tokens_details"]["cache_write_tokens"] = count["cacheWrite"]
    response["usage"] = reported(usage, reply.usage)
    return status, response


_REASONS = {"length": "max_output_tokens"}


def _response(reply: Reply, request: Request, status: str, items: list[Any]) -> dict[str, Any]:
    return {
        "id": reply.id or f"resp_fake{request.number}",
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": reply.model or str(request.body.get("model", "")),
        "output": items,
        "store": False,
        "usage": None,
    }


def whole(reply: Reply, request: Request) -> dict[str, Any]:
    """The answer to a request that does not stream."""
    writer = _Writer(reply, request)
    for block in reply.blocks:
        writer.block(block)
    return _ended(reply, request, writer.items)[1]


def error_records(error: VendorError) -> list[bytes]:
    """An error inside the stream."""
    inner = error.body.get("error", error.body) if isinstance(error.body, dict) else {}
    code = inner.get("code") or inner.get("type")
    message = inner.get("message") or error.data.decode()
    fields = {"type": "error", "code": code, "message": message, "param": inner.get("param")}
    return [event(compact(fields), "error")]


def refusal(refused: RefusedError) -> dict[str, Any]:
    """The body of a failed check."""
    kind = "invalid_request_error"
    error = {"message": str(refused), "type": kind, "param": refused.param, "code": refused.code}
    return {"error": error}


def declared(body: dict[str, Any]) -> list[Any]:
    """All tools a request declares: in its list and in items of its input."""
    found = dicts_of(body.get("tools"))
    for item in dicts_of(body.get("input")):
        if item.get("type") in ("additional_tools", "tool_search_output"):
            found = [*found, *dicts_of(item.get("tools"))]
    return found


def custom_tools(body: dict[str, Any]) -> set[str]:
    """The names of the tools that take a text in a grammar."""
    return {str(tool.get("name")) for tool in declared(body) if tool.get("type") == "custom"}


def read(body: dict[str, Any]) -> Conversation:
    """The request as a conversation."""
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else dicts_of(given)
    system = [text_of(body.get("instructions"))]
    system += [text_of(item.get("content")) for item in items if item.get("role") in _SYSTEM_ROLES]
    turns = tuple(turn for turn in map(_turn, items) if turn is not None)
    names = tuple(str(tool.get("name")) for tool in declared(body))
    return Conversation("\n".join(part for part in system if part), turns, names)


_SYSTEM_ROLES = ("system", "developer")


def _turn(item: Any) -> Turn | None:
    kind = item.get("type", "message")
    if kind in ("function_call", "custom_tool_call"):
        arguments = item.get("arguments", item.get("input"))
        return Turn(
            "assistant", calls=((str(item.get("call_id")), str(item.get("name")), arguments),)
        )
    if kind in ("function_call_output", "custom_tool_call_output"):
        output = item.get("output")
        result = (str(item.get("call_id")), text_of(output))
        return Turn("tool", results=(result,), images=_images(output))
    if kind != "message" or item.get("role") in _SYSTEM_ROLES:
        return None
    content = item.get("content")
    return Turn(str(item.get("role")), text_of(content), images=_images(content))


def _images(content: object) -> int:
    return sum(part.get("type") == "input_image" for part in dicts_of(content))
