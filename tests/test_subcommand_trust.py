"""`pi trust`: what it tells, and what it keeps."""

from __future__ import annotations

import json

import pytest

from pi import subcommands
from pi.errors import UsageError
from tests import launch


@pytest.fixture
def home(tmp_path):
    home = launch.make_home(tmp_path)
    (home.project / ".pi/extensions").mkdir(parents=True)
    (home.project / ".pi/extensions/a.py").write_text("x")
    return home


@pytest.fixture
def pi(home, capsys):
    def pi(*words, cwd=None):
        environ = {"HOME": str(home.home)}
        assert subcommands.run(["trust", *words], environ, str(cwd or home.project)) == 0
        return capsys.readouterr().out

    return pi


def test_it_tells_without_deciding(home, pi):
    assert pi() == (
        f"{home.project}: not trusted (nobody has decided)\n"
        "  loads .pi/extensions\n  runs  .pi/extensions/a.py\n"
    )
    assert not (home.agent / "trust.json").exists()
    assert pi(str(home.home)) == f"{home.home}: trusted (it brings nothing that needs trust)\n"


def test_yes_no_and_forget(home, pi):
    assert "trusted (decided for " in pi("yes")
    assert json.loads((home.agent / "trust.json").read_text()) == {str(home.project): True}
    (home.project / ".pi/extensions/b.py").write_text("y")
    told = pi()
    assert "not trusted (what it makes pi run has changed" in told
    assert "  runs  .pi/extensions/a.py\n  runs  .pi/extensions/b.py (new or changed)\n" in told
    assert ": trusted" in pi("yes")
    assert ": not trusted (decided for" in pi("no")
    assert "nobody has decided" in pi("forget")
    assert json.loads((home.agent / "trust.json").read_text()) == {}


def test_a_folder_above_decides_for_those_in_it(home, pi):
    above = home.project.parent
    pi("yes", "..")
    assert f"{home.project}: trusted (decided for {above})" in pi()


@pytest.mark.parametrize("words", [("maybe",), ("yes", "a", "b"), ("no", "nowhere"), ("--x",)])
def test_what_is_refused(home, pi, words):
    with pytest.raises(UsageError):
        pi(*words)
    assert not (home.agent / "trust.json").exists()
