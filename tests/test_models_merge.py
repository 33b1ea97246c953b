"""models.json over the catalogue: what adds, what replaces, what merges."""

from __future__ import annotations

import pytest

from pi.models.merge import merged_compat, with_entry


def shipped(model_id="m", **fields):
    return {
        "provider": "p",
        "id": model_id,
        "name": model_id,
        "api": "openai-completions",
        "baseUrl": "https://vendor/v1",
        "contextWindow": 10,
        "maxTokens": 5,
        "cost": {"input": 1, "output": 2, "cacheRead": 3, "cacheWrite": 4},
        **fields,
    }


def overlaid(entry, *models):
    found, problems = with_entry("p", list(models), entry)
    assert problems == []
    return {model["id"]: model for model in found}


def test_a_base_url_alone_reroutes_every_model():
    found = overlaid({"baseUrl": "http://proxy"}, shipped("a"), shipped("b"))
    assert [model["baseUrl"] for model in found.values()] == ["http://proxy"] * 2
    assert found["a"]["cost"]["input"] == 1


def test_a_new_model_has_the_defaults():
    entry = {"baseUrl": "http://x/v1", "api": "anthropic-messages", "models": [{"id": "new"}]}
    assert overlaid(entry)["new"] == {
        "provider": "p",
        "id": "new",
        "name": "new",
        "api": "anthropic-messages",
        "baseUrl": "http://x/v1",
        "reasoning": False,
        "input": ["text"],
        "contextWindow": 128000,
        "maxTokens": 16384,
    }


def test_a_model_without_a_price_has_an_unknown_one():
    entry = {"baseUrl": "http://x", "api": "a", "models": [{"id": "new"}]}
    assert "cost" not in overlaid(entry, shipped())["new"]


def test_a_model_of_a_known_id_replaces_the_whole_model():
    old = shipped("m", headers={"A": "1"}, compat={"supportsStore": False}, reasoning=True)
    new = overlaid({"models": [{"id": "m", "name": "Mine"}]}, old)["m"]
    assert (new["name"], new["reasoning"], new["contextWindow"]) == ("Mine", False, 128000)
    assert (new["api"], new["baseUrl"]) == ("openai-completions", "https://vendor/v1")
    assert not {"headers", "compat", "cost"} & set(new)


def test_what_a_new_model_lacks_is_borrowed_from_the_nearest():
    models = [shipped("one", api="x", baseUrl="https://x"), shipped("two")]
    entry = {"models": [{"id": "a"}, {"id": "b", "api": "x"}, {"id": "one"}]}
    found = overlaid(entry, *models)
    assert [found[name]["baseUrl"] for name in ("a", "b", "one")] == [
        "https://vendor/v1",
        "https://x",
        "https://x",
    ]


@pytest.mark.parametrize(
    ("entry", "lacking"),
    [({"baseUrl": "http://x"}, "no api"), ({"api": "x"}, "no baseUrl"), ({}, "no api and no base")],
)
def test_a_model_that_cannot_be_asked_is_left_out_and_told(entry, lacking):
    found, problems = with_entry("p", [], {**entry, "models": [{"id": "m"}, GOOD]})
    assert [model["id"] for model in found] == ["good"]
    assert lacking in problems[0]
    assert '"m"' in problems[0]


GOOD = {"id": "good", "api": "x", "baseUrl": "http://y"}


