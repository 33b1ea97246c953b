"""How much a request may ask for: the output limit that fits into the context window.

Most services refuse a request whose prompt and output limit together exceed the window, so the
limit shrinks with the conversation. The prompt is estimated: from the last answer's usage where
that still describes the history, and from characters for everything after it. Estimates err on the
large side, and a reserve is kept on top.

The figures (3.5 characters per token, an image as 4800 characters, a reserve of 15 % and at least
4096 tokens, an answer of 32768 tokens that the 15 % may not shorten) are the reference's. A window
under 32768 tokens keeps only an eighth in reserve: local servers serve 4096 and 8192, and with all
of that in reserve an answer would be one token long. Known limit: text in scripts with a token per
character is underestimated until the first usage report.
"""

from __future__ import annotations

import json
from itertools import accumulate

from pi.messages import blocks_of, is_failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.messages import Message
    from pi.request import Context, Model, Options

IMAGE_CHARACTERS = 4800
RESERVE_TOKENS = 4096
RESERVE_PERCENT = 15
RESERVE_SHARE = 8
"""The least reserve is at most this part of the window: one eighth."""

ANSWER_TOKENS = 32768
"""An answer of this size is only made shorter by the least reserve, not by the percentage."""


def output_limit(model: Model, context: Context, options: Options) -> int | None:
    """The output tokens to ask for; None when neither the caller nor the model sets a limit."""
    limit = options.max_tokens if options.max_tokens is not None else model.get("maxTokens")
    if not _is_count(limit):
        return None
    window = model.get("contextWindow")
    if not _is_count(window):
        return limit
    prompt = prompt_tokens(context)
    least = min(RESERVE_TOKENS, window // RESERVE_SHARE)
    room = window - prompt - max(least, _share(prompt))
    if room < ANSWER_TOKENS:
        room = min(ANSWER_TOKENS, window - prompt - least)
    return max(1, min(limit, room))


def prompt_tokens(context: Context) -> int:
    """About how many tokens a request for `context` has, rather too many than too few."""
    anchor = _anchor(context.messages)
    if anchor is not None:
        later = context.messages[anchor + 1 :]
        return _used(context.messages[anchor]) + sum(map(_message_tokens, later))
    tools = len(_json(context.tools)) if context.tools else 0
    head = _tokens(len(context.system)) + _tokens(tools)
    return head + sum(map(_message_tokens, context.messages))


def _anchor(messages: list[Message]) -> int | None:
    """The last answer whose usage still tells the prompt's size.

    One that is older than a message before it was given to a longer history, since summarised.
    """
    given = [message.get("timestamp") for message in messages]
    stamps = [stamp if _is_count(stamp) else 0 for stamp in given]
    newest = list(accumulate(stamps, max))
    for at in range(len(messages) - 1, -1, -1):
        message = messages[at]
        is_answer = message.get("role") == "assistant" and not is_failed(message)
        if is_answer and stamps[at] == newest[at] and _used(message):
            return at
    return None


def _used(message: Message) -> int:
    usage = message.get("usage")
    total = usage.get("totalTokens") if isinstance(usage, dict) else 0
    return total if _is_count(total) else 0


def _message_tokens(message: Message) -> int:
    return _tokens(sum(map(_characters, blocks_of(message))))


def _characters(block: dict[str, Any]) -> int:
    kind = block.get("type")
    if kind == "image":
        return IMAGE_CHARACTERS
    if kind == "toolCall":
        return len(str(block.get("name"))) + len(_json(block.get("arguments")))
    words = block.get(kind) if kind in ("text", "thinking") else ""
    return len(words) if isinstance(words, str) else 0


def _tokens(characters: int) -> int:
    """Characters / 3.5, rounded up."""
    return -(-characters * 2 // 7)


def _share(tokens: int) -> int:
    return -(-tokens * RESERVE_PERCENT // 100)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _is_count(value: object) -> bool:
    return type(value) is int and value > 0
