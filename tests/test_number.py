from __future__ import annotations

import pytest

from pi import schema
from pi.text.number import MOST, count_of, dollars, is_number

HUGE = 10**400


@pytest.mark.parametrize("value", [0, -1, 1.5, 1e308, -1e308, 2**1023])
def test_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize(
    "value", [True, None, "1", [], float("nan"), float("inf"), float("-inf"), HUGE, -HUGE]
)
def test_no_numbers(value):
    assert not is_number(value)
    assert dollars(value) is None


@pytest.mark.parametrize(
    ("value", "count"),
    [(3, 3), (2.9, 2), ("12", 12), (-1, 0), ("x", 0), (None, 0), (1e300, MOST), (HUGE, 0)],
)
def test_counts(value, count):
    assert count_of(value) == count


def test_amounts():
    assert (dollars(0.25), dollars(0), dollars(-1)) == (0.25, 0, None)


@pytest.mark.parametrize("kind", ["number", "integer"])
def test_a_number_of_400_digits_as_an_argument_is_told_and_stops_nothing(kind):
    rule = {"type": "object", "properties": {"n": {"type": kind}}, "required": ["n"]}
    _, problems = schema.check(rule, {"n": HUGE})
    assert problems
    assert "n" in problems[0]
