"""A conversation as Anthropic Messages.

    user        {"role": "user", "content": [{"type": "text", "text": "hi"}]}
    assistant   {"role": "assistant", "content": [{"type": "thinking", "thinking", "signature"},
                 {"type": "tool_use", "id", "name", "input"}]}
    results     {"role": "user", "content": [{"type": "tool_result", "tool_use_id", "content",
                 "is_error"}, ...]}            all results of one answer in one message
    system      {"role": "system", "content": [...]}     only for models that take it

What the API refuses is never sent: blank text, an empty message, an image of an unknown type, a
failed result without words or with images (those follow after all results), a tool name it does not
allow, an answer that ends in thinking, an answer without a question (one at the start gets an
opening before it, one that follows another a request to go on, and so does the answer asked for).

System messages wait until just before the next answer: they may not come first, nor between a call
and its result. An effort message tells with how much effort the answer after it was made; saying it
again keeps that answer's thinking valid and the cache warm. Sources: Anthropic's API reference; the
requests the reference sends.
"""

from __future__ import annotations

import re

from pi.messages import blocks_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from pi.messages import Message

NO_OUTPUT = "(no output)"
NO_ANSWER = "(no answer)"
IMAGE_HERE = "(an image)"
IMAGE_LATER = "(an image; it follows after the results)"
IMAGE_UNKNOWN = "(an image of a type that cannot be sent)"
OPENING = "(The conversation begins here.)"
GO_ON = "Go on."

_IMAGE_TYPES = {
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/jpg": "image/jpeg",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
}
"""Types of images that can be sent, and what they are called."""

_BAD_IN_NAME = re.compile(r"[^A-Za-z0-9_-]")
_MAX_NAME = 128  # characters of a tool's name


def converted(
    messages: Iterable[Message],
    updates: Mapping[int, list[Any]],
    effort_of: Callable[[Message | None], str | None],
    *,
    keeps_unsigned: bool,
) -> list[dict[str, Any]]:
    """The `messages` of a request, without cache marks.

    `updates`: position of a system message -> the blocks it becomes. `effort_of(answer)` is the
    effort an earlier answer was made with, `effort_of(None)` that of the answer asked for; None
    where it is not to be said. `keeps_unsigned`: thinking without a signature stays thinking
    instead of becoming text.
    """
    writer = _Writer(keeps_unsigned)
    for at, message in enumerate(messages):
        match message.get("role"):
            case "user":
                writer.user([part for part in map(_part, blocks_of(message)) if part])
            case "toolResult":
                writer.result(message)
            case "assistant":
                writer.answer(message, effort_of(message))
            case "system":
                writer.hold(updates.get(at, []))
    return writer.finish(effort_of(None))


def mark_last(messages: list[dict[str, Any]], mark: dict[str, Any]) -> None:
    """Put a cache mark on the last block that the user, a tool or the system said.

    The answers before it are in the cache with it; when nothing new was said, nothing is marked.
    """
    said = next((message for message in reversed(messages) if message["content"]), None)
    if said is not None and said["role"] != "assistant":
        said["content"][-1] = {**said["content"][-1], "cache_control": mark}


class _Writer:
    """Puts the messages of a request together."""

    def __init__(self, keeps_unsigned: bool) -> None:
        self._keeps_unsigned = keeps_unsigned
        self._done: list[dict[str, Any]] = []
        self._held: list[dict[str, Any]] = []  # system messages for just before the next answer
        self._results: list[Any] = []
        self._images: list[Any] = []  # of failed results, for after all results

    def user(self, content: list[Any]) -> None:
        self._end_results()
        if content:
            self._done.append({"role": "user", "content": content})

    def result(self, message: Message) -> None:
        block, images = _result(message)
        self._results.append(block)
        if images:
            caption = (
                f"Images of the failed call {block['tool_use_id']} ({message.get('toolName')}):"
            )
            self._images += [_text(caption), *images]

    def hold(self, blocks: list[Any]) -> None:
        if blocks:
            self._held.append({"role": "system", "content": blocks})

    def answer(self, message: Message, effort: str | None) -> None:
        self._end_results()
        content = [
            part
            for block in blocks_of(message)
            if (part := _answer_part(block, self._keeps_unsigned))
        ]
        if content:
            if content[-1]["type"] in ("thinking", "redacted_thinking"):
                content.append(_text(NO_ANSWER))
            self._ask(effort)
            self._done.append({"role": "assistant", "content": content})

    def finish(self, effort: str | None) -> list[dict[str, Any]]:
        self._end_results()
        self._ask(effort)
        return self._done

    def _end_results(self) -> None:
        content = self._results + self._images
        self._results, self._images = [], []
        if content:
            self._done.append({"role": "user", "content": content})

    def _ask(self, effort: str | None) -> None:
        """Say what comes just before an answer: something to answer, changes, the effort."""
        if not self._done:
            self.user([_text(OPENING)])
        elif self._done[-1]["role"] == "assistant":
            self.user([_text(GO_ON)])
        self._done += self._held
        self._held = []
        if effort is not None:
            self._done.append(
                {"role": "system", "content": [], "output_config": {"effort": effort}}
            )


