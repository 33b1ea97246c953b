"""Installing, removing, updating, freezing and vendoring: files, lock file and settings."""

from __future__ import annotations

import json
import os
import shutil
import stat

import pytest

from pi import settings
from pi.cancel import CancelToken
from pi.errors import PackageError
from pi.packages import change, lock
from pi.packages.resolve import resolve
from pi.packages.site import Site, declared
from pi.packages.source import parse
from pi.packages.stock import Stock
from pi.value import Value
from tests.packagekit import EXTENSION, calls, commit, npm, skill, tree

PACKAGE = {
    "package.json": {"name": "tools", "version": "1.0.0"},
    "skills/a/SKILL.md": skill("a"),
    "extensions/e.py": EXTENSION,
    "extensions/a.ts": "x",
}
ENVIRON = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "HOME": "/nonexistent"}


class World(Value):
    """A home, a project, and a place for packages."""

    root: object
    site: Site
    told: list

    def stock(self):
        found = settings.load(self.site.agent_dir, self.site.project, trusted=True)
        return Stock(self.site, found, ENVIRON, CancelToken())

    def entries(self, scope="user"):
        problems = []
        found = settings.load(self.site.agent_dir, self.site.project, trusted=True)
        entries = [each for each in declared(found, problems) if each.scope == scope]
        assert problems == []
        return entries

    def install(self, text, scope="user"):
        change.install(self.stock(), scope, text, str(self.root), self.told.append)

    def data(self, name):
        return json.loads((self.root / name).read_text())

    def record(self, text, scope="user"):
        return lock.read(self.site.lock_path(scope)).get(lock.key_of(parse(text)))


@pytest.fixture
def world(tmp_path):
    site = Site(str(tmp_path / "home/.pi/agent"), str(tmp_path / "app"), str(tmp_path / "home"))
    tree(tmp_path, {"home/.pi/agent/settings.json": {}, "app/.pi/x": ""})
    return World(tmp_path, site, [])


USER = "home/.pi/agent/settings.json"


def test_a_local_package_is_declared_relative_to_the_settings(world):
    tree(world.root / "lp", PACKAGE)
    world.install("./lp")
    world.install(str(world.root / "x/../lp"))
    world.install("lp", "project")
    assert world.data(USER)["packages"] == ["../../../lp"]
    assert world.data("app/.pi/settings.json") == {"packages": ["../../lp"]}
    assert world.told[:2] == [
        "./lp: it runs code of its own: extensions/e.py",
        "./lp: not loadable here (TypeScript or JavaScript): extensions/a.ts",
    ]
    assert not os.path.exists(world.site.lock_path("user"))
    assert change.remove(world.stock(), "user", "./lp", str(world.root))
    assert change.remove(world.stock(), "project", "../../lp", "/")
    assert not change.remove(world.stock(), "user", "./lp", str(world.root))
    assert world.data(USER) == {"packages": []}
    assert (world.root / "lp/skills").is_dir()


def test_what_cannot_be_installed_is_not_declared(world):
    for text in ("./gone", "gone", f"git:file://{world.root}/gone", "npm:../x"):
        with pytest.raises(PackageError):
            world.install(text)
    with pytest.raises(PackageError, match=r"Path does not exist: .*/example.org/u/r \(.*git:"):
        world.install("example.org/u/r")
    assert world.data(USER) == {}
    assert not os.path.exists(world.site.lock_path("user"))


def test_settings_keep_what_they_have(world):
    repository = world.root / "repo"
    commit(repository, PACKAGE, tag="v1")
    text = f"git:file://{repository}"
    before = {
        "zzz": {"a": [1]},
        "packages": ["npm:x", {"source": text, "skills": [], "own": 1}, 5, {"x": 1}],
        "theme": "dark",
    }
    tree(world.root, {USER: before})
    world.install(f"{text}@v1")
    wanted = json.loads(json.dumps(before))
    wanted["packages"][1]["source"] = f"{text}@v1"
    assert world.data(USER) == wanted
    assert list(world.data(USER)) == list(before)
    assert change.remove(world.stock(), "user", text, "/")
    assert world.data(USER)["packages"] == ["npm:x", 5, {"x": 1}]
    tree(world.root, {USER: {"packages": "x"}})
    with pytest.raises(Exception, match="packages: expected a list"):
        world.install(text)
    assert world.data(USER) == {"packages": "x"}


