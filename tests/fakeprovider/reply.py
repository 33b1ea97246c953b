"""Replies: what the fake provider says, described once for every wire format.

    Reply        one answer: content blocks, stop reason, usage, or an error instead
    block        a content block as in `pi.messages`: text, thinking, toolCall; its `arguments` may
                 also be a string, sent as it is (`'{"path": '`), and any block may have a `split`
    split        how a block's text is cut into deltas: "words" (default), 0 (one delta), n
                 characters, [3, 5, ...] sizes, ["a", "b"] the very pieces, or "halves", which cuts
                 every character outside the BMP into its two surrogates

`reply_of` reads the short descriptions of scripts:

    "Hello"
    {"thinking": "hm", "text": "Reading.", "calls": [{"name": "read", "arguments": {"path": "a"}}]}
    {"text": "Hello", "usage": {"input": 12, "output": 3}, "stop": "length", "fault": "crlf"}
    {"error": "overloaded"}  or  {"error": "openai/rate_limit", "headers": {"retry-after": "1"}}

Usage is in `pi.messages`' words: input, output, cacheRead, cacheWrite, reasoning. Without usage the
counts are a quarter of the characters. A string misreports it; see `MISREPORTS`.
"""

from __future__ import annotations

import re
from base64 import b64encode

from pi.value import Value
from tests.fakeprovider.fault import fault_of
from tests.fakeprovider.vendor_error import error_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from tests.fakeprovider.fault import Fault
    from tests.fakeprovider.vendor_error import VendorError


class ScriptError(ValueError):
    """A script, reply or fault description cannot be used; the text says where and why."""


class Reply(Value):
    """One answer; see the module's head.

    `stop` is a `stopReason` of `pi.messages`, or any word of the vendor's own; "" means toolUse
    when there are calls, else stop. `error` replaces the answer. `dialect` sets options of the
    format, for example {"reasoning": "reasoning_content"}.
    """

    blocks: tuple[dict[str, Any], ...] = ()
    stop: str = ""
    usage: Mapping[str, int] | str | None = None
    split: Any = "words"
    model: str = ""
    id: str = ""
    error: VendorError | None = None
    headers: tuple[tuple[str, str], ...] = ()
    dialect: Mapping[str, Any] | None = None
    fault: Fault | None = None

    @property
    def stop_reason(self) -> str:
        """`stop`, or what follows from the blocks."""
        has_calls = any(block["type"] == "toolCall" for block in self.blocks)
        return self.stop or ("toolUse" if has_calls else "stop")


_BLOCK_KEYS = ("text", "thinking", "calls")
_REPLY_KEYS = ("stop", "usage", "split", "model", "id", "dialect")
_KEYS = (*_BLOCK_KEYS, *_REPLY_KEYS, "blocks", "signature", "error", "headers", "fault")
_BLOCK_TYPES = ("text", "thinking", "toolCall")


def reply_of(value: object, where: str = "reply") -> Reply:
    """The Reply a short description means. Raises ScriptError, naming `where`."""
    if isinstance(value, Reply):
        return value
    if isinstance(value, str):
        return Reply(blocks=({"type": "text", "text": value},))
    if not isinstance(value, dict):
        raise ScriptError(f"{where}: expected text or an object, got {type(value).__name__}")
    unknown = [key for key in value if key not in _KEYS]
    if unknown:
        raise ScriptError(f'{where}: unknown key "{unknown[0]}"; known are: {", ".join(_KEYS)}')
    try:
        return Reply(
            blocks=tuple(_blocks(value, where)),
            error=error_of(value["error"]) if "error" in value else None,
            headers=tuple((name, str(text)) for name, text in value.get("headers", {}).items()),
            fault=fault_of(value["fault"]) if "fault" in value else None,
            **{key: value[key] for key in _REPLY_KEYS if key in value},
        )
    except ValueError as error:
        raise ScriptError(f"{where}: {error}") from None