def _part(block: dict[str, Any]) -> dict[str, Any] | None:
    """A text or image block of a user message; None for what has nothing to say."""
    kind = block.get("type")
    if kind == "image":
        return _image(block)
    words = block.get("text") if kind == "text" else None
    return _text(words) if isinstance(words, str) and words.strip() else None


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _image(block: dict[str, Any]) -> dict[str, Any]:
    data, kind = block.get("data"), block.get("mimeType")
    known = _IMAGE_TYPES.get(kind.lower()) if isinstance(kind, str) else None
    if known is None or not isinstance(data, str) or not data:
        return _text(IMAGE_UNKNOWN)
    return {"type": "image", "source": {"type": "base64", "media_type": known, "data": data}}


def _answer_part(block: dict[str, Any], keeps_unsigned: bool) -> dict[str, Any] | None:
    match block.get("type"):
        case "text":
            return _part(block)
        case "thinking":
            return _thought(block, keeps_unsigned)
        case "toolCall":
            name = _BAD_IN_NAME.sub("_", str(block.get("name") or ""))[:_MAX_NAME]
            arguments = block.get("arguments")
            return {
                "type": "tool_use",
                "id": str(block.get("id", "")),
                "name": name or "unknown",
                "input": arguments if isinstance(arguments, dict) else {},
            }
    return None


def _thought(block: dict[str, Any], keeps_unsigned: bool) -> dict[str, Any] | None:
    """A thinking block with its signature verbatim; words that lost theirs become text."""
    words, signature = block.get("thinking"), block.get("thinkingSignature")
    words = words if isinstance(words, str) else ""
    signed = isinstance(signature, str) and bool(signature.strip())
    if block.get("redacted"):
        return {"type": "redacted_thinking", "data": signature} if signed else None
    if signed:
        return {"type": "thinking", "thinking": words, "signature": signature}
    if not words.strip():
        return None
    return (
        {"type": "thinking", "thinking": words, "signature": ""} if keeps_unsigned else _text(words)
    )


def _result(message: Message) -> tuple[dict[str, Any], list[Any]]:
    """A tool_result block, and the images it may not hold because the call failed."""
    failed = bool(message.get("isError"))
    parts = [
        _image(block) if block.get("type") == "image" else block for block in blocks_of(message)
    ]
    images = [part for part in parts if part.get("type") == "image"]
    block = {
        "type": "tool_result",
        "tool_use_id": str(message.get("toolCallId", "")),
        "content": _words(parts) if failed or not images else _seen(parts),
        "is_error": failed,
    }
    return block, images if failed else []


def _words(parts: list[dict[str, Any]]) -> str:
    """The texts of a result, one per line; a run of images is named in its place."""
    lines: list[str] = []
    for part in parts:
        if part.get("type") == "image":
            if lines[-1:] != [IMAGE_LATER]:
                lines.append(IMAGE_LATER)
        elif part.get("type") == "text" and isinstance(part.get("text"), str):
            lines.append(part["text"])
    words = "\n".join(lines)
    return words if words.strip() else NO_OUTPUT


def _seen(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The texts and images of a result; there is always a text."""
    content = [part if part.get("type") == "image" else _part(part) for part in parts]
    content = [part for part in content if part]
    has_text = any(part["type"] == "text" for part in content)
    return content if has_text else [_text(IMAGE_HERE), *content]
