"""Models and keys joined together: what a run reads and imports for them, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pi.models.opening import open_models
from pi.models.select import Want, choose, usable_book
from pi.settings import load

ROOT = Path(__file__).resolve().parent.parent

SCRIPT = """
import json, os, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
sys.path.insert(0, sys.argv[1])
from pi import settings
from pi.models.opening import open_models
from pi.models.select import Want, choose, require
opened.clear()
before = set(sys.modules)
agent = sys.argv[2]
models = open_models(agent, dict(os.environ))
choice = choose(Want(**json.loads(sys.argv[3])), models, settings.load(agent))
model = require(choice, models)
print(json.dumps({
    "name": f"{model['provider']}/{model['id']}",
    "data": [name.split("/pi/data/")[1] for name in opened if "/pi/data/" in name],
    "modules": [name for name in sys.modules if name.split(".")[0] in ("pi", "subprocess", "ssl")],
}))
"""

OWN = {
    "providers": {
        "mock": {
            "baseUrl": "http://127.0.0.1:9/v1",
            "api": "openai-completions",
            "apiKey": "k",
            "models": [{"id": "x"}],
        }
    }
}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "models.json").write_text(json.dumps(OWN))

    def run(want, **environ):
        arguments = [sys.executable, "-c", SCRIPT, str(ROOT), str(tmp_path), json.dumps(want)]
        done = subprocess.run(
            arguments, env=environ, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.stderr == ""
        return json.loads(done.stdout)

    return run


def test_an_own_model_reads_no_catalogue_and_starts_nothing(run):
    found = run({"model": "mock/x"})
    assert found["name"] == "mock/x"
    assert set(found["data"]) <= {"models/mock.json"}  # tried, in case it ships
    unwanted = {
        "pi.models.local",
        "pi.models.scope",
        "pi.models.list",
        "pi.transport",
        "pi.proc",
        "pi.providers.demo",
        "pi.providers.openai_completions",
        "subprocess",
        "ssl",
    }
    assert not unwanted & set(found["modules"])


def test_a_shipped_model_reads_the_list_of_providers_and_one_file(run):
    found = run({"model": "anthropic/claude-opus-5-5"}, ANTHROPIC_API_KEY="k")
    assert found["name"] == "anthropic/claude-opus-5-5"
    assert set(found["data"]) == {"providers.json", "models/anthropic.json"}


def test_a_default_reads_only_the_file_of_its_provider(run):
    found = run({}, GROQ_API_KEY="k")
    assert found["name"] == "groq/openai/gpt-oss-120b"
    assert set(found["data"]) <= {"providers.json", "models/groq.json", "models/mock.json"}


def test_the_shipped_catalogue_works_as_a_whole(tmp_path):
    keyed = {"ANTHROPIC_API_KEY": "k", "OPENROUTER_API_KEY": "k", "DEEPSEEK_API_KEY": "k"}
    models = open_models(str(tmp_path), keyed)
    settings = load(str(tmp_path))
    assert choose(Want(), models, settings).model["id"] == "claude-opus-5-5"
    assert choose(Want(model="deepseek-v4-pro:high"), models, settings).thinking == "high"
    assert usable_book(models).providers() == ["anthropic", "deepseek", "openrouter"]
    assert models.warnings == []


def test_warnings_of_all_files(tmp_path):
    (tmp_path / "models.json").write_text("{")
    (tmp_path / "auth.json").write_text("[]")
    models = open_models(str(tmp_path), {"ANTHROPIC_API_KEY": "k"})
    assert choose(Want(), models, load(str(tmp_path))).model["provider"] == "anthropic"
    assert [line.split(": ")[0] for line in models.warnings] == [
        f"{tmp_path}/models.json",
        f"{tmp_path}/auth.json",
    ]
