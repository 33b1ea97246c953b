"""Installing npm packages from a registry over real HTTP: what goes where."""

from __future__ import annotations

import json
import os
import random
import threading
from pathlib import Path

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, PackageError
from pi.packages.installed import Locked
from pi.packages.npm_tree import fits, reachable, read_tree
from tests.npmkit import install, layout, left_over, made, wanted_by
from tests.npmregistry import (
    PackageServer,
    sri,
)


@pytest.fixture
def server():
    with PackageServer() as running:
        yield running


@pytest.fixture
def root(tmp_path):
    return str(tmp_path / "npm")


@pytest.fixture
def npm(server, tmp_path):
    return made(server, tmp_path)


def test_a_package_comes_with_what_it_needs(server, npm, root):
    server.publish("dep", "1.4.0", {"skills/d/SKILL.md": "d"})
    server.publish("dep", "2.0.0")
    server.publish("@acme/tools", "1.0.0")
    server.publish(
        "@acme/tools",
        "1.2.0",
        {"skills/x/SKILL.md": "hello", "bin/run": "#!/bin/sh"},
        dependencies={"dep": "^1.0.0"},
        peerDependencies={"absent-peer": "*"},
        optionalDependencies={"absent-optional": "*"},
        scripts={"postinstall": "touch /tmp/never"},
        os=["win32"],
    )
    steps = []
    found = install(npm, "@acme/tools@^1", root, steps)
    assert layout(root) == {"node_modules/@acme/tools": "1.2.0", "node_modules/dep": "1.4.0"}
    assert (found.name, found.version, found.warnings) == ("@acme/tools", "1.2.0", ())
    assert found.path == f"{root}/node_modules/@acme/tools"
    assert found.resolved == f"{server.url}@acme/tools/-/tools-1.2.0.tgz"
    assert found.integrity == sri(server.files["/@acme/tools/-/tools-1.2.0.tgz"])
    assert Path(found.path, "skills/x/SKILL.md").read_text() == "hello"
    assert wanted_by(root) == {
        "name": "pi-extensions",
        "private": True,
        "dependencies": {"@acme/tools": "^1"},
    }
    assert [entry.place for entry in found.locked] == [
        "node_modules/@acme/tools",
        "node_modules/dep",
    ]
    verbs = [step.verb for step in steps]
    assert {"look up", "download", "install", "unpack"} == set(verbs)
    last = [step for step in steps if step.verb == "download"][-1]
    assert last.done == last.total == len(server.files["/dep/-/dep-1.4.0.tgz"])
    assert server.paths()[0] == "/@acme%2ftools"
    assert left_over(root) == []


@pytest.mark.parametrize(
    ("spec", "version", "saved"),
    [
        ("tools", "1.5.0", "^1.5.0"),
        ("tools@latest", "1.5.0", "^1.5.0"),
        ("tools@", "1.5.0", "^1.5.0"),
        ("tools@*", "1.5.0", "^1.5.0"),
        ("tools@next", "2.0.0-rc.1", "^2.0.0-rc.1"),
        ("tools@1.0.0", "1.0.0", "^1.0.0"),
        ("tools@v1.0.0", "1.0.0", "^1.0.0"),
        ("tools@~1.0", "1.0.3", "~1.0"),
        ("tools@>=1 <2", "1.5.0", ">=1 <2"),  # not 1.9.0, since latest is 1.5.0
        ("tools@>1.5", "1.9.0", ">1.5"),
        ("tools@^1.7 || ^1.0.9", "1.5.0", "^1.7 || ^1.0.9"),
        ("tools@>1.6 <1.9", "1.7.0", ">1.6 <1.9"),  # 1.8.0 is deprecated
        ("tools@1.8", "1.8.0", "1.8"),
    ],
)
def test_the_version_that_is_asked_for(server, npm, root, spec, version, saved):
    for known in ("1.0.0", "1.0.3", "1.7.0", "1.9.0"):
        server.publish("tools", known)
    server.publish("tools", "1.8.0", deprecated="broken\x1b[31m")
    server.publish("tools", "2.0.0-rc.1", tag="next")
    server.publish("tools", "1.5.0")
    found = install(npm, spec, root)
    assert found.version == npm.resolve(spec, token=CancelToken()).version == version
    assert wanted_by(root)["dependencies"] == {"tools": saved}
    assert npm.installed(root) == {"tools": version}
    if version == "1.8.0":
        assert found.warnings == ("tools@1.8.0 is deprecated: broken\ufffd[31m",)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("absent", "absent: not found at 127.0.0.1:"),
        ("tools@9", 'tools: no version fits "9"; the newest is 1.0.0, its tags are latest'),
        ("tools@beta", 'tools: no version fits "beta"'),
        ("../evil", "is not the name of an npm package"),
        ("@a/../b", "is not the name of an npm package"),
        ("node_modules", "is not the name of an npm package"),
        ("", "is not the name of an npm package"),
        ("a\x1b[31m", "is not the name of an npm package"),
        ("@scope", "is not the name of an npm package"),
        (".hidden", "is not the name of an npm package"),
        ("x" * 300, "is not the name of an npm package"),
        ("tools@file:../x", "tools: 'file:../x' is not a version of a registry"),
    ],
)
def test_what_cannot_be_installed_is_told_in_a_line(server, npm, root, spec, problem):
    server.publish("tools", "1.0.0")
    with pytest.raises(PackageError) as caught:
        install(npm, spec, root)
    assert problem in str(caught.value)
    assert str(caught.value).isprintable()
    assert not os.path.exists(f"{root}/package.json")


