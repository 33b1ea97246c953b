"""Where resources are looked for: what is fetched for it, what is imported, what is told."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from pi.assembly.configuration import open_configuration
from pi.assembly.placing import place_of
from pi.cancel import CancelToken
from pi.errors import Cancelled, UsageError
from tests import launch
from tests.packagekit import commit, skill, tree

PACKAGE = {"skills/a/SKILL.md": skill("a")}


@pytest.fixture
def declared(agent_home, tmp_path):
    commit(tmp_path / "repo", PACKAGE)
    text = f"git:file://{tmp_path}/repo"
    agent_home.write("settings.json", {"packages": [text]})
    return text


def configuration(home, **extra):
    environ = {key: value for key, value in launch.environment(home).items() if key != "PI_OFFLINE"}
    return open_configuration({**environ, **extra}, str(home.project))


def place(home, stream, *, token=None, **extra):
    return place_of(configuration(home, **extra), (), str(home.project), stream, token)


def test_a_missing_package_is_fetched_only_where_somebody_is_told(agent_home, declared):
    for stream, extra in ((None, {}), (io.StringIO(), {"PI_OFFLINE": "1"})):
        found = place(agent_home, stream, **extra)
        assert found.packages.packages == ()
        assert ["is not installed" in line for line in found.packages.problems] == [True]
        assert not (agent_home.agent / "git").exists()
    stream = io.StringIO()
    found = place(agent_home, stream)
    assert [each.text for each in found.packages.packages] == [declared]
    assert stream.getvalue() == f"clone {declared}\n"
    assert place(agent_home, None).packages.packages == found.packages.packages


def test_an_abort_ends_it(agent_home, declared):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        place(agent_home, io.StringIO(), token=token)
    assert not list(agent_home.agent.glob("git/*/*"))


def test_what_is_named_must_be_there(agent_home):
    configured = configuration(agent_home)
    with pytest.raises(UsageError, match=r"-e names what is not there: .*gone"):
        place_of(configured, ["./gone"], str(agent_home.project))


def test_without_packages_nothing_of_them_is_imported(agent_home):
    tree(agent_home.agent, {"skills/a/SKILL.md": skill("a"), "extensions/e.py": ""})
    code = (
        "import os, sys\n"
        "from pi.assembly.configuration import open_configuration\n"
        "from pi.assembly.placing import place_of\n"
        "from pi.resources.discover import discover\n"
        "configured = open_configuration(os.environ, os.getcwd())\n"
        "found = place_of(configured, (), os.getcwd(), sys.stderr)\n"
        "for kind in ('extensions', 'skills', 'prompts', 'themes'):\n"
        "    print(len(discover(kind, found, (), is_closed=False)[0]), end=' ')\n"
        "print([name for name in sys.modules if name.startswith('pi.packages')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=agent_home.project,
        env={**launch.environment(agent_home), "PYTHONPATH": str(launch.ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("1 1 0 0 []\n", "")
