"""docs/rpc.md: each of its lines is sent to the program, or is what the program answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pi import wire
from pi.modes.rpc.command import COMMANDS
from tests.rpckit import Rpc

PAGE = (Path(__file__).resolve().parents[1] / "docs/rpc.md").read_text("utf-8")
BLOCK = re.compile(r"^```json rpc\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [match[1].splitlines() for match in BLOCK.finditer(PAGE)]
ANY = "..."


def is_like(shown, got):
    """Whether a record is what the page shows; "..." stands for anything, as a key for others."""
    if shown == ANY:
        return True
    if isinstance(shown, dict) and isinstance(got, dict):
        named = {key: value for key, value in shown.items() if key != ANY}
        complete = ANY in shown or named.keys() == got.keys()
        return complete and all(
            key in got and is_like(value, got[key]) for key, value in named.items()
        )
    if isinstance(shown, list) and isinstance(got, list):
        named = [value for value in shown if value != ANY]
        complete = len(named) < len(shown) or len(named) == len(got)
        return complete and all(map(is_like, named, got)) and len(got) >= len(named)
    if isinstance(shown, str) and shown.endswith(ANY) and isinstance(got, str):
        return got.startswith(shown.removesuffix(ANY))
    return type(shown) is type(got) and shown == got


def command_of(line):
    """The name of the command a line is, or None."""
    found = re.search(r'"type": "(\w+)"', line)
    return found[1] if found and found[1] != "response" else None


def test_every_command_has_an_example():
    shown = {command_of(example[0]) for example in EXAMPLES}
    assert COMMANDS.keys() <= shown
    assert shown - COMMANDS.keys() == {"sing", None}


def test_every_example_is_true(agent_home, provider):
    provider.use(lambda request: "Hi.")
    with Rpc(agent_home, "--model", "fake-openai/fake-1") as rpc:
        names = {}
        for example in EXAMPLES:
            for shown, line in names.items():
                example = [text.replace(shown, line) for text in example]
            check(rpc, example)
            if '"Hello"}' in example[0]:
                rpc.event("agent_settled")
                (first,) = rpc.call("get_fork_messages")["data"]["messages"]
                names["a0b1c2d3"] = first["entryId"]
                names["/path/to/session.jsonl"] = rpc.call("get_state")["data"]["sessionFile"]
            elif '"prompt"' in example[0]:
                rpc.event("agent_settled")
        assert rpc.finish() == 0
        assert rpc.stderr == b""


def check(rpc, example):
    request, *shown = example
    rpc.send(request.encode() + b"\n")
    answer = json.loads(shown[-1])
    start = len(rpc.records)
    got = rpc.wait(
        lambda r: (
            r["type"] == "response"
            and (r.get("command"), r.get("id")) == (answer["command"], answer.get("id"))
        )
    )
    assert is_like(answer, got), f"{request}\nshown: {shown[-1]}\ngot:   {json.dumps(got)}"
    told = rpc.records[max(0, start - 5) :]
    for line in shown[:-1]:
        assert any(is_like(json.loads(line), record) for record in told), line


def test_every_event_named_on_the_page_exists():
    events = {name for name, _ in wire._ROWS.values()}
    named = set(re.findall(r"`((?:agent|bash)_[a-z_]+)`", PAGE))
    assert {"agent_settled", "bash_execution_update"} <= named <= events


def test_likeness():
    assert is_like({"a": ANY, "b": [1, ANY]}, {"a": None, "b": [1, 2]})
    assert is_like({"a": "x" + ANY, ANY: ANY}, {"a": "xyz", "b": 1})
    for shown, got in (({"a": 1}, {"a": 1, "b": 2}), ([1], [1, 2]), (0, False), ("x", "xy")):
        assert not is_like(shown, got)
