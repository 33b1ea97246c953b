"""Conversations for the tests of compaction: entries in a tree, built line by line."""

from __future__ import annotations

import json
from pathlib import Path

from pi.messages import text, zero_usage
from pi.store.tree import Tree

PLANS = Path(__file__).parent / "compaction" / "plans.jsonl"


def plans():
    """Random sessions and what the reference planned for them: `{"keep", "entries", "want"}`."""
    return [json.loads(line) for line in PLANS.read_text(encoding="utf-8").splitlines()]


def call(name, **arguments):
    return {"type": "toolCall", "id": f"call_{name}", "name": name, "arguments": arguments}


def user(words):
    return {"role": "user", "content": [text(words)], "timestamp": 1}


def answer(words="", *calls, tokens=0, stop=None):
    return {
        "role": "assistant",
        "content": [*([text(words)] if words else []), *calls],
        "usage": {**zero_usage(), "totalTokens": tokens},
        "stopReason": stop or ("toolUse" if calls else "stop"),
        "timestamp": 1,
    }


def result(words, name="read"):
    return {
        "role": "toolResult",
        "toolCallId": f"call_{name}",
        "toolName": name,
        "content": [text(words)],
        "isError": False,
        "timestamp": 1,
    }


class Branch:
    """A tree that grows at its leaf; entries are called e0, e1, ..."""

    def __init__(self, *messages):
        self.tree = Tree()
        for message in messages:
            self.add("message", message=message)

    def add(self, kind, **fields):
        entry = {
            "type": kind,
            "id": f"e{self.tree.added}",
            "parentId": self.tree.leaf_id,
            "timestamp": "2026-01-02T03:04:05.678Z",
            **fields,
        }
        self.tree.add(entry)
        self.tree.leaf_id = entry["id"]
        return entry["id"]
