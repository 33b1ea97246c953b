"""The book of all models: what it finds, and what it reads for that."""

from __future__ import annotations

import pytest

from tests import modelkit

OWN = {
    "providers": {
        "mock": {
            "baseUrl": "http://mock/v1",
            "api": "openai-completions",
            "apiKey": "k",
            "models": [{"id": "one"}, {"id": "two", "name": "Mock Two"}],
        },
        "my/own": {
            "baseUrl": "http://own/v1",
            "api": "openai-completions",
            "apiKey": "k",
            "models": [{"id": "deep/er"}],
        },
        "bad": {"baseUrl": 5},
        "alpha": {"modelOverrides": {"a-small": {"contextWindow": 7}}},
    }
}


@pytest.fixture
def kit(tmp_path):
    return modelkit.Kit(tmp_path, own=OWN)


def ids(models):
    return [f"{model['provider']}/{model['id']}" for model in models]


def test_an_own_model_costs_no_look_at_the_catalogue(kit):
    assert kit.book.find("mock", "one")["baseUrl"] == "http://mock/v1"
    assert kit.book.split("mock/one") == ("mock", "one")
    assert kit.keys.usable("mock")
    assert set(kit.reads) == {"models/mock.json"}  # which is not there


def test_a_shipped_model_costs_one_file(kit):
    assert kit.book.find("beta", "shared")["api"] == "anthropic-messages"
    assert kit.reads == ["models/beta.json"]


def test_changes_reach_shipped_models(kit):
    assert kit.book.find("alpha", "a-small")["contextWindow"] == 7
    assert kit.book.find("alpha", "a-large")["contextWindow"] == 100_000
    (found,) = kit.book.with_id("A-Small")
    assert found["contextWindow"] == 7


def test_providers_come_preferred_ones_first_and_broken_ones_not(kit):
    assert kit.book.providers() == ["alpha", "beta", "gamma", "delta", "mock", "my/own"]
    assert kit.book.broken("bad").endswith("a string that is not empty, got 5")
    assert kit.book.models("bad") == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("alpha/x", ("alpha", "x")),
        ("ALPHA/x/y", ("alpha", "x/y")),
        (" alpha / x ", ("alpha", "x")),
        ("my/own/deep/er", ("my/own", "deep/er")),
        ("my/deep", None),
        ("alpha/", None),
        ("alpha", None),
        ("/x", None),
        ("bad/x", ("bad", "x")),
        ("demo/demo", ("demo", "demo")),
    ],
)
def test_splitting_a_reference(kit, text, parts):
    assert kit.book.split(text) == parts


def test_looking_for_ids_and_names(kit):
    assert ids(kit.book.with_id("shared")) == ["alpha/shared", "beta/shared"]
    assert ids(kit.book.with_id("shared", "beta")) == ["beta/shared"]
    assert ids(kit.book.mentioning("mock t")) == ["mock/two"]
    assert ids(kit.book.mentioning("large")) == ["alpha/a-large"]
    assert kit.book.mentioning("https://") == []  # a part of the line, but of no name


def test_models_in_an_unknown_format_are_found_only_by_name(kit):
    assert kit.book.find("delta", "d-one")["api"] == "smoke-signals"
    assert kit.book.models("delta") == kit.book.with_id("d-one") == kit.book.mentioning("d-o") == []
    assert ids(kit.book.models("delta", any_format=True)) == [
        "delta/d-one",
        "delta/d-only",
        "delta/smoke",
    ]
    assert ids(kit.book.with_id("d-one", any_format=True)) == ["delta/d-one"]


def test_the_demo_model_is_there_by_name_only(kit):
    assert kit.book.find("demo", "demo")["api"] == "demo"
    assert ids(kit.book.with_id("Demo")) == ["demo/demo"]
    assert ids(kit.book.with_id("faux")) == ["faux/faux"]
    assert kit.book.mentioning("demo") == []
    assert "demo" not in kit.book.providers()
    assert kit.book.usable("demo")
    assert kit.book.find("demo", "other") is None


def test_an_own_model_called_demo_is_the_users(tmp_path):
    own = {"providers": {"demo": {**OWN["providers"]["mock"], "models": [{"id": "demo"}]}}}
    book = modelkit.Kit(tmp_path, own=own).book
    assert book.find("demo", "demo")["baseUrl"] == "http://mock/v1"


def test_a_part_of_the_book(kit):
    part = kit.book.among(lambda provider: provider in ("beta", "mock"))
    assert part.providers() == ["beta", "mock"]
    assert ids(part.with_id("shared")) == ["beta/shared"]
    assert part.split("alpha/a-small") is None
    assert kit.book.split("alpha/a-small") == ("alpha", "a-small")


def test_an_improvised_model_is_like_the_usual_one_without_its_price(kit):
    model = kit.book.improvised("alpha", "brand-new", None)
    assert (model["id"], model["name"], model["baseUrl"]) == (
        "brand-new",
        "brand-new",
        "https://alpha/v1",
    )
    assert model["reasoning"] is True  # as a-large
    assert "cost" not in model
    assert kit.book.improvised("beta", "x", "high")["reasoning"] is True
    assert kit.book.improvised("beta", "x", "off")["reasoning"] is False


def test_problems_of_single_models_are_collected(tmp_path):
    own = {"providers": {"m": {"apiKey": "k", "models": [{"id": "x"}]}}}
    kit = modelkit.Kit(tmp_path, own=own)
    assert kit.book.problems == []
    kit.book.models("m")
    kit.book.models("m")
    (problem,) = kit.book.problems
    assert problem.startswith(f"{tmp_path}/models.json: provider m: model")


def test_local_servers_are_asked_on_demand(tmp_path):
    local = [
        {**modelkit.row("qwen"), "provider": "ollama", "api": "openai-completions", "baseUrl": "u"},
        {**modelkit.row("x"), "provider": "mock", "api": "openai-completions", "baseUrl": "u"},
    ]
    kit = modelkit.Kit(tmp_path, own=OWN, local=local)
    assert kit.book.provider_named("ollama") is None
    assert not kit.book.usable("ollama")
    kit.book.discover("ollama")
    assert kit.probes == ["ollama"]
    assert kit.book.usable("ollama")
    assert ids(kit.book.with_id("qwen")) == ["ollama/qwen"]
    kit.book.discover()
    assert ids(kit.book.models("mock")) == ["mock/one", "mock/two"]  # the user's description holds
