"""Which packages are in force, from where they are loaded, and what is told instead."""

from __future__ import annotations

import json
import shutil

import pytest

from pi import settings
from pi.cancel import CancelToken
from pi.errors import PackageError, UsageError
from pi.packages import lock
from pi.packages.resolve import resolve
from pi.packages.site import Site, declared, settled
from pi.packages.source import parse
from pi.packages.stock import Stock
from pi.resources.discover import EXTENSIONS, Place, discover
from pi.value import Value
from tests.packagekit import EXTENSION, calls, commit, npm, skill, tree

PACKAGE = {
    "package.json": {"name": "lp", "version": "1.0.0"},
    "skills/a/SKILL.md": skill("a"),
    "prompts/p.md": "p",
    "extensions/e.py": EXTENSION,
}


class World(Value):
    """A home, a project, and what is said about packages there."""

    root: object
    site: Site

    def write(self, user=None, project=None):
        tree(self.root / "home/.pi/agent", {"settings.json": user or {}})
        tree(self.root / "app/.pi", {"settings.json": project or {}})

    def settings(self, *, trusted=True):
        return settings.load(self.site.agent_dir, self.site.project, trusted=trusted)

    def stock(self, environ=None):
        environ = {"PATH": __import__("os").environ["PATH"], **(environ or {})}
        return Stock(self.site, self.settings(), environ, CancelToken())

    def resolve(self, extra=(), *, stock=None, trusted=True):
        lend = None if stock is None else lambda: stock
        return resolve(self.site, self.settings(trusted=trusted), extra, self.site.project, lend)

    def find(self, kind, packages, *, closed=False):
        place = Place(
            self.site.agent_dir, self.site.home, self.site.project, self.site.project,
            True, self.settings(), packages,
        )  # fmt: skip
        found, problems = discover(kind, place, (), is_closed=closed)
        return found, problems


@pytest.fixture
def world(tmp_path):
    site = Site(str(tmp_path / "home/.pi/agent"), str(tmp_path / "app"), str(tmp_path / "home"))
    found = World(tmp_path, site)
    found.write()
    return found


def names(found):
    return [each.path.rsplit("/", 1)[-1] for each in found]


def test_the_projects_entry_takes_the_place_of_the_users(world):
    tree(world.root / "lp", PACKAGE)
    world.write({"packages": ["../../../lp"]}, {"packages": ["../../lp"]})
    found = world.resolve()
    assert [(each.text, each.scope) for each in found.packages] == [("../../lp", "project")]
    assert found.problems == ()
    skills, _ = world.find("skills", found)
    assert skills[0].info() == {
        "path": str(world.root / "lp/skills/a/SKILL.md"),
        "source": "../../lp",
        "scope": "project",
        "origin": "package",
        "baseDir": str(world.root / "lp"),
    }
    untrusted = world.resolve(trusted=False)
    assert [each.scope for each in untrusted.packages] == ["user"]


def test_a_delta_of_the_project_changes_the_users_package(world):
    tree(world.root / "lp", {**PACKAGE, "skills/b/SKILL.md": skill("b")})
    delta = {"source": "../../lp", "autoload": False, "skills": ["-skills/a"], "prompts": ["p.md"]}
    world.write({"packages": ["../../../lp"]}, {"packages": [delta]})
    found = world.resolve()
    assert [each.scope for each in found.packages] == ["project", "user"]
    skills, _ = world.find("skills", found)
    assert [(each.scope, each.path.split("/")[-2]) for each in skills] == [("user", "b")]
    assert [each.scope for each in world.find("prompts", found)[0]] == ["project"]


def test_identity_does_not_see_versions(world):
    texts = ["npm:x@1", "npm:x@2", "git:h.org/u/r@v1", "https://h.org/u/r.git", "./a", "a/../a"]
    world.write({"packages": texts})
    problems = []
    entries = settled(declared(world.settings(), problems), world.site)
    assert [entry.text for entry in entries] == ["npm:x@1", "git:h.org/u/r@v1", "./a"]
    assert problems == []


def test_entries_that_name_nothing_are_told_and_cost_no_other(world):
    tree(world.root / "lp", PACKAGE)
    world.write({"packages": ["npm:../x", {"source": " "}, "../../../lp", "../../../gone"]})
    found = world.resolve()
    assert [each.text for each in found.packages] == ["../../../lp"]
    assert len(found.problems) == 3
    assert "npm:../x: expected npm:NAME" in found.problems[0]
    assert "an entry has no source" in found.problems[1]
    assert "gone does not exist" in found.problems[2]


