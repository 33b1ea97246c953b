"""RPC mode fed with damaged commands: one answer for each line, and every sound command obeyed.

Seeded. 600 lines in the suite, 100,000 with PI_TEST_LONG=1, all to one process: values exchanged
for others of any type, size and depth, fields dropped and renamed, bytes changed, lines cut and
joined. Commands that run programs, ask a model or make the session longer are left out.
"""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path

import pytest

from tests.rpckit import Rpc

LINES = 100_000 if os.environ.get("PI_TEST_LONG") == "1" else 600
BATCH = 100
MOST_GROWTH_KIB = 64 * 1024

COMMANDS = (
    {"type": "get_state"},
    {"type": "get_messages"},
    {"type": "get_session_stats"},
    {"type": "get_last_assistant_text"},
    {"type": "get_commands"},
    {"type": "get_tree"},
    {"type": "get_fork_messages"},
    {"type": "get_entries", "since": "a0b1c2d3"},
    {"type": "set_steering_mode", "mode": "all"},
    {"type": "set_follow_up_mode", "mode": "one-at-a-time"},
    {"type": "set_auto_compaction", "enabled": True},
    {"type": "set_auto_retry", "enabled": False},
    {"type": "set_model", "provider": "nobody", "modelId": "\u2028"},
    {"type": "fork", "entryId": "a0b1c2d3"},
    {"type": "abort"},
    {"type": "abort_bash"},
    {"type": "clear_queue"},
)
TEXTS = (
    "null",
    "true",
    "-0",
    "1e999",
    "NaN",
    "1" * 400,
    "1" * 5000,
    '""',
    '"\\ud800"',
    '"\\u0000"',
    "[]",
    "{}",
    '{"":[{}]}',
    "[" * 300 + "]" * 300,
    "[" * 900 + "]" * 900,
    "[" * 5000 + "]" * 5000,
    '{"a":' * 850 + "1" + "}" * 850,
)


def mutated(chance) -> bytes:
    """One line or more, without an LF at the end."""
    fields = {"id": "x", **chance.choice(COMMANDS)}
    members = {name: json.dumps(value) for name, value in fields.items()}
    for _ in range(chance.randrange(3)):
        name = chance.choice([*members, "id", "message", "é", ""])
        members[name] = chance.choice(TEXTS)
    if chance.random() < 0.2:
        members.pop(chance.choice(list(members)))
    raw = bytearray(b"{%s}" % ",".join(f'"{k}":{v}' for k, v in members.items()).encode())
    if chance.random() < 0.4:
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(raw) + 1)
            new = chance.choice((b"", b"\n", b"\r", b"\0", b'"', chance.randbytes(3), raw[:9]))
            raw[at : at + chance.randrange(4)] = new
    return bytes(raw)


def memory_kib(process) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


@pytest.mark.slow
def test_every_line_is_answered_and_nothing_ends_it(agent_home):
    chance = random.Random(6)
    sent = 0
    before = 0
    with Rpc(agent_home, "--no-session") as rpc:
        for batch in range(LINES // BATCH):
            data = b"\n".join(mutated(chance) for _ in range(BATCH)) + b"\n"
            rpc.send(data)
            state = rpc.call("get_state")
            assert state["success"], rpc.told()
            sent += data.count(b"\n") + 1
            before = memory_kib(rpc.process) if batch == 3 else before
        assert memory_kib(rpc.process) - before < MOST_GROWTH_KIB
        assert rpc.finish() == 0
        assert rpc.stderr == b""
    answers = rpc.responses()
    assert len(answers) == sent
    assert all(answer["success"] or answer["error"] for answer in answers)
    obeyed = sum(answer["success"] for answer in answers)
    assert sent / 5 < obeyed < sent
