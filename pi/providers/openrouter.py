"""OpenRouter: which models it serves, and what it says an answer has cost.

    {"cost": 0.0012, "is_byok": false, "cost_details": {"upstream_inference_cost": null}}

`cost` is OpenRouter's own charge, in US dollars. With the user's own key (`is_byok`) what the
provider behind it charges comes on top, in one figure or as prompt and completion; without either
the total is unknown. Source: OpenRouter's usage-accounting guide.
"""

from __future__ import annotations

from pi.text.number import dollars

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Model


def is_openrouter(model: Model) -> bool:
    """Whether OpenRouter serves a model."""
    url = model.get("baseUrl")
    return model.get("provider") == "openrouter" or (
        isinstance(url, str) and "openrouter.ai" in url.lower()
    )


def reported_cost(report: dict[str, Any]) -> float | None:
    """The total of a usage report in US dollars; None where it does not tell."""
    charged = dollars(report.get("cost"))
    if charged is None or report.get("is_byok") is False:
        return charged
    beside = _upstream(report.get("cost_details"))
    return None if beside is None or report.get("is_byok") is not True else charged + beside


def _upstream(details: object) -> float | None:
    if not isinstance(details, dict):
        return None
    whole = details.get("upstream_inference_cost")
    if whole is not None:
        return dollars(whole)
    parts = [
        dollars(details.get(f"upstream_inference_{name}_cost"))
        for name in ("prompt", "completions")
    ]
    return None if None in parts else sum(part for part in parts if part is not None)