def test_a_file_is_one_extension(world):
    tree(world.root / "lp", {**PACKAGE, "a.ts": "x", "n.txt": "x"})
    world.write(
        {"packages": [f"../../../lp/{name}" for name in ("extensions/e.py", "a.ts", "n.txt")]}
    )
    found = world.resolve()
    extensions, problems = world.find(EXTENSIONS, found)
    assert [(each.path, each.base) for each in extensions] == [
        (str(world.root / "lp/extensions/e.py"), str(world.root / "lp/extensions"))
    ]
    assert ["a.ts" in line for line in problems] == [True]
    assert "n.txt: is neither a folder nor a Python file" in found.problems[0]


def test_what_the_command_line_names_comes_first_and_stays(world):
    tree(world.root / "lp", PACKAGE)
    tree(world.root / "own", {"__init__.py": EXTENSION})
    tree(world.root / "home/.pi/agent/extensions", {"u.py": EXTENSION})
    found = world.resolve(["../lp", "../own", "../lp/extensions/e.py"])
    extensions, _ = world.find(EXTENSIONS, found)
    assert names(extensions) == ["e.py", "__init__.py", "u.py"]
    assert extensions[0].info() == {
        "path": str(world.root / "lp/extensions/e.py"),
        "source": "cli",
        "scope": "temporary",
        "origin": "top-level",
    }
    assert names(world.find(EXTENSIONS, found, closed=True)[0]) == ["e.py", "__init__.py"]
    assert names(world.find("skills", found, closed=True)[0]) == ["SKILL.md"]
    with pytest.raises(UsageError, match=r"-e names what is not there: .*/nowhere"):
        world.resolve(["nowhere"])
    with pytest.raises(PackageError, match="nothing may be fetched"):
        world.resolve(["npm:x"])


def test_a_missing_package_is_installed_once_it_may_be(world):
    commit(world.root / "repo", PACKAGE)
    text = f"git:file://{world.root}/repo"
    world.write({"packages": [text]})
    offline = world.resolve()
    assert offline.packages == ()
    assert "is not installed" in offline.problems[0]
    found = world.resolve(stock=world.stock())
    assert found.problems == ()
    assert found.fresh == ("user",)
    assert names(world.find("skills", found)[0]) == ["SKILL.md"]
    assert lock.read(world.site.lock_path("user"))
    assert world.resolve() == type(found)(found.packages, (), ())


def test_a_failed_install_is_a_line_and_is_tried_again(world):
    program = npm(world.root / "npm")
    tree(world.root / "npm/packages/tools", PACKAGE)
    tree(world.root / "lp", PACKAGE)
    (world.root / "npm/fails").touch()
    world.write({"npmCommand": [str(program)], "packages": ["npm:tools@1.0.0", "../../../lp"]})
    found = world.resolve(stock=world.stock())
    assert [each.text for each in found.packages] == ["../../../lp"]
    assert "npm:tools@1.0.0: could not be installed" in found.problems[0]
    assert "pi remove npm:tools@1.0.0" in found.problems[0]
    (world.root / "npm/fails").unlink()
    assert world.resolve(stock=world.stock()).problems == ()
    assert len(calls(world.root / "npm")) == 2
    world.resolve(stock=world.stock())
    assert len(calls(world.root / "npm")) == 2


def test_another_version_in_the_settings_is_installed(world):
    program = npm(world.root / "npm")
    tree(world.root / "npm/packages/tools", PACKAGE)
    world.write({"npmCommand": [str(program)], "packages": ["npm:tools@1.0.0"]})
    world.resolve(stock=world.stock())
    tree(world.root / "npm/packages/tools", {"package.json": {"version": "2.0.0"}})
    world.write({"npmCommand": [str(program)], "packages": ["npm:tools@2.0.0"]})
    offline = world.resolve()
    assert [each.text for each in offline.packages] == ["npm:tools@2.0.0"]
    assert "another version of it is installed" in offline.problems[0]
    assert world.resolve(stock=world.stock()).problems == ()
    record = lock.read(world.site.lock_path("user"))["npm:tools"]
    assert (record.source, record.version) == ("npm:tools@2.0.0", "2.0.0")


def test_what_is_not_as_locked_is_left_out_with_the_difference(world):
    commit(world.root / "repo", PACKAGE)
    text = f"git:file://{world.root}/repo"
    world.write({}, {"packages": [text]})
    world.resolve(stock=world.stock())
    folder = world.site.folder(parse(text), "project")
    tree(world.root / folder, {"extensions/evil.py": EXTENSION, "prompts/p.md": "P"})
    found = world.resolve()
    assert found.packages == ()
    assert "new extensions/evil.py" in found.problems[0]
    assert "changed prompts/p.md" in found.problems[0]
    assert found.problems[0].isprintable()
    shutil.rmtree(folder)
    assert world.resolve(stock=world.stock()).problems == ()


