"""Session files that others wrote: old formats, damage, entries nobody knows, every entry type."""

from __future__ import annotations

import json

from parity.scenario import Scenario, run

BOTH = ("chat", "claude")
JSON = ("--mode", "json")
AT = "2026-01-02T03:04:05.678Z"
NAME = "project/s.jsonl"
HEAD = {
    "type": "session",
    "version": 3,
    "id": "01234567-89ab-7cde-8f01-23456789abcd",
    "timestamp": AT,
    "cwd": "{folder}/project",
}
USAGE = {
    "input": 5,
    "output": 6,
    "cacheRead": 0,
    "cacheWrite": 0,
    "totalTokens": 11,
    "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "total": 0},
}


def entry(number: int, kind: str, parent: int | None = -1, /, **fields: object) -> dict:
    """An entry with the id of its number; its parent is the number before unless given."""
    before = number - 1 if parent == -1 else parent
    ids = {"id": f"{number:08x}", "parentId": f"{before:08x}" if before else None}
    return {"type": kind, **ids, "timestamp": AT, **fields}


def said(number: int, role: str, content: object, **options: object) -> dict:
    """A message entry."""
    parent = options.pop("parent", -1)
    more = {}
    if role == "assistant":
        more = {
            "api": "openai-completions",
            "provider": "fake-openai",
            "model": "fake-1",
            "usage": USAGE,
            "stopReason": "stop",
        }
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    message = {"role": role, "content": content, **more, "timestamp": 1, **options}
    return entry(number, "message", parent, message=message)


CALL = [
    {"type": "toolCall", "id": "c1", "name": "bash", "arguments": {"command": "echo"}},
    {"type": "toolCall", "id": "c2", "name": "read", "arguments": {"path": "a"}},
]
RESULT = {"toolCallId": "c1", "toolName": "bash", "isError": False}
TALK = (said(1, "user", "first"), said(2, "assistant", "answer"))


def lines(*rows: object) -> str:
    """Rows as a file; text stays as it is."""
    return "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)


def _file(title: str, *rows: object, **options: object) -> Scenario:
    """Go on with a file of these rows."""
    content = options.pop("content", lines(*rows))
    options.setdefault("on", BOTH)
    words = options.pop("words", ("--session", "s.jsonl"))
    return Scenario(
        f"session file: {title}",
        [run(*JSON, *words, "next")],
        files={NAME: content, **options.pop("files", {})},
        **options,
    )


