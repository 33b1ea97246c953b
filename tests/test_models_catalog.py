"""The built-in catalogue: little is read for a little question, and the data is sound."""

from __future__ import annotations

import json

import pytest

from pi import runtime
from pi.models.catalog import Catalog
from pi.providers.registry import FORMATS
from tests import modelkit


@pytest.fixture
def kit(tmp_path):
    return modelkit.Kit(tmp_path)


def test_a_single_model_has_the_defaults_of_its_file(kit):
    model = kit.catalog.find("alpha", "a-large")
    assert (model["provider"], model["api"], model["type"]) == (
        "alpha",
        "openai-completions",
        "chat",
    )
    assert (model["input"], model["cost"]) == (["text"], modelkit.PRICE)
    assert kit.catalog.find("alpha", "a-small")["input"] == ["text", "image"]
    assert kit.reads == ["models/alpha.json"]


@pytest.mark.parametrize("name", ["a-larg", "A-LARGE", "Alpha Large", "", '"', "a-large,"])
def test_only_the_very_id_is_found(kit, name):
    assert kit.catalog.find("alpha", name) is None


@pytest.mark.parametrize("provider", ["nobody", "../settings", "a/b", "\0", ""])
def test_a_provider_without_data(kit, provider):
    assert kit.catalog.models(provider) == []
    assert kit.catalog.find(provider, "x") is None
    assert kit.catalog.mentioning(provider, "x") == []
    assert not kit.catalog.ships(provider)


def test_mentioning_is_a_text_search(kit):
    found = [model["id"] for model in kit.catalog.mentioning("alpha", "SMALL")]
    assert found == ["a-small", "a-small-20250101"]
    assert kit.catalog.mentioning("alpha", "nothing of it") == []
    assert len(kit.catalog.mentioning("alpha", "")) == 4


def test_single_lookups_agree_with_the_whole(kit):
    for provider in modelkit.PROVIDERS:
        for model in kit.catalog.models(provider):
            assert kit.catalog.find(provider, model["id"]) == model
            assert model in kit.catalog.mentioning(provider, model["name"])


def test_files_are_read_once(kit):
    for _ in range(2):
        kit.catalog.providers()
        kit.catalog.models("alpha")
        kit.catalog.models("nobody")
    assert kit.reads == ["providers.json", "models/alpha.json", "models/nobody.json"]


# --- the data that ships -------------------------------------------------------------------------

CATALOG = Catalog()


def test_every_provider_is_described():
    rows = CATALOG.providers()
    assert len(rows) == 43
    for provider, row in rows.items():
        assert row["name"], provider
        assert row["keys"] or row.get("signIn"), provider
        assert all(role in ("api_key", "bearer") for _, role in row["keys"]), provider


def test_every_model_is_whole():
    count = 0
    for provider in CATALOG.providers():
        models = CATALOG.models(provider)
        count += len(models)
        ids = [model["id"].lower() for model in models]
        assert len(set(ids)) == len(ids), provider
        for model in models:
            assert model["type"] == "chat"
            assert model["provider"] == provider
            assert model["name"], model["id"]
            assert isinstance(model["baseUrl"], str), model["id"]
            assert model["contextWindow"] > 0, model["id"]
            assert model["maxTokens"] > 0, model["id"]
            assert set(model["input"]) <= {"text", "image"}, model["id"]
            assert model["api"] in CATALOG.provider(provider)["apis"], model["id"]
            assert set(model["cost"]) >= {"input", "output", "cacheRead", "cacheWrite"}
            assert CATALOG.find(provider, model["id"]) == model
    assert count > 1600


def test_the_preferred_models_exist():
    for provider, row in CATALOG.providers().items():
        if row.get("default"):
            assert CATALOG.find(provider, row["default"]), provider
    assert next(iter(CATALOG.providers())) == "amazon-bedrock"


def test_some_of_it_can_be_spoken_to():
    spoken = [row for row in CATALOG.providers().values() if set(row["apis"]) & set(FORMATS)]
    assert len(spoken) > 20


def test_one_model_is_one_line():
    text = runtime.read_data("models/openrouter.json").decode()
    head, *lines = text.rstrip().removesuffix("]}").rstrip().split("\n")
    assert "defaults" in json.loads(head + "]}")
    assert all(line.startswith('{"id":"') for line in lines)
