"""Ignore files: a table of rules, and the same answers as git on random trees."""

from __future__ import annotations

import os
import random
import shutil
import subprocess

import pytest

from pi.text import ignore

TABLE = [
    # lines, path, is it a folder, verdict
    ("*.log", "a/b.log", False, True),
    ("*.log\n!keep.log", "a/keep.log", False, False),
    ("!keep.log\n*.log", "keep.log", False, True),
    ("/a", "a", False, True),
    ("/a", "b/a", False, None),
    ("a/b", "a/b", False, True),
    ("a/b", "x/a/b", False, None),
    ("**/a/b", "x/a/b", False, True),
    ("build/", "build", True, True),
    ("build/", "build", False, None),
    ("a/**/b", "a/x/y/b", False, True),
    ("a/**", "a", True, None),
    ("# a", "# a", False, None),
    ("\\# a", "# a", False, True),
    ("\\!a", "!a", False, True),
    ("a ", "a", False, True),
    ("a\\ ", "a ", False, True),
    ("a\\\\ ", "a\\", False, True),
    ("a\r\nb", "a", False, True),
    ("\ufeffa", "a", False, True),
    ("", "a", False, None),
    ("/\n!\n\n!/", "a", False, None),
    ("a[\nb", "a[", False, None),
    ("a[\nb", "b", False, True),
    ("{a,b}", "a", False, None),
    ("foo\n!foo/", "foo", True, False),
    ("foo\n!foo/", "foo", False, True),
]


@pytest.mark.parametrize(("lines", "path", "is_folder", "verdict"), TABLE)
def test_verdict(lines, path, is_folder, verdict):
    name = path.rpartition("/")[2]
    assert ignore.parse(lines).verdict(path, name, is_folder) is verdict


# --- against git ---------------------------------------------------------------------------------

_ATOMS = """a b ab * ? ** *.c a* *b [ab] [!a] [a-c] a.c b.c \\a \\* [[:alpha:]] a*b*c *a*b* .x d
 []a] [a- {a,b} **a *** a\\  [^b]c [b-a] \\ [\\]a] # \\#x !x [!] [a/b] x\\/y [[:foo:]] ?b a?c*"""
_NAMES = "a b ab ba abc a.c b.c d .x c aXbYc * # #x !x {a,b} bc acb"
ATOMS = [*_ATOMS.split(), " a", "a "]
NAMES = [*_NAMES.split(), " a", "a "]
"""Not among them: `x**/y`, where git, against its own page, takes ** for any number of folders."""


def random_line(dice: random.Random) -> str:
    line = "/".join(
        dice.choice([*ATOMS, " a", "a "]) for _ in range(dice.choice([1, 1, 1, 2, 2, 3]))
    )
    line = ("/" if dice.random() < 0.25 else "") + line + ("/" if dice.random() < 0.25 else "")
    line = ("!" if dice.random() < 0.25 else "") + line
    return line + ("  " if dice.random() < 0.05 else "") + ("\r" if dice.random() < 0.05 else "")


def grow(dice: random.Random, folder: str, depth: int) -> list[str]:
    """A random tree; the paths of everything in it."""
    paths = []
    for name in dice.sample(NAMES, dice.randint(2, 7)):
        path = os.path.join(folder, name)
        paths.append(path)
        if depth and dice.random() < 0.5:
            os.mkdir(path)
            paths += grow(dice, path, depth - 1)
        else:
            open(path, "w").close()
    if depth == 3 or dice.random() < 0.3:
        lines = [random_line(dice) for _ in range(dice.randint(1, 6))]
        with open(os.path.join(folder, ".gitignore"), "w", newline="") as stream:
            stream.write("\n".join(lines) + dice.choice(["", "\n"]))
    return paths


def ignored_by_us(root: str, folder: str, tables: list[tuple[int, ignore.Rules]]) -> set[str]:
    """The ignored paths, relative to the root, by asking nearer files first, folders before."""
    path = os.path.join(folder, ".gitignore")
    if os.path.exists(path):
        with open(path, newline="") as stream:
            tables = [(len(folder) + 1, ignore.parse(stream.read())), *tables]
    found = set()
    for entry in os.scandir(folder):
        is_folder = entry.is_dir()
        verdicts = (
            rules.verdict(entry.path[base:], entry.name, is_folder) for base, rules in tables
        )
        verdict = next((each for each in verdicts if each is not None), False)
        if verdict:
            found.add(entry.path)
            for top, folders, names in os.walk(entry.path):
                found |= {os.path.join(top, name) for name in folders + names}
        elif is_folder and entry.name != ".git":
            found |= ignored_by_us(root, entry.path, tables)
    return found


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with git")
@pytest.mark.parametrize("seed", range(25))
def test_the_same_as_git_on_random_trees(seed, tmp_path):
    root = str(tmp_path / "tree")
    os.mkdir(root)
    paths = grow(random.Random(seed), root, 3)
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", root], check=True, env=environ)
    done = subprocess.run(
        ["git", "-C", root, "check-ignore", "--no-index", "--stdin", "-z"],
        input="\0".join(paths).encode(),
        stdout=subprocess.PIPE,
        check=False,
        env=environ,
    )
    theirs = {path for path in done.stdout.decode().split("\0") if path}
    ours = ignored_by_us(root, root, []) & set(paths)
    assert sorted(ours - theirs) == []
    assert sorted(theirs - ours) == []