def _blocks(value: dict[str, Any], where: str) -> list[dict[str, Any]]:
    blocks = list(value.get("blocks", ()))
    if "thinking" in value:
        block = {"type": "thinking", "thinking": value["thinking"]}
        if "signature" in value:
            block["thinkingSignature"] = value["signature"]
        blocks.append(block)
    if "text" in value:
        blocks.append({"type": "text", "text": value["text"]})
    blocks += [{"type": "toolCall", "arguments": {}, **call} for call in value.get("calls", ())]
    for block in blocks:
        if not isinstance(block, dict) or block.get("type") not in _BLOCK_TYPES:
            raise ScriptError(f"{where}: a block's type must be one of {', '.join(_BLOCK_TYPES)}")
        if block["type"] == "toolCall" and not isinstance(block.get("name"), str):
            raise ScriptError(f'{where}: a tool call needs a "name"')
    return blocks


_WORD = re.compile(r"\S+\s*|\s+")


def pieces(text: str, split: object) -> list[str]:
    """`text` cut into deltas, as `split` says; see the module's head. No piece is empty."""
    if split == "words":
        return _WORD.findall(text)
    if split == "halves":
        return _halves(text)
    if isinstance(split, int) and split > 0:
        return [text[at : at + split] for at in range(0, len(text), split)]
    if isinstance(split, (list, tuple)) and split:
        return _given_pieces(text, split)
    if split in (0, [], ()):
        return [text] if text else []
    raise ScriptError(f'cannot split text by {split!r}; use "words", "halves", a number or a list')


def _given_pieces(text: str, split: list[Any] | tuple[Any, ...]) -> list[str]:
    if all(isinstance(piece, str) for piece in split):
        if "".join(split) != text:
            raise ScriptError("the pieces of a split do not add up to the text")
        return [piece for piece in split if piece]
    found, at = [], 0
    for size in [*split, len(text)]:
        found.append(text[at : at + size])
        at += size
    return [piece for piece in found if piece]


def _halves(text: str) -> list[str]:
    found = [""]
    for character in text:
        if character <= "\uffff":
            found[-1] += character
            continue
        code = ord(character) - 0x10000
        found[-1] += chr(0xD800 + (code >> 10))
        found.append(chr(0xDC00 + (code & 0x3FF)))
    return [piece for piece in found if piece]


def _each_number(value: Any, change: Callable[[int, int], Any], count: list[int]) -> Any:
    if isinstance(value, dict):
        return {key: _each_number(item, change, count) for key, item in value.items()}
    if isinstance(value, list):
        return [_each_number(item, change, count) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        count[0] += 1
        return change(value, count[0])
    return value


MISREPORTS: dict[str, Callable[[int, int], Any] | None] = {
    "none": None,
    "null": lambda value, position: None,
    "negative": lambda value, position: -value - 1,
    "absurd": lambda value, position: 10**18 + value,
    "inconsistent": lambda value, position: value + 7919 * position * position,
    "text": lambda value, position: str(value),
    "fraction": lambda value, position: value + 0.5,
}
"""Kind of misreport -> what becomes of the n-th number of the vendor's usage; None: left out."""


def reported(usage: dict[str, Any], kind: object) -> dict[str, Any] | None:
    """The vendor's usage object as a misreport of that `kind` shows it; None: not at all.

    A `kind` that is no string is an honest report. Raises ScriptError for an unknown one.
    """
    if not isinstance(kind, str):
        return usage
    if kind not in MISREPORTS:
        raise ScriptError(f'unknown usage "{kind}"; known are: {", ".join(MISREPORTS)}')
    change = MISREPORTS[kind]
    return None if change is None else _each_number(usage, change, [0])


def counted(reply: Reply, request_bytes: int) -> dict[str, int]:
    """Honest token counts in `pi.messages`' words: those of the reply, or made up from sizes."""
    if reply.usage is not None and not isinstance(reply.usage, str):
        given = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "reasoning": 0}
        return {**given, **reply.usage}
    sizes = {"text": 0, "thinking": 0, "toolCall": 0}
    for block in reply.blocks:
        sizes[block["type"]] += len(str(block.get(block["type"], block.get("arguments", ""))))
    return {
        "input": max(1, request_bytes // 4),
        "output": max(1, sum(sizes.values()) // 4),
        "cacheRead": 0,
        "cacheWrite": 0,
        "reasoning": sizes["thinking"] // 4,
    }


def signature_of(thought: Mapping[str, Any]) -> str:
    """The signature of a thinking block: its own, or one made from its text."""
    made = b64encode(f"fake signature of {thought.get('thinking', '')[:80]}".encode()).decode()
    return thought.get("thinkingSignature", made)
