"""Agents: replies that follow from the request, for demos, benchmarks and long conversations.

They read the conversation alone and keep no state, so repeated and concurrent requests get the same
answers. `agent_of` finds one by name, with its arguments as keys:

    {"name": "tool_loop", "tool": "bash", "arguments": {"command": "date"}, "times": 3}

    tool_loop   calls one tool so many times, then says something
    echo        says what the user said, or what the tools returned
    obey        does what the user's text says, a line each:
                    say Hello             text
                    think Hm              thinking
                    call bash {"command": "ls"}
                    error overloaded      a vendor error
                    fault cut-mid-stream
                and echoes the results when its calls have been answered
    fixed       the same reply for ever
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.fakeprovider.request import Request


def tool_loop(
    tool: str, arguments: Any = None, times: int = 1, then: str = "Done.", parallel: int = 1
) -> Callable[[Request], Any]:
    """Calls `tool` in `times` turns, `parallel` calls each, then says `then`.

    `{turn}` in a string argument is the number of the turn, from 1.
    """

    def reply(request: Request) -> Any:
        turn = len(request.conversation.results_in_a_row) // parallel + 1
        if turn > times:
            return then
        filled = {
            key: value.replace("{turn}", str(turn)) if isinstance(value, str) else value
            for key, value in (arguments or {}).items()
        }
        return {"calls": [{"name": tool, "arguments": filled}] * parallel}

    return reply


def echo(prefix: str = "") -> Callable[[Request], Any]:
    """Says what the tools returned since the model last spoke, or else what the user said."""

    def reply(request: Request) -> Any:
        talk = request.conversation
        said = "\n".join(text for _, text in talk.last_results) or talk.last_user_text
        return prefix + (said or "(nothing)")

    return reply


def obey() -> Callable[[Request], Any]:
    """Does what the lines of the user's text say; text that is no order is echoed."""
    repeat = echo()

    def reply(request: Request) -> Any:
        if request.conversation.last_results:
            return repeat(request)
        blocks: list[Any] = []
        answer: dict[str, Any] = {"blocks": blocks}
        for line in request.conversation.last_user_text.splitlines():
            word, _, rest = line.strip().partition(" ")
            if word in ("error", "fault"):
                answer[word] = rest
            elif word in _ORDERS and rest:
                blocks.append(_ORDERS[word](rest))
        return answer if blocks or len(answer) > 1 else repeat(request)

    return reply


def _call(text: str) -> dict[str, Any]:
    name, _, arguments = text.partition(" ")
    return {"type": "toolCall", "name": name, "arguments": arguments or "{}"}


_ORDERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "say": lambda text: {"type": "text", "text": text.replace("\\n", "\n")},
    "think": lambda text: {"type": "thinking", "thinking": text},
    "call": _call,
}


def fixed(reply: Any = "Hello.") -> Callable[[Request], Any]:
    """The same reply for ever."""
    return lambda request: reply


AGENTS: dict[str, Callable[..., Callable[[Request], Any]]] = {
    "tool_loop": tool_loop,
    "echo": echo,
    "obey": obey,
    "fixed": fixed,
}
"""Name -> function(its arguments) -> function(request) -> reply."""


def agent_of(value: Any) -> Callable[[Request], Any]:
    """The agent a name, JSON text or object means. Raises ValueError or TypeError."""
    if isinstance(value, str):
        value = json.loads(value) if value.startswith("{") else {"name": value}
    if not isinstance(value, dict) or value.get("name") not in AGENTS:
        raise ValueError(f"known agents are: {', '.join(AGENTS)}")
    arguments = {key: item for key, item in value.items() if key != "name"}
    return AGENTS[value["name"]](**arguments)
