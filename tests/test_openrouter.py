from __future__ import annotations

import pytest

from pi.providers.openrouter import reported_cost


@pytest.mark.parametrize(
    ("report", "total"),
    [
        ({"cost": 0.25, "is_byok": False}, 0.25),
        ({"cost": 0, "is_byok": False}, 0),
        ({"cost": 0.25, "is_byok": True}, None),
        (
            {"cost": 0.25, "is_byok": True, "cost_details": {"upstream_inference_cost": 1.5}},
            1.75,
        ),
        (
            {
                "cost": 0.25,
                "is_byok": True,
                "cost_details": {
                    "upstream_inference_cost": None,
                    "upstream_inference_prompt_cost": 1,
                    "upstream_inference_completions_cost": 0.5,
                },
            },
            1.75,
        ),
        (
            {"cost": 1, "is_byok": True, "cost_details": {"upstream_inference_prompt_cost": 1}},
            None,
        ),
        ({"cost": 1, "is_byok": True, "cost_details": {"upstream_inference_cost": -1}}, None),
        ({"cost": 1, "is_byok": True, "cost_details": "x"}, None),
        ({"cost": 0.25}, None),
        ({"cost": 0.25, "is_byok": "no"}, None),
        ({"cost": -1, "is_byok": False}, None),
        ({"cost": "1", "is_byok": False}, None),
        ({"cost": True, "is_byok": False}, None),
        ({"cost": float("inf"), "is_byok": False}, None),
        ({}, None),
    ],
)
def test_reported_cost(report, total):
    assert reported_cost(report) == total
