"""JSON text that can always be encoded."""

from __future__ import annotations

import json

import pytest

from pi.text.jsontext import dump_bytes, dumps, is_too_deep

LONG = list(range(1000))


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": 1, "messages": LONG, "é\u2028": "x"},
        {"m": [{"text": "\ud800 é \U0001f600"}] * 300, "n": [1]},
        {"m": [float("nan"), float("inf"), 1e300] * 200, "b": []},
        {1: LONG, "nested": {"m": LONG}},
        LONG,
        "text",
    ],
)
def test_long_lists_are_written_the_same_way(value):
    assert dump_bytes(value) == dumps(value).encode()
    json.loads(dump_bytes(value))


def test_a_spent_list_is_emptied_and_no_other():
    body = {"n": list(range(600)), "messages": list(range(900)), "tools": list(range(300))}
    text = dumps(body).encode()
    assert dump_bytes(body, spent=body["messages"]) == text
    assert body == {"n": list(range(600)), "messages": [], "tools": list(range(300))}
    assert dump_bytes(body, spent=[]) == dumps(body).encode()
    assert len(body["n"]) == 600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", False),
        ("[" * 100 + "]" * 100, False),
        ("[" * 101 + "]" * 101, True),
        ('{"a":' * 900 + "1" + "}" * 900, True),
        (f'[[],{{}},{{"a":[{"[]," * 500}[]]}}]', False),
    ],
)
def test_what_is_nested_too_deeply(text, expected):
    assert is_too_deep(json.loads(text)) is expected


def test_numbers_json_does_not_have_become_null():
    assert dumps({"a": [float("nan"), float("-inf"), 1.5]}) == '{"a":[null,null,1.5]}'


def test_lone_surrogates_are_replaced():
    assert dumps("a\ud83db") == '"a\ufffdb"'
