"""Settings files of every kind of damage: pi starts, says what is wrong, and keeps what it can.

Seeded. 150 mutations in the suite, 100,000 with PI_TEST_LONG=1. Values are exchanged for others of
any type, size and depth, keys renamed, dropped and doubled, and bytes changed, cut and repeated.
"""

from __future__ import annotations

import json
import os
import random
import resource
import time

import pytest

from pi.errors import UsageError
from pi.settings import load, update
from pi.settings.jsonfile import FileError, read_object
from pi.settings.kind import check
from pi.settings.merge import lookup, modernised
from pi.settings.table import ROWS

LONG = os.environ.get("PI_TEST_LONG") == "1"
MUTATIONS = 100_000 if LONG else 150
PARTS = 4 if LONG else 1
MOST_GROWTH_KIB = 64 * 1024
SLOWEST_S = 5

SCALARS = (None, True, False, 0, -1, 1, 2.5, 10**400, -(10**400), 2**53, "", "x", "all", "\ud800")
TEXTS = (
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "9" * 5000,
    '"\\ud800"',
    "[[]]",
    "{}",
    '{"":1}',
)
WORDS = (
    *ROWS,
    "unknown",
    "queueMode",
    "websockets",
    "skills",
    "retry",
    "maxDelayMs",
    "a.b",
    "",
    "é",
)
SAMPLES = {
    "object": {"a": {"reserveTokens": 5}, "b": None},
    "a list": ["x", "+y", "-z", ""],
}


class Raw:
    """JSON text that stands for a value, perhaps one that Python would not write."""

    def __init__(self, text: str) -> None:
        self.text = text


def any_value(chance, depth=0):
    pick = chance.random()
    if pick < 0.5 or depth > 3:
        return chance.choice(SCALARS)
    if pick < 0.6:
        deep = chance.choice((50, 300, 5000))  # what is near the limit depends on the caller
        return Raw(chance.choice((*TEXTS, "[" * deep + "]" * deep)))
    if pick < 0.8:
        return [any_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(WORDS): any_value(chance, depth + 1) for _ in range(chance.randrange(4))}


def good_values():
    """A valid value of each setting that can be told from its default."""
    candidates = (False, True, 7, 0.5, "all", "x", ["x"], {"x": "high"}, {"x": {}}, {})
    for key, rule in ROWS.items():
        words = (rule.kind.schema or {}).get("enum", ())
        for value in (*words, *candidates):
            if value != rule.default and not check(rule.kind, value, key):
                yield key, value
                break


GOOD = dict(good_values())


def put(data, key, value):
    *parents, name = key.split(".")
    for parent in parents:
        data = data.setdefault(parent, {})
        if not isinstance(data, dict):
            return
    data[name] = value


def text_of(value) -> str:
    """JSON text, `Raw` values included."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}:{text_of(item)}" for key, item in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return f"[{','.join(map(text_of, value))}]"
    return json.dumps(value)


def mutated(chance) -> bytes:
    """A settings file: some good settings, a few bad ones, unknown keys, perhaps broken bytes."""
    data: dict = {"unknown": {"kept": [1, "ü"]}}
    for key in chance.sample(list(GOOD), chance.randrange(12)):
        put(data, key, GOOD[key])
    for _ in range(chance.randrange(4)):
        put(data, chance.choice(WORDS), any_value(chance))
    text = text_of(data) if chance.random() < 0.97 else text_of(any_value(chance))
    raw = bytearray(text.encode("utf-8", "replace"))
    if chance.random() < 0.3:
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(raw) + 1)
            size = chance.randrange(4)
            raw[at : at + size] = chance.choice(
                (b"", chance.randbytes(2), b"\0", b"//", b",", b'"', b"\xef\xbb\xbf", raw[:9])
            )
    return bytes(raw)


def read(path):
    """What is in a file: its object, or None where it is broken."""
    try:
        return read_object(str(path))
    except FileError as error:
        problem = str(error)
    assert problem.startswith(f"{path}: ")
    assert "\n" not in problem
    return None


def expected(data, key):
    """What a setting must be when only the user's file is there."""
    rule = ROWS[key]
    value = lookup(data, key)
    if value is None or check(rule.kind, value, key):
        return rule.default
    return rule.read(value) if rule.read else value


def look(settings, paths):
    """Everything that is read of settings; only what is wrong with a strict one may be told."""
    for key in ROWS:
        settings.get(key)
        settings.each(key)
        assert settings.source_of(key) in ("user", "project", "default")
    told = list(settings.warnings)
    try:
        assert settings.compaction("x").reserve_tokens >= 0
    except UsageError as error:
        told.append(str(error))
    for warning in told:
        assert warning.startswith(paths)
        assert "\n" not in warning


def changed(path, raw, data):
    """One key is set; nothing else of the file changes."""
    try:
        update(str(path), {"theme": "fuzz"})
    except FileError as error:
        problem = str(error)
    else:
        problem = ""
    if problem:
        assert problem.startswith(f"{path}: ")
        assert path.read_bytes() == raw
        assert data is None or "nested too deeply" in problem
        return
    after = read(path)
    assert after is not None, "what was written reads back"
    assert after.pop("theme") == "fuzz"
    data.pop("theme", None)
    assert list(after.items()) == list(data.items())


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_in_the_files(tmp_path, part):
    chance = random.Random(f"settings {part}")
    agent, project = tmp_path / "agent", tmp_path / "project"
    user_file, project_file = agent / "settings.json", project / ".pi/settings.json"
    for path in (user_file, project_file):
        path.parent.mkdir(parents=True)
    paths = (f"{user_file}: ", f"{project_file}: ")
    broken = settled = 0
    for turn in range(MUTATIONS // PARTS):
        if turn == 50:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.monotonic()
        raw = mutated(chance)
        user_file.write_bytes(raw)
        data = read(user_file)
        settings = load(str(agent))
        look(settings, paths)
        if data is None:
            broken += 1
            assert settings.warnings
        else:
            wanted = modernised(data)
            for key, rule in ROWS.items():
                if not rule.strict:
                    assert settings.get(key) == expected(wanted, key), (part, turn, key)
                    settled += settings.get(key) != rule.default
        project_file.write_bytes(mutated(chance))
        look(load(str(agent), str(project), trusted=True), paths)
        changed(user_file, raw, data)
        assert time.monotonic() - started < SLOWEST_S, (part, turn)
    assert 0 < broken < MUTATIONS / PARTS / 2
    assert settled > MUTATIONS / PARTS, "settings beside broken ones count"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KIB
