"""Packages for tests: folders, git repositories and a fake npm.

tree(root, {"skills/a/SKILL.md": skill("a"), "package.json": {"name": "x"}})
commit(repository, {"prompts/p.md": "hi"}, tag="v1")      makes the repository if need be
npm(folder)                     a program that does what `npm install` does, with packages/ there
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

EXTENSION = "def extend(pi):\n    pass\n"

_NPM = """\
#!{python}
import json, pathlib, shutil, sys
here = pathlib.Path({here!r})
with open(here / "calls", "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
if (here / "fails").exists():
    sys.exit("npm ERR! no such thing")
action, spec = sys.argv[1:3]
root = pathlib.Path(sys.argv[sys.argv.index("--prefix") + 1])
name, _, version = spec[1:].partition("@") if spec.startswith("@") else spec.partition("@")
name = spec[0] + name if spec.startswith("@") else name
target = root / "node_modules" / name
shutil.rmtree(target, ignore_errors=True)
if action == "install":
    shutil.copytree(here / "packages" / name, target)
"""


def skill(name: str) -> str:
    """A SKILL.md."""
    return f"---\nname: {name}\ndescription: about {name}\n---\nDo it.\n"


def tree(root: Path, files: dict[str, object]) -> Path:
    """Write files below a folder: text as it is, anything else as JSON; returns the folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return root


def git(folder: Path, *words: str) -> str:
    """Run git with nobody's configuration; returns what it writes."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in _WHO},
    }
    done = subprocess.run(
        ["git", *words], cwd=folder, env=env, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


_WHO = ("NAME", "EMAIL")


def commit(repository: Path, files: dict[str, object], tag: str = "") -> str:
    """Commit files to a repository, which is made if need be; returns the commit."""
    repository.mkdir(parents=True, exist_ok=True)
    if not (repository / ".git").exists():
        git(repository, "init", "--quiet", "--initial-branch=main")
    tree(repository, files)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=x")
    if tag:
        git(repository, "tag", tag)
    return git(repository, "rev-parse", "HEAD")


def npm(folder: Path) -> Path:
    """A program for `npmCommand`: installs from `packages/`, logs to `calls`, fails if `fails`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "npm"
    path.write_text(_NPM.format(python=sys.executable, here=str(folder)))
    path.chmod(0o755)
    return path


def calls(folder: Path) -> list[list[str]]:
    """What the fake npm was called with."""
    path = folder / "calls"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
