"""The wire formats as the test kit knows them: one row each; see `tests/wirekit.py`."""

from __future__ import annotations

import json

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Format(Value):
    """What the kit must know of a format.

    `is_end(event, data)` tells whether a record makes the stream complete: from it on a cut is
    harmless. `signature` is a thinkingSignature that the format replays to its own model; in it
    "$thinking" stands for the words of its block.
    """

    is_end: Callable[[Any, Any], bool]
    signature: str
    framing: str = "sse"


def _chat_end(event: str | None, data: str) -> bool:
    try:
        return bool(json.loads(data)["choices"][0]["finish_reason"])
    except (ValueError, LookupError, TypeError):
        return False


def _responses_end(event: str | None, data: str) -> bool:
    ends = ("completed", "incomplete", "failed", "done")
    return any(f'"type":"response.{end}"' in data for end in ends)


def _converse_end(headers: dict[str, Any], payload: bytes) -> bool:
    return headers.get(":event-type") == "messageStop"


_REASONING = (
    '{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"$thinking"}],'
    '"encrypted_content":"c2VhbGVk"}'
)


def _google_end(event: str | None, data: str) -> bool:
    try:
        return bool(json.loads(data)["candidates"][0]["finishReason"])
    except (ValueError, LookupError, TypeError):
        return False


FORMATS: dict[str, Format] = {
    "openai-completions": Format(_chat_end, "reasoning_content"),
    "openai-responses": Format(_responses_end, _REASONING),
    "azure-openai-responses": Format(_responses_end, _REASONING),
    "openai-codex-responses": Format(_responses_end, _REASONING),
    "mistral-conversations": Format(_chat_end, "its words are replayed, not this"),
    "anthropic-messages": Format(lambda event, data: event == "message_stop", "c2lnbmF0dXJl"),
    "google-generative-ai": Format(_google_end, "c2lnbmF0dXJl"),
    "google-vertex": Format(_google_end, "c2lnbmF0dXJl"),
    "bedrock-converse-stream": Format(_converse_end, "c2lnbmF0dXJl", "aws-event-stream"),
}
