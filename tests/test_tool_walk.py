"""Walking a folder: order, ignore files and their reach, links, what cannot be read."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.text import ignore
from pi.tools.walk import Ignoring, Walk

GIT_ONLY = Ignoring(())
NAMED = Ignoring((".first", ".ignore"))


@pytest.fixture
def tree(tmp_path):
    """A function that makes a folder of files from a dict of texts; a text of None is a folder."""

    def make(**files: str | None) -> str:
        return grow(tmp_path / "tree", files)

    return make


def grow(root, files: dict[str, str | None]) -> str:
    root.mkdir(exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.mkdir()
        else:
            path.write_text(text)
    return str(root)


def seen(root: str, ignoring: Ignoring = GIT_ONLY, home: str = "/nonexistent") -> list[str]:
    walk = Walk(root, CancelToken(), ignoring, {"HOME": home})
    return [path + "/" * is_folder for path, _, is_folder in walk]


def test_order_is_by_name_and_a_folder_comes_before_what_is_in_it(tmp_path):
    files = dict.fromkeys(["b", "a/z", "a/b/c", "a.x", "a-b/x", "Z", ".h/i", "é"], "")
    root = grow(tmp_path / "t", files)
    assert seen(root) == [
        *(".h/", ".h/i", "Z", "a/", "a/b/", "a/b/c", "a/z", "a-b/", "a-b/x", "a.x", "b", "é")
    ]
    assert seen(root + "/a") == ["b/", "b/c", "z"]
    assert seen(root + "/.h") == ["i"]


IN_A_REPOSITORY = {
    ".git/config": "",
    ".git/info/exclude": "excluded\n",
    ".gitignore": "*.log\nbuild/\n/top\n",
    "a.log": "",
    "excluded": "",
    "build/x": "",
    "top": "",
    "src/top": "",
    "src/a.log": "",
    "src/.gitignore": "!a.log\n*.py\n",
    "src/b.py": "",
    "src/deep/build": "",
    "src/deep/a.log": "",
    "inner/.git/config": "",
    "inner/b.log": "",
    "inner/excluded": "",
}


def test_a_repository(tmp_path):
    root = grow(tmp_path / "t", IN_A_REPOSITORY)
    src = [
        "src/.gitignore",
        "src/a.log",
        "src/deep/",
        "src/deep/a.log",
        "src/deep/build",
        "src/top",
    ]
    inner = ["inner/", "inner/b.log", "inner/excluded"]
    assert seen(root) == [".gitignore", *inner, "src/", *src]
    assert seen(root + "/src") == [path.removeprefix("src/") for path in src]
    assert seen(root + "/build") == ["x"]
    assert seen(root + "/.git") == ["config", "info/", "info/exclude"]


def test_outside_a_repository_gitignore_counts_only_if_asked_for(tmp_path):
    root = grow(tmp_path / "t", {".gitignore": "x\n", "x": "", "a/x": "", "a/y": ""})
    assert seen(root) == [".gitignore", "a/", "a/x", "a/y", "x"]
    everywhere = Ignoring((), everywhere=True)
    assert seen(root, everywhere) == [".gitignore", "a/", "a/y"]
    assert seen(root + "/a", everywhere) == ["y"]


def test_named_files_count_everywhere_and_are_stronger(tmp_path):
    files = {".git/config": "", ".gitignore": "a\n!b\n", ".ignore": "!a\nb\nc\n", ".first": "!c\n"}
    files |= dict.fromkeys(["a", "b", "c", "d/b", "d/c", "d/a"], "")
    root = grow(tmp_path / "t", files)
    visible = [path for path in seen(root, NAMED) if not path.startswith(".")]
    assert visible == ["a", "c", "d/", "d/a", "d/c"]
    assert seen(root + "/d", NAMED) == ["a", "c"]
    shutil.rmtree(root + "/.git")
    assert [path for path in seen(root, NAMED) if path == "b"] == []


@pytest.mark.parametrize(
    ("place", "settings"),
    [
        (".config/git/ignore", {}),
        ("mine", {".gitconfig": "[core]\n\texcludesFile = ~/mine\n"}),
        ("mine", {".config/git/config": '[core]\nexcludesfile="mine"\n'}),
    ],
)
def test_the_users_own_ignore_file(tmp_path, place, settings):
    home = grow(tmp_path / "home", {place: "*.tmp\n", **settings})
    root = grow(tmp_path / "t", {".git/HEAD": "", "a.tmp": "", "b": ""})
    assert seen(root, home=home) == ["b"]
    shutil.rmtree(root + "/.git")
    assert seen(root, home=home) == ["a.tmp", "b"]


@pytest.mark.skipif(shutil.which("git") is None, reason="makes a work tree with git")
def test_a_work_tree_shares_the_exclude_file_of_its_repository(tmp_path):
    main, other = tmp_path / "main", tmp_path / "other"
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q", main], check=True, env=environ)
    subprocess.run(
        [*git, "-C", main, "commit", "-q", "--allow-empty", "-m", "x"], check=True, env=environ
    )
    subprocess.run([*git, "-C", main, "worktree", "add", "-q", other], check=True, env=environ)
    (main / ".git/info/exclude").write_text("secret\n")
    grow(other, {"secret": "", "open": ""})
    assert seen(str(other)) == ["open"]


def test_chosen_rules_decide_first(tmp_path):
    root = grow(tmp_path / "t", IN_A_REPOSITORY)
    logs = Ignoring((), chosen=ignore.parse("*.log"), only_chosen=True)
    assert [path for path in seen(root, logs) if not path.endswith("/")] == [
        *("a.log", "inner/b.log", "src/a.log", "src/deep/a.log")
    ]
    not_src = Ignoring((), chosen=ignore.parse("!src"))
    assert seen(root, not_src) == [".gitignore", "inner/", "inner/b.log", "inner/excluded"]


def test_links_are_shown_and_not_followed(tmp_path):
    root = grow(tmp_path / "t", {"d/f": ""})
    os.symlink(".", root + "/d/loop")
    os.symlink("d", root + "/link")
    os.symlink("nowhere", root + "/broken")
    assert seen(root) == ["broken", "d/", "d/f", "d/loop", "link"]
    assert seen(root + "/link") == ["f", "loop"]


def test_what_cannot_be_read_is_empty(tmp_path):
    root = grow(tmp_path / "t", {"a/x": "", "b": "", ".git/HEAD": "", ".gitignore/x": ""})
    walk = iter(Walk(root, CancelToken(), GIT_ONLY, {}))
    found = [next(walk)[0] for _ in range(3)]
    assert found == [".gitignore", ".gitignore/x", "a"]
    shutil.rmtree(root + "/a")  # gone before it is read
    assert [path for path, _, _ in walk] == ["b"]
    assert seen(str(tmp_path / "missing")) == []


def test_odd_names_survive(tmp_path):
    root = os.fsencode(grow(tmp_path / "t", {}))
    for name in (b"a\nb", b"\xff\xfe", "é".encode()):
        with open(os.path.join(root, name), "wb"):
            pass
    assert [os.fsencode(path) for path in seen(os.fsdecode(root))] == [
        b"a\nb",
        "é".encode(),
        b"\xff\xfe",
    ]


def test_the_root_of_the_file_system_can_be_walked():
    walk = iter(Walk("/", CancelToken(), GIT_ONLY, {}))
    path, entry, _ = next(walk)
    assert path == entry.name
    assert entry.path == "/" + path


def test_a_walk_can_be_stopped(tmp_path):
    root = grow(tmp_path / "t", dict.fromkeys(map(str, range(30)), ""))
    token = CancelToken()
    walk = iter(Walk(root, token, GIT_ONLY, {}))
    next(walk)
    token.cancel()
    with pytest.raises(Cancelled):
        next(walk)
    with pytest.raises(Cancelled):
        next(iter(Walk(root, token, GIT_ONLY, {})))
