"""Project trust: what needs it, who decides, what is kept, and when it no longer holds."""

from __future__ import annotations

import json
import os

import pytest

from pi.resources import executable, trust
from pi.settings.jsonfile import FileError
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


class World(Value):
    """A home, its agent folder and a project below one temporary folder."""

    home: Path
    agent: Path
    project: Path

    def decide(self, **options):
        return trust.decide(str(self.project), str(self.agent), str(self.home), **options)

    def write(self, name, text=""):
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def keep(self, decisions):
        (self.agent / "trust.json").write_text(json.dumps(decisions))


@pytest.fixture
def world(tmp_path):
    found = World(tmp_path / "home", tmp_path / "home/.pi/agent", tmp_path / "home/src/app")
    found.agent.mkdir(parents=True)
    found.project.mkdir(parents=True)
    return found


def test_a_project_that_brings_nothing_needs_no_trust(world):
    (world.project / ".pi").mkdir()
    world.write("AGENTS.md", "be brief")
    (world.home / ".agents/skills").mkdir(parents=True)  # the user's own
    assert world.decide() == trust.Trust(True, "nothing")


@pytest.mark.parametrize("name", trust.GATED)
def test_each_part_of_the_pi_folder_needs_trust(world, name):
    world.write(f".pi/{name}")
    found = world.decide()
    assert (found.is_trusted, found.basis, found.gated) == (False, "undecided", (f".pi/{name}",))


def test_shared_skills_here_and_above_need_trust(world):
    (world.project / ".agents/skills").mkdir(parents=True)
    (world.home / "src/.agents/skills").mkdir(parents=True)
    above = str((world.home / "src/.agents/skills").resolve())
    assert world.decide().gated == (".agents/skills", above)


@pytest.mark.parametrize(
    ("approval", "kept", "default", "expected"),
    [
        ("approve", False, "never", (True, "flag")),
        ("no-approve", True, "always", (False, "flag")),
        ("untrusted", True, "always", (False, "flag")),
        (None, True, "never", (True, "kept")),
        (None, False, "always", (False, "kept")),
        (None, None, "always", (True, "setting")),
        (None, None, "never", (False, "setting")),
        (None, None, "ask", (False, "undecided")),
    ],
)
def test_the_first_that_says_something_decides(world, approval, kept, default, expected):
    world.write(".pi/settings.json", "{}")
    world.keep({str(world.project): kept})
    found = world.decide(approval=approval, default=default)
    assert (found.is_trusted, found.basis) == expected


def test_the_nearest_decision_above_counts_and_links_are_followed(world, tmp_path):
    world.write(".pi/SYSTEM.md")
    world.keep({str(world.home): True, str(world.project.parent): False})
    assert not world.decide().is_trusted
    world.keep({str(world.home): True, str(world.project.parent): None})
    assert world.decide().is_trusted
    link = tmp_path / "link"
    link.symlink_to(world.project)
    assert trust.kept(str(world.agent), str(link)) == (str(world.home), True)


@pytest.mark.parametrize("text", ["{", "[1]", "nonsense"])
def test_a_broken_store_trusts_nobody_and_is_left_alone(world, text):
    world.write(".pi/settings.json", "{}")
    (world.agent / "trust.json").write_text(text)
    found = world.decide()
    assert not found.is_trusted
    assert "trust.json" in found.remarks()[0]
    with pytest.raises(FileError):
        trust.keep(str(world.agent), {str(world.project): True})
    assert (world.agent / "trust.json").read_text() == text


@pytest.mark.parametrize("default", ["ask", "always", "never"])
def test_a_broken_store_may_hold_a_no_so_the_default_opens_nothing(world, default):
    world.write(".pi/settings.json", "{}")
    (world.agent / "trust.json").write_text("{")
    found = world.decide(default=default)
    assert (found.is_trusted, found.basis) == (
        False,
        "setting" if default == "never" else "undecided",
    )
    (world.agent / "trust.json").unlink()
    assert world.decide(default=default).is_trusted == (default == "always")


