"""Ids of Responses items, and where our messages keep them.

    tool call        its id is "call|item": "call_abc|fc_123"; without an item id just "call_abc"
    text block       textSignature '{"v":1,"id":"msg_123","phase":"final_answer"}', or an id alone
    thinking block   thinkingSignature is the whole reasoning item, as JSON text

An item id goes back to the service only where it is one the service can have made: it begins as ids
of its kind do and has at most 64 characters. A call goes without one otherwise, a message must have
one and gets it made up. Reasoning goes back only with something in it to go on from, `encrypted_
content` or the thoughts themselves: requests are not stored, so an id alone means nothing.

Source: OpenAI's reference of the Responses API; the sessions the reference writes.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256

from pi.text.jsontext import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PHASES = ("commentary", "final_answer")
"""What a message of an answer may be: said on the way, or the answer itself."""

FUNCTION_ITEM = "fc"
GRAMMAR_ITEM = "ctc"
"""How the item ids of calls begin, by their kind."""

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def joined_id(call_id: str, item_id: str) -> str:
    """The id of a tool call as a message keeps it."""
    return f"{call_id}|{item_id}" if item_id else call_id


def split_id(joined: str) -> tuple[str, str]:
    """(call id, item id or "") of a tool call's id."""
    call_id, _, item_id = joined.partition("|")
    return call_id, item_id


def item_fields(item_id: str, prefix: str) -> dict[str, str]:
    """The `id` field of a call, if its item id can be sent as one that begins with `prefix`."""
    fits = item_id.startswith(prefix) and _PLAIN_ID.fullmatch(item_id)
    return {"id": item_id} if fits else {}


def text_signature(item_id: str, phase: object = None) -> str:
    """What a text block keeps of the message item it came in."""
    marks = {"phase": phase} if phase in PHASES else {}
    return dumps({"v": 1, "id": item_id, **marks})


def message_fields(signature: object, made_up: str) -> dict[str, str]:
    """The `id` and, if it has one, the `phase` of a message item, read from a text signature.

    `made_up` is the id of one that has none. An id that cannot be sent is replaced by a digest.
    """
    item_id, marks = _read(signature) if isinstance(signature, str) else ("", {})
    if item_id and not _PLAIN_ID.fullmatch(item_id):
        item_id = f"msg_{sha256(item_id.encode('utf-8', 'replace')).hexdigest()[:32]}"
    return {"id": item_id or made_up, **marks}


def _read(signature: str) -> tuple[str, dict[str, str]]:
    if not signature.startswith("{"):
        return signature, {}
    value = _object(signature)
    item_id, phase = value.get("id"), value.get("phase")
    marks = {"phase": phase} if phase in PHASES else {}
    return (item_id, marks) if isinstance(item_id, str) else ("", {})


def reasoning_item(signature: object) -> dict[str, Any] | None:
    """The reasoning item a thinking signature holds; None if it is none that can be sent."""
    value = _object(signature) if isinstance(signature, str) else {}
    if value.get("type") != "reasoning" or not (
        value.get("encrypted_content") or value.get("content")
    ):
        return None
    item = {key: part for key, part in value.items() if part is not None}
    item.setdefault("summary", [])
    return item


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
