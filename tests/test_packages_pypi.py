"""Python packages: requirements, wheels, indexes and their installation over real HTTP."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pi.cancel import CancelToken
from pi.errors import PackageError
from pi.packages import requirement, wheel
from pi.packages.fetch import Policy
from pi.packages.installed import Locked
from pi.packages.origin import Origins
from pi.packages.pipconf import load
from tests.npmregistry import PackageServer, answering, sri, status, zipped

NO_PAUSES = Policy(base_delay_ms=1, max_delay_ms=1)


@pytest.fixture
def server():
    with PackageServer() as running:
        yield running


def made(server, tmp_path, *, offline=False, **environ):
    environ = {"HOME": str(tmp_path), "PIP_INDEX_URL": f"{server.url}simple", **environ}
    origins = Origins(str(tmp_path / "agent"), environ, offline=offline, policy=NO_PAUSES)
    return origins.pypi()


def install(pypi, folder, *requirements, progress=None):
    found = pypi.install(requirements, str(folder), token=CancelToken(), progress=progress)
    return {entry.name: entry.version for entry in found}


# --- requirements --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "extras", "versions", "marker", "url"),
    [
        ("a", "a", (), "", "", ""),
        (" a.B-c >=1,<2 ", "a.B-c", (), ">=1,<2", "", ""),
        ("a (>=1)", "a", (), ">=1", "", ""),
        ("a[x, y]==1.*;python_version<'3'", "a", ("x", "y"), "==1.*", "python_version<'3'", ""),
        ("a @ https://x/y ; os_name=='posix'", "a", (), "", "os_name=='posix'", "https://x/y"),
    ],
)  # fmt: skip
def test_requirements(text, name, extras, versions, marker, url):
    found = requirement.parse(text)
    shown = ",".join(spec.sign + spec.text for spec in found.specifiers)
    assert (found.name, found.extras, shown, found.marker, found.url) == (
        name, extras, versions, marker, url,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "-a", "a-", "a b", "a==", "a=1", "../x", "a;", "a\n\x1b[1m==1 2", "x" * 5000]
)
def test_what_is_no_requirement(text):
    if text == "a;":
        assert requirement.parse(text).marker == ""
        return
    with pytest.raises(PackageError, match="not a requirement") as caught:
        requirement.parse(text)
    assert str(caught.value).isprintable()


VALUES = {
    "python_version": "3.11",
    "python_full_version": "3.11.2",
    "sys_platform": "linux",
    "platform_python_implementation": "CPython",
    "os_name": "posix",
    "extra": "",
}


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("", True),
        ("python_version < '3.9'", False),
        ("python_version >= '3.9'", True),
        ("'3.9' <= python_version", True),
        ("python_full_version == '3.11.*'", True),
        ("python_version ~= '3.10'", True),
        ("sys_platform == 'win32' or os_name == 'posix'", True),
        ("sys_platform == 'win32' and os_name == 'posix'", False),
        ("(sys_platform == 'win32' or os_name == 'posix') and extra == 'x'", False),
        ("extra == 'x' or python_version > '3' and os_name == 'posix'", True),
        ("sys_platform in 'linux darwin'", True),
        ("sys_platform not in 'linux darwin'", False),
        ('sys_platform != "win32"', True),
        ("os.name == 'posix'", True),
        ("python_implementation == 'CPython'", True),
        ("sys_platform >= 'linux'", True),
    ],
)
def test_markers(marker, expected):
    assert requirement.holds(marker, VALUES) is expected


@pytest.mark.parametrize(
    "marker",
    ["x == '1'", "os_name", "os_name ==", "os_name = 'a'", "os_name == 'a' os_name",
     "(os_name=='a'", "os_name == 'a", "os_name foo 'a'",
     "(" * 100 + "os_name == 'a'" + ")" * 100, "$"],
)  # fmt: skip
def test_what_is_no_marker(marker):
    with pytest.raises(PackageError, match="not a marker"):
        requirement.holds(marker, VALUES)


def test_the_real_environment_answers_every_name():
    values = requirement.environment()
    assert set(VALUES) <= set(values)
    assert requirement.holds(
        f"python_version == '{sys.version_info[0]}.{sys.version_info[1]}'", values
    )


# --- wheels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("markdown-3.6-py3-none-any.whl", ("markdown", "3.6")),
        ("Foo.Bar_baz-1.0-py2.py3-none-any.whl", ("foo-bar-baz", "1.0")),
        ("x-1.0-1build-py3-none-any.whl", ("x", "1.0")),
        ("x-1.0-py310-none-any.whl", ("x", "1.0")),
        ("x-1.0-py311-none-any.whl", None),
        ("x-1.0-py2-none-any.whl", None),
        ("x-1.0-cp310-cp310-manylinux_2_17_x86_64.whl", None),
        ("x-1.0-py3-none-linux_x86_64.whl", None),
        ("x-1.0-cp39-abi3-any.whl", None),
        ("x-1.0.tar.gz", None),
        ("../x-1.0-py3-none-any.whl", None),
        ("x-1.0-py3-none-any.whl/../y", None),
    ],
)
def test_wheels_that_run_on_python_3_10(name, found):
    read = wheel.parse(name, 10)
    assert (read and (read.name, read.version)) == found


# --- installing ----------------------------------------------------------------------------------


def test_wheels_come_with_what_they_need(server, tmp_path):
    server.publish_wheel("top", "1.0")
    server.publish_wheel(
        "Top_Pkg",
        "2.0",
        requires=["dep.one>=1,<2", "other; python_version < '3'", "more; extra == 'x'"],
    )
    server.wheels["top-pkg"] = server.wheels.pop("Top_Pkg")
    for version in ("1.0", "1.5", "2.0", "1.9rc1"):
        server.publish_wheel("dep-one", version)
    steps = []
    folder = tmp_path / "vendor"
    found = install(made(server, tmp_path), folder, "top-pkg", "top", progress=steps.append)
    assert found == {"top-pkg": "2.0", "top": "1.0", "dep-one": "1.5"}
    assert {step.verb for step in steps} == {"look up", "download", "unpack", "install"}
    code = "import dep_one, top, Top_Pkg; print(dep_one.version, Top_Pkg.version)"
    run = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "1.5 2.0\n"
    assert sorted(os.listdir(tmp_path)) == ["agent", "vendor"]
    assert not [name for name in os.listdir(folder) if name.startswith(".")]


def test_a_choice_is_made_anew_when_something_later_forbids_it(server, tmp_path):
    for version in ("1.0", "2.0", "3.0"):
        server.publish_wheel("shared", version)
    server.publish_wheel("a", "1.0", requires=["shared", "b"])
    server.publish_wheel("b", "1.0", requires=["shared<3"])
    server.publish_wheel("c", "1.0", requires=["shared>=3"])
    pypi = made(server, tmp_path)
    assert install(pypi, tmp_path / "v", "a")["shared"] == "2.0"
    before = sorted(os.listdir(tmp_path / "v"))
    with pytest.raises(PackageError) as caught:
        install(pypi, tmp_path / "v", "a", "c")
    assert str(caught.value).startswith("a, c") or str(caught.value).startswith("shared: ")
    for words in ("b 1.0 asks for <3", "c 1.0 asks for >=3", "the newest is 3.0"):
        assert words in str(caught.value)
    assert sorted(os.listdir(tmp_path / "v")) == before


def test_what_is_not_pure_or_not_for_us_is_told(server, tmp_path):
    server.publish_wheel("native", "1.0", tags="cp310-cp310-linux_x86_64")
    server.wheels["native"].append({"filename": "native-1.0.tar.gz", "url": "x"})
    server.publish_wheel("future", "1.0", **{"requires-python": ">=3.99"})
    server.publish_wheel("future", "0.9", **{"requires-python": ">=3.8"})
    server.publish_wheel("taken-back", "1.1", yanked="bad \x1b[1m")
    server.publish_wheel("taken-back", "1.0", yanked=False)
    pypi = made(server, tmp_path)
    with pytest.raises(PackageError, match=r"no wheel of pure Python .* \(2 other files\)"):
        install(pypi, tmp_path / "v", "native")
    assert install(pypi, tmp_path / "v", "future") == {"future": "0.9"}
    assert install(pypi, tmp_path / "v", "taken-back") == {"taken-back": "1.0"}
    found = pypi.install(["taken-back==1.1"], str(tmp_path / "v"), token=CancelToken())
    assert found[0].warnings == ("taken-back@1.1: bad \ufffd[1m",)
    found = pypi.install(["future[all]"], str(tmp_path / "v"), token=CancelToken())
    assert found[0].warnings == ("future[all]: extras are not installed; ask for what you need",)
    with pytest.raises(PackageError, match="absent: not found at"):
        install(pypi, tmp_path / "v", "absent")
    with pytest.raises(PackageError, match="give the address itself"):
        install(pypi, tmp_path / "v", "x @ https://example.com/x.whl")


def test_a_wheel_puts_only_modules_into_the_folder(server, tmp_path):
    server.publish_wheel(
        "x",
        "1",
        {
            "x/__init__.py": "",
            "evil.pth": "import os",
            "x-1.data/purelib/x/more.py": "",
            "x-1.data/scripts/run": "#!/bin/sh",
            "x-1.data/data/etc/conf": "",
        },
    )
    install(made(server, tmp_path), tmp_path / "v", "x")
    found = {path.relative_to(tmp_path / "v").as_posix() for path in (tmp_path / "v").rglob("*")}
    assert found == {
        "x", "x/__init__.py", "x/more.py", "x-1.dist-info", "x-1.dist-info/METADATA",
        "x-1.dist-info/WHEEL",
    }  # fmt: skip


def test_hashes_are_insisted_on(server, tmp_path):
    entry = server.publish_wheel("x", "1")
    entry["hashes"]["sha256"] = "0" * 64
    with pytest.raises(PackageError, match=r"x@1: .*expected sha256-AAAA.*, got sha256-"):
        install(made(server, tmp_path), tmp_path / "v", "x")
    assert not (tmp_path / "v").exists()
    entry["hashes"] = {"md5": "00"}
    found = made(server, tmp_path).install(["x"], str(tmp_path / "v"), token=CancelToken())
    assert found[0].warnings == ("x@1: the index gives no hash, so it was not checked",)


def test_locked_wheels_come_back(server, tmp_path):
    server.publish_wheel("dep", "1.0")
    server.publish_wheel("x", "1.0", requires=["dep"])
    pypi = made(server, tmp_path)
    locked = pypi.install(["x"], str(tmp_path / "v"), token=CancelToken())[0].locked
    assert [entry.place for entry in locked] == [
        "x-1.0-py3-none-any.whl",
        "dep-1.0-py3-none-any.whl",
    ]
    assert locked[0].integrity == sri(server.files["/files/x-1.0-py3-none-any.whl"])
    server.publish_wheel("dep", "1.1")
    server.seen.clear()
    other = made(server, tmp_path / "other")
    found = other.restore(locked, str(tmp_path / "w"), token=CancelToken())
    assert [(entry.name, entry.version) for entry in found] == [("x", "1.0"), ("dep", "1.0")]
    assert sorted(os.listdir(tmp_path / "w")) == sorted(os.listdir(tmp_path / "v"))
    assert len(server.seen) == 2
    bad = Locked("../x.whl", "x", "1.0", locked[0].resolved, locked[0].integrity)
    with pytest.raises(PackageError, match="no usable hash and wheel"):
        other.restore([bad], str(tmp_path / "w"), token=CancelToken())


def test_offline(server, tmp_path):
    server.publish_wheel("x", "1.0")
    install(made(server, tmp_path), tmp_path / "v", "x")
    server.seen.clear()
    offline = made(server, tmp_path, offline=True)
    # An archive is kept under the hash the index gave for it.
    assert install(offline, tmp_path / "w", "x") == {"x": "1.0"}
    with pytest.raises(PackageError, match="y: not in the cache, and pi is offline"):
        install(offline, tmp_path / "w", "y")
    assert server.seen == []


def test_the_older_form_of_an_index_is_read(server, tmp_path):
    entry = server.publish_wheel("x", "1.0")
    server.publish_wheel("x", "2.0")
    digest = entry["hashes"]["sha256"]
    page = (
        "<!DOCTYPE html><a href='../../files/x-1.0-py3-none-any.whl#sha256={}' "
        "data-requires-python='&gt;=3.6'>x</a><a href='x-9-py3-none-any.whl' data-yanked=''>y</a>"
        "<a href='x-8-py3-none-any.whl' data-requires-python='&lt;3'>z</a><a>"
    )
    server.files["/simple/x/"] = page.format(digest).encode()
    assert install(made(server, tmp_path), tmp_path / "v", "x") == {"x": "1.0"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"files": 3}', b'{"files": [3, {}, {"filename": 1}]}', b"{" * 5000, b"<a",
     b'{"files": [{"filename": "x-1-py3-none-any.whl", "url": "file:///etc/passwd"}]}',
     b'{"files": [{"filename": "x-1-py3-none-any.whl", "url": "http://u:p@h/x"}]}',
     b'{"files": [{"filename": "x-1-py3-none-any.whl", "url": "http://example.com/x"}]}',
     b'{"files": [{"filename": "y-1-py3-none-any.whl", "url": "y"}]}'],
)  # fmt: skip
def test_hostile_answers_are_a_line(server, tmp_path, body):
    server.wheels["x"] = []
    server.faults["/simple/x/"] = [answering(body)]
    with pytest.raises(PackageError, match=r"no wheel of pure Python|is not JSON"):
        install(made(server, tmp_path), tmp_path / "v", "x")


def test_a_wheel_without_metadata_is_refused(server, tmp_path):
    entry = server.publish_wheel("x", "1.0")
    data = zipped({"x.py": ""})
    server.files["/files/x-1.0-py3-none-any.whl"] = data
    entry["hashes"] = {"sha512": __import__("hashlib").sha512(data).hexdigest()}
    with pytest.raises(PackageError, match="x: its wheel holds no metadata"):
        install(made(server, tmp_path), tmp_path / "v", "x")


# --- pip's configuration -------------------------------------------------------------------------


def test_the_first_index_that_knows_a_name_decides(server, tmp_path):
    with PackageServer() as private:
        private.publish_wheel("corp", "1.0")
        server.publish_wheel("corp", "99.0")
        server.publish_wheel("other", "1.0")
        private.tokens["/simple"] = "Basic bWU6c0BjcmV0"
        address = private.url.replace("://", "://me:s%40cret@")
        pypi = made(server, tmp_path, PIP_EXTRA_INDEX_URL=f"{address}simple")
        assert install(pypi, tmp_path / "v", "corp", "other") == {"corp": "1.0", "other": "1.0"}
        assert server.paths()[0] == "/simple/other/"
        assert all("Authorization" not in request[2] for request in server.seen)
        private.faults["/simple/corp/"] = [status(401)]
        with pytest.raises(PackageError, match="refuses the credential") as caught:
            install(
                made(server, tmp_path, PIP_EXTRA_INDEX_URL=f"{address}simple"), tmp_path, "corp"
            )
        assert "s@cret" not in str(caught.value)
        assert "s%40cret" not in str(caught.value)


def test_pips_files(tmp_path):
    (tmp_path / ".config/pip").mkdir(parents=True)
    file = tmp_path / ".config/pip/pip.conf"
    file.write_text(
        "[global]\nindex-url = https://u:p@a.org/simple\nextra-index-url = https://b.org/s/\n"
        "   file:///opt/x\n[install]\nindex-url=https://c.org/%simple\n"
    )
    (tmp_path / ".netrc").write_text("machine b.org login me password pw\n")
    environ = {"HOME": str(tmp_path)}
    found = load(environ)
    assert (found.index, found.others) == ("https://c.org/%simple/", ("https://b.org/s/",))
    assert found.authorization("https://b.org/s/x/").startswith("Basic ")
    assert found.authorization("https://a.org/simple/") == ""
    assert found.warnings == ("pip.conf: file:///opt/x is not asked: only http(s) indexes are",)
    assert load(environ, "https://u:p@set.org/").index == "https://set.org/"
    assert load(environ, "https://u:p@set.org/").authorization("https://set.org/x") != ""
    assert load({**environ, "PIP_INDEX_URL": "https://e.org"}).index == "https://e.org/"
    assert load({**environ, "PIP_CONFIG_FILE": os.devnull}).index is None
    bad = load(
        {**environ, "PIP_INDEX_URL": "https://[bad", "PIP_EXTRA_INDEX_URL": "https://u:p@[x"}
    )
    assert (bad.index, bad.authorization("https://[bad/x")) == ("https://[bad/", "")
    file.write_text("no section\n")
    (tmp_path / ".netrc").write_text("machine\n")
    found = load(environ)
    assert found.index is None
    assert [line.partition(":")[0] for line in found.warnings] == [
        f"{file}, line 1",
        f"{tmp_path}/.netrc",
    ]


def test_no_index_known_says_where_to_name_one(tmp_path):
    environ = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    pypi = Origins(str(tmp_path), environ).pypi()
    with pytest.raises(PackageError, match=r"pypiIndex.*pip\.conf.*PIP_INDEX_URL"):
        install(pypi, tmp_path / "v", "x")
