"""Packages in git repositories, by the system's git.

    place(source, "/home/u/.pi/agent/git/example.org/u/tools", environ, token)
    # "fae5f80c...": the commit that is there now
    remote_commit(source, environ, token)       the commit that the source stands for at present
    commit_of(folder, environ, token)           the one that is checked out

A repository is cloned beside its place and moved there when it is whole, so that nothing half-made
is ever loaded. Clones are shallow where the server allows it. Nothing of a repository is run: no
hooks, no submodules, no transports that are commands (`ext::`), no question on the terminal. With
PI_OFFLINE only repositories on this machine are reached. The user's own git configuration counts.
"""

from __future__ import annotations

import os
import re
import shutil

from pi import proc
from pi.errors import PackageError
from pi.packages import swap
from pi.packages.source import public
from pi.text.unicode import decode, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.cancel import CancelToken
    from pi.packages.source import Git

TIMEOUT_S = 900.0
QUICK_S = 60.0
_SAFE = (
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "submodule.recurse=false"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "advice.detachedHead=false"),
)
_PROTOCOLS = "file:git:http:https:ssh"
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
"""What git sets for hooks, and would take a clone for the repository of the hook."""

_FULL_COMMIT = r"[0-9a-f]{40}|[0-9a-f]{64}"
_COMMIT = r"[0-9a-fA-F]{7,64}"


def place(
    source: Git,
    folder: str,
    environ: Mapping[str, str],
    token: CancelToken,
    *,
    commit: str = "",
) -> str:
    """Put a repository into a folder, in place of what is there; returns the commit.

    `commit` insists on that one. Raises PackageError; then the folder is as it was.
    """
    with swap.in_place_of(folder, public(source.text)) as fresh:
        _clone(source, fresh, environ, token, commit)
        _remember_head(source, fresh, environ, token)
        found = commit_of(fresh, environ, token)
        if commit and found != commit:
            raise PackageError(f"{public(source.text)}: has no commit {commit}")
    return found


def remote_commit(source: Git, environ: Mapping[str, str], token: CancelToken) -> str:
    """The commit that a source stands for now; "" if its server does not say. Raises PackageError.

    A source with a commit stands for that one.
    """
    if re.fullmatch(_FULL_COMMIT, source.ref):
        return source.ref
    names = [f"refs/tags/{source.ref}^{{}}", source.ref] if source.ref else ["HEAD"]
    out = _git(["ls-remote", "--", source.url, *names], source, None, environ, token)
    found = dict(reversed(line.split("\t", 1)) for line in out.splitlines() if "\t" in line)
    tried = ("refs/tags/{}^{{}}", "refs/heads/{}", "refs/tags/{}", "{}")
    wanted = [each.format(source.ref) for each in tried] if source.ref else ["HEAD"]
    return next((found[name] for name in wanted if name in found), "")


def commit_of(folder: str, environ: Mapping[str, str], token: CancelToken) -> str:
    """The commit that is checked out in a folder; "" if it is no repository of its own."""
    if not os.path.lexists(os.path.join(folder, ".git")):
        return ""
    try:
        done = _run(["rev-parse", "--verify", "HEAD"], folder, environ, token, QUICK_S)
    except PackageError:
        return ""
    text = decode(done.stdout).strip()
    return text if done.code == 0 and re.fullmatch(_FULL_COMMIT, text) else ""


def _clone(
    source: Git, folder: str, environ: Mapping[str, str], token: CancelToken, commit: str
) -> None:
    """Clone into a new folder, with the wanted state checked out; shallow if that can be had."""
    wanted = commit or source.ref
    plain = ["clone", "--quiet", "--no-recurse-submodules", "--template="]
    if not re.fullmatch(_COMMIT, wanted):
        branch = ["--branch", wanted] if wanted else []
        shallow = [*plain, "--depth=1", "--single-branch", *branch, "--", source.url, folder]
        _git(shallow, source, None, environ, token)
        return
    if re.fullmatch(_FULL_COMMIT, wanted) and _fetched_alone(
        source, folder, environ, token, wanted
    ):
        return
    _git([*plain, "--no-checkout", "--", source.url, folder], source, None, environ, token)
    _git(["checkout", "--quiet", "--detach", wanted, "--"], source, folder, environ, token)


def _fetched_alone(
    source: Git, folder: str, environ: Mapping[str, str], token: CancelToken, commit: str
) -> bool:
    """Whether one commit could be had without the rest; not every server gives it."""
    steps = (
        (None, ["init", "--quiet", "--template=", "--", folder]),
        (folder, ["remote", "add", "origin", source.url]),
        (folder, ["fetch", "--quiet", "--depth=1", "--no-recurse-submodules", "origin", commit]),
        (folder, ["checkout", "--quiet", "--detach", "FETCH_HEAD"]),
    )
    for cwd, words in steps:
        if _run(words, cwd, environ, token, TIMEOUT_S).code != 0:
            shutil.rmtree(folder, ignore_errors=True)
            return False
    return True


def _remember_head(
    source: Git, folder: str, environ: Mapping[str, str], token: CancelToken
) -> None:
    """Note which branch is the usual one, so that the reference can go on with a clone of a tag."""
    head = "refs/remotes/origin/HEAD"
    if _run(["rev-parse", "--verify", "--quiet", head], folder, environ, token, QUICK_S).code == 0:
        return
    asked = _run(["ls-remote", "--symref", "--", source.url, "HEAD"], None, environ, token, QUICK_S)
    named = re.match(r"ref: refs/heads/([\w][\w./+-]*)\tHEAD\n", decode(asked.stdout))
    if asked.code != 0 or named is None:  # it is of no use to us
        return
    branch = f"refs/remotes/origin/{named[1]}"
    for words in (
        ["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"],
        ["update-ref", branch, "HEAD"],
        ["symbolic-ref", head, branch],
    ):
        _run(words, folder, environ, token, QUICK_S)


def _git(
    words: list[str],
    source: Git,
    folder: str | None,
    environ: Mapping[str, str],
    token: CancelToken,
) -> str:
    """What git writes. Raises PackageError with git's own reason."""
    done = _run(words, folder, environ, token, TIMEOUT_S)
    if done.code == 0:
        return decode(done.stdout)
    said = [line.strip() for line in decode(done.stderr).splitlines() if line.strip()]
    told = [line for line in said if line.startswith(("fatal:", "error:"))] or said[-1:]
    why = "it took too long" if done.timed_out else shown(public(" ".join(told[:2])))
    hint = " (PI_OFFLINE is set)" if _is_offline(environ) else ""
    raise PackageError(f"{public(source.text)}: git {words[0]} failed: {why or 'no reason'}{hint}")


def _run(
    words: list[str],
    folder: str | None,
    environ: Mapping[str, str],
    token: CancelToken,
    timeout_s: float,
) -> proc.Captured:
    env = {name: value for name, value in environ.items() if name not in _FOREIGN}
    env |= {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file" if _is_offline(environ) else _PROTOCOLS,
        "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C",
    }
    if "GIT_SSH" not in env:
        env.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    program = proc.find_program("git", env)
    if program is None:
        raise PackageError("git is needed for this package, and there is no git on PATH")
    try:
        argv = [program, *_SAFE, *words]
        return proc.capture(argv, timeout_s=timeout_s, cwd=folder or os.sep, env=env, token=token)
    except proc.StartError as error:
        raise PackageError(str(error)) from None


def _is_offline(environ: Mapping[str, str]) -> bool:
    return environ.get("PI_OFFLINE") in ("1", "true", "yes")