def test_a_second_version_goes_below_who_needs_it(server, npm, root):
    server.publish("c", "1.0.0")
    server.publish("c", "2.0.0")
    server.publish("b", "1.0.0", dependencies={"c": "1"})
    server.publish("a", "1.0.0", dependencies={"b": "*", "c": "2"})
    install(npm, "a", root)
    assert layout(root) == {
        "node_modules/a": "1.0.0",
        "node_modules/b": "1.0.0",
        "node_modules/b/node_modules/c": "1.0.0",
        "node_modules/c": "2.0.0",
    }


def test_another_version_of_a_package_leaves_others_what_they_need(server, npm, root):
    server.publish("c", "1.0.0", {"old.md": "x"})
    server.publish("c", "2.0.0")
    server.publish("only", "1.0.0")
    server.publish("b", "1.0.0", dependencies={"c": "^1"})
    server.publish("b", "2.0.0", dependencies={"c": "^2"})
    server.publish("d", "1.0.0", dependencies={"c": "^1", "only": "*"})
    install(npm, "d", root)
    install(npm, "b@1", root)
    assert layout(root)["node_modules/c"] == "1.0.0"
    install(npm, "c@2", root)
    assert layout(root) == {
        "node_modules/b": "1.0.0",
        "node_modules/b/node_modules/c": "1.0.0",
        "node_modules/c": "2.0.0",
        "node_modules/d": "1.0.0",
        "node_modules/d/node_modules/c": "1.0.0",
        "node_modules/only": "1.0.0",
    }
    assert not os.path.exists(f"{root}/node_modules/c/old.md")
    install(npm, "b@2", root)
    assert "node_modules/b/node_modules/c" not in layout(root)
    assert npm.remove("d", root, token=CancelToken())
    assert layout(root) == {"node_modules/b": "2.0.0", "node_modules/c": "2.0.0"}
    assert npm.remove("c", root, token=CancelToken())  # b still needs it
    assert layout(root) == {"node_modules/b": "2.0.0", "node_modules/c": "2.0.0"}
    assert not npm.remove("d", root, token=CancelToken())
    assert npm.installed(root) == {"b": "2.0.0"}
    assert left_over(root) == []


def test_what_is_there_and_fits_is_not_fetched_again(server, npm, root, tmp_path):
    server.publish("dep", "1.0.0")
    server.publish("a", "1.0.0", dependencies={"dep": "1"})
    server.publish("b", "1.0.0", dependencies={"dep": "1"})
    install(npm, "a", root)
    server.publish("dep", "1.5.0")
    server.seen.clear()
    found = install(made(server, tmp_path / "other"), "b", root)
    assert server.paths() == ["/b", "/b/-/b-1.0.0.tgz"]
    assert [(entry.name, entry.version) for entry in found.locked] == [
        ("b", "1.0.0"),
        ("dep", "1.0.0"),
    ]