def test_git_packages_lie_where_the_reference_has_them(world):
    repository = world.root / "repo"
    first = commit(repository, PACKAGE, tag="v1")
    commit(repository, {"prompts/p.md": "p"})
    text = f"git:file://{repository}"
    world.install(f"{text}@v1")
    folder = world.root / f"home/.pi/agent/git/file{repository}"
    assert not (folder / "prompts").exists()
    assert (world.root / "home/.pi/agent/git/.gitignore").read_text() == "*\n!.gitignore\n"
    record = world.record(text)
    assert (record.source, record.version) == (f"{text}@v1", first)
    assert record.files == lock.inventory(str(folder))
    world.install(text)
    assert (folder / "prompts/p.md").exists()
    assert world.data(USER)["packages"] == [text]
    assert stat.S_IMODE((world.root / "home/.pi/agent/git").stat().st_mode) == 0o700
    assert change.remove(world.stock(), "user", text, "/")
    assert os.listdir(world.root / "home/.pi/agent/git") == [".gitignore"]
    assert world.record(text) is None


def test_npm_packages_by_the_users_own_command(world):
    program = npm(world.root / "npm")
    tree(world.root / "npm/packages/@s/tools", PACKAGE)
    tree(world.root, {USER: {"npmCommand": [str(program)]}})
    world.install("npm:@s/tools@^1")
    root = str(world.root / "home/.pi/agent/npm")
    options = ["--prefix", root, "--legacy-peer-deps", "--no-audit", "--no-fund"]
    assert calls(world.root / "npm") == [["install", "@s/tools@^1", *options]]
    assert world.record("npm:@s/tools").version == "1.0.0"
    assert world.data("home/.pi/agent/npm/package.json")["private"] is True
    assert change.remove(world.stock(), "user", "npm:@s/tools@9", "/")
    assert calls(world.root / "npm")[1] == ["uninstall", "@s/tools", *options]
    assert world.data(USER)["packages"] == []
    (world.root / "npm/fails").touch()
    before = world.data(USER)
    with pytest.raises(PackageError, match=r"npm install @s/tools failed with code 1: npm ERR!"):
        world.install("npm:@s/tools")
    assert world.data(USER) == before


def test_a_command_that_installs_nothing_is_told(world):
    tree(world.root, {USER: {"npmCommand": ["/bin/true"]}})
    stock = world.stock()
    change.install(stock, "user", "npm:x", "/", world.told.append)
    assert ["npmCommand succeeded" in line for line in stock.warnings] == [True]
    assert world.data(USER)["packages"] == ["npm:x"]
    tree(world.root, {USER: {"npmCommand": ["/nonexistent/npm"]}})
    with pytest.raises(PackageError, match="npmCommand cannot be run"):
        world.install("npm:y")


def test_updates_say_what_changed(world):
    repository = world.root / "repo"
    first = commit(repository, PACKAGE, tag="v1")
    text, pinned = f"git:file://{repository}", world.root / "pinned"
    commit(pinned, PACKAGE, tag="v1")
    tree(world.root / "lp", PACKAGE)
    for each in (text, f"git:file://{pinned}@v1", "./lp"):
        world.install(each)
    world.told.clear()
    said = []
    again = lambda: change.updates(world.stock(), world.entries(), said.append, world.told.append)  # noqa: E731
    assert again() == []
    assert said == world.told == []
    second = commit(repository, {"extensions/more.py": EXTENSION})
    commit(pinned, {"x": "1"})
    assert again() == [f"{text} {first[:7]} -> {second[:7]}"]
    assert said == [f"Updating {text}..."]
    assert world.told == [f"{text}: it now runs code of its own: extensions/more.py"]
    assert world.record(text).version == second
    folder = world.site.folder(parse(text), "user")
    with open(f"{folder}/skills/a/SKILL.md", "a") as file:
        file.write("changed")
    assert again() == [f"{text} {second[:7]} (fetched anew)"]
    shutil.rmtree(folder)
    assert again() == [f"{text} new -> {second[:7]}"]


def test_an_update_that_fails_costs_no_other(world):
    one, two = world.root / "one", world.root / "two"
    for each in (one, two):
        commit(each, PACKAGE)
        world.install(f"git:file://{each}")
    commit(two, {"x": "1"})
    shutil.rmtree(one)
    with pytest.raises(PackageError, match="one"):
        change.updates(world.stock(), world.entries(), str, str)
    assert os.path.exists(world.site.folder(parse(f"git:file://{two}"), "user") + "/x")


# --- frozen and vendored --------------------------------------------------------------------------


@pytest.fixture
def locked(world):
    """A project with a git package that is installed and locked; the branch has moved on."""
    repository = world.root / "repo"
    commit(repository, PACKAGE)
    world.install(f"git:file://{repository}", "project")
    commit(repository, {"later": "1"})
    return f"git:file://{repository}"


def freeze(world):
    return change.freeze(world.stock(), "project", world.entries("project"))


def test_frozen_brings_back_what_is_locked(world, locked):
    folder = world.site.folder(parse(locked), "project")
    assert freeze(world) == []
    shutil.rmtree(folder)
    assert freeze(world) == [locked]
    assert not os.path.exists(f"{folder}/later")
    tree(world.root / folder, {"skills/a/SKILL.md": "x"})
    assert freeze(world) == [locked]
    assert lock.inventory(folder) == world.record(locked, "project").files


