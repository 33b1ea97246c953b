"""Service tiers: an answer given sooner costs more, one that may wait costs less.

    pricer_of(model, "flex")      prices at half of the model's; None where the tier changes nothing

The tier that counts is the one an answer says it was given in, not the one that was asked for.
Source: OpenAI's pricing page, as the reference applies it.
"""

from __future__ import annotations

from pi import cost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.messages import Usage
    from pi.request import Model

_FACTORS = {"priority": 2, "fast": 2, "flex": 0.5}

_OWN_FACTORS = {("gpt-5.5", "priority"): 2.5, ("gpt-5.5", "fast"): 2.5}
"""(model id, tier) -> its factor where it is another one."""


def pricer_of(model: Model, tier: object) -> Callable[[Usage], Usage] | None:
    """What prices an answer of a tier; None where the model's own prices hold."""
    if not isinstance(tier, str):
        return None
    factor = _OWN_FACTORS.get((model["id"], tier)) or _FACTORS.get(tier)
    prices = model.get("cost")
    if factor is None or not isinstance(prices, dict):
        return None
    return cost.pricer({**model, "cost": _scaled(prices, factor)})


def _scaled(prices: dict[str, Any], factor: float) -> dict[str, Any]:
    """Prices times a factor, those of the tiers by input size too."""
    scaled: dict[str, Any] = {}
    for name, value in prices.items():
        if name == "tiers" and isinstance(value, list):
            tiers = [tier for tier in value if isinstance(tier, dict)]
            scaled[name] = [
                {**_scaled(tier, factor), "inputTokensAbove": tier.get("inputTokensAbove")}
                for tier in tiers
            ]
        else:
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            scaled[name] = value * factor if is_number else value
    return scaled
