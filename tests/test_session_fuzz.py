"""Damaged sessions of every kind: they load, they say what was skipped, and work goes on.

Seeded. 400 mutations in the suite, 100,000 with PI_TEST_LONG=1. Bytes are changed, lines cut,
joined, doubled and moved, and values exchanged for others of any type.
"""

from __future__ import annotations

import json
import os
import random

import pytest

from pi.errors import SessionError
from pi.messages import user_message
from pi.session import Session
from pi.store import tail
from pi.store.check import examine, repair
from pi.value import replace
from tests.sessionkit import answer, entry, header, host, line, message, user

LONG = os.environ.get("PI_TEST_LONG") == "1"
MUTATIONS = 100_000 if LONG else 400
PARTS = 4 if LONG else 1
CALL = {"type": "toolCall", "id": "c", "name": "read", "arguments": {"path": "a"}}
JUNK = (None, True, 0, -1, 1e308, "", "x", "e1", [], [None], {}, {"role": "user"}, [[1]], "\u2028")

RICH = [
    header(),
    entry("model_change", "e0", None, provider="p", modelId="m"),
    entry("thinking_level_change", "e1", "e0", thinkingLevel="high"),
    message("e2", "e1", "system", "", sections={"a": "b"}, toolsAdded=[{"name": "t"}]),
    user("e3", "e2", "question ü"),
    answer("e4", "e3", [CALL], usage={"input": 1}),
    message("e5", "e4", "toolResult", "result", toolCallId="c", toolName="read", isError=False),
    entry("context_edit", "e6", "e5", targetId="e5", replacement={"content": "short"}),
    entry("label", "e7", "e6", targetId="e3", label="L"),
    entry("session_info", "e8", "e7", name="N"),
    entry("custom", "e9", "e8", customType="c", data={"x": [1, 2]}),
    entry("custom_message", "f0", "e9", customType="c", content="injected", display=True),
    entry("usage", "f1", "f0", kind="k", provider="p", model="m", usage={"input": 1}),
    entry("compaction", "f2", "f1", summary="S", firstKeptEntryId="e4", tokensBefore=1),
    entry("branch_summary", "f3", "f2", fromId="e9", summary="B"),
    message("f4", "f3", "bashExecution", None, command="ls", output="a", exitCode=0),
    entry("mystery", "f5", "f4", anything={"deep": [None]}),
    answer("f6", "f5", "done"),
]


def exchanged(value, chance):
    """A JSON value with one part of it exchanged."""
    if chance.random() < 0.3 or not isinstance(value, (dict, list)) or not value:
        return chance.choice(JUNK)
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [*value[:at], exchanged(value[at], chance), *value[at + 1 :]]
    key = chance.choice(list(value))
    if chance.random() < 0.15:
        return {name: item for name, item in value.items() if name != key}
    return {**value, key: exchanged(value[key], chance)}


def other_bytes(lines, at, chance):
    raw = bytearray(lines[at])
    for _ in range(chance.randint(1, 3)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    lines[at] = bytes(raw)


def torn(lines, at, chance):
    lines[at] = lines[at][: chance.randrange(len(lines[at]))]


def other_value(lines, at, chance):
    try:
        lines[at] = line(exchanged(json.loads(lines[at]), chance))
    except ValueError:  # something else has hurt it already
        torn(lines, at, chance)


def moved(lines, at, chance):
    lines.insert(chance.randrange(1, len(lines)), lines.pop(at))


def doubled(lines, at, chance):
    lines.insert(at, lines[at])


def zeroed(lines, at, chance):
    start = chance.randrange(len(lines[at]))
    lines[at] = lines[at][:start] + bytes(len(lines[at]) - start)


MUTATORS = (other_bytes, torn, other_value, other_value, moved, doubled, zeroed)


def mutated(chance) -> bytes:
    lines = [line(value) for value in RICH]
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(0 if chance.random() < 0.1 else 1, len(lines))
        if lines[at]:
            chance.choice(MUTATORS)(lines, at, chance)
    return b"".join(lines)


def everything(session) -> list:
    """All that can be read of a session; none of it may raise."""
    return [
        session.thinking_level(),
        session.name(),
        session.model(),
        session.context(),
        session.messages(),
        session.leaf_id,
        session.is_begun(),
        session.branch(),
        session.user_messages(),
        repr(session.nested()),
        sorted(map(str, session.tree.labels())),
        session.entries(),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_happens_to_a_file_it_loads_and_goes_on(tmp_path, part, monkeypatch):
    monkeypatch.setattr(tail, "_HEAD_BYTES", 250)
    monkeypatch.setattr(tail, "_FIRST_PIECE", 300)
    chance = random.Random(f"fuzz {part}")
    path = tmp_path / "s.jsonl"
    refused = 0
    for turn in range(MUTATIONS // PARTS):
        data = mutated(chance)
        path.write_bytes(data)
        try:
            whole = Session.open(str(path), is_read_only=True, host=host())
        except SessionError:  # only what has lost its beginning
            assert not data.startswith(line(RICH[0]))
            refused += 1
            continue
        found = everything(whole)
        ended = Session.open(str(path), is_read_only=True, host=replace(host(), whole_bytes=0))
        if ended.header == whole.header:
            level, *rest = everything(ended)
            assert rest == found[1:], (part, turn)
            assert level == found[0] or whole.warnings, "a search goes on through damaged lines"
        ended.close()
        if data.count(b"\n") - 1 > len(found[-1]):  # of further headers nothing is said
            assert whole.warnings or b'"cwd":"/p"}' in data.partition(b"\n")[2], (part, turn)
        entries = found[-1]
        assert len(examine(data, str(path), host()).mended) >= sum(
            len(str(e["id"])) for e in entries
        )
        repair(str(path), host())
        session = Session.open(str(path), cwd="/p", host=host(seed=2))
        assert session.entries() == entries, (part, turn)
        added = session.append_message(user_message("after", 1))
        session.close()
        again = Session.open(str(path), host=host())
        assert again.entries() == [*entries, added]
        assert again.context()[-1] == added["message"]
        again.close()
        for backup in tmp_path.glob("*.damaged-*"):
            assert backup.read_bytes() == data
            backup.unlink()
    assert refused < MUTATIONS / PARTS / 20
