"""The examples: each is run as its users run it, with the scripted model and no key."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import pi
from pi.providers.faux import faux_model
from tests.launch import ROOT, make_home

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
LONGEST = 40


@pytest.fixture
def home(tmp_path):
    home = make_home(tmp_path)
    (home.project / "README.md").write_text("# Garden\n\nTomatoes.\n")
    return home


@pytest.fixture
def run(home):
    """Runs an example in the project; returns what it printed."""

    def run_example(name, *words):
        environ = {
            "HOME": str(home.home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PI_OFFLINE": "1",
        }
        command = [sys.executable, "-W", "error", str(ROOT / "examples" / name), *words]
        done = subprocess.run(
            command, cwd=home.project, env=environ, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    return run_example


def test_every_example_is_tested_short_and_listed():
    tested = set(re.findall(r'run\(\s*"(\w+\.py)"', (ROOT / "tests/test_examples.py").read_text()))
    listed = set(re.findall(r"\]\((\w+\.py)\)", (ROOT / "examples/README.md").read_text()))
    names = {path.name for path in EXAMPLES}
    assert names == tested == listed
    assert [path.name for path in EXAMPLES if len(path.read_text().splitlines()) > LONGEST] == []


def test_hello(run, home):
    assert "README.md" in run("hello.py")
    assert home.session_files() == []


def test_streaming(run):
    lines = run("streaming.py").splitlines()
    assert lines[1] == "> bash {'command': 'ls -A | head -n 100'}"
    assert [line for line in lines if line.startswith("< ")] == ["< bash done", "< read done"]
    assert "    # Garden" in lines


def test_own_tool(run):
    assert run("own_tool.py") == 'It says {"pieces":0,"enough":false}\n'


def test_go_on(run, home):
    assert run("go_on.py").startswith("0 question(s) so far")
    (home.project / "new.txt").write_text("")
    told = run("go_on.py")
    assert told.startswith("1 question(s) so far")
    assert "new.txt" in told
    assert len(home.session_files()) == 1


def test_fork(run):
    told = run("fork.py")
    fork, first, again = re.split(r"^(?=the first:|instead of)", told, flags=re.MULTILINE)
    assert "    one" in fork
    assert "idea.txt" in first
    assert "'run `ls`'" in again
    assert "3 idea.txt" in again


def test_steer_and_abort(run):
    lines = run("steer_and_abort.py").splitlines()
    assert lines[:2] == ["said: run `sleep 1; echo one`", "said: run `echo two`"]
    assert "    two" in lines
    assert lines[-1] == "then: aborted"


def test_hand_over(run):
    told = run("hand_over.py")
    assert told.startswith("Demo (scripted, no AI) says:")
    assert "    hello" in told
    assert told.endswith("Faux says: I was given 5 messages.\n")


def test_cost_report(run, home):
    prices = {"input": 1, "output": 2, "cacheRead": 0, "cacheWrite": 0}
    script = pi.Script([pi.Reply("one", usage={"input": 1_000_000, "output": 250_000})])
    environ = {"HOME": str(home.home), "PATH": os.environ["PATH"]}
    for cost in (prices, prices, None):
        model = faux_model(script, id="free" if cost is None else "paid", cost=cost)
        with pi.create(cwd=str(home.project), model=model, environ=environ) as conversation:
            conversation.ask("hi")
    _, free, paid = run("cost_report.py").splitlines()
    assert free.split() == ["faux/free", "1", "1250000", "unknown"]
    assert paid.split() == ["faux/paid", "2", "2500000", "3.0000"]


def test_batch(run, home):
    for name in ("a.txt", "b.txt"):
        (home.project / name).write_text(f"all about {name}\n")
    assert run("batch.py", "a.txt", "b.txt").splitlines() == [
        "a.txt: all about a.txt",
        "b.txt: all about b.txt",
    ]
    assert "failed: no model matches" in run("batch.py", "-m", "no-such-model", "a.txt")


def test_over_rpc(run, home):
    told = run("over_rpc.py")
    assert "> bash {'command': 'ls -A | head -n 100'}" in told
    assert told.endswith("\nanswers so far: 3\n")
    assert home.session_files() == []


def test_move(run):
    first, second, *rest = run("move.py").splitlines()
    assert first.endswith("characters of JSON: send them anywhere")
    assert second == "4 messages came along; the garden too"
    assert "    21 tomatoes" in rest


def test_own_store(run, home):
    assert run("own_store.py", "t-7").startswith("t-7: 0 question(s) so far")
    assert run("own_store.py", "t-7").startswith("t-7: 1 question(s) so far")
    assert run("own_store.py", "t-8").startswith("t-8: 0 question(s) so far")
    assert home.session_files() == []


def test_a_word_of_the_examples_readme_that_starts_one_is_right():
    shown = re.findall(r"python3 (examples/\w+\.py)", (ROOT / "examples/README.md").read_text())
    assert shown
    assert [path for path in shown if not (ROOT / path).is_file()] == []


def test_rpc_extension_ui(run):
    lines = run("rpc_extension_ui.py").splitlines()
    assert "confirm: Sure?" in lines
    assert lines[-1] == (
        "notify: colour=green sure=True name=the door text=A green door. late=None"
    )
