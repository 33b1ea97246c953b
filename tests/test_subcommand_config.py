"""`pi config`: reading and changing settings, and what it refuses."""

from __future__ import annotations

import json

import pytest

from pi import subcommands
from pi.errors import UsageError
from pi.resources import trust
from tests import launch


@pytest.fixture
def home(tmp_path):
    return launch.make_home(tmp_path)


@pytest.fixture
def pi(home, capsys):
    """pi("get", "theme") -> (status, what it printed)."""

    def pi(*words):
        status = subcommands.run(["config", *words], {"HOME": str(home.home)}, str(home.project))
        return status, capsys.readouterr().out

    return pi


def project_file(home):
    return home.project / ".pi/settings.json"


@pytest.mark.parametrize(
    ("key", "word", "value", "printed"),
    [
        ("theme", "dark", "dark", "dark\n"),
        ("retry.maxRetries", "5", 5, "5\n"),
        ("retry.enabled", "false", False, "false\n"),
        ("defaultModel", "5.1", "5.1", "5.1\n"),
        ("defaultModel", "é x", "é x", "é x\n"),
        ("skills", '["a", "!b"]', ["a", "!b"], '["a", "!b"]\n'),
        ("compaction.keepRecentTokens", "100", 100, "100\n"),
    ],
)
def test_what_is_set_is_what_is_got(home, pi, key, word, value, printed):
    home.write("settings.json", {"mine": {"kept": True}})
    assert pi("set", key, word)[0] == 0
    stored = json.loads((home.agent / "settings.json").read_text("utf-8"))
    assert stored.pop("mine") == {"kept": True}
    for part in key.split("."):
        stored = stored[part]
    assert stored == value
    assert pi("get", key) == (0, printed)
    assert json.loads(pi("get", key, "--json")[1]) == {"value": value, "source": "user"}
    assert pi("unset", key)[0] == 0
    assert json.loads(pi("get", key, "--json")[1])["source"] == "default"


def test_a_setting_without_a_value_is_status_1(pi):
    assert pi("get", "defaultModel") == (1, "")
    assert pi("get", "retry") == (1, "")


def test_list_names_values_and_sources(home, pi):
    home.write("settings.json", {"theme": "a", "own": 1})
    project_file(home).parent.mkdir()
    project_file(home).write_text('{"theme": "b"}')
    assert pi("list") == (0, 'theme = "a"  (user)\nown = 1  (user, unknown)\n')
    assert pi("list", "--approve")[1].startswith('theme = "b"  (project)\n')
    every = json.loads(pi("list", "--all", "--json")[1])
    assert every["retry.maxRetries"] == {"value": 3, "source": "default"}
    assert pi("get", "own") == (0, "1\n")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("set", "thme", "x"), "no setting is called thme; did you mean"),
        (("get", "nothing.like.it"), "no setting is called nothing.like.it"),
        (("unset", "nope"), "no setting is called nope"),
        (
            ("set", "retry.maxRetries", "many"),
            "expected a whole number of at least 0, got a string",
        ),
        (("set", "--", "retry.maxRetries", "-1"), "got -1"),
        (("set", "steeringMode", "both"), '"all" or "one-at-a-time", got "both"'),
        (("set", "theme", "null"), "unset theme"),
        (("set", "theme"), "give 2 word(s)"),
        (("set", "httpProxy", "x", "--project"), "only your own settings"),
        (("show",), "list, get, set, unset"),
        (("list", "--what"), "Unknown option: --what"),
    ],
)
def test_what_is_refused(home, pi, words, problem):
    with pytest.raises(UsageError) as caught:
        pi(*words)
    assert problem in str(caught.value)
    assert not (home.agent / "settings.json").exists()


def test_a_broken_file_is_left_alone(home, pi):
    (home.agent / "settings.json").write_text("{broken")
    with pytest.raises(UsageError, match="not valid JSON"):
        pi("set", "theme", "dark")
    assert (home.agent / "settings.json").read_text() == "{broken"


def test_a_project_that_was_trusted_stays_so_after_a_change_of_ones_own(home, pi):
    pi("set", "theme", "dark", "--project")
    trust.keep(str(home.agent), {str(home.project): True})
    pi("set", "shellPath", "/bin/sh", "-l")
    assert json.loads(project_file(home).read_text()) == {"theme": "dark", "shellPath": "/bin/sh"}
    assert json.loads(pi("get", "shellPath", "--json")[1])["source"] == "project"
    project_file(home).write_text('{"shellPath": "/tmp/other"}')  # somebody else's
    assert pi("get", "shellPath") == (1, "")
    pi("set", "theme", "light", "-l")
    assert pi("get", "shellPath") == (1, "")


def test_without_words_it_says_how(pi):
    assert pi()[1].startswith("pi config: ")
    assert pi("get", "--help")[1] == pi()[1]
