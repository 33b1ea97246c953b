"""A conversation as Bedrock's Converse API takes it.

    user        {"role": "user", "content": [{"text": "hi"}, {"image": {"format": "png", ...}}]}
    assistant   {"role": "assistant", "content": [
                 {"reasoningContent": {"reasoningText": {"text": "...", "signature": "..."}}},
                 {"toolUse": {"toolUseId", "name", "input"}}]}
    results     {"role": "user", "content": [
                 {"toolResult": {"toolUseId", "content": [{"text": "..."}], "status": "success"}}]}

That is what Anthropic's Messages say, in other words, and refused is the same and more: roles must
take turns, so that messages of one role in a row become one; some models take calls and results
only in messages without anything else, so that those are kept apart by a few words of the other
role. The order, blank text, images of failed calls and the like: see `anthropic_conversation`.

Source: the API reference of Converse; the requests the reference sends; what Bedrock answers to
conversations it does not accept.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64

from pi.providers import anthropic_conversation
from pi.providers.anthropic_conversation import GO_ON

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pi.messages import Message
    from pi.providers.bedrock_family import Family

SEEN = "(The results have been read.)"
"""What the assistant says between results and words, for models that take them only apart."""

_MAX_NAME = 64  # characters of a tool's name

_APART = ("toolUse", "toolResult")


def converted(messages: Iterable[Message], family: Family) -> list[dict[str, Any]]:
    """The `messages` of a request, without cache points. The first and the last are a user's."""
    said = anthropic_conversation.converted(
        messages, {}, lambda answer: None, keeps_unsigned=not family.is_claude
    )
    turns = ((message["role"], _blocks(message["content"])) for message in said)
    if not family.mixes_turns:
        turns = (part for role, blocks in turns for part in _parts(role, blocks))
    return _taking_turns(turns, family.mixes_turns)


def _taking_turns(
    turns: Iterable[tuple[str, list[Any]]], mixes_turns: bool
) -> list[dict[str, Any]]:
    """The messages, roles in turn: one role twice is joined or, if need be, answered in between."""
    done: list[dict[str, Any]] = []
    for role, blocks in turns:
        if not blocks:
            continue
        if not done or done[-1]["role"] != role:
            done.append({"role": role, "content": blocks})
        elif mixes_turns or _kind(done[-1]["content"]) == _kind(blocks):
            done[-1]["content"] += blocks
        else:
            other, words = ("assistant", SEEN) if role == "user" else ("user", GO_ON)
            done.append({"role": other, "content": [{"text": words}]})
            done.append({"role": role, "content": blocks})
    return done


def _parts(role: str, blocks: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """A message as messages whose blocks are all of a kind: calls, results, or words."""
    run: list[Any] = []
    for block in blocks:
        if run and _kind(run) != _kind([block]):
            yield role, run
            run = []
        run.append(block)
    yield role, run


def _kind(blocks: list[Any]) -> str:
    return next((kind for kind in _APART if kind in blocks[0]), "")


# --- blocks --------------------------------------------------------------------------------------


def _blocks(content: list[Any]) -> list[Any]:
    return [block for part in content if (block := _BLOCKS[part["type"]](part))]


def _text(part: dict[str, Any]) -> dict[str, Any]:
    return {"text": part["text"]}


def _image(part: dict[str, Any]) -> dict[str, Any]:
    source = part["source"]
    form = source["media_type"].partition("/")[2]
    return {"image": {"format": form, "source": {"bytes": source["data"]}}}


def _thought(part: dict[str, Any]) -> dict[str, Any]:
    words: dict[str, Any] = {"text": part["thinking"]}
    if part["signature"]:
        words["signature"] = part["signature"]
    return {"reasoningContent": {"reasoningText": words}}


def _redacted(part: dict[str, Any]) -> dict[str, Any] | None:
    """Hidden thinking; what is no base64 would spoil the request and is left out."""
    try:
        a2b_base64(part["data"])
    except (Base64Error, ValueError):
        return None
    return {"reasoningContent": {"redactedContent": part["data"]}}


def _call(part: dict[str, Any]) -> dict[str, Any]:
    name = part["name"][:_MAX_NAME]
    return {"toolUse": {"toolUseId": part["id"], "name": name, "input": _named(part["input"])}}


def _named(value: Any) -> Any:
    """Arguments without fields that have no name, which Bedrock does not take."""
    if isinstance(value, dict):
        return {key: _named(item) for key, item in value.items() if key}
    return [_named(item) for item in value] if isinstance(value, list) else value


def _result(part: dict[str, Any]) -> dict[str, Any]:
    content = part["content"]
    return {
        "toolResult": {
            "toolUseId": part["tool_use_id"],
            "content": [{"text": content}] if isinstance(content, str) else _blocks(content),
            "status": "error" if part["is_error"] else "success",
        }
    }


_BLOCKS: dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]] = {
    "text": _text,
    "image": _image,
    "thinking": _thought,
    "redacted_thinking": _redacted,
    "tool_use": _call,
    "tool_result": _result,
}
"""Anthropic's name of a block -> function(block) -> Converse's block."""
