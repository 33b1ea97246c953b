"""Where packages come from: settings, certificates, caches, addresses of archives."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from pi.cancel import CancelToken
from pi.errors import PackageError, ProviderError
from pi.packages import fetch
from pi.packages.cache import Cache, Document
from pi.packages.origin import Origins, default
from pi.packages.url import public
from pi.settings.layers import load
from pi.transport.route import parse
from tests.npmregistry import PackageServer, redirect, sri, status, tarball, truncated, zipped

ROOT = Path(__file__).resolve().parent.parent
NO_PAUSES = fetch.Policy(base_delay_ms=1, max_delay_ms=1)


@pytest.fixture
def server():
    with PackageServer() as running:
        yield running


def origins(tmp_path, settings=None, **environ):
    environ = {
        "HOME": str(tmp_path),
        "PATH": "",
        "PREFIX": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        **environ,
    }
    return Origins(str(tmp_path / "agent"), environ, settings=settings, policy=NO_PAUSES)


def settings_of(tmp_path, text):
    (tmp_path / "agent").mkdir(exist_ok=True)
    (tmp_path / "agent/settings.json").write_text(text)
    return load(str(tmp_path / "agent"))


# --- which registry ------------------------------------------------------------------------------


def test_the_setting_goes_before_what_npm_and_pip_say(server, tmp_path):
    server.publish("a", "1.0.0")
    server.publish_wheel("w", "1.0")
    (tmp_path / ".npmrc").write_text("registry=http://127.0.0.1:1/\n")
    text = f'{{"npmRegistry": "{server.url}", "pypiIndex": "{server.url}simple/"}}'
    found = origins(tmp_path, settings_of(tmp_path, text), PIP_INDEX_URL="http://127.0.0.1:1/")
    token = CancelToken()
    assert found.npm().install("a", str(tmp_path / "r"), token=token).version == "1.0.0"
    assert found.pypi().install(["w"], str(tmp_path / "p"), token=token)[0].version == "1.0"
    assert found.npm() is found.npm()
    found.close()


def test_credentials_without_a_place_belong_to_the_registry_that_is_asked(server, tmp_path):
    server.publish("a", "1.0.0")
    server.tokens["/"] = "Bearer t"
    (tmp_path / ".npmrc").write_text("_authToken=t\n")
    settings = settings_of(tmp_path, f'{{"npmRegistry": "{server.url}"}}')
    found = origins(tmp_path, settings).npm()
    assert found.install("a", str(tmp_path / "r"), token=CancelToken()).version == "1.0.0"


def test_a_projects_npmrc_counts_only_where_it_is_handed_in(server, tmp_path):
    server.publish("a", "1.0.0")
    project = tmp_path / "project"
    project.mkdir()
    (project / ".npmrc").write_text(f"registry={server.url}\n")
    environ = {"HOME": str(tmp_path), "PATH": "", "PREFIX": str(tmp_path)}
    with pytest.raises(PackageError, match="no npm registry is known"):
        Origins(str(tmp_path), environ).npm().resolve("a", token=CancelToken())
    trusted = Origins(str(tmp_path), environ, project_dir=str(project))
    assert trusted.npm().resolve("a", token=CancelToken()).version == "1.0.0"


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (b'{"npm": "https://npm.example.com/"}', "https://npm.example.com/"),
        (b'{"npm": 3}', None),
        (b"[]", None),
        (b"broken", None),
        (None, None),
    ],
)
def test_the_address_that_was_built_in(data, address):
    def read(name):
        assert name == "origins.json"
        if data is None:
            raise FileNotFoundError(name)
        return data

    assert default("npm", read) == address


def test_no_registry_stands_in_the_sources():
    assert default("npm") is None
    assert default("pypi") is None
    names = [f"{start}.{end}" for start, end in (("npmjs", "org"), ("pypi", "org"))]
    texts = [path.read_text() for part in ("pi", "build") for path in (ROOT / part).rglob("*.py")]
    assert [name for name in names if any(name in text for text in texts)] == []


def test_what_a_builder_hands_on():
    spec = importlib.util.spec_from_file_location("recipe_origins", ROOT / "build/origins.py")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    assert recipe.origins("https://u:p@r.org/npm?x#y", "") == {"npm": "https://r.org/npm/"}
    assert recipe.origins("http://r.org", "file:///x") == {"npm": "http://r.org/"}
    assert recipe.data({"pypi": "https://x/"}) == b'{\n  "pypi": "https://x/"\n}\n'


def test_certificates_that_are_not_there_are_told(tmp_path):
    (tmp_path / ".npmrc").write_text("cafile=~/corp.pem\n")
    found = origins(tmp_path)
    found.npm()
    (warning,) = found.warnings
    assert warning.startswith(f"{tmp_path}/corp.pem: the certificates ")
    (tmp_path / ".npmrc").write_text('ca[]="-----BEGIN"\nca[]="two"\n')
    origins(tmp_path).npm()
    kept = tmp_path / "agent/npm/_cache/ca.pem"
    assert kept.read_text() == "-----BEGIN\ntwo\n"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_proxies_of_npm_are_asked(server, tmp_path):
    with PackageServer() as proxy:
        proxy.packages["http"] = {}
        (tmp_path / ".npmrc").write_text(f"proxy={proxy.url}\nregistry=http://r.invalid/\n")
        npm = origins(tmp_path).npm()
        with pytest.raises(PackageError, match=r"a: not found at r\.invalid:80"):
            npm.resolve("a", token=CancelToken())
        assert proxy.seen[0][1] == "http://r.invalid/a"


# --- redirects -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "location", "end"),
    [
        ("https://a.org/x", "y", "https://a.org/y"),
        ("https://a.org/x", "https://cdn.org/y?sig=1", "https://cdn.org/y?sig=1"),
        ("http://a.org/x", "https://a.org/x", "https://a.org/x"),
        ("http://127.0.0.1:1/x", "http://localhost:2/x", "http://localhost:2/x"),
        ("http://a.org/x", "/y", "http://a.org/y"),
        ("https://a.org/x", "http://a.org/x", "without encryption"),
        ("http://a.org/x", "http://b.org/x", "without encryption"),
        ("http://127.0.0.1:1/x", "http://b.org/x", "without encryption"),
        ("https://a.org/x", "https://127.0.0.1/x", "to this machine"),
        ("http://a.org/x", "http://localhost:80/x", "to this machine"),
        ("https://a.org/x", "https://u:p@b.org/", "cannot be used"),
        ("https://a.org/x", "javascript:x", "cannot be used"),
        ("https://a.org/x", "https://[", "cannot be used"),
    ],
)
def test_where_a_redirect_may_lead(start, location, end):
    if end.startswith("http"):
        assert fetch.next_place(parse(start), location).text == end
        return
    with pytest.raises(ProviderError, match=end):
        fetch.next_place(parse(start), location)


# --- archives by address -------------------------------------------------------------------------


def install_url(tmp_path, url, **options):
    urls = origins(tmp_path).urls()
    return urls.install(url, str(tmp_path / "out/x"), token=CancelToken(), **options)


@pytest.mark.parametrize(
    ("data", "files"),
    [
        (tarball({"package.json": '{"name": "n", "version": "1"}'}), ["package.json"]),
        (tarball({"skills/x/SKILL.md": ""}, top=""), ["skills"]),
        (tarball({"a": "", "b": ""}, top="repo-1.0/"), ["a", "b"]),
        (zipped({"repo-main/themes/t.json": "{}", "repo-main/x": ""}), ["themes", "x"]),
        (zipped({"a/x": "", "b/y": ""}), ["a", "b"]),
    ],
)  # fmt: skip
def test_archives_by_address(server, tmp_path, data, files):
    server.files["/x.tgz"] = data
    found = install_url(tmp_path, f"{server.url}x.tgz?key=secret", integrity=sri(data))
    assert sorted(os.listdir(found.path)) == files
    assert found.resolved == f"{server.url}x.tgz"
    assert found.integrity == sri(data) == found.locked[0].integrity
    assert (found.name, found.version) == (("n", "1") if "package.json" in files else ("", ""))
    assert os.listdir(tmp_path / "out") == ["x"]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://example.com/x.tgz", "only https:// is fetched from other machines"),
        ("ftp://example.com/x.tgz", "must begin with http"),
        ("https://u:secret@example.com/x.tgz", "holds a user name or password"),
        ("https://exa mple.com/x.tgz", "character that is not allowed"),
    ],
)
def test_addresses_that_are_refused(tmp_path, url, problem):
    with pytest.raises(PackageError, match=problem) as caught:
        install_url(tmp_path, url)
    assert "secret" not in str(caught.value)


def test_an_archive_that_fails_changes_nothing(server, tmp_path):
    server.files["/x.tgz"] = tarball({"a": "1"})
    install_url(tmp_path, f"{server.url}x.tgz")
    for fault in ([truncated] * 9, [status(404)], [redirect("http://example.com/x")]):
        server.faults["/x.tgz"] = fault
        with pytest.raises(PackageError, match=r"^http://127\.0\.0\.1:"):
            install_url(tmp_path, f"{server.url}x.tgz")
    server.faults.clear()
    with pytest.raises(PackageError, match="expected sha512-AAAA"):
        install_url(tmp_path, f"{server.url}x.tgz", integrity="sha512-" + "A" * 86 + "==")
    with pytest.raises(PackageError, match="none that can be checked"):
        install_url(tmp_path, f"{server.url}x.tgz", integrity="md5-xx")
    server.files["/x.tgz"] = b"not an archive"
    with pytest.raises(PackageError, match="no tar header"):
        install_url(tmp_path, f"{server.url}x.tgz")
    assert os.listdir(tmp_path / "out/x") == ["a"]
    assert os.listdir(tmp_path / "out") == ["x"]
    assert os.listdir(tmp_path / "agent/npm/_cache/partial") == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h.org:8/a/b?x=1#y", "https://h.org:8/a/b"),
        ("https://h.org", "https://h.org"),
        ("https://a@b@h.org/x@y", "https://h.org/x@y"),
    ],
)
def test_an_address_in_a_message_has_no_secret(url, shown):
    assert public(url) == shown


# --- the cache -----------------------------------------------------------------------------------


def test_what_is_kept_comes_back(tmp_path):
    cache = Cache(str(tmp_path / "c"))
    assert cache.document("https://r/x") is None
    kept = Document("https://r/x", {"If-None-Match": '"1"'}, b"line\nline\n\0")
    cache.keep_document(kept)
    assert Cache(str(tmp_path / "c")).document("https://r/x") == kept
    assert cache.document("https://r/y") is None
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]\nx", b'{"url": "https://other/"}\nx', b"\xff\n"]
)
def test_a_damaged_answer_counts_as_none(tmp_path, damage):
    cache = Cache(str(tmp_path))
    cache.keep_document(Document("https://r/x", {}, b"body"))
    (file,) = (tmp_path / "answers").iterdir()
    file.write_bytes(damage)
    assert cache.document("https://r/x") is None


def test_a_damaged_archive_is_fetched_again(server, tmp_path):
    data = tarball({"a": "1"})
    server.files["/x.tgz"] = data
    install_url(tmp_path, f"{server.url}x.tgz", integrity=sri(data))
    (kept,) = (tmp_path / "agent/npm/_cache/archives/sha512").iterdir()
    kept.write_bytes(b"changed")
    install_url(tmp_path, f"{server.url}x.tgz", integrity=sri(data))
    assert kept.read_bytes() == data
    assert len(server.seen) == 2
    install_url(tmp_path, f"{server.url}x.tgz", integrity=sri(data))
    assert len(server.seen) == 2


def test_the_oldest_archives_go_first(tmp_path):
    cache = Cache(str(tmp_path), limits={"archives": 25})
    for number in range(3):
        path = tmp_path / "new"
        path.write_bytes(b"x" * 10)
        kept = cache.keep_archive(str(path), "sha1", bytes([number]))
        os.utime(kept, (number, number))
    assert cache.archive("sha1", b"\0") is not None  # used just now
    cache.trim()
    assert sorted(os.listdir(tmp_path / "archives/sha1")) == ["00", "02"]
