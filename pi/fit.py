"""Whether what an extension made is fit to be stored and sent.

why_not_content([{"type": "text", "text": "hi"}])     ""
why_not_content(5)                                    "that is neither a text nor a list of blocks"
why_not_json({"data": {1, 2}})                        "returned something that JSON cannot hold ..."
"""

from __future__ import annotations

from pi.text.jsontext import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PLAIN = {"text": ("text",), "image": ("data", "mimeType")}
"""Blocks that any message may have, and their keys."""


def why_not_content(content: object) -> str:
    """What keeps a value from being the content of a message or result; "" if nothing does."""
    if isinstance(content, str):
        return ""
    if not isinstance(content, list):
        return "that is neither a text nor a list of blocks"
    for block in content:
        kind = block.get("type") if isinstance(block, dict) else None
        keys = _PLAIN.get(kind) if isinstance(kind, str) else None
        if keys is None or not all(isinstance(block.get(key), str) for key in keys):
            return "with something that is neither a text nor an image block"
    return ""


def why_not_json(*values: object) -> str:
    """What keeps values from being stored; "" if nothing does."""
    try:
        dumps(values)
    except (TypeError, ValueError, RecursionError) as error:
        return f"returned something that JSON cannot hold ({error})"
    return ""


def why_not_messages(messages: list[Any]) -> str:
    """What keeps a list from being a conversation that can be sent; "" if nothing does."""
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            return "made a message that has no role"
        content = message.get("content")
        if not (content is None or isinstance(content, (str, list))):
            return "made a message whose content is neither a text nor a list"
    return why_not_json(messages)


_COUNTS = ("input", "output", "cacheRead", "cacheWrite", "totalTokens")


def why_not_usage(usage: object) -> str:
    """What keeps a value from being a usage; "" if nothing does. None is none."""
    if usage is None:
        return ""
    if not isinstance(usage, dict) or not isinstance(usage.get("cost", {}), dict):
        return "returned a usage that is no dict, or has a cost that is none"
    counts = [usage[name] for name in _COUNTS if name in usage]
    if not all(type(count) in (int, float) for count in counts):
        return "returned a usage in which a count is no number"
    return ""