def test_what_npm_itself_installed_keeps_its_version(server, npm, root):
    server.publish("dep", "1.0.0", {"new.md": ""})
    server.publish("dep", "1.5.0")
    server.publish("b", "1.0.0", dependencies={"dep": "1", "own": "*"})
    for name in ("dep", "own"):
        os.makedirs(f"{root}/node_modules/{name}")
        text = json.dumps({"name": name, "version": "1.0.0"})
        Path(root, f"node_modules/{name}/package.json").write_text(text)
    found = install(npm, "b", root)
    assert layout(root) == {f"node_modules/{name}": "1.0.0" for name in ("b", "dep", "own")}
    assert [entry.name for entry in found.locked] == ["b", "dep"]  # own is of no registry
    assert Path(root, "node_modules/dep/new.md").exists()


def test_leftovers_of_a_killed_installation_are_swept(server, npm, root):
    server.publish("@s/a", "1.0.0")
    for place in (".pi-fresh-stage-1", "@s/.pi-fresh-a-2"):
        os.makedirs(f"{root}/node_modules/{place}/x")
    install(npm, "@s/a", root)
    assert left_over(root) == []


def test_locks_of_different_times_do_not_disturb_each_other(server, npm, root, tmp_path):
    server.publish("dep", "1.0.0")
    server.publish("dep", "2.0.0")
    server.publish("a", "1.0.0", dependencies={"dep": "1", "more": "*"})
    server.publish("more", "1.0.0")
    server.publish("b", "1.0.0", dependencies={"dep": "2"})
    locks = {}
    for name in ("a", "b"):
        locks[name] = install(npm, name, str(tmp_path / name)).locked
    for order in (("a", "b"), ("b", "a")):
        both = str(tmp_path / "-".join(order))
        for name in order:
            npm.restore(locks[name], both, token=CancelToken())
        tree = read_tree(both)
        assert tree.children["a"].find("dep").version == "1.0.0"
        assert tree.children["b"].find("dep").version == "2.0.0"
        assert npm.installed(both) == {"a": "1.0.0", "b": "1.0.0"}


def test_what_nobody_declared_is_left_alone(server, npm, root):
    server.publish("a", "1.0.0")
    os.makedirs(f"{root}/node_modules/mine")
    Path(root, "node_modules/mine/package.json").write_text('{"version": "1.0.0"}')
    Path(root, "package.json").write_text(
        '{"name": "own", "scripts": {"x": "y"}, "dependencies": {"gone": "1"}}'
    )
    install(npm, "a", root)
    assert layout(root) == {"node_modules/a": "1.0.0", "node_modules/mine": "1.0.0"}
    assert wanted_by(root) == {
        "name": "own",
        "scripts": {"x": "y"},
        "dependencies": {"a": "^1.0.0", "gone": "1"},
    }


def test_special_dependencies(server, npm, root):
    server.publish("real", "1.0.0")
    inside = {"node_modules/inner/package.json": '{"name": "inner", "version": "0.1.0"}'}
    server.publish(
        "a",
        "1.0.0",
        inside,
        dependencies={
            "alias": "npm:real@^1",
            "inner": "^9",
            "from-git": "git+https://example.com/x.git",
            "short": "someone/thing",
            "../bad": "1",
            "odd": 3,
        },
        bundleDependencies=["inner"],
    )
    found = install(npm, "a", root)
    assert layout(root) == {
        "node_modules/a": "1.0.0",
        "node_modules/a/node_modules/inner": "0.1.0",
        "node_modules/alias": "1.0.0",
    }
    assert [line.split(",")[0] for line in found.warnings] == [
        "a@1.0.0 needs from-git from git+https://example.com/x.git",
        "a@1.0.0 needs short from someone/thing",
    ]


def test_circles_end(server, npm, root):
    server.publish("a", "1.0.0", dependencies={"b": "1", "a": "1"})
    server.publish("b", "1.0.0", dependencies={"a": "1", "c": "*"})
    server.publish("c", "1.0.0", dependencies={"b": "*"})
    install(npm, "a", root)
    assert layout(root) == {f"node_modules/{name}": "1.0.0" for name in "abc"}


def test_versions_that_ask_for_each_other_for_ever_are_refused(server, npm, root):
    server.publish("a", "1.0.0", dependencies={"b": "1"})
    server.publish("a", "2.0.0", dependencies={"b": "2"})
    server.publish("b", "1.0.0", dependencies={"a": "2"})
    server.publish("b", "2.0.0", dependencies={"a": "1"})
    with pytest.raises(PackageError, match="nested more than 32 deep"):
        install(npm, "a@1", root)
    assert layout(root) == {}