def test_frozen_brings_back_what_cannot_even_be_read(world, locked):
    folder = world.site.folder(parse(locked), "project")
    os.unlink(f"{folder}/extensions/e.py")
    os.mkfifo(f"{folder}/extensions/e.py")
    assert freeze(world) == [locked]
    assert lock.inventory(folder) == world.record(locked, "project").files


def test_frozen_refuses_what_settings_and_lock_do_not_agree_on(world, locked):
    path = world.root / "app/.pi/settings.json"
    for packages, why in (
        ([locked, "npm:x"], "npm:x is declared and not locked"),
        ([f"{locked}@main"], "@main is declared, .*repo is locked"),
        ([], "repo is locked and not declared"),
    ):
        path.write_text(json.dumps({"packages": packages}))
        with pytest.raises(PackageError, match=why):
            freeze(world)


def test_frozen_refuses_other_content_and_leaves_none_of_it(world, locked):
    path = world.site.lock_path("project")
    data = json.loads((world.root / path).read_text())
    [record] = data["packages"].values()
    record["files"]["extensions/e.py"] = "0" * 64
    tree(world.root, {path: data})
    with pytest.raises(PackageError, match=r"not what was locked: changed extensions/e\.py"):
        freeze(world)
    assert not os.path.exists(world.site.folder(parse(locked), "project"))


def vendor(world):
    return change.vendor(world.stock(), world.entries("project"))


def test_vendored_packages_need_nothing_but_the_project(world, locked):
    tree(world.root / "outside", {"prompts/o.md": "o"})
    tree(world.root / "app/inside", {"prompts/i.md": "i"})
    for each in ("./outside", "app/inside"):
        world.install(each, "project")
    assert vendor(world) == [locked, "../../outside"]
    copy = world.root / f"app/.pi/{world.record(locked, 'project').vendored}"
    assert lock.inventory(str(copy)) == world.record(locked, "project").files
    assert not (copy / ".git").exists()
    assert (world.root / "app/.pi/vendor/.gitattributes").read_text() == "* -text\n"

    clone = world.root / "clone/app"
    shutil.copytree(world.root / "app", clone)
    for gone in ("repo", "outside", "app", "clone/app/.pi/git"):
        shutil.rmtree(world.root / gone)
    site = Site(str(world.root / "elsewhere"), str(clone), str(world.root / "home"))
    found = resolve(site, settings.load(site.agent_dir, site.project, trusted=True))
    assert found.problems == ()
    assert {each.root.split("/clone/app/")[1].split("/")[0] for each in found.packages} == {
        ".pi", "inside",
    }  # fmt: skip
    assert len(found.packages) == 3


def test_a_vendored_copy_that_was_changed_is_refused_with_the_difference(world, locked):
    vendor(world)
    copy = world.root / f"app/.pi/{world.record(locked, 'project').vendored}"
    tree(copy, {"extensions/e.py": "import os\n"})
    found = resolve(
        world.site, settings.load(world.site.agent_dir, world.site.project, trusted=True)
    )
    assert found.packages == ()
    assert "changed extensions/e.py" in found.problems[0]
    with pytest.raises(PackageError, match=r"its copy .* changed extensions/e\.py"):
        freeze(world)
    change.updates(world.stock(), world.entries("project"), str, str)
    record = world.record(locked, "project")
    assert "later" in record.files
    assert lock.inventory(str(copy)) == record.files
    assert change.remove(world.stock(), "project", locked, "/")
    assert not copy.exists()


def test_vendoring_installs_what_is_missing_and_says_what_it_cannot(world, locked):
    shutil.rmtree(world.site.folder(parse(locked), "project"))
    assert vendor(world) == [locked]
    assert (world.root / f"app/.pi/{world.record(locked, 'project').vendored}/later").exists()
    tree(world.root, {"app/.pi/settings.json": {"packages": ["../../gone"]}})
    with pytest.raises(PackageError, match=r"\.\./\.\./gone: .*gone is no folder"):
        vendor(world)


def test_another_version_in_the_settings_renews_the_copy(world, locked):
    vendor(world)
    tree(world.root, {"app/.pi/settings.json": {"packages": [f"{locked}@main"]}})
    stock = world.stock()
    found = settings.load(world.site.agent_dir, world.site.project, trusted=True)
    resolved = resolve(world.site, found, lend=lambda: stock)
    assert resolved.problems == ()
    assert "/.pi/vendor/" in resolved.packages[0].root
    assert os.path.exists(f"{resolved.packages[0].root}/later")
    assert world.record(locked, "project").source == f"{locked}@main"
