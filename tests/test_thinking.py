from __future__ import annotations

import pytest

from pi.providers import thinking

PLAIN = {"reasoning": True}
LARGE = {"reasoning": True, "thinkingLevelMap": {"xhigh": "extra", "max": None, "low": None}}
ALWAYS = {"reasoning": True, "thinkingLevelMap": {"off": None, "minimal": None}}
NEVER = {"reasoning": False, "thinkingLevelMap": {"high": "high"}}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (PLAIN, ["off", "minimal", "low", "medium", "high"]),
        (LARGE, ["off", "minimal", "medium", "high", "xhigh"]),
        (ALWAYS, ["low", "medium", "high"]),
        (NEVER, ["off"]),
        ({}, ["off"]),
        ({"reasoning": True, "thinkingLevelMap": "junk"}, thinking.levels(PLAIN)),
    ],
)
def test_levels(model, expected):
    assert thinking.levels(model) == expected


@pytest.mark.parametrize(
    ("model", "level", "expected"),
    [
        (PLAIN, "medium", "medium"),
        (PLAIN, "xhigh", "high"),
        (PLAIN, "max", "high"),
        (PLAIN, "huge", "off"),
        (LARGE, "low", "medium"),
        (LARGE, "max", "xhigh"),
        (ALWAYS, "off", "low"),
        (NEVER, "high", "off"),
        (
            {"reasoning": True, "thinkingLevelMap": dict.fromkeys(thinking.LEVELS)},
            "high",
            "off",
        ),
    ],
)
def test_clamp(model, level, expected):
    assert thinking.clamp(model, level) == expected


def test_off_stays_off_for_a_request():
    assert thinking.effective(ALWAYS, "off") == "off"
    assert thinking.effective(ALWAYS, "minimal") == "low"


def test_words_of_the_provider():
    assert thinking.value_of(LARGE, "xhigh") == "extra"
    assert thinking.value_of(LARGE, "medium") == "medium"
    assert thinking.mapped_value(LARGE, "xhigh") == "extra"
    assert thinking.mapped_value(LARGE, "medium") is None
    assert thinking.refuses(ALWAYS, "off")
    assert not thinking.refuses(PLAIN, "off")


@pytest.mark.parametrize(
    ("level", "budgets", "limit", "tokens"),
    [
        ("off", None, 16384, None),
        ("minimal", None, None, 1024),
        ("low", {}, 16384, 2048),
        ("medium", {"medium": 500}, 16384, 500),
        ("high", None, 16384, 15360),
        ("max", {"high": 7000, "max": 9}, 99999, 7000),
        ("high", None, 1024, None),
        ("high", None, 1025, 1),
        ("low", {"low": "many"}, 16384, 2048),
        ("low", {"low": True}, 16384, 2048),
        ("low", {"low": 0}, 16384, None),
    ],
)
def test_budget(level, budgets, limit, tokens):
    assert thinking.budget(level, budgets, limit) == tokens