SCENARIOS = (
    _file("a talk", HEAD, *TALK),
    _file("only a header", HEAD),
    _file("empty", content=b""),
    _file("a blank line", content=b"\n"),
    _file("no session", content=b'{"type":"other"}\n'),
    _file("some text", content=b"hello\nworld\n"),
    _file("no final newline", content=lines(HEAD, *TALK)[:-1].encode()),
    _file("a cut last line", HEAD, *TALK, '{"type":"message","id":"00000003","par'),
    _file(
        "broken and blank lines between", HEAD, TALK[0], "\n", "{broken\n", "[1]\n", "5\n", TALK[1]
    ),
    _file("bytes that are no UTF-8", content=lines(HEAD, *TALK).encode() + b'{"type": "\xff"}\n'),
    _file(
        "unknown entries",
        HEAD,
        TALK[0],
        entry(2, "frobnicated", value=1),
        said(3, "assistant", "answer"),
        entry(4, "other", deep={"x": [1]}),
    ),
    _file("an unknown parent", HEAD, *TALK, said(3, "user", "lost", parent=99)),
    _file("content null", HEAD, said(1, "user", None), said(2, "assistant", None)),
    _file(
        "content as text",
        HEAD,
        entry(1, "message", message={"role": "user", "content": "plain", "timestamp": 1}),
        said(2, "assistant", "answer"),
    ),
    _file("a branch", HEAD, *TALK, said(3, "user", "left"), said(4, "user", "right", parent=2)),
    _file("an unknown role", HEAD, TALK[0], said(2, "frobnicator", "x"), said(3, "assistant", "y")),
    _file(
        "an unknown model",
        HEAD,
        entry(1, "model_change", provider="gone", modelId="gone"),
        said(2, "user", "x"),
        said(3, "assistant", "y", provider="gone", model="gone"),
    ),
    Scenario(
        "session file: an unknown model and no flag",
        [run(*JSON, "--session", "s.jsonl", "next", model="")],
        files={
            NAME: lines(
                HEAD,
                entry(1, "model_change", provider="gone", modelId="gone"),
                said(2, "user", "x"),
            )
        },
    ),
    _file("calls without results", HEAD, TALK[0], said(2, "assistant", CALL, stopReason="toolUse")),
    _file(
        "calls with one result",
        HEAD,
        TALK[0],
        said(2, "assistant", CALL, stopReason="toolUse"),
        said(3, "toolResult", "out", **RESULT),
    ),
    _file(
        "a result without a call",
        HEAD,
        TALK[0],
        said(2, "toolResult", "out", **RESULT),
        said(3, "assistant", "y"),
    ),
    _file(
        "an aborted answer",
        HEAD,
        TALK[0],
        said(2, "assistant", "half", stopReason="aborted", errorMessage="x"),
    ),
    _file(
        "a failed answer with calls",
        HEAD,
        TALK[0],
        said(2, "assistant", CALL, stopReason="error", errorMessage="x"),
        said(3, "user", "again"),
    ),
    _file("an empty answer", HEAD, TALK[0], said(2, "assistant", [])),
    _file(
        "thinking of another model",
        HEAD,
        TALK[0],
        said(
            2,
            "assistant",
            [
                {"type": "thinking", "thinking": "hm", "thinkingSignature": "sig"},
                {"type": "text", "text": "y"},
            ],
            model="other",
        ),
    ),
    _file(
        "redacted thinking of another model",
        HEAD,
        TALK[0],
        said(
            2,
            "assistant",
            [
                {"type": "thinking", "thinking": "", "thinkingSignature": "sig", "redacted": True},
                {"type": "text", "text": "y"},
            ],
            model="other",
        ),
    ),
    _file("two users in a row", HEAD, TALK[0], said(2, "user", "and")),
    _file(
        "a replaced message",
        HEAD,
        *TALK,
        entry(3, "context_edit", targetId="00000001", replacement="edited"),
    ),
    _file(
        "a removed message",
        HEAD,
        *TALK,
        entry(3, "context_edit", targetId="00000002", replacement=None),
    ),
    _file(
        "a compaction",
        HEAD,
        *TALK,
        said(3, "user", "kept"),
        said(4, "assistant", "kept too"),
        entry(5, "compaction", summary="What was.", firstKeptEntryId="00000003", tokensBefore=100),
        said(6, "user", "after"),
    ),
    _file(
        "a summary of a branch",
        HEAD,
        *TALK,
        entry(3, "branch_summary", fromId="00000002", summary="The branch."),
    ),
    _file(
        "custom messages",
        HEAD,
        *TALK,
        entry(3, "custom_message", customType="x", content="Injected.", display=True),
        entry(4, "custom", customType="x", data=1),
        entry(5, "label", targetId="00000001", label="l"),
        entry(6, "session_info", name="named"),
    ),
    _file(
        "a command of the user",
        HEAD,
        *TALK,
        entry(
            3,
            "message",
            message={
                "role": "bashExecution",
                "command": "ls",
                "output": "a\n",
                "exitCode": 0,
                "cancelled": False,
                "truncated": False,
                "timestamp": 1,
            },
        ),
    ),
    _file(
        "a command that failed",
        HEAD,
        *TALK,
        entry(
            3,
            "message",
            message={
                "role": "bashExecution",
                "command": "ls",
                "output": "",
                "exitCode": 2,
                "cancelled": False,
                "truncated": False,
                "timestamp": 1,
            },
        ),
    ),
    _file(
        "a command left out",
        HEAD,
        *TALK,
        entry(
            3,
            "message",
            message={
                "role": "bashExecution",
                "command": "ls",
                "output": "a",
                "exitCode": 0,
                "cancelled": False,
                "truncated": False,
                "excludeFromContext": True,
                "timestamp": 1,
            },
        ),
    ),
    _file(
        "a level",
        HEAD,
        entry(1, "thinking_level_change", thinkingLevel="high"),
        said(2, "user", "x"),
        said(3, "assistant", "y"),
    ),
    _file(
        "usage",
        HEAD,
        *TALK,
        entry(3, "usage", kind="cache_warm", provider="p", model="m", usage=USAGE),
    ),
    _file(
        "format 1",
        {**{key: HEAD[key] for key in ("type", "id", "timestamp", "cwd")}},
        {
            "type": "message",
            "timestamp": AT,
            "message": {"role": "user", "content": "first", "timestamp": 1},
        },
        {"type": "message", "timestamp": AT, "message": said(2, "assistant", "y")["message"]},
        {
            "type": "compaction",
            "timestamp": AT,
            "summary": "S.",
            "firstKeptEntryIndex": 2,
            "tokensBefore": 3,
        },
    ),
    _file(
        "format 2",
        {**HEAD, "version": 2},
        *TALK,
        entry(
            3,
            "message",
            message={
                "role": "hookMessage",
                "customType": "x",
                "content": "hooked",
                "display": True,
                "timestamp": 1,
            },
        ),
    ),
    _file("a later format", {**HEAD, "version": 4}, *TALK),
    _file("another folder", {**HEAD, "cwd": "{folder}/other"}, *TALK),
    _file("a folder that is gone", {**HEAD, "cwd": "{folder}/gone"}, *TALK),
    _file("no folder", {key: value for key, value in HEAD.items() if key != "cwd"}, *TALK),
    _file(
        "a picture",
        HEAD,
        said(
            1,
            "user",
            [
                {"type": "text", "text": "look"},
                {"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/png"},
            ],
        ),
        said(2, "assistant", "y"),
    ),
    _file(
        "a fork of unknown entries",
        HEAD,
        TALK[0],
        entry(2, "frobnicated", value=1.50),
        "{broken\n",
        said(3, "assistant", "y"),
        words=("--fork", "s.jsonl"),
    ),
    _file(
        "odd numbers and keys",
        HEAD,
        entry(
            1,
            "message",
            message={
                "role": "user",
                "content": [{"type": "text", "text": "x", "more": 1e20}],
                "timestamp": 1,
                "z": {"b": 1, "a": 2},
            },
        ),
        said(2, "assistant", "y"),
    ),
)
