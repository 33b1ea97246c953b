"""How much a model is to think, beyond the request fixtures."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.providers.google_thinking import thinking_config
from pi.request import Options


def config(model_id, level="off", mapped=None, **options):
    model = {"provider": "g", "id": model_id, "reasoning": True}
    if mapped is not None:
        model["thinkingLevelMap"] = mapped
    return thinking_config(model, Options(thinking=level, **options))


def shown(**amount):
    return {"includeThoughts": True, **amount}


@pytest.mark.parametrize(
    ("model_id", "level", "mapped", "expected"),
    [
        ("gemini-3-pro", "off", {"off": None, "minimal": None}, {"thinkingLevel": "LOW"}),
        ("gemini-3-pro", "minimal", {"minimal": None}, shown(thinkingLevel="LOW")),
        ("gemini-3-pro", "max", None, shown(thinkingLevel="HIGH")),
        ("gemini-3-pro", "off", None, {"thinkingBudget": 0}),
        ("gemma-4-x", "medium", {"medium": None, "high": "HIGH"}, shown(thinkingLevel="HIGH")),
        ("gemini-2.5-flash-lite", "minimal", None, shown(thinkingBudget=512)),
        ("gemini-2.5-flash-x", "high", None, shown(thinkingBudget=24576)),
        ("gemini-2.5-pro", "xhigh", None, shown(thinkingBudget=32768)),
        ("gemini-2.5-computer", "low", None, shown(thinkingBudget=-1)),
        ("gemini-2.5-pro", "off", None, {"thinkingBudget": 128}),
        ("gemini-2.5-flash", "off", None, {"thinkingBudget": 0}),
    ],
)
def test_level_or_budget(model_id, level, mapped, expected):
    assert config(model_id, level, mapped) == expected


@pytest.mark.parametrize(
    ("level", "budgets", "tokens"),
    [
        ("low", {"low": 7}, 7),
        ("low", {"low": 0}, 0),
        ("low", {"low": "7", "high": 3}, 2048),
        ("low", {"low": True}, 2048),
        ("max", {"high": 99}, 99),
    ],
)
def test_the_users_own_figures(level, budgets, tokens):
    mapped = {"max": "max"}
    assert config("gemini-2.5-pro", level, mapped, budgets=budgets) == shown(thinkingBudget=tokens)


def test_a_level_google_does_not_have():
    with pytest.raises(ProviderError, match=r'calls high "weird".*MINIMAL, LOW') as caught:
        config("gemini-3-pro", "high", {"high": "weird"})
    assert caught.value.kind == "bad_request"


def test_a_model_that_does_not_think():
    assert thinking_config({"provider": "g", "id": "gemini-3"}, Options(thinking="high")) == {}
