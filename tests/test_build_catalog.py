"""The catalogue's generator: what it keeps, what it refuses."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from pi.models.catalog import Catalog

SCRIPT = Path(__file__).resolve().parent.parent / "build" / "catalog.py"


@pytest.fixture
def build(tmp_path):
    spec = importlib.util.spec_from_file_location("build_catalog", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.DATA = tmp_path / "data"
    module.DEFAULTS = {"anthropic": "b", "groq": "x"}
    return module


def model(provider, model_id, **fields):
    cost = {"cacheRead": 1, "cacheWrite": 0, "input": 3, "output": 4, "tiers": []}
    return {
        "provider": provider,
        "id": model_id,
        "type": "chat",
        "name": model_id.title(),
        "api": "a1",
        "baseUrl": "https://x",
        "reasoning": False,
        "input": ["text"],
        "contextWindow": 10,
        "maxTokens": 5,
        "cost": cost,
        "litellmDiffers": {"cost": 1},
        **fields,
    }


def source(*models, **env):
    names = {each["provider"] for each in models}
    providers = {
        name: {"name": name, "env": env.get(name, []), "apis": ["a1"], "baseUrls": []}
        for name in names
    }
    return {"models": list(models), "providers": providers}


RESIZE = {"maxWidth": 2000, "maxHeight": 2000, "maxBytes": 4718592, "jpegQuality": 80}
SOURCE = source(
    model("anthropic", "a", compat={"s": True}, inputLimits={"images": {"resize": RESIZE}}),
    model("anthropic", "b", compat={"s": True}, input=["text", "image"]),
    model(
        "anthropic", "c", api="a2", inputLimits={"maxRequestBytes": 1, "images": {"resize": RESIZE}}
    ),
    model("anthropic", "picture", type="image"),
    model("groq", "x"),
    anthropic=["ANTHROPIC_API_KEY"],
    groq=["GROQ_API_KEY"],
)


def write(build, tmp_path, data, *arguments):
    path = tmp_path / "source.json"
    path.write_text(json.dumps(data))
    return build.main([str(path), *arguments])


def test_what_is_written_reads_back_as_it_was(build, tmp_path):
    assert write(build, tmp_path, SOURCE) == 0
    catalog = Catalog(lambda name: (build.DATA / name).read_bytes())
    found = {each["id"]: each for each in catalog.models("anthropic")}
    assert list(found) == ["a", "b", "c"]  # chat models only
    for given in SOURCE["models"][:3]:
        stored = found[given["id"]]
        for name in (
            "api",
            "baseUrl",
            "input",
            "cost",
            "contextWindow",
            "name",
            "provider",
            "type",
        ):
            assert stored[name] == given[name]
        assert (stored.get("compat") or {}) == given.get("compat", {})
        assert "litellmDiffers" not in stored
    assert "inputLimits" not in found["a"]  # the usual profile goes without saying
    assert found["c"]["inputLimits"] == {"maxRequestBytes": 1}
    assert list(found["a"]["cost"]) == ["input", "output", "cacheRead", "cacheWrite", "tiers"]


def test_providers_come_in_the_order_of_preference_with_their_keys(build, tmp_path):
    write(build, tmp_path, SOURCE)
    rows = Catalog(lambda name: (build.DATA / name).read_bytes()).providers()
    assert list(rows) == ["anthropic", "groq"]
    assert rows["groq"]["keys"] == [["GROQ_API_KEY", "api_key"]]
    assert rows["anthropic"]["keys"][0] == ["ANTHROPIC_AUTH_TOKEN", "bearer"]
    assert rows["anthropic"]["default"] == "b"


def test_a_check_tells_what_is_stale_and_writes_nothing(build, tmp_path):
    assert write(build, tmp_path, SOURCE, "--check") == 1
    assert not build.DATA.exists()
    write(build, tmp_path, SOURCE)
    assert write(build, tmp_path, SOURCE, "--check") == 0
    (build.DATA / "models" / "gone.json").write_text("{}")
    assert write(build, tmp_path, SOURCE, "--check") == 1
    write(build, tmp_path, SOURCE)
    assert not (build.DATA / "models" / "gone.json").exists()


@pytest.mark.parametrize(
    ("models", "says"),
    [
        ([model("groq", "X"), model("groq", "x")], "two models have one id"),
        ([model("groq", "other")], "its default model x is not in the list"),
        ([model("groq", "x", headers={"A": "$HOME"})], "a header would be interpolated"),
    ],
)
def test_what_the_catalogue_cannot_hold(build, tmp_path, models, says):
    with pytest.raises(SystemExit, match=says):
        write(build, tmp_path, source(model("anthropic", "b"), *models))


def test_a_variable_nobody_placed_is_refused(build, tmp_path):
    data = source(model("anthropic", "b"), model("groq", "x"), anthropic=["ANTHROPIC_NEW_THING"])
    with pytest.raises(SystemExit, match="AUTH does not know ANTHROPIC_NEW_THING"):
        write(build, tmp_path, data)
