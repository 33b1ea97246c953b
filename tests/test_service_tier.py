"""What service tiers cost."""

from __future__ import annotations

import pytest

from pi.providers.service_tier import pricer_of

COST = {
    "input": 4,
    "output": 8,
    "cacheRead": 1,
    "cacheWrite": 2,
    "tiers": [
        {"inputTokensAbove": 100, "input": 40, "output": 80, "cacheRead": 0, "cacheWrite": 0}
    ],
}
MODEL = {"id": "m1", "cost": COST}
SMALL = {"input": 10, "output": 10, "cacheRead": 10, "cacheWrite": 10}
LARGE = {**SMALL, "input": 1000}


def total(model, tier, usage):
    price = pricer_of(model, tier)
    return None if price is None else round(price(usage)["cost"]["total"] * 1e6, 3)


@pytest.mark.parametrize(
    ("name", "tier", "small", "large"),
    [
        ("m1", "priority", 300, 81600),
        ("m1", "fast", 300, 81600),
        ("m1", "flex", 75, 20400),
        ("gpt-5.5", "priority", 375, 102000),
        ("gpt-5.5", "flex", 75, 20400),
    ],
)
def test_prices_of_a_tier(name, tier, small, large):
    model = {**MODEL, "id": name}
    assert total(model, tier, SMALL) == small
    assert total(model, tier, LARGE) == large
    assert MODEL["cost"] is COST


@pytest.mark.parametrize("tier", ["default", "auto", "scale", "", None, 5, ["flex"]])
def test_other_tiers_change_nothing(tier):
    assert pricer_of(MODEL, tier) is None


@pytest.mark.parametrize("cost", [None, "free", []])
def test_an_unknown_price_stays_unknown(cost):
    assert pricer_of({"id": "m1", "cost": cost}, "flex") is None


def test_odd_prices_are_no_crash():
    odd = {"input": "4", "output": True, "tiers": [5, {"input": 1}]}
    assert total({"id": "m1", "cost": odd}, "flex", SMALL) == 5  # the one price that is one
