"""The programmable model: a script of replies, for tests and for trying things out. No network.

    script = Script([
        Reply([tool_call("read", path="a.txt")]),
        Reply("It says hello.", usage={"input": 10, "output": 4}),
        Reply(error=ProviderError("529: overloaded", "overloaded")),
        lambda context, options: Reply(f"{len(context.messages)} messages so far"),
    ])
    model = faux_model(script)

Each request takes the next reply; when none is left the last one is repeated. `script.requests`
keeps every (context, options) that was asked with.
"""

from __future__ import annotations

import json
from itertools import count

from pi.errors import ProviderError
from pi.events import Start
from pi.messages import text, zero_usage
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from pi.cancel import CancelToken
    from pi.events import StreamEvent
    from pi.providers.draft import Draft
    from pi.request import Context, Model, Options


class Reply(Value):
    """One scripted answer.

    `content` are finished blocks, or a text, streamed in pieces of `piece` characters with
    `pause_s` between them. `stop_reason` None means toolUse when there are calls, else stop.
    `error` is raised before anything is sent, or after `error_after` deltas.
    """

    content: Sequence[Any] | str = ()
    stop_reason: str | None = None
    usage: Any = None
    piece: int = 8
    pause_s: float = 0.0
    error: ProviderError | None = None
    error_after: int = 0


class Script:
    """Replies in order, and a record of what was asked."""

    def __init__(self, replies: Sequence[Reply | Callable[[Context, Options], Reply]]) -> None:
        if not replies:
            raise ValueError("a script needs at least one reply")
        self.replies = list(replies)
        self.requests: list[tuple[Context, Options]] = []

    def next_reply(self, context: Context, options: Options) -> Reply:
        """The reply to this request; records it."""
        at = min(len(self.requests), len(self.replies) - 1)
        self.requests.append((context, options))
        reply = self.replies[at]
        return reply(context, options) if callable(reply) else reply


def tool_call(name: str, /, **arguments: Any) -> dict[str, Any]:
    """A block in which the model calls a tool."""
    return {
        "type": "toolCall",
        "id": f"faux_{next(_call_numbers)}",
        "name": name,
        "arguments": arguments,
    }


_call_numbers = count(1)


def faux_model(script: Script, **fields: Any) -> Model:
    """A model whose answers come from `script`; `fields` override the catalogue entry's."""
    model: dict[str, Any] = {
        "provider": "faux",
        "id": "faux",
        "name": "Faux",
        "api": "faux",
        "baseUrl": "",
        "reasoning": True,
        "input": ["text", "image"],
        "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
        "contextWindow": 128_000,
        "maxTokens": 16_384,
        "script": script,
    }
    return {**model, **fields}


def respond(
    model: Model, context: Context, options: Options, draft: Draft, token: CancelToken
) -> Iterator[StreamEvent]:
    """Stream the script's next reply."""
    script = model.get("script")
    if not isinstance(script, Script):
        raise ProviderError("the faux model has no script; it is for tests", "bad_request")
    yield from play(script.next_reply(context, options), draft, token)


def play(reply: Reply, draft: Draft, token: CancelToken) -> Iterator[StreamEvent]:
    """Stream one reply, as a decoder would. Raises its error where it has one."""
    if reply.error is not None and not reply.error_after:
        raise reply.error
    yield Start(draft)
    deltas = 0
    blocks = [text(reply.content)] if isinstance(reply.content, str) else reply.content
    for block in blocks:
        yield draft.begin(block["type"], **_opening(block))
        at = len(draft) - 1
        for piece in _pieces(block, reply.piece):
            token.sleep(reply.pause_s) if reply.pause_s else token.check()
            yield draft.delta(at, piece)
            deltas += 1
            if reply.error is not None and deltas >= reply.error_after:
                raise reply.error
        yield draft.end(at)
    draft.usage = _usage(reply.usage, deltas)
    calls = any(block["type"] == "toolCall" for block in blocks)
    yield draft.done(reply.stop_reason or ("toolUse" if calls else "stop"), raw="scripted")


def _opening(block: Any) -> dict[str, Any]:
    """What is known of a block when it begins: all but its text."""
    hidden = {"type", "text", "thinking", "arguments"}
    return {key: value for key, value in block.items() if key not in hidden}


def _pieces(block: Any, size: int) -> Iterator[str]:
    if block["type"] == "toolCall":
        words = json.dumps(block["arguments"], ensure_ascii=False)
    else:
        words = block[block["type"]]
    for start in range(0, len(words), size):
        yield words[start : start + size]


def _usage(given: Any, deltas: int) -> Any:
    usage = {**zero_usage(), "output": deltas, **(given or {})}
    parts = ("input", "output", "cacheRead", "cacheWrite")
    return {**usage, "totalTokens": sum(usage[part] for part in parts)}
