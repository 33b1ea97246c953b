"""Kinds of values: what they accept, and how they say what is wrong."""

from __future__ import annotations

import pytest

from pi.settings import kind as k


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (k.BOOLEAN, [True, False], [0, 1, "true", None, []]),
        (k.STRING, ["", "x"], [1, None, ["x"]]),
        (k.NAME, ["x"], ["", 1]),
        (k.NUMBER, [0, -1.5, 1e300], [True, "1", float("nan"), float("inf"), None]),
        (k.AMOUNT, [0, 0.5], [-0.1, "0"]),
        (k.POSITIVE, [0.1], [0, -1]),
        (k.COUNT, [0, 7, 7.0, k.MAX_SAFE], [-1, 1.5, k.MAX_SAFE + 1, 1e300, True]),
        (k.STRINGS, [[], ["a"]], ["a", [1], {"a": 1}]),
        (k.one_of("a", "b"), ["a"], ["c", ["a"], {}, None]),
        (k.either(k.BOOLEAN, k.one_of("auto")), [True, "auto"], ["x", 1]),
        (k.list_of(k.STRING, "strings", least=1), [["a"]], [[]]),
    ],
)
def test_what_is_accepted(kind, good, bad):
    for value in good:
        assert k.check(kind, value, "x") == []
    for value in bad:
        assert len(k.check(kind, value, "x")) == 1, value


RECORD = k.record({"id": k.NAME, "inner": k.record({"n": k.COUNT})}, ("id",))


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ({"id": "x", "other": object()}, []),
        ({"id": "x", "inner": None}, []),
        ({}, ["m.id: missing"]),
        ({"id": None}, ["m.id: missing"]),
        (
            {"id": "", "inner": {"n": -1}},
            [
                "m.id: expected a string that is not empty, got an empty string",
                "m.inner.n: expected a whole number of at least 0, got -1",
            ],
        ),
        ([], ["m: expected an object, got a list"]),
    ],
)
def test_records_name_the_path(value, problems):
    assert k.check(RECORD, value, "m") == problems


def test_lists_and_maps_name_the_path():
    assert k.check(k.STRINGS, ["a", 2, None], "x") == [
        "x[1]: expected a string, got 2",
        "x[2]: expected a string, got null",
    ]
    of_counts = k.map_of(k.COUNT, "counts")
    assert k.check(of_counts, {"a.b": -1, "c": "x", "d": None}, "x") == [
        'x["a.b"]: expected a whole number of at least 0, got -1',
        "x.c: expected a whole number of at least 0, got a string",
    ]


def test_a_string_is_quoted_only_where_it_cannot_be_a_secret():
    assert k.check(k.COUNT, "sk-secret", "x") == [
        "x: expected a whole number of at least 0, got a string"
    ]
    assert k.check(k.one_of("a", "b"), "both", "x") == ['x: expected "a" or "b", got "both"']
    assert "got a string" in k.check(k.one_of("a"), "\x1b[31m", "x")[0]
    assert "got a string" in k.check(k.one_of("a"), "long" * 20, "x")[0]


def test_a_huge_number_is_not_printed():
    assert k.describe(10**50) == "a number that is too long"
