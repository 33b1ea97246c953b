"""A conversation as Google's `contents`.

    user        {"parts": [{"text": "hi"}, {"inlineData": {"mimeType", "data"}}], "role": "user"}
    answer      {"parts": [{"text", "thought": true, "thoughtSignature"},
                 {"functionCall": {"name", "args", "id"?}, "thoughtSignature"}], "role": "model"}
    results     {"parts": [{"functionResponse": {"name", "response": {"output"}, "parts"?, "id"?}},
                 ...], "role": "user"}        all results of one answer in one content

Which models take ids, and images inside results, tells `google_family`; for the others the images
of all results follow in a content of their own. A failed result is `{"error"}` instead of
`{"output"}`. Blank text is not sent, except where it carries a signature.

Signatures stay on the part they came with. One that is not base64 is left out: the API would refuse
the request. Calls that have none, because another model made them, are refused by Gemini 3 and
later if they belong to the turn in progress; the first call of such an answer gets the placeholder
that Google's guide names for the purpose, and earlier turns stay as they are.

Sources: Google's guides to function calling, images and thought signatures; the requests the
reference sends, which have no placeholder.
"""

from __future__ import annotations

import re

from pi.messages import blocks_of, text_of
from pi.providers.google_family import is_new, nests_images, wants_ids
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.messages import Message
    from pi.request import Model

IMAGE_HERE = "(an image)"
IMAGE_LATER = "(an image; it follows after the results)"
IMAGES = "Images of the results:"

PLACEHOLDER = "skip_thought_signature_validator"
"""The signature of a call that has none; the word is Google's."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_BAD_IN_NAME = re.compile(r"[^A-Za-z0-9_.:-]")
_MAX_NAME = 128  # characters of a function's name


class _Ways(Value):
    """What the model takes: ids, images inside results, placeholders for missing signatures."""

    ids: bool
    nested: bool
    placeholders: bool


def converted(messages: Iterable[Message], model: Model) -> list[dict[str, Any]]:
    """The `contents` of a request."""
    ways = _Ways(wants_ids(model), nests_images(model), is_new(model))
    history = [message for message in messages if message.get("role") != "system"]
    asked = [at for at, message in enumerate(history) if message.get("role") == "user"]
    turn = asked[-1] if asked else 0
    done: list[dict[str, Any]] = []
    results: list[Message] = []
    for at, message in enumerate(history):
        if message.get("role") == "toolResult":
            results.append(message)
            continue
        _settle(done, results, ways)
        if message.get("role") == "user":
            _add(done, "user", [part for part in map(_said, blocks_of(message)) if part])
        else:
            parts = [part for block in blocks_of(message) if (part := _answered(block, ways))]
            if ways.placeholders and at > turn:
                parts = _signed(parts)
            _add(done, "model", parts)
    _settle(done, results, ways)
    return done


def _add(done: list[dict[str, Any]], role: str, parts: list[dict[str, Any]]) -> None:
    if parts:
        done.append({"parts": parts, "role": role})


# --- what the user said --------------------------------------------------------------------------


def _said(block: dict[str, Any]) -> dict[str, Any] | None:
    """A part of a user message; None for blank text and for what is neither text nor image."""
    if block.get("type") == "image":
        return _image(block)
    words = block.get("text")
    is_text = block.get("type") == "text" and isinstance(words, str) and words.strip()
    return {"text": words} if is_text else None


def _image(block: dict[str, Any]) -> dict[str, Any] | None:
    kind, data = block.get("mimeType"), block.get("data")
    if isinstance(kind, str) and isinstance(data, str):
        return {"inlineData": {"mimeType": kind, "data": data}}
    return None


# --- what the model answered ---------------------------------------------------------------------


def _answered(block: dict[str, Any], ways: _Ways) -> dict[str, Any] | None:
    match block.get("type"):
        case "text":
            return _words(block, "text", "textSignature", {})
        case "thinking":
            return _words(block, "thinking", "thinkingSignature", {"thought": True})
        case "toolCall" if isinstance(block.get("name"), str):
            call = {"name": _name(block["name"]), "args": block.get("arguments") or {}}
            if ways.ids:
                call["id"] = block.get("id")
            return {"functionCall": call, **_signature(block, "thoughtSignature")}
    return None


def _words(
    block: dict[str, Any], key: str, mark: str, more: dict[str, Any]
) -> dict[str, Any] | None:
    words = block.get(key)
    signature = _signature(block, mark)
    if not isinstance(words, str) or not (words.strip() or signature):
        return None
    return {"text": words, **more, **signature}


def _signature(block: dict[str, Any], key: str) -> dict[str, str]:
    mark = block.get(key)
    is_good = isinstance(mark, str) and len(mark) % 4 == 0 and _BASE64.fullmatch(mark)
    return {"thoughtSignature": mark} if is_good else {}


def _name(given: str) -> str:
    """A function's name in letters Google takes; a model may have invented one with others."""
    return _BAD_IN_NAME.sub("_", given)[:_MAX_NAME] or "_"


def _signed(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts of an answer with a placeholder on its first call, should that be unsigned."""
    for at, part in enumerate(parts):
        if "functionCall" in part:
            first = (
                part if "thoughtSignature" in part else {**part, "thoughtSignature": PLACEHOLDER}
            )
            return [*parts[:at], first, *parts[at + 1 :]]
    return parts


# --- what the tools gave -------------------------------------------------------------------------


def _settle(done: list[dict[str, Any]], results: list[Message], ways: _Ways) -> None:
    """Add the results that have been gathered, and the images that cannot be inside them."""
    _add(done, "user", [_result(message, ways) for message in results])
    if not ways.nested:
        images = [image for message in results for image in _images(message)]
        _add(done, "user", [{"text": IMAGES}, *images] if images else [])
    results.clear()


def _images(message: Message) -> list[dict[str, Any]]:
    blocks = (block for block in blocks_of(message) if block.get("type") == "image")
    return [image for image in map(_image, blocks) if image]


def _result(message: Message, ways: _Ways) -> dict[str, Any]:
    images = _images(message)
    texts = (text_of({"content": [block]}) for block in blocks_of(message))
    words = "\n".join(text for text in texts if text)
    if not words and images:
        words = IMAGE_HERE if ways.nested else IMAGE_LATER
    response: dict[str, Any] = {
        "name": _name(str(message.get("toolName") or "")),
        "response": {"error" if message.get("isError") else "output": words},
    }
    if images and ways.nested:
        response["parts"] = images
    if ways.ids:
        response["id"] = message.get("toolCallId")
    return {"functionResponse": response}
