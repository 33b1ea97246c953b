"""Builders of session entries, and a host whose clock and chance are known."""

from __future__ import annotations

import itertools
import json
import random

from pi.store.disk import Disk
from pi.store.host import Host

START_MS = 1_767_323_045_678
START = "2026-01-02T03:04:05.678Z"
SESSION_ID = "01a203fd-9dff-7684-9378-fc2932f207fb"
REPLY = {
    "role": "assistant",
    "content": [{"type": "text", "text": "hello"}],
    "provider": "mock",
    "model": "m1",
    "stopReason": "stop",
    "timestamp": 2,
}


def host(disk: Disk | None = None, seed: int = 1, step_ms: int = 1) -> Host:
    """A host whose clock goes on by `step_ms` at each look."""
    ticks = itertools.count(START_MS, step_ms)
    return Host(lambda: next(ticks), random.Random(seed).randbytes, disk or Disk())


def header(**changes):
    value = {"type": "session", "version": 3, "id": SESSION_ID, "timestamp": START, "cwd": "/p"}
    return {key: item for key, item in {**value, **changes}.items() if item is not ...}


def entry(kind, entry_id, parent, /, **fields):
    return {"type": kind, "id": entry_id, "parentId": parent, "timestamp": START, **fields}


def message(entry_id, parent, role, content, /, **fields):
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    return entry("message", entry_id, parent, message={"role": role, "content": content, **fields})


def user(entry_id, parent, content="u"):
    return message(entry_id, parent, "user", content, timestamp=1)


def answer(entry_id, parent, content="a", **fields):
    fields = {"provider": "mock", "model": "m1", "stopReason": "stop", "timestamp": 2, **fields}
    return message(entry_id, parent, "assistant", content, **fields)


def line(value) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def content(*values) -> bytes:
    """The bytes of a file: a header, then `values`; raw bytes pass as they are."""
    return b"".join(v if isinstance(v, bytes) else line(v) for v in (header(), *values))


def lines_of(path) -> list:
    """The JSON values of a file, which must be whole lines of strict JSON."""
    data = path.read_bytes()
    assert data.endswith(b"\n")
    return [json.loads(raw, parse_constant=_refuse) for raw in data.splitlines()]


def only_file(folder):
    (path,) = folder.iterdir()
    return path


def stored(tmp_path, *values):
    path = tmp_path / "s.jsonl"
    path.write_bytes(content(*values))
    return path


def ids(entries) -> list:
    return [found["id"] for found in entries]


def texts(messages) -> list:
    """Messages in short: "u:hi" for a user's, "a:" for an assistant's and so on."""
    return [
        f"{message['role'][0]}:" + "".join(block.get("text", "") for block in message["content"])
        for message in messages
    ]


def _refuse(name):
    raise AssertionError(f"{name} in a session file")