def test_strange_decisions_count_as_none_and_survive(world):
    world.write(".pi/settings.json", "{}")
    world.keep({str(world.project): "yes", "/other": 5})
    assert world.decide().basis == "undecided"
    trust.keep(str(world.agent), {str(world.home): False})
    kept = json.loads((world.agent / "trust.json").read_text())
    assert kept == {str(world.project): "yes", "/other": 5, str(world.home): False}


def test_decisions_are_kept_sorted_by_real_path_and_forgotten(world, tmp_path):
    link = tmp_path / "a-link"
    link.symlink_to(world.project)
    trust.keep(str(world.agent), {str(link): True, "/zz": False, "/aa": False})
    text = (world.agent / "trust.json").read_text()
    assert list(json.loads(text)) == ["/aa", str(world.project), "/zz"]
    trust.keep(str(world.agent), {str(world.project): None, "/aa": None, "/zz": None})
    assert json.loads((world.agent / "trust.json").read_text()) == {}
    assert executable.recorded(str(world.agent), str(world.project)) is None


# --- bound to the content ------------------------------------------------------------------------


def test_what_runs_is_on_record_from_the_first_run_on(world):
    world.write(".pi/extensions/a.py", "one")
    world.keep({str(world.project): True})
    assert world.decide().is_trusted
    world.write(".pi/extensions/a.py", "two")
    found = world.decide()
    assert (found.is_trusted, found.basis) == (False, "changed")
    assert found.changed == (".pi/extensions/a.py",)
    assert ".pi/extensions/a.py" in found.remarks()[0]
    assert world.decide(approval="approve").is_trusted
    assert not world.decide().is_trusted  # one run's approval is no decision
    trust.keep(str(world.agent), {str(world.project): True})
    assert world.decide().basis == "kept"


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        (".pi/extensions/new.py", "x", ".pi/extensions/new.py"),
        (".pi/extensions/pack/deep/x.py", "x", ".pi/extensions/pack/deep/x.py"),
        (".pi/mcp.json", "{}", ".pi/mcp.json"),
        (".pi/settings.json", '{"shellPath": "/tmp/x"}', ".pi/settings.json: shellPath"),
        (".pi/settings.json", '{"packages": ["npm:x"]}', ".pi/settings.json: packages"),
        ("tool/ext.py", "changed", "tool/ext.py"),
    ],
)
def test_more_to_run_is_asked_for_again(world, name, text, part):
    world.write("tool/ext.py", "as it was")
    world.write(".pi/settings.json", '{"extensions": ["../tool/ext.py"]}')
    trust.keep(str(world.agent), {str(world.project): True})
    assert world.decide().is_trusted
    if name == ".pi/settings.json":
        text = json.dumps({"extensions": ["../tool/ext.py"], **json.loads(text)})
    world.write(name, text)
    assert world.decide().changed == (part,)


def _alias(world):
    os.symlink(world.project, world.home / "alias")
    return str(world.home / "alias/lib/ext.py")


@pytest.mark.parametrize(
    "entry",
    [
        lambda world: "../lib/ext.py",
        lambda world: f" {world.project}/lib/ext.py ",
        lambda world: "~/src/app/lib/ext.py",
        lambda world: "../lib/e\0xt.py",
        lambda world: "../lib",
        _alias,
    ],
)
def test_an_extension_of_the_project_counts_however_it_is_named(world, monkeypatch, entry):
    monkeypatch.setenv("HOME", str(world.home))
    world.write("lib/ext.py", "as it was")
    world.write(".pi/settings.json", json.dumps({"extensions": [entry(world)]}))
    trust.keep(str(world.agent), {str(world.project): True})
    assert world.decide().is_trusted
    world.write("lib/ext.py", "changed")
    found = world.decide()
    assert (found.basis, len(found.changed)) == ("changed", 1)
    assert os.path.samefile(world.project / found.changed[0], world.project / "lib/ext.py")


