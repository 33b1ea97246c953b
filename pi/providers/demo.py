"""The demo model: a script that ships with pi, so that it can be tried with no key and no network.

It is no AI and says so. It understands a few plain requests and answers them by really calling the
tools on the folder it is in; anything else makes it look around and report what it saw.

    run `ls -la`                        the command in back-quotes, with bash
    read notes.txt                      the file, with read
    write "hello" to notes.txt          the text, with write
    replace "a" with "b" in notes.txt   one replacement, with edit

Everything it says follows from the conversation alone, so its answers are reproducible.
"""

from __future__ import annotations

import re

from pi.messages import text, text_of, tool_calls
from pi.providers.faux import Reply, play

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.cancel import CancelToken
    from pi.events import StreamEvent
    from pi.messages import Message
    from pi.providers.draft import Draft
    from pi.request import Context, Model, Options

LABEL = "[demo model: a script, no AI]"
_TELLING_FILES = ("README.md", "README", "README.rst", "pyproject.toml", "package.json", "Makefile")
_SHOWN_LINES = 12

MODEL: Model = {
    "provider": "demo",
    "id": "demo",
    "name": "Demo (scripted, no AI)",
    "api": "demo",
    "baseUrl": "",
    "reasoning": True,
    "input": ["text"],
    "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
    "contextWindow": 128_000,
    "maxTokens": 16_384,
}
"""The catalogue entry. Never chosen by default."""

_REQUESTS = (
    ("bash", re.compile(r"\brun\b[^`]*`(?P<command>[^`]+)`", re.IGNORECASE | re.DOTALL)),
    (
        "write",
        re.compile(
            r"\b(?:write|put)\s+[\"'](?P<content>.*?)[\"']\s+(?:in)?to\s+(?P<path>\S+)",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
    (
        "edit",
        re.compile(
            r"\breplace\s+[\"'](?P<old>.+?)[\"']\s+with\s+[\"'](?P<new>.*?)[\"']\s+in\s+(?P<path>\S+)",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
    ("read", re.compile(r"\b(?:read|show|open)\s+(?P<path>[^\s`\"']+\.\w+)", re.IGNORECASE)),
)


def respond(
    model: Model, context: Context, options: Options, draft: Draft, token: CancelToken
) -> Iterator[StreamEvent]:
    """Answer the last user message, one step an answer: call tools, then report."""
    step = _next_step(context)
    for at, block in enumerate(block for block in step if block["type"] == "toolCall"):
        block["id"] = f"demo_{len(context.messages)}_{at}"  # unique in the conversation
    thought = _thought(step, options)
    content = [*thought, *step]
    size = sum(len(text_of(message)) for message in context.messages) + len(context.system)
    usage = {"input": size // 4, "output": sum(len(str(block)) for block in content) // 4}
    yield from play(Reply(content, usage=usage), draft, token)


def _next_step(context: Context) -> list[Any]:
    asked, since = _since_last_request(context.messages)
    tools = {tool["name"] for tool in context.tools}
    results = [message for message in since if message["role"] == "toolResult"]
    if not results:
        return _first_step(text_of(asked) if asked else "", tools)
    names = [call["name"] for message in since for call in tool_calls(message)]
    if _is_looking_around(since) and "read" in tools and "read" not in names:
        calls = _read_calls(text_of(results[-1]))
        if calls:
            return [text(f"{LABEL} Reading what tells most about it."), *calls]
    return [text(_report(since))]


def _first_step(request: str, tools: set[str]) -> list[Any]:
    for name, pattern in _REQUESTS:
        found = pattern.search(request)
        if found and name in tools:
            return [text(f"{LABEL} Using {name}."), _call(name, _arguments(name, found))]
    if "bash" in tools:
        look = _call("bash", {"command": "ls -A | head -n 100"})
    elif "ls" in tools:
        look = _call("ls", {"path": "."})
    else:
        return [text(f"{LABEL} I have no tool to look around with. You said: {request.strip()}")]
    return [text(f"{LABEL} Looking around in this folder first."), look]


def _arguments(name: str, found: re.Match[str]) -> dict[str, Any]:
    fields = found.groupdict()
    if name == "edit":
        edits = [{"oldText": fields["old"], "newText": fields["new"]}]
        return {"path": fields["path"], "edits": edits}
    return fields


def _read_calls(listing: str) -> list[Any]:
    present = set(listing.splitlines())
    chosen = [name for name in _TELLING_FILES if name in present][:2]
    return [_call("read", {"path": name, "limit": _SHOWN_LINES}) for name in chosen]


def _report(since: list[Message]) -> str:
    """What the tools said, in the order they were called."""
    arguments = {call["id"]: call["arguments"] for message in since for call in tool_calls(message)}
    lines = [f"{LABEL} This is what I did and saw:"]
    for message in since:
        if message["role"] != "toolResult":
            continue
        given = arguments.get(message["toolCallId"], {})
        about = given.get("command") or given.get("path") or ""
        state = " failed" if message.get("isError") else ""
        lines += ["", f"{message['toolName']} {about}".strip() + state + ":"]
        said = text_of(message).splitlines()
        lines += [f"    {line}" for line in said[:_SHOWN_LINES]]
        if len(said) > _SHOWN_LINES:
            lines.append(f"    ... and {len(said) - _SHOWN_LINES} more lines")
    return "\n".join(lines)


def _since_last_request(messages: list[Message]) -> tuple[Message | None, list[Message]]:
    for at in range(len(messages) - 1, -1, -1):
        if messages[at]["role"] == "user":
            return messages[at], messages[at + 1 :]
    return None, messages


def _is_looking_around(since: list[Message]) -> bool:
    return bool(since) and "Looking around" in text_of(since[0])


def _thought(step: list[Any], options: Options) -> list[Any]:
    if options.thinking == "off":
        return []
    calls = [block["name"] for block in step if block["type"] == "toolCall"]
    words = f"I will call {' and '.join(calls)}." if calls else "I have seen enough to report."
    return [{"type": "thinking", "thinking": words}]


def _call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "toolCall", "id": "", "name": name, "arguments": arguments}
