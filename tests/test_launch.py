"""Running a `pi` under test: clean environment, honest results, nothing left behind."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time

import pytest

from tests import launch
from tests.fakeprovider.client_config import KEY, PROVIDERS, TOKEN

PROGRAM = """
import json, os, subprocess, sys, time
if sys.argv[1:] == ["hang"]:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(child.pid, flush=True)
    time.sleep(60)
print(json.dumps({"env": dict(os.environ), "argv": sys.argv[1:], "cwd": os.getcwd()}))
print(json.dumps({"stdin": sys.stdin.read()}))
print("warned", file=sys.stderr)
sys.exit(3)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A stand-in for pi that tells what it was given."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    monkeypatch.setenv("PI_TEST_COMMAND", shlex.join([sys.executable, str(path)]))
    monkeypatch.setenv("OPENAI_API_KEY", "inherited")
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.usefixtures("program")
def test_a_run_sees_a_clean_environment(run_pi, agent_home):
    done = run_pi("-p", "hi there", stdin="piped \u00fc", env={"EXTRA": "1", "LANG": None})
    seen, given = done.events
    assert (done.code, done.stderr) == (3, "warned\n")
    assert seen["argv"] == ["-p", "hi there"]
    assert seen["cwd"] == str(agent_home.project)
    assert given["stdin"] == "piped \u00fc"
    assert seen["env"].keys() - {"LC_CTYPE"} == {"PATH", "HOME", "TMPDIR", "PI_OFFLINE", "EXTRA"}
    assert seen["env"]["HOME"] == str(agent_home.home)


@pytest.mark.usefixtures("program")
def test_a_run_that_hangs_is_killed_with_its_children(run_pi):
    with pytest.raises(AssertionError, match="did not end within") as caught:
        run_pi("hang", timeout_s=1)
    child = int(str(caught.value).partition("stdout: b'")[2].partition("\\n")[0])
    deadline = time.monotonic() + 10
    while is_running(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(pid):
    """Whether a process runs; one that only waits to be collected does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return shown.stdout.strip()[:1] not in (b"", b"Z")


def test_the_command_is_this_tree_or_what_was_asked_for(monkeypatch):
    monkeypatch.delenv("PI_TEST_COMMAND", raising=False)
    assert launch.command() == [sys.executable, str(launch.ROOT / "pi.py")]
    monkeypatch.setenv("PI_TEST_COMMAND", "pyproject.toml -x")
    assert launch.command() == [str(launch.ROOT / "pyproject.toml"), "-x"]
    monkeypatch.setenv("PI_TEST_COMMAND", "python3 'a b.py'")
    assert launch.command() == ["python3", "a b.py"]


def test_the_home_points_to_the_provider(agent_home, provider):
    config = json.loads((agent_home.agent / "models.json").read_text())
    assert {name: row["api"] for name, row in config["providers"].items()} == PROVIDERS
    assert PROVIDERS["fake-openai"] == "openai-completions"
    for row in config["providers"].values():
        assert row["baseUrl"].startswith(provider.url)
        is_sign_in = row["api"] == "openai-codex-responses"
        assert row["apiKey"] == (TOKEN if is_sign_in else KEY)
    assert agent_home.session_files() == []
