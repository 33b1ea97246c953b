"""Installing npm packages from a registry over real HTTP."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, PackageError
from pi.packages import fetch
from pi.packages.installed import Locked
from pi.packages.npm_tree import read_tree
from pi.packages.origin import Origins
from tests.npmregistry import (
    PackageServer,
    answering,
    gzipped,
    redirect,
    reset,
    sri,
    status,
    tarball,
    truncated,
)

NO_PAUSES = fetch.Policy(base_delay_ms=1, max_delay_ms=1, max_requested_ms=50)


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


def made(server, tmp_path, *, offline=False, **environ):
    """A new `Npm` for a home below `tmp_path`, without long pauses."""
    environ = {
        "HOME": str(tmp_path),
        "PATH": "",
        "PREFIX": str(tmp_path),
        "npm_config_registry": server.url,
        **environ,
    }
    origins = Origins(str(tmp_path / "agent"), environ, offline=offline, policy=NO_PAUSES)
    return origins.npm()


def install(npm, spec, root, steps=None):
    return npm.install(
        spec, root, token=CancelToken(), progress=steps.append if steps is not None else None
    )


def layout(root):
    """Place -> version of everything below node_modules."""
    return {node.place: node.version for node in read_tree(root).walk() if node.place}


def wanted_by(root):
    """The package.json of a root."""
    return json.loads(Path(root, "package.json").read_text())


def left_over(root):
    """What an installation must not leave behind."""
    return [
        name
        for folder, folders, names in os.walk(root)
        for name in [*folders, *names]
        if name.startswith(".pi-") and name not in (".pi-lock", ".pi-places.json")
    ]


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


def test_offline_uses_what_was_fetched_before(server, npm, root, tmp_path):
    server.publish("a", "1.0.0")
    server.publish("b", "1.0.0")
    install(npm, "a", root)
    offline = made(server, tmp_path, offline=True)
    server.seen.clear()
    install(offline, "a", str(tmp_path / "again"))
    assert layout(str(tmp_path / "again")) == {"node_modules/a": "1.0.0"}
    with pytest.raises(PackageError, match="b: not in the cache, and pi is offline"):
        install(offline, "b", root)
    assert server.seen == []


def test_what_has_not_changed_is_not_sent_again(server, npm, root, tmp_path):
    server.publish("a", "1.0.0")
    install(npm, "a", root)
    server.seen.clear()
    install(made(server, tmp_path), "a", root)
    assert server.paths() == ["/a"]
    assert "if-none-match" in {name.lower() for name in server.seen[0][2]}
    server.publish("a", "1.1.0")
    assert install(made(server, tmp_path), "a", root).version == "1.1.0"


FAULTS = [
    [status(503)],
    [status(429, Retry_After="0"), status(500)],
    [truncated],
    [reset, reset],
    [gzipped],
]


@pytest.mark.parametrize("faults", FAULTS, ids=["503", "429", "truncated", "reset", "gzip"])
@pytest.mark.parametrize("path", ["/a", "/a/-/a-1.0.0.tgz"])
def test_a_failure_that_passes_is_survived(server, npm, root, path, faults):
    server.publish("a", "1.0.0", {"README.md": "x" * 5000})
    server.faults[path] = list(faults)
    assert install(npm, "a", root).version == "1.0.0"
    assert server.faults[path] == []


def test_a_failure_that_stays_is_told_once(server, npm, root):
    server.publish("a", "1.0.0")
    install(npm, "a", root)
    server.publish("a", "2.0.0")
    server.faults["/a/-/a-2.0.0.tgz"] = [status(502)] * 9
    with pytest.raises(PackageError, match=r"^a@2\.0\.0: 127.*answered with status 502$"):
        install(made(server, Path(root).parent), "a@2.0.0", root)
    assert layout(root) == {"node_modules/a": "1.0.0"}
    assert left_over(root) == []


def test_a_wrong_hash_is_refused_and_changes_nothing(server, npm, root):
    good = server.publish("a", "1.0.0", {"good.md": ""})
    install(npm, "a", root)
    server.publish("a", "1.1.0", {"bad.md": ""})
    announced = server.packages["a"]["versions"]["1.1.0"]["dist"]
    announced["integrity"] = good["dist"]["integrity"] + " md5-xxx"
    server.files["/a/-/a-1.0.0.tgz"] = b""
    with pytest.raises(PackageError) as caught:
        install(made(server, npm_home(root), npm_config_cache="x"), "a@1.1.0", root)
    real = sri(server.files["/a/-/a-1.1.0.tgz"])
    words = f"expected {good['dist']['integrity']}, got {real}"
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert layout(root) == {"node_modules/a": "1.0.0"}


def npm_home(root):
    """A home of its own, whose cache is empty."""
    return Path(root).parent / "elsewhere"


def test_without_a_strong_hash_the_weak_one_counts(server, npm, root):
    server.publish("a", "1.0.0")
    dist = server.packages["a"]["versions"]["1.0.0"]["dist"]
    del dist["integrity"]
    assert install(npm, "a", root).warnings == ()
    dist["shasum"] = "0" * 40
    with pytest.raises(PackageError, match=r"expected sha1-AAAA.*, got sha1-"):
        install(made(server, npm_home(root)), "a", root)
    del dist["shasum"]
    found = install(made(server, npm_home(root)), "a", root)
    assert found.warnings == ("a@1.0.0: the registry gives no hash, so what came was not checked",)
    assert found.integrity.startswith("sha512-")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>", "is not JSON: is it a registry"),
        (b"[" * 100_000, "is not JSON: is it a registry"),
        (b"[]", "lists no versions"),
        (b"null", "lists no versions"),
        (b'{"versions": {"../../x": {}}}', "lists no versions"),
        (b'{"versions": {"1.0.0": 3}, "dist-tags": 7}', "lists no versions"),
        (b'{"versions": {"1.0.0": {}}}', "no usable address for its archive"),
        (b'{"versions": {"1.0.0": {"dist": {"tarball": ["x"]}}}}', "no usable address"),
        (b'{"versions": {"1.0.0": {"dist": {"tarball": "file:///etc/passwd"}}}}', "no usable"),
        (b'{"versions": {"1.0.0": {"dist": {"tarball": "https://u:p@x/y"}}}}', "no usable address"),
        (b'{"versions": {"1.0.0": {"dist": {"tarball": "http://x.org/y"}}}}', "only https"),
        (
            b'{"versions": {"1.0.0": {"dist": {"tarball": "https://x/y"}, "dependencies": {%s}}}}'
            % b",".join(b'"d%d": "1"' % i for i in range(3000)),
            "3000 dependencies",
        ),
    ],
)
def test_a_hostile_answer_is_a_line(server, npm, root, body, problem):
    server.packages["a"] = {}
    server.faults["/a"] = [answering(body)]
    with pytest.raises(PackageError, match=problem) as caught:
        install(npm, "a", root)
    assert str(caught.value).isprintable()
    assert layout(root) == {}


def test_an_archive_without_a_manifest_is_refused(server, npm, root):
    server.publish("a", "1.0.0", data=tarball({"README.md": "x"}))
    with pytest.raises(PackageError, match=r"a@1\.0\.0: its archive holds no package\.json"):
        install(npm, "a", root)
    assert left_over(root) == []


def test_credentials_go_where_they_belong_and_nowhere_else(server, tmp_path, root):
    with PackageServer() as elsewhere:
        server.publish("@corp/a", "1.0.0")
        server.tokens["/"] = "Bearer s3cret-token"
        path = "/@corp/a/-/a-1.0.0.tgz"
        elsewhere.files["/signed.tgz"] = server.files[path]
        server.faults[path] = [redirect(f"{elsewhere.url}signed.tgz?sig=1")]
        (tmp_path / ".npmrc").write_text(
            f"@corp:registry={server.url}\n//{server.url[7:]}:_authToken=${{TOKEN}}\n"
            f"//{elsewhere.url[7:]}:_authToken=other\n"
        )
        npm = made(elsewhere, tmp_path, TOKEN="s3cret-token")
        assert install(npm, "@corp/a", root).version == "1.0.0"
        assert [request[2].get("Authorization") for request in server.seen] == [
            "Bearer s3cret-token",
            "Bearer s3cret-token",
        ]
        assert [request[2].get("Authorization") for request in elsewhere.seen] == [None]


def test_a_refused_credential_is_told_without_it(server, tmp_path, root):
    server.publish("a", "1.0.0")
    server.tokens["/"] = "Bearer right"
    npm = made(server, tmp_path)
    with pytest.raises(PackageError, match=r"asks for a credential \(401\): a token belongs into"):
        install(npm, "a", root)
    (tmp_path / ".npmrc").write_text(f"//{server.url[7:]}:_authToken=wrong-secret\n")
    with pytest.raises(PackageError, match=r"refuses the credential \(401\)") as caught:
        install(made(server, tmp_path), "a", root)
    assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("/a/-/a-1.0.0.tgz", "redirects in circles"),
        ("ftp://x/y", "an address that cannot be used"),
        ("http://u:p@x/y", "an address that cannot be used"),
    ],
)
def test_redirects_that_are_not_followed(server, npm, root, target, problem):
    server.publish("a", "1.0.0")
    server.faults["/a/-/a-1.0.0.tgz"] = [redirect(target)] * 9
    with pytest.raises(PackageError, match=problem):
        install(npm, "a", root)


def test_a_mirror_is_asked_for_archives_that_are_said_to_lie_elsewhere(server, npm, root):
    server.publish("a", "1.0.0")
    dist = server.packages["a"]["versions"]["1.0.0"]["dist"]
    dist["tarball"] = "https://registry.example.invalid/a/-/a-1.0.0.tgz"
    assert install(npm, "a", root).resolved == f"{server.url}a/-/a-1.0.0.tgz"


def test_no_registry_known_says_where_to_name_one(tmp_path, root):
    origins = Origins(str(tmp_path), {"HOME": str(tmp_path), "PATH": "", "PREFIX": str(tmp_path)})
    with pytest.raises(PackageError, match=r"npmRegistry.*npmrc.*npm_config_registry"):
        origins.npm().install("a", root, token=CancelToken())


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
