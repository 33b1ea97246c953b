"""Bad input of the whole program: one clear line, the right status, never a traceback.

Here is what only a whole process shows; each reader of files and streams has cases of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests import launch

CHAT = ("--model", "fake-openai/fake-1")
FULL = "/dev/full"
LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execvp(sys.argv[2], sys.argv[2:])
"""


def in_shell(home, line):
    """Run a shell line in which PI stands for pi."""
    words = " ".join(f"'{word}'" for word in launch.command())
    return subprocess.run(
        ["sh", "-c", line.replace("PI", words)],
        cwd=home.project,
        env=launch.environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.skipif(not os.path.exists(FULL), reason="no such device here")
@pytest.mark.parametrize(
    "words", ["--help", "--version", "--list-models", "--model demo -p hi", "--mode json hi"]
)
def test_output_that_cannot_be_written_is_told(agent_home, provider, words):
    provider.reply("ok")
    done = in_shell(agent_home, f"PI {words} >{FULL}")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


@pytest.mark.skipif(not os.path.exists(FULL), reason="no such device here")
@pytest.mark.parametrize(("words", "status"), [("--nope", 2), ("--version", 0)])
def test_errors_that_cannot_be_written_change_no_status(agent_home, words, status):
    done = in_shell(agent_home, f"PI {words} 2>{FULL}")
    assert (done.returncode, done.stderr) == (status, "")


@pytest.mark.parametrize("limit", [0, 100, 3000])
def test_a_full_disk_is_one_line_and_what_was_said_stays(agent_home, provider, run_pi, limit):
    provider.reply("first", "second")
    assert run_pi(*CHAT, "-p", "one").code == 0
    (path,) = agent_home.session_files()
    before = path.read_bytes()
    size = len(before) + limit
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            LIMITED,
            str(size),
            *launch.command(),
            *CHAT,
            "-c",
            "-p",
            "x" * 5000,
        ],
        cwd=agent_home.project,
        env={**launch.environment(agent_home), "PYTHONPYCACHEPREFIX": "/nonexistent"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert process.returncode == 1
    assert process.stderr.startswith("Error: ")
    assert process.stderr.count("\n") == 1
    assert str(path) in process.stderr
    assert path.read_bytes().startswith(before)
    assert run_pi(*CHAT, "-c", "-p", "again").code == 0


@pytest.mark.parametrize("name", ["", "a b\n", "functions.read", "read\0", "x" * 300])
@pytest.mark.parametrize("model", ["fake-openai/fake-1", "fake-anthropic/fake-1"])
def test_a_tool_that_no_provider_would_take_back(run_pi, provider, model, name):
    provider.reply({"calls": [{"name": name, "arguments": {}}]}, "fine")
    done = run_pi("--model", model, "-p", "hi")
    assert (done.code, done.stdout, done.stderr) == (0, "fine\n", "")
    (turn,) = [turn for turn in provider.last.conversation.turns if turn.calls]
    ((call_id, sent, _),) = turn.calls
    assert sent
    assert provider.last.conversation.results_in_a_row[0][0] == call_id


def test_a_damaged_bytecode_cache_is_removed(agent_home, tmp_path):
    if os.environ.get("PI_TEST_COMMAND"):
        pytest.skip("the other artefacts have no cache")
    tree = tmp_path / "tree"
    shutil.copytree(launch.ROOT / "pi", tree / "pi", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(launch.ROOT / "pi.py", tree)
    words = [sys.executable, str(tree / "pi.py"), "--model", "demo", "-p", "hi"]

    def run():
        return subprocess.run(
            words,
            cwd=agent_home.project,
            env=launch.environment(agent_home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )

    assert run().returncode == 0
    (cached,) = (tree / "pi/__pycache__").glob("harness.*.pyc")
    os.truncate(cached, 100)
    broken = run()
    assert broken.returncode == 1
    assert broken.stderr.count("\n") == 1
    assert "run it again" in broken.stderr
    assert not cached.exists()
    mended = run()
    assert (mended.returncode, mended.stderr) == (0, "")


def test_a_failure_nobody_thought_of_is_one_line(agent_home, run_pi):
    agent_home.write("settings.json", {"sessionDir": "a\0b"})
    done = run_pi("--model", "demo", "-p", "hi")
    assert done.code != 0
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