def test_an_override_changes_field_by_field():
    old = shipped(
        thinkingLevelMap={"low": "l", "high": "h"},
        promptCache={"short": 1},
        inputLimits={
            "maxRequestBytes": 9,
            "images": {"maxPerMessage": 2, "resize": {"maxWidth": 3}},
        },
        compat={"supportsStore": False, "openRouterRouting": {"only": ["a"]}},
        samplingParams={"top_p": 1, "top_k": 2},
        samplingParamsByThinkingLevel={"off": {"top_p": 1}, "low": {"top_p": 2}},
    )
    change = {
        "name": "New",
        "contextWindow": 99,
        "cost": {"input": 7, "tiers": [], "output": None},
        "thinkingLevelMap": {"high": None, "max": "m"},
        "promptCache": {"long": 2},
        "inputLimits": {"images": {"resize": {"maxHeight": 4}}},
        "compat": {"supportsStore": True, "openRouterRouting": {"order": ["b"]}},
        "samplingParams": {"top_p": None},
        "samplingParamsByThinkingLevel": {"off": {"top_k": 5}, "high": {"top_k": 6}},
    }
    new = overlaid({"modelOverrides": {"m": change, "unknown": {"name": "x"}}}, old)["m"]
    assert (new["name"], new["contextWindow"], new["maxTokens"]) == ("New", 99, 5)
    assert new["cost"] == {"input": 7, "output": 2, "cacheRead": 3, "cacheWrite": 4, "tiers": []}
    assert new["thinkingLevelMap"] == {"low": "l", "high": None, "max": "m"}
    assert new["promptCache"] == {"short": 1, "long": 2}
    assert new["inputLimits"] == {
        "maxRequestBytes": 9,
        "images": {"maxPerMessage": 2, "resize": {"maxWidth": 3, "maxHeight": 4}},
    }
    assert new["compat"] == {
        "supportsStore": True,
        "openRouterRouting": {"only": ["a"], "order": ["b"]},
    }
    assert new["samplingParams"] == {"top_p": None, "top_k": 2}
    assert new["samplingParamsByThinkingLevel"] == {
        "off": {"top_p": 1, "top_k": 5},
        "low": {"top_p": 2},
        "high": {"top_k": 6},
    }


def test_an_override_reaches_own_models_too():
    entry = {"models": [{**GOOD}], "modelOverrides": {"good": {"maxTokens": 3}}}
    assert overlaid(entry)["good"]["maxTokens"] == 3


def test_switches_of_provider_and_model():
    entry = {
        "baseUrl": "http://x",
        "api": "a",
        "compat": {"supportsStore": False, "chatTemplateKwargs": {"a": 1}},
        "models": [{"id": "m", "compat": {"supportsStore": True, "chatTemplateKwargs": {"b": 2}}}],
    }
    found = overlaid(entry, shipped("old", compat={"zaiToolStream": True}))
    assert found["m"]["compat"] == {"supportsStore": True, "chatTemplateKwargs": {"a": 1, "b": 2}}
    assert found["old"]["compat"]["zaiToolStream"] is True
    assert found["old"]["compat"]["supportsStore"] is False
    assert merged_compat(None, None) == {}


def test_headers_of_all_layers_whatever_their_case():
    entry = {
        "headers": {"X-A": "provider", "X-B": "provider"},
        "models": [{"id": "new", "headers": {"x-a": "model"}}],
        "modelOverrides": {"old": {"headers": {"X-c": "override"}}},
    }
    found = overlaid(entry, shipped("old", headers={"X-C": "shipped", "X-D": "shipped"}))
    assert found["new"]["headers"] == {"x-a": "model", "X-B": "provider"}
    assert found["old"]["headers"] == {
        "X-A": "provider",
        "X-B": "provider",
        "X-D": "shipped",
        "X-c": "override",
    }


def test_auth_header_takes_the_place_of_the_providers_authorization_only():
    entry = {
        "authHeader": True,
        "headers": {"authorization": "provider", "X": "1"},
        "models": [{"id": "new"}, {"id": "own", "headers": {"Authorization": "model"}}],
    }
    found = overlaid(entry, shipped("old"))
    assert found["new"]["headers"] == {"X": "1"}
    assert found["own"]["headers"] == {"X": "1", "Authorization": "model"}
    assert all(model["authHeader"] for model in found.values())


def test_a_row_cannot_say_whose_it_is():
    row = {"id": "one", "provider": "other", "baseUrl": "http://x", "api": "a"}
    (model,), problems = with_entry("mine", [], {"models": [row]})
    assert (model["provider"], problems) == ("mine", [])
