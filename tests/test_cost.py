"""Prices: tiers, caches, reported totals, unknown prices; the reference's figures to 1e-12."""

from __future__ import annotations

import random

import pytest

from pi.cost import pricer, summed
from pi.messages import zero_usage

PRICES = {"input": 3, "output": 15, "cacheRead": 0.3, "cacheWrite": 3.75}
TIERED = {
    **PRICES,
    "tiers": [
        {"inputTokensAbove": 500, "input": 30, "output": 150, "cacheRead": 3, "cacheWrite": 37.5},
        {"inputTokensAbove": 200, "input": 6, "output": 22.5, "cacheRead": 0.6, "cacheWrite": 7.5},
    ],
}


def usage(**tokens):
    return {**zero_usage(), **tokens}


def cost_of(prices, **tokens):
    model = {"id": "m"} if prices is None else {"id": "m", "cost": prices}
    return pricer(model)(usage(**tokens))["cost"]


def test_every_class_of_tokens_has_its_price():
    cost = cost_of(PRICES, input=1000, output=200, cacheRead=10_000, cacheWrite=400)
    assert cost == {
        "input": 0.003,
        "output": 0.003,
        "cacheRead": 0.003,
        "cacheWrite": 0.0015,
        "total": 0.0105,
        "totalFromProvider": False,
    }


def test_the_usage_itself_is_not_changed_and_keeps_its_other_keys():
    before = usage(input=10, reasoning=3)
    after = pricer({"cost": PRICES})(before)
    assert before["cost"]["total"] == 0
    assert after["reasoning"] == 3
    assert after["cost"]["total"] == 0.00003


@pytest.mark.parametrize(
    ("tokens", "input_price"),
    [
        ({"input": 200}, 3),
        ({"input": 201}, 6),
        ({"input": 1, "cacheRead": 150, "cacheWrite": 50}, 6),
        ({"input": 500}, 6),
        ({"input": 501}, 30),
        ({"input": 1, "output": 9999}, 3),
    ],
)
def test_the_highest_tier_that_the_whole_input_exceeds_prices_all(tokens, input_price):
    expected = tokens["input"] * input_price / 1e6
    assert cost_of(TIERED, **tokens)["input"] == pytest.approx(expected, abs=1e-15)


def test_a_write_kept_for_an_hour_costs_twice_the_input():
    cost = cost_of(PRICES, cacheWrite=1000, cacheWrite1h=400)
    assert cost["cacheWrite"] == pytest.approx((600 * 3.75 + 400 * 6) / 1e6, abs=1e-15)
    assert cost["total"] == cost["cacheWrite"]


def test_more_long_writes_than_writes_are_not_paid_back():
    assert cost_of(PRICES, cacheWrite=10, cacheWrite1h=50)["cacheWrite"] == 60 / 1e6


def test_a_total_of_the_provider_is_kept():
    reported = usage(input=1000)
    reported["cost"] = {"total": 0.5, "totalFromProvider": True}
    cost = pricer({"cost": PRICES})(reported)["cost"]
    assert (cost["total"], cost["totalFromProvider"], cost["input"]) == (0.5, True, 0.003)
    assert "unknown" not in pricer({})(reported)["cost"]


def test_an_unknown_price_is_said_to_be_unknown_and_zero_is_not():
    cost = cost_of(None, input=1000)
    assert (cost["total"], cost["input"], cost["unknown"]) == (0, 0, True)
    assert "unknown" not in cost_of({"input": 0, "output": 0}, input=1000)


@pytest.mark.parametrize("bad", [-5, True, "7", None, float("nan"), float("inf"), [], {}])
def test_figures_that_are_none_count_as_zero(bad):
    assert cost_of(PRICES, input=bad)["total"] == 0
    assert cost_of({"input": bad, "tiers": bad}, input=10)["input"] == 0


def test_the_same_as_in_floating_point_to_a_trillionth():
    pick = random.Random(7)
    for _ in range(300):
        prices = {name: round(pick.uniform(0, 80), pick.randint(0, 6)) for name in PRICES}
        tokens = {name: pick.randint(0, 2_000_000) for name in PRICES}
        long_kept = pick.randint(0, tokens["cacheWrite"])
        cost = cost_of(prices, **tokens, cacheWrite1h=long_kept)
        write = prices["cacheWrite"] * (tokens["cacheWrite"] - long_kept)
        expected = {name: prices[name] / 1e6 * tokens[name] for name in PRICES}
        expected["cacheWrite"] = (write + prices["input"] * 2 * long_kept) / 1e6
        for name, value in expected.items():
            assert cost[name] == pytest.approx(value, abs=1e-12, rel=1e-13)
        assert cost["total"] == pytest.approx(sum(expected.values()), abs=1e-12, rel=1e-13)


def test_a_thousand_small_costs_add_up_exactly():
    each = pricer({"cost": PRICES})(usage(input=1, output=1, totalTokens=2))
    total = summed([each] * 1000)
    assert total["cost"]["total"] == 0.018
    assert (total["input"], total["totalTokens"]) == (1000, 2000)
    assert "reasoning" not in total


def test_a_sum_is_unknown_when_a_part_is():
    known = pricer({"cost": PRICES})(usage(input=1))
    unknown = pricer({})(usage(input=1))
    assert "unknown" not in summed([known, known])["cost"]
    assert summed([known, unknown])["cost"]["unknown"] is True
    assert summed([])["cost"] == dict.fromkeys(
        ("input", "output", "cacheRead", "cacheWrite", "total"), 0
    )
