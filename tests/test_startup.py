"""What a start loads: seen in `sys.modules`, never on a clock."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from pi.__main__ import main
from tests.fakeprovider import models_config
from tests.launch import ROOT

HEAVY = {
    "argparse", "asyncio", "dataclasses", "email", "http.client", "inspect", "json", "pathlib",
    "socket", "ssl", "subprocess", "tempfile", "typing", "urllib.request",
}  # fmt: skip

SCRIPT = """
import sys
sys.path.insert(0, {root!r})
before = set(sys.modules)
from pi.__main__ import main
status = main({words!r})
sys.stdout.flush()
import json
sys.stderr.write(json.dumps([status, sorted(set(sys.modules) - before)]))
"""


def loaded(words, tmp_path):
    """(status, modules loaded by it, stdout) of a run in an interpreter without site packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SCRIPT.format(root=str(ROOT), words=words)],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    status, modules = json.loads(done.stderr)
    return status, set(modules), done.stdout


@pytest.mark.parametrize("words", [["--version"], ["-v"], ["--help"], ["-h"]])
def test_version_and_help_load_nothing_heavy(words, tmp_path):
    status, modules, out = loaded(words, tmp_path)
    assert status == 0
    assert out.strip()
    assert modules & (HEAVY - {"json"}) == set()
    ours = {name for name in modules if name.startswith("pi.")}
    assert not any(name.startswith(("pi.providers", "pi.tui", "pi.tools")) for name in ours)
    assert list(tmp_path.iterdir()) == []


def test_version_loads_less_than_ten_modules_of_ours(tmp_path):
    _, modules, _ = loaded(["--version"], tmp_path)
    assert len([name for name in modules if name.split(".")[0] == "pi"]) < 10


def test_a_scripted_model_loads_no_network(tmp_path):
    status, modules, out = loaded(["--model", "demo", "-nt", "--no-session", "-p", "hi"], tmp_path)
    assert status == 0
    assert "demo" in out
    assert modules & {"asyncio", "email", "http", "inspect", "socket", "ssl", "urllib"} == set()


def test_without_extensions_nothing_of_them_is_loaded(tmp_path):
    (tmp_path / ".pi/agent/extensions").mkdir(parents=True)
    words = ["--model", "demo", "-nt", "--no-session", "-p", "hi"]
    status, modules, _ = loaded(words, tmp_path)
    assert status == 0
    ours = {name for name in modules if name.startswith(("pi.extensions", "pi.hosting."))}
    assert ours == {"pi.extensions", "pi.extensions.nohooks"}


def test_only_the_chosen_wire_format_is_loaded(tmp_path, provider):
    agent = tmp_path / ".pi/agent"
    agent.mkdir(parents=True)
    (agent / "models.json").write_text(json.dumps(models_config(provider)))
    provider.reply("hello")
    words = ["--model", "fake-anthropic/fake-1", "--no-session", "-p", "hi"]
    status, modules, out = loaded(words, tmp_path)
    assert (status, out) == (0, "hello\n")
    assert "pi.providers.anthropic_messages" in modules
    assert "pi.providers.openai_completions" not in modules
    assert modules & {"asyncio", "inspect", "dataclasses", "typing"} == set()


def test_ctrl_c_while_the_program_is_still_being_read_ends_it_quietly(monkeypatch, capsys):
    def interrupted(words):
        assert words == ["list"]
        raise KeyboardInterrupt

    monkeypatch.setattr("pi.cli.run", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr() == ("", "")