def test_a_lock_file_that_cannot_be_read_lets_nothing_through_that_it_is_about(world):
    commit(world.root / "repo", PACKAGE)
    tree(world.root / "lp", PACKAGE)
    text = f"git:file://{world.root}/repo"
    world.write({"packages": [text, "../../../lp"]})
    world.resolve(stock=world.stock())
    tree(world.root, {"home/.pi/agent/pi-lock.json": "{"})
    found = world.resolve(stock=world.stock())
    assert [each.text for each in found.packages] == ["../../../lp"]
    assert len(found.problems) == 1
    assert "pi-lock.json" in found.problems[0]


def test_packages_for_one_run_are_kept_for_the_next(world):
    repository = world.root / "repo"
    commit(repository, PACKAGE)
    text = f"git:file://{repository}"
    found = world.resolve([text], stock=world.stock())
    root = found.packages[0].root
    assert root.startswith(f"{world.site.agent_dir}/tmp/extensions/git/")
    assert [each.info()["source"] for each in world.find("prompts", found)[0]] == [text]
    commit(repository, {"prompts/q.md": "q"})
    found = world.resolve([text], stock=world.stock())
    assert names(world.find("prompts", found)[0]) == ["p.md", "q.md"]
    shutil.rmtree(repository)
    found = world.resolve([text], stock=world.stock())
    assert "the copy of the last time is used" in found.problems[0]
    assert names(world.find("prompts", found)[0]) == ["p.md", "q.md"]
    assert world.resolve([text]).packages[0].root == root
    assert json.loads((world.root / "home/.pi/agent/settings.json").read_text()) == {}


def test_a_wheel_has_its_resources_in_its_import_package(world):
    folder = world.root / "home/.pi/agent/pypi"
    tree(folder / "my-tools", {"my_tools/skills/a/SKILL.md": skill("a"), "dep/__init__.py": ""})
    tree(folder / "guard", {"guard/__init__.py": EXTENSION, "guard-1.dist-info/RECORD": ""})
    world.write({"packages": ["pypi:my_tools", "pypi:guard==1.0"]})
    found = world.resolve()
    assert names(world.find("skills", found)[0]) == ["SKILL.md"]
    extensions, _ = world.find(EXTENSIONS, found)
    assert [(each.path, each.python_path) for each in extensions] == [
        (str(folder / "guard/guard/__init__.py"), str(folder / "guard"))
    ]


def test_a_folder_with_nothing_in_it_is_told(world):
    tree(world.root / "lp", {"notes.txt": "x"})
    world.write({"packages": ["../../../lp"]})
    found = world.resolve()
    assert found.problems == ("../../../lp: there is nothing in it that pi can load",)
    assert world.find(EXTENSIONS, found) == ([], [])


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, "CHANGELOG.md"),
        ({"changelogPath": 5}, "CHANGELOG.md"),
        ({"changelogPath": "./docs/C.md"}, "docs/C.md"),
        ({"changelogPath": ""}, None),
        ({"changelogPath": "docs"}, None),
        ({"changelogPath": "../out.md"}, None),
        ({"changelogPath": "a\0b"}, None),
    ],
)
def test_where_a_package_tells_of_changes(world, said, wanted):
    files = {"CHANGELOG.md": "x", "docs/C.md": "x", "../out.md": "x", "package.json": {"pi": said}}
    tree(world.root / "lp", {**PACKAGE, **files})
    world.write({"packages": ["../../../lp"]})
    [found] = world.find("prompts", world.resolve())[0]
    path = wanted and str(world.root / "lp" / wanted)
    assert found.info().get("changelogPath") == path


def test_names_of_the_references_own_extensions_cost_nothing(world):
    world.write({"extensions": ["builtin:mcp", "-builtin:codemode"]})
    assert world.find(EXTENSIONS, None) == ([], [])
    found = world.resolve(["builtin:mcp"])
    assert found.packages == ()
    assert "no built-in extensions" in found.problems[0]


def test_nothing_is_installed_through_a_link_out_of_the_project(world):
    commit(world.root / "repo", PACKAGE)
    (world.root / "elsewhere").mkdir()
    world.write({}, {"packages": [f"git:file://{world.root}/repo"]})
    (world.root / "app/.pi/git").symlink_to(world.root / "elsewhere")
    found = world.resolve(stock=world.stock())
    assert "leads out of the project" in found.problems[0]
    assert list((world.root / "elsewhere").iterdir()) == []
