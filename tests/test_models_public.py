"""The public list of models over the catalogue that ships."""

from __future__ import annotations

import pytest

from pi.models.public import MAX_MODELS, parse, updated


def entry(**fields):
    return {
        "name": "New",
        "tool_call": True,
        "reasoning": True,
        "modalities": {"input": ["text", "image", "pdf"], "output": ["text"]},
        "limit": {"context": 1000, "output": 100},
        "cost": {"input": 1, "output": 2, "cache_read": 0.1},
        **fields,
    }


def listed(**models):
    return {"openai": {"id": "openai", "models": models}}


KNOWN = [
    {
        "id": "gpt-1",
        "provider": "openai",
        "name": "Old",
        "type": "chat",
        "api": "openai-responses",
        "baseUrl": "https://x",
        "reasoning": False,
        "input": ["text"],
        "contextWindow": 10,
        "maxTokens": 5,
        "cost": {"input": 1, "output": 2, "cacheRead": 0, "tiers": [{"inputTokensAbove": 5}]},
        "compat": {"a": True},
    },
    {
        "id": "think-2",
        "provider": "openai",
        "api": "openai-completions",
        "reasoning": True,
        "thinkingLevelMap": {"max": "max"},
        "contextWindow": 20,
        "maxTokens": 6,
    },
]


def test_a_known_model_gets_the_facts_and_keeps_how_it_is_spoken_to():
    facts = parse(listed(**{"gpt-1": entry()}))["openai"]
    first, second = updated(KNOWN, facts)
    assert first == {
        **KNOWN[0],
        "name": "New",
        "input": ["text", "image"],
        "contextWindow": 1000,
        "maxTokens": 100,
        "cost": {
            "input": 1,
            "output": 2,
            "cacheRead": 0.1,
            "cacheWrite": 0,
            "tiers": [{"inputTokensAbove": 5}],
        },
    }
    assert second == KNOWN[1]


def test_tiers_go_with_the_price_they_rise_from():
    facts = parse(listed(**{"gpt-1": entry(cost={"input": 9, "output": 9})}))["openai"]
    assert updated(KNOWN, facts)[0]["cost"]["tiers"] == []
    prices = {"input": 9, "output": 9, "context_over_200k": {"input": 18}}
    facts = parse(listed(**{"gpt-1": entry(cost=prices)}))["openai"]
    tiers = updated(KNOWN, facts)[0]["cost"]["tiers"]
    assert tiers == [{"inputTokensAbove": 200_000, "input": 18, "output": 9}]


def test_a_new_model_is_spoken_to_like_the_one_most_like_it():
    facts = parse(listed(**{"think-3": entry(), "gpt-2": entry(limit={}, cost={})}))["openai"]
    *_, think, gpt = updated(KNOWN, facts)
    assert (think["id"], think["api"], think["provider"]) == (
        "think-3",
        "openai-completions",
        "openai",
    )
    assert think["thinkingLevelMap"] == {"max": "max"}
    assert (gpt["api"], gpt["compat"], gpt["contextWindow"]) == (
        "openai-responses",
        {"a": True},
        10,
    )
    assert "cost" not in gpt  # unknown is not free
    assert "thinkingLevelMap" not in gpt


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        entry(tool_call=False),
        entry(tool_call="yes"),
        entry(status="deprecated"),
        entry(modalities={"input": ["text"], "output": ["audio"]}),
    ],
)
def test_what_pi_cannot_use_is_left_out(row):
    facts = parse(listed(bad=row, good=entry()))
    assert list(facts["openai"]) == ["good"]


@pytest.mark.parametrize(
    "value", [-1, float("nan"), float("inf"), "5", True, None, 1e30], ids=lambda value: repr(value)
)
def test_impossible_numbers_are_no_facts(value):
    row = entry(limit={"context": value}, cost={"input": value, "output": 1})
    fact = parse(listed(m=row))["openai"]["m"]
    assert not {"contextWindow", "cost"} & fact.keys()


@pytest.mark.parametrize("name", ["", "a b", "x" * 200, "esc\x1b[2J", "line\nbreak"])
def test_ids_that_cannot_be_are_left_out(name):
    assert list(parse(listed(**{name: entry(), "ok": entry()}))["openai"]) == ["ok"]


def test_the_number_of_models_is_bounded():
    many = {f"m{count}": entry() for count in range(MAX_MODELS + 5)}
    assert len(parse(listed(**many))["openai"]) == MAX_MODELS


@pytest.mark.parametrize("data", [None, [], "x", {}, {"openai": 5}, {"openai": {"models": {}}}])
def test_something_else_is_refused(data):
    with pytest.raises(ValueError, match=r"not a JSON object|no models"):
        parse(data)


def test_services_have_other_names_there():
    facts = parse({"togetherai": {"models": {"m": entry()}}, "alibaba": {"models": {"m": entry()}}})
    assert list(facts) == ["together"]