def test_a_locked_installation_is_made_again(server, npm, root, tmp_path):
    server.publish("dep", "1.0.0", {"x.md": "x"})
    server.publish("a", "1.0.0", dependencies={"dep": "1"})
    found = install(npm, "a", root)
    saved = json.loads(json.dumps([entry.to_json() for entry in found.locked]))
    server.publish("dep", "1.0.1")
    server.publish("a", "1.0.1", dependencies={"dep": "1"})
    server.seen.clear()
    again = str(tmp_path / "again")
    locked = [Locked.from_json(entry) for entry in saved]
    back = made(server, tmp_path).restore(locked, again, token=CancelToken())
    assert layout(again) == {"node_modules/a": "1.0.0", "node_modules/dep": "1.0.0"}
    assert server.seen == []  # the cache had it all
    assert back[0].locked == found.locked
    assert npm.installed(again) == {"a": "1.0.0"}
    fresh = made(server, tmp_path / "other", HOME=str(tmp_path))
    fresh.restore(locked, str(tmp_path / "third"), token=CancelToken())
    assert sorted(server.paths()) == ["/a/-/a-1.0.0.tgz", "/dep/-/dep-1.0.0.tgz"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"place": "../../etc"}, "is not a place below node_modules"),
        ({"place": "node_modules/../x"}, "is not a place below node_modules"),
        ({"place": "node_modules/z/node_modules/b"}, "but not what it lies in"),
        ({"integrity": "md5-xx"}, "no usable hash"),
        ({"resolved": "file:///etc/passwd"}, "no usable address"),
        ({"resolved": "http://example.com/a.tgz"}, "only https to other machines"),
        ({"version": 3}, "must have the texts"),
    ],
)
def test_a_lock_file_is_not_trusted(server, npm, root, change, problem):
    server.publish("a", "1.0.0")
    entry = install(npm, "a", root).locked[0].to_json()
    before = layout(root)
    with pytest.raises(PackageError, match=problem):
        npm.restore([Locked.from_json({**entry, **change})], root, token=CancelToken())
    assert layout(root) == before


def test_a_cancelled_installation_leaves_nothing(server, npm, root):
    server.publish("a", "1.0.0", {"big": os.urandom(300_000)})
    token = CancelToken()

    def stop(step):
        if step.verb == "download" and step.done:
            token.cancel()

    with pytest.raises(Cancelled):
        npm.install("a", root, token=token, progress=stop)
    assert layout(root) == {}
    assert left_over(root) == []


def test_two_installations_at_once_do_not_meet(server, tmp_path, root):
    for name in ("a", "b", "c", "d"):
        server.publish(name, "1.0.0", {f"f{i}.md": "x" for i in range(50)}, dependencies={"z": "1"})
    server.publish("z", "1.0.0")
    failures = []

    def run(name):
        try:
            install(made(server, tmp_path), name, root)
        except PackageError as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b", "c", "d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert made(server, tmp_path).installed(root) == dict.fromkeys("abcd", "1.0.0")
    assert layout(root) == {f"node_modules/{name}": "1.0.0" for name in "abcdz"}


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_installed_and_removed_everybody_finds_what_they_need(
    server, tmp_path, root, seed
):
    rng = random.Random(seed)
    names = ["a", "b", "c", "@s/d", "e", "f"]
    ranges = ["*", "^1", "^2", "1.0.0", ">=1.1 <3", "~2.0"]
    for at, name in enumerate(names):
        for version in ("1.0.0", "1.2.0", "2.0.0", "2.1.0"):
            needed = {rng.choice(names[at:]): rng.choice(ranges) for _ in range(rng.randint(0, 3))}
            needed.pop(name, None)
            server.publish(name, version, dependencies=needed)
    npm = made(server, tmp_path)
    wanted = {}
    for _ in range(10):
        name = rng.choice(names)
        if name in wanted and rng.random() < 0.4:
            assert npm.remove(name, root, token=CancelToken())
            del wanted[name]
        else:
            version = rng.choice(["1.0.0", "1.2.0", "2.0.0", "2.1.0"])
            found = install(npm, f"{name}@{version}", root)
            wanted[name] = version
            assert {entry.place for entry in found.locked} <= set(layout(root))
        tree = read_tree(root)
        nodes = reachable(tree)
        lost = [
            (node.place, need, text)
            for node in nodes
            for need, text in node.dependencies.items()
            if not fits(node.find(need), text)
        ]
        assert lost == []
        assert {node.place for node in nodes} == {"", *layout(root)}
        assert npm.installed(root) == wanted
    assert left_over(root) == []
