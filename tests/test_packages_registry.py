"""What a registry does wrong, over real HTTP: faults, hostile answers, credentials, hashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pi.cancel import CancelToken
from pi.errors import PackageError
from pi.packages.origin import Origins
from tests.npmkit import install, layout, left_over, made
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


def test_a_pause_that_is_too_long_is_told_instead_of_waited_for(server, npm, root):
    server.publish("a", "1.0.0")
    server.faults["/a"] = [status(429, Retry_After="3600")]
    with pytest.raises(PackageError, match=r"status 429 and asks to wait 3600 s$"):
        install(npm, "a", root)


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
