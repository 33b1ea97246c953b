from __future__ import annotations

import pytest

from pi.providers.anthropic_usage import Tally


def test_later_figures_replace_earlier_ones():
    tally = Tally({"provider": "p"})
    first = tally.take({"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1})
    second = tally.take({"output_tokens": 7, "cache_read_input_tokens": None})
    third = tally.take({"input_tokens": 0, "output_tokens_details": {"thinking_tokens": 9}})
    assert [usage["input"] for usage in (first, second, third)] == [10, 10, 0]
    assert [usage["output"] for usage in (first, second, third)] == [1, 7, 7]
    assert [usage["totalTokens"] for usage in (first, second, third)] == [16, 22, 12]
    assert "reasoning" not in second
    assert third["reasoning"] == 7, "thinking is part of the output"
    assert first["cost"] is not second["cost"]


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (-1, 0),
        (2.9, 2),
        (1e400, 3),
        (float("nan"), 3),
        (True, 3),
        ("5", 3),
        ([], 3),
        (10**30, 2**53),
    ],
)
def test_figures_that_cannot_be(value, count):
    tally = Tally({"provider": "p"})
    tally.take({"input_tokens": 3})
    assert tally.take({"input_tokens": value})["input"] == count


@pytest.mark.parametrize("details", [None, 5, [], {"ephemeral_1h_input_tokens": None}])
def test_the_hourly_part_of_what_was_written(details):
    tally = Tally({"provider": "p"})
    report = {"cache_creation_input_tokens": 8, "cache_creation": {"ephemeral_1h_input_tokens": 9}}
    assert tally.take(report)["cacheWrite1h"] == 8, "a part is not more than the whole"
    assert tally.take({"cache_creation": details})["cacheWrite1h"] == 8
    assert tally.take({"cache_creation_input_tokens": 0})["cacheWrite1h"] == 0


@pytest.mark.parametrize(
    ("model", "total"),
    [
        ({"provider": "openrouter"}, 0.5),
        ({"provider": "mine", "baseUrl": "https://openrouter.ai/api"}, 0.5),
        ({"provider": "anthropic", "baseUrl": "https://api.anthropic.com"}, 0),
    ],
)
def test_only_openrouter_says_what_it_charged(model, total):
    usage = Tally(model).take({"output_tokens": 1, "cost": 0.5, "is_byok": False})
    assert usage["cost"]["total"] == total
    assert usage["cost"].get("totalFromProvider", False) == bool(total)
