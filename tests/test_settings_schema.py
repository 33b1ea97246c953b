"""The settings as a JSON schema: complete, in agreement with the table, and up to date on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pi.settings.kind import check
from pi.settings.schema import schema
from pi.settings.table import ROWS

ROOT = Path(__file__).resolve().parents[1]
TYPES = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "string": str,
}
SAMPLES = [
    None, True, False, 0, 1, 2, -1, 2.5, 50, "", "x", "off", "auto", "high", "all", "disabled", [],
    ["a"], [1], {}, {"a": "b"}, {"a": "high"}, {"minimal": 5}, {"minimal": "x"},
    [{"source": "x"}], [{"autoload": True}],
    {"a": {"reserveTokens": 5}}, {"a": {"reserveTokens": -5}},
]  # fmt: skip


def accepts(rule, value):
    """Whether a schema, of the few words that are used here, accepts a value."""
    if "anyOf" in rule:
        return any(accepts(each, value) for each in rule["anyOf"])
    if "const" in rule:
        return value is rule["const"]
    if "enum" in rule:
        return value in rule["enum"] and not isinstance(value, bool)
    kind = rule["type"]
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return False
    if kind in ("integer", "number"):
        above = rule.get("exclusiveMinimum", value - 1)
        return above < value and rule.get("minimum", value) <= value <= rule.get("maximum", value)
    if kind == "array":
        return len(value) >= rule.get("minItems", 0) and all(
            accepts(rule["items"], each) for each in value
        )
    if kind == "object":
        return all(name in value for name in rule.get("required", ())) and all(
            accepts(inner, each)
            for name, each in value.items()
            for inner in [rule.get("properties", {}).get(name, rule.get("additionalProperties"))]
            if inner
        )
    return kind != "string" or len(value) >= rule.get("minLength", 0)


def rule_of(key):
    place = json.loads(json.dumps(schema()))
    for part in key.split("."):
        place = place["properties"][part]
    return place


@pytest.mark.parametrize("key", ROWS)
def test_the_schema_accepts_what_the_table_accepts(key):
    row, rule = ROWS[key], rule_of(key)
    assert rule["description"].startswith(row.about)
    assert rule.get("default") == row.default
    loose = "milliseconds" in row.kind.expected  # a string of digits is a delay too
    for value in SAMPLES:
        wanted = not check(row.kind, value, key)
        assert accepts(rule, value) == wanted or (loose and isinstance(value, str)), value


def test_the_file_is_current():
    done = subprocess.run(
        [sys.executable, ROOT / "build/schema.py", "--check"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
