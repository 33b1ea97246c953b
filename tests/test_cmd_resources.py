"""`pi config resources|enable|disable`: what is on, and the filters that switch it."""

from __future__ import annotations

import json

import pytest

from tests.packagekit import EXTENSION, skill, tree


@pytest.fixture
def home(agent_home):
    tree(agent_home.home / "lp", {
        "skills/a/SKILL.md": skill("a"),
        "skills/b/SKILL.md": skill("b"),
        "extensions/guard/__init__.py": EXTENSION,
        "themes/night.json": "{}",
    })  # fmt: skip
    tree(agent_home.agent, {"skills/u/SKILL.md": skill("u"), "prompts/t.md": "t"})
    tree(agent_home.home, {".agents/skills/s/SKILL.md": skill("s")})
    tree(agent_home.project, {".pi/skills/ps/SKILL.md": skill("ps")})
    agent_home.write("settings.json", {"packages": ["../../lp"]})
    return agent_home


def off(run_pi, *words):
    done = run_pi("config", "resources", "--json", *words)
    assert (done.code, done.stderr) == (0, "")
    return {row["name"] for row in json.loads(done.stdout) if not row["enabled"]}


def user(home):
    return json.loads((home.agent / "settings.json").read_text())


def project(home):
    return json.loads((home.project / ".pi/settings.json").read_text())


def test_all_are_listed_with_where_they_come_from(run_pi, home):
    lines = run_pi("config", "resources").stdout.splitlines()
    assert lines == [
        "extensions:",
        "  on   guard  (user, ../../lp)",
        "skills:",
        f"  on   u  (user, {home.agent}/skills/u/SKILL.md)",
        f"  on   s  (user, {home.home}/.agents/skills/s/SKILL.md)",
        "  on   a  (user, ../../lp)",
        "  on   b  (user, ../../lp)",
        "prompts:",
        f"  on   t  (user, {home.agent}/prompts/t.md)",
        "themes:",
        "  on   night  (user, ../../lp)",
    ]
    assert "ps" in run_pi("config", "resources", "--approve").stdout


def test_switching_writes_the_references_filters(run_pi, home):
    assert run_pi("config", "disable", "skills", "a").stdout.startswith("skills: a is off")
    assert user(home)["packages"] == [{"source": "../../lp", "skills": ["-skills/a/SKILL.md"]}]
    run_pi("config", "disable", "extension", "guard")
    run_pi("config", "disable", "prompts", "t")
    run_pi("config", "disable", "skill", "u")
    run_pi("config", "disable", "skill", "s")
    found = user(home)
    assert found["packages"][0]["extensions"] == ["-extensions/guard/__init__.py"]
    assert found["prompts"] == ["-prompts/t.md"]
    assert found["skills"] == ["-skills/u/SKILL.md", f"-{home.home}/.agents/skills/s/SKILL.md"]
    assert off(run_pi) == {"a", "guard", "t", "u", "s"}
    for kind, name in (("skills", "a"), ("extensions", "guard"), ("skills", "u")):
        assert run_pi("config", "enable", kind, name).code == 0
    assert off(run_pi) == {"t", "s"}
    assert user(home)["packages"][0]["skills"] == ["+skills/a/SKILL.md"]


def test_the_project_has_its_own_switches(run_pi, home):
    tree(home.project, {".pi/settings.json": {"theme": "dark"}})
    for kind, name in (("skills", "a"), ("skills", "u"), ("skills", "ps")):
        assert run_pi("config", "disable", kind, name, "-l", "-a").code == 0
    assert project(home) == {
        "theme": "dark",
        "packages": [
            {"source": "../../home/lp", "autoload": False, "skills": ["-skills/a/SKILL.md"]}
        ],
        "skills": [
            f"{home.agent}/skills/u/SKILL.md",
            f"-{home.agent}/skills/u/SKILL.md",
            "-skills/ps/SKILL.md",
        ],
    }
    assert off(run_pi, "-a") == {"a", "u", "ps"}
    assert off(run_pi) == set()
    assert user(home) == {"packages": ["../../lp"]}


def test_the_only_one_of_a_kind(run_pi, home):
    home.write("settings.json", {"packages": [{"source": "../../lp", "skills": []}]})
    assert off(run_pi) == {"a", "b"}
    run_pi("config", "enable", "skills", "b")
    assert off(run_pi) == {"a"}


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("disable", "skills", "zz"), 1, "zz: there is none"),
        (("disable", "things", "a"), 2, "no kind of resource"),
        (("disable", "skills"), 2, "pi config resources --help"),
        (("resources", "x"), 2, "pi config resources --help"),
        (("disable", "skills", "a", "-l"), 1, "Use --approve"),
        (("disable", "skills", "same"), 1, "there are several"),
    ],
)
def test_what_is_wrong_is_one_line(run_pi, home, words, code, why):
    tree(home.agent, {"skills/same/SKILL.md": skill("x")})
    tree(home.home, {"lp/skills/same/SKILL.md": skill("y")})
    done = run_pi("config", *words)
    assert (done.code, done.stdout) == (code, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
