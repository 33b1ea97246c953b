"""models.json: what is taken, and how much a mistake takes out."""

from __future__ import annotations

import json

import pytest

from pi.models import config

GOOD = {"baseUrl": "http://x/v1", "api": "openai-completions", "apiKey": "k"}


def load(tmp_path, value):
    path = tmp_path / "models.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return config.load(str(path))


def test_a_missing_or_empty_file_says_nothing(tmp_path):
    assert config.load(str(tmp_path / "none.json")).problems == []
    for text in ("", "{}", '{"$schema": "x", "providers": {}}'):
        found = load(tmp_path, text)
        assert (found.entries, found.problems) == ({}, [])


def test_comments_trailing_commas_and_a_byte_order_mark(tmp_path):
    text = '\ufeff// mine\n{"providers": {"m": {"baseUrl": "http://x", // here\n "models": [],},},}'
    assert load(tmp_path, text).entry("m")["baseUrl"] == "http://x"


def test_every_field_is_kept(tmp_path):
    model = {
        "id": "a",
        "name": "A",
        "reasoning": True,
        "thinkingLevelMap": {"low": "l", "max": None},
        "input": ["text", "image"],
        "inputLimits": {"maxRequestBytes": 5, "images": {"resize": {"jpegQuality": 80}}},
        "cost": {"input": 1, "output": 2, "cacheRead": 0, "cacheWrite": 0, "tiers": []},
        "promptCache": {"short": 300},
        "contextWindow": 5,
        "maxTokens": 5,
        "samplingParams": {"top_p": 1},
        "samplingParamsByThinkingLevel": {"off": {"top_k": 2}},
        "headers": {"X": "$Y"},
        "compat": {"supportsStore": True, "vllmPriority": -3, "newSwitch": 1},
        "somethingNew": 7,
    }
    found = load(tmp_path, {"providers": {"m": {**GOOD, "models": [model]}}})
    assert found.problems == []
    assert found.entry("m")["models"] == [model]


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ({"name": "no id"}, "providers.m.models[0].id: missing"),
        ({"id": ""}, "providers.m.models[0].id: expected a string that is not empty"),
        ({"id": "a", "contextWindow": "5"}, "providers.m.models[0].contextWindow: expected"),
        ({"id": "a", "maxTokens": 0}, "providers.m.models[0].maxTokens: expected a number above 0"),
        ({"id": "a", "cost": {"input": 1}}, "providers.m.models[0].cost.output: missing"),
        ({"id": "a", "input": ["audio"]}, "providers.m.models[0].input[0]: expected"),
        (
            {"id": "a", "compat": {"supportsStore": "y"}},
            "providers.m.models[0].compat.supportsStore",
        ),
        ({"id": "a", "headers": {"X-Y": 1}}, "providers.m.models[0].headers.X-Y: expected"),
        ({"id": "a", "thinkingLevelMap": {"low": 5}}, "providers.m.models[0].thinkingLevelMap.low"),
        ("a", "providers.m.models[0]: expected an object, got a string"),
    ],
)
def test_a_wrong_model_is_left_out_and_the_others_stay(tmp_path, model, path):
    entry = {**GOOD, "models": [model, {"id": "good"}]}
    found = load(tmp_path, {"providers": {"m": entry, "n": GOOD}})
    assert [row["id"] for row in found.entry("m")["models"]] == ["good"]
    assert found.entry("n")["apiKey"] == "k"
    assert any(line.startswith(f"{tmp_path}/models.json: {path}") for line in found.problems)


def test_a_wrong_override_is_left_out(tmp_path):
    overrides = {"a/b": {"reasoning": "yes"}, "c": {"reasoning": True}}
    found = load(tmp_path, {"providers": {"m": {"modelOverrides": overrides}}})
    assert found.entry("m")["modelOverrides"] == {"c": {"reasoning": True}}
    assert 'providers.m.modelOverrides["a/b"].reasoning' in found.problems[0]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"baseUrl": 5}, "providers.m.baseUrl: expected a string that is not empty, got 5"),
        ({"apiKey": ""}, "providers.m.apiKey: expected"),
        ({"headers": {"A": None, "B": 1}}, "providers.m.headers.B: expected a string, got 1"),
        ({"models": {}}, "providers.m.models: expected a list, got an object"),
        ({"modelOverrides": []}, "providers.m.modelOverrides: expected an object, got a list"),
        ({"oauth": "radius"}, "providers.m.baseUrl: missing"),
        ({"name": "only"}, "providers.m: says nothing"),
        ({}, "providers.m: says nothing"),
        (None, "providers.m: expected an object, got null"),
    ],
)
def test_a_wrong_provider_cannot_be_used_and_the_others_can(tmp_path, entry, says):
    found = load(tmp_path, {"providers": {"m": entry, "n": GOOD}})
    assert found.entry("m") is None
    assert says in found.broken["m"]
    assert list(found.entries) == ["n"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON at line 1"),
        ("[]", "expected an object, got a list"),
        ('{"providers": 5}', "providers: expected an object, got 5"),
        ('{"provider": {}}', "providers: expected an object, got nothing"),
    ],
)
def test_a_broken_file_is_one_line_and_no_more(tmp_path, text, says):
    found = load(tmp_path, text)
    (problem,) = found.problems
    assert problem.startswith(f"{tmp_path}/models.json: ")
    assert says in problem
    assert found.entries == {}


def test_no_key_is_repeated_in_a_problem(tmp_path):
    entry = {"baseUrl": "http://x", "apiKey": ["sk-very-secret"], "headers": {"A": ["sk-too"]}}
    problems = load(tmp_path, {"providers": {"m": entry}}).problems
    assert len(problems) == 2
    assert "sk-" not in " ".join(problems)


def test_a_former_provider_id_is_read_as_todays(tmp_path):
    found = load(tmp_path, {"providers": {"azure-openai-responses": {"baseUrl": "http://x"}}})
    assert list(found.entries) == ["azure"]


def test_the_later_of_two_models_of_one_id_counts(tmp_path):
    entry = {**GOOD, "models": [{"id": "a", "name": "1"}, {"id": "a", "name": "2"}]}
    assert load(tmp_path, {"providers": {"m": entry}}).entry("m")["models"][0]["name"] == "2"
