"""What an answer costs. Pure; whole numbers inside, dollars as JSON numbers at the edge.

    price = pricer(model)
    price({"input": 1000, "output": 200, "cacheRead": 0, "cacheWrite": 0, ...})["cost"]
    # {"input": 0.003, "output": 0.003, "cacheRead": 0.0, "cacheWrite": 0.0, "total": 0.006,
    #  "totalFromProvider": False}

A model's `cost` is in US dollars per million tokens: `input`, `output`, `cacheRead`, `cacheWrite`,
and `tiers`, of which the highest one whose `inputTokensAbove` the request's whole input exceeds,
cache included, prices the whole request. The part of `cacheWrite` that is kept for an hour costs
twice the input price. `output` includes reasoning.

A total the provider itself reported (`totalFromProvider`) is kept. A model without `cost` has no
known price: its numbers are 0 and `unknown` is true, so that nobody takes it for free.

Sums are exact: a price counts in 10^-18 dollars a token, far below the last digit of any price.
Source: the reference's models-configuration and message-types pages.
"""

from __future__ import annotations

from pi.text.number import is_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from pi.messages import Usage
    from pi.request import Model

_UNITS = 10**18
"""Parts of a dollar that are counted."""

_UNITS_PER_TOKEN = 10**12
"""Counted parts of a dollar that a token costs at a price of one dollar per million."""

_TOKENS = ("input", "output", "cacheRead", "cacheWrite")
_PARTS = (*_TOKENS, "total")
_COUNTED = (*_TOKENS, "cacheWrite1h", "reasoning", "totalTokens")


def pricer(model: Model) -> Callable[[Usage], Usage]:
    """A function that gives a copy of a usage with its `cost` filled in, at a model's prices."""
    prices = model.get("cost")
    known = prices if isinstance(prices, dict) else None

    def price(usage: Usage) -> Usage:
        return {**usage, "cost": _cost(usage, known)}

    return price


def summed(usages: Iterable[Mapping[str, Any]]) -> Usage:
    """Several usages as one. Its cost is `unknown` if any part of it is."""
    tokens: dict[str, int] = {}
    units = dict.fromkeys(_PARTS, 0)
    unknown = False
    for usage in usages:
        for name in _COUNTED:
            if name in usage:
                tokens[name] = tokens.get(name, 0) + _count(usage[name])
        cost = usage.get("cost")
        if isinstance(cost, dict):
            unknown = unknown or cost.get("unknown") is True
            for name in _PARTS:
                units[name] += round(_amount(cost.get(name)) * _UNITS)
    for name in (*_TOKENS, "totalTokens"):
        tokens.setdefault(name, 0)
    cost = {name: value / _UNITS for name, value in units.items()}
    return {**tokens, "cost": {**cost, "unknown": True} if unknown else cost}


def _cost(usage: Usage, prices: dict[str, Any] | None) -> dict[str, Any]:
    units = dict.fromkeys(_TOKENS, 0) if prices is None else _units(usage, prices)
    cost = {name: value / _UNITS for name, value in units.items()}
    reported = usage.get("cost") or {}
    if reported.get("totalFromProvider") is True:
        return {**cost, "total": reported.get("total", 0), "totalFromProvider": True}
    cost.update(total=sum(units.values()) / _UNITS, totalFromProvider=False)
    return {**cost, "unknown": True} if prices is None else cost


def _units(usage: Usage, prices: dict[str, Any]) -> dict[str, int]:
    """What each class of tokens costs, in counted parts of a dollar."""
    count = {name: _count(usage.get(name)) for name in _TOKENS}
    rates = _rates(prices, count["input"] + count["cacheRead"] + count["cacheWrite"])
    units = {name: count[name] * rates[name] for name in _TOKENS}
    long_kept = min(_count(usage.get("cacheWrite1h")), count["cacheWrite"])
    units["cacheWrite"] += long_kept * (2 * rates["input"] - rates["cacheWrite"])
    return units


def _rates(prices: dict[str, Any], input_tokens: int) -> dict[str, int]:
    chosen, threshold = prices, -1.0
    tiers = prices.get("tiers")
    for tier in tiers if isinstance(tiers, list) else ():
        above = _amount(tier.get("inputTokensAbove"))
        if input_tokens > above > threshold:
            chosen, threshold = tier, above
    return {name: round(max(0, _amount(chosen.get(name))) * _UNITS_PER_TOKEN) for name in _TOKENS}


def _count(value: object) -> int:
    return max(0, int(_amount(value)))


def _amount(value: object) -> float:
    return value if is_number(value) else 0
