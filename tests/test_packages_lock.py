"""The lock file: every file of a package, and what is not as it was."""

from __future__ import annotations

import json
import os
import stat

import pytest

from pi.errors import PackageError
from pi.packages import lock
from pi.packages.lock import Record, checked, differences, inventory, put, read, summary
from pi.packages.source import parse
from pi.settings.jsonfile import FileError
from tests.packagekit import tree


@pytest.fixture
def package(tmp_path):
    files = {"b.txt": "b", "a/x.py": "x", "a/__pycache__/x.pyc": "y", ".git/HEAD": "z", ".h": "h"}
    root = tree(tmp_path / "lp", files)
    (root / "link").symlink_to("a/x.py")
    return root


def test_the_inventory_has_every_file_but_not_what_git_and_python_leave(package):
    found = inventory(str(package))
    assert list(found) == [".h", "a/x.py", "b.txt", "link"]
    assert found["link"] == "link:a/x.py"
    assert found["b.txt"] == "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"


@pytest.mark.parametrize(
    ("manifest", "wanted"),
    [
        ({}, set()),
        ({"bundledDependencies": ["a"]}, {"a/x"}),
        ({"bundleDependencies": ["@s/b", 5]}, {"@s/b/y/z"}),
        ({"bundledDependencies": True}, {"a/x", "@s/b/y/z", "c"}),
        ({"pi": {"skills": ["./node_modules/@s/b/y", "skills"], "image": "x"}}, {"@s/b/y/z"}),
        ("{", set()),
    ],
)
def test_javascript_dependencies_count_only_where_they_are_the_packages_own(
    tmp_path, manifest, wanted
):
    names = ("a/x", "@s/b/y/z", "c")
    tree(tmp_path, {f"node_modules/{name}": "x" for name in names})
    tree(tmp_path, {"package.json": manifest, "deep/node_modules/d": "x"})
    found = set(inventory(str(tmp_path)))
    assert found == {"package.json", "deep/node_modules/d"} | {f"node_modules/{x}" for x in wanted}


def test_differences_name_the_files(package):
    before = inventory(str(package))
    (package / "b.txt").write_text("B")
    (package / "a/x.py").unlink()
    (package / "new\x1b.py").write_text("")
    lines = differences(before, inventory(str(package)))
    assert lines == ["missing a/x.py", "changed b.txt", "new new\ufffd.py"]
    assert summary(lines, 2) == "missing a/x.py, changed b.txt and 1 more"
    assert differences(before, before) == []


def test_records_come_back_and_the_file_is_stable(tmp_path):
    path = tmp_path / "pi-lock.json"
    first = Record("npm:b@^1", {"x": "1"}, "1.0.0", "https://h/b.tgz", "sha512-x", ({"p": 1},))
    second = Record("git:h.org/u/r", {}, vendored="vendor/git/h.org/u/r", python=({"q": 2},))
    put(str(path), {"npm:b": first})
    put(str(path), {"git:h.org/u/r": second})
    assert read(str(path)) == {"git:h.org/u/r": second, "npm:b": first}
    text = path.read_text()
    data = json.loads(text)
    assert list(data) == ["lockfileVersion", "packages"]
    assert list(data["packages"]) == ["git:h.org/u/r", "npm:b"]
    assert "integrity" not in data["packages"]["git:h.org/u/r"]
    put(str(path), {"npm:b": first})
    assert path.read_text() == text
    put(str(path), {"npm:b": None, "git:h.org/u/r": None})
    assert read(str(path)) == {}


def test_forgetting_makes_no_file(tmp_path):
    put(str(tmp_path / "x/pi-lock.json"), {"npm:b": None})
    assert not (tmp_path / "x").exists()
    assert read(str(tmp_path / "x/pi-lock.json")) == {}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("{", "not valid JSON"),
        ({"packages": {}}, "no lock file of this version"),
        ({"lockfileVersion": 2, "packages": {}}, "no lock file of this version"),
        ({"lockfileVersion": 1, "packages": []}, "no lock file of this version"),
        ({"lockfileVersion": 1, "packages": {"npm:x": 1}}, "npm:x cannot be used"),
        ({"lockfileVersion": 1, "packages": {"npm:x": {"source": "npm:x"}}}, "cannot be used"),
        ({"lockfileVersion": 1, "packages": {"n": {"source": "n", "files": {"a": 1}}}}, "n cannot"),
        ({"lockfileVersion": 1, "packages": {"n": {"source": "n", "files": {}, "parts": 1}}}, "n "),
        *(
            (
                {"lockfileVersion": 1,
                 "packages": {"n": {"source": "n", "files": {}, "vendored": where}}},
                "outside of vendor",
            )
            for where in ("../x", "/etc", "vendor/../x", "npm/x")
        ),
    ],
)  # fmt: skip
def test_a_broken_lock_file_is_one_line_and_stays(tmp_path, data, why):
    path = tree(tmp_path, {"pi-lock.json": data}) / "pi-lock.json"
    before = path.read_text()
    with pytest.raises(FileError, match=why):
        read(str(path))
    if "no lock file" in why or "JSON" in why:
        with pytest.raises(FileError, match=why):
            put(str(path), {"npm:y": Record("npm:y", {})})
    assert path.read_text() == before


def test_a_package_is_hashed_again_only_when_something_moved(package, tmp_path):
    cache = str(tmp_path / "check.json")
    record = Record("npm:x", inventory(str(package)))
    assert checked(str(package), record, cache) == []
    note = (tmp_path / "check.json").read_text()
    assert str(package) in json.loads(note)
    assert checked(str(package), record, cache) == []
    assert (tmp_path / "check.json").read_text() == note

    status = (package / "b.txt").stat()
    (package / "b.txt").write_text("c")
    os.utime(package / "b.txt", ns=(status.st_atime_ns, status.st_mtime_ns))  # hides it from mtime
    assert checked(str(package), record, cache) == ["changed b.txt"]
    (package / "b.txt").write_text("b")
    assert checked(str(package), record, cache) == []


def test_a_note_holds_for_one_record_only(package, tmp_path):
    cache = str(tmp_path / "check.json")
    right = Record("npm:x", inventory(str(package)))
    assert checked(str(package), right, cache) == []
    other = Record("npm:x", {**right.files, "b.txt": "0" * 64})
    assert checked(str(package), other, cache) == ["changed b.txt"]
    (tmp_path / "check.json").write_text("{")
    assert checked(str(package), right, cache) == []


def test_what_cannot_be_read_is_one_line(package, monkeypatch):
    os.mkfifo(package / "pipe")
    with pytest.raises(PackageError, match="named pipe"):
        inventory(str(package))
    (package / "pipe").unlink()
    monkeypatch.setattr(lock, "MAX_FILES", 3)
    with pytest.raises(PackageError, match="more than 3 files"):
        inventory(str(package))


def test_keys_do_not_depend_on_where_the_project_is():
    keys = {"npm:x@1": "npm:x", "git:h.org/u/r@v1": "git:h.org/u/r", "../lp": "path:../lp"}
    assert {text: lock.key_of(parse(text)) for text in keys} == keys


def test_the_lock_file_is_no_secret_and_the_cache_is(package, tmp_path):
    cache = tmp_path / "check.json"
    checked(str(package), Record("npm:x", inventory(str(package))), str(cache))
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