@pytest.mark.parametrize("link", ["src/tool", "src/tool/__init__.py"])
def test_links_in_a_local_package_are_followed_within_the_project(world, link):
    world.write("src/tool/__init__.py", "def extend(pi): ...")
    place = link.replace("src/", "pack/extensions/")
    os.makedirs(os.path.dirname(world.project / place))
    os.symlink(world.project / link, world.project / place)
    world.write(".pi/settings.json", '{"packages": ["../pack"]}')
    trust.keep(str(world.agent), {str(world.project): True})
    assert world.decide().is_trusted
    world.write("src/tool/__init__.py", "changed")
    assert world.decide().changed == ("pack/extensions/tool/__init__.py",)


def test_texts_and_harmless_settings_may_change(world):
    world.write(".pi/settings.json", '{"shellPath": "/bin/sh", "theme": "a"}')
    world.write(".pi/extensions/a.py", "x")
    trust.keep(str(world.agent), {str(world.project): True})
    world.write(".pi/settings.json", '{"theme": "b"}')
    world.write(".pi/skills/x/SKILL.md", "new")
    world.write(".pi/SYSTEM.md", "new")
    world.write(".pi/extensions/__pycache__/a.pyc", "compiled")
    (world.project / ".pi/extensions/a.py").unlink()
    assert world.decide().basis == "kept"


def test_a_broken_record_is_told_and_stops_nobody(world):
    world.write(".pi/extensions/a.py", "x")
    world.keep({str(world.project): True})
    (world.agent / "trusted-content.json").write_text("{")
    found = world.decide()
    assert found.is_trusted
    assert "trusted-content.json" in found.remarks()[0]


def test_what_is_on_record_ends_somewhere(world, monkeypatch):
    monkeypatch.setattr(executable, "LIMIT_BYTES", 10)
    monkeypatch.setattr(executable, "LIMIT_FILES", 3)
    for name in "abcde":
        world.write(f".pi/extensions/{name}.py", name * 6)
    (world.project / ".pi/extensions/loop").symlink_to(world.project)
    os.mkfifo(world.project / ".pi/extensions/a.pipe")
    found = executable.fingerprint(str(world.project))
    assert len(found) == 4
    assert len(set(found.values())) == 4
    world.write(".pi/extensions/e.py", "longer than before")
    assert executable.difference(found, executable.fingerprint(str(world.project))) == [
        executable.REST
    ]


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ("../x.py", "x.py"),
        ("~/project/x.py", "x.py"),
        ("..", "x.py"),
        ("../tool/..", "tool/__init__.py"),
        (".", "linked/helper.py"),
    ],
)
def test_code_that_is_named_or_linked_is_asked_about_again(world, monkeypatch, entry, part):
    monkeypatch.setenv("HOME", str(world.project.parent))
    entry = entry.replace("~/project", f"~/{world.project.name}")
    world.write(".pi/settings.json", json.dumps({"extensions": [entry]}))
    for name in ("x.py", "tool/__init__.py", "linked/helper.py"):
        world.write(name, "before")
    folder = world.project / ".pi/extensions"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "link").symlink_to("../../linked")
    (folder / "again").symlink_to("../extensions")
    trust.keep(str(world.agent), {str(world.project): True})
    assert world.decide().basis == "kept"
    world.write(part, "changed")
    changed = world.decide().changed
    assert [os.path.basename(name) for name in changed] == [os.path.basename(part)]


@pytest.mark.parametrize("setting", ["extensions", "packages"])
def test_what_a_named_file_can_import_counts_too(world, setting):
    world.write("lib/guard.py", "import rules")
    world.write("lib/rules.py", "one")
    world.write("lib/notes.txt", "one")
    world.write(".pi/settings.json", json.dumps({setting: ["../lib/guard.py"]}))
    trust.keep(str(world.agent), {str(world.project): True})
    assert world.decide().is_trusted
    world.write("lib/notes.txt", "two")
    assert world.decide().is_trusted
    world.write("lib/rules.py", "two")
    assert world.decide().changed == ("lib/rules.py",)


def test_outside_paths_are_not_looked_at(world, tmp_path):
    (tmp_path / "secret").write_text("x")
    entries = ["../../../../secret", "/etc/passwd", "a\0b", "..", 5, "-x"]
    world.write(".pi/settings.json", json.dumps({"extensions": entries}))
    found = executable.fingerprint(str(world.project))
    assert list(found) == [".pi/settings.json: extensions"]
