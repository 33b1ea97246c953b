"""Packages from git repositories: which state is had, and what a repository cannot make git do."""

from __future__ import annotations

import os
import shlex

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, PackageError
from pi.packages.git import commit_of, place, remote_commit
from pi.packages.source import Git, parse
from tests.packagekit import commit, git, tree

ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@pytest.fixture
def repository(tmp_path):
    path = tmp_path / "repo"
    commit(path, {"a": "1"}, tag="v1")
    commit(path, {"a": "2", "b": "2"})
    git(path, "branch", "side", "v1")
    return path


def source(repository, ref=""):
    return parse(f"git:file://{repository}{ref and '@'}{ref}")


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != ".git"}


@pytest.mark.parametrize(
    ("ref", "wanted"),
    [("", {"a": "2", "b": "2"}), ("v1", {"a": "1"}), ("side", {"a": "1"}), ("short", {"a": "1"}),
     ("full", {"a": "1"})],
)  # fmt: skip
def test_the_state_a_source_asks_for(repository, tmp_path, ref, wanted):
    first = git(repository, "rev-parse", "v1")
    ref = {"short": first[:9], "full": first}.get(ref, ref)
    named, folder = source(repository, ref), tmp_path / "x/u/r"
    found = place(named, str(folder), ENVIRON, CancelToken())
    assert content(folder) == wanted
    assert found == commit_of(str(folder), ENVIRON, CancelToken())
    assert found == git(repository, "rev-parse", ref or "HEAD")
    if ref != first[:9]:  # a server does not look up a beginning
        assert remote_commit(named, ENVIRON, CancelToken()) == found


def test_an_annotated_tag_stands_for_its_commit(repository, tmp_path):
    git(repository, "tag", "--annotate", "--message=x", "v3")
    named = source(repository, "v3")
    there = place(named, str(tmp_path / "x"), ENVIRON, CancelToken())
    assert remote_commit(named, ENVIRON, CancelToken()) == there


def test_only_what_is_needed_is_fetched(repository, tmp_path):
    place(source(repository), str(tmp_path / "x"), ENVIRON, CancelToken())
    assert git(tmp_path / "x", "rev-list", "--all", "--count") == "1"


def test_a_failure_leaves_what_was_there(repository, tmp_path):
    folder = tmp_path / "x/r"
    tree(folder, {"own": "x"})
    for bad in (
        source(repository, "nope"),
        source(tmp_path / "gone"),
        source(repository, "abcdef0"),
    ):
        with pytest.raises(PackageError, match=r"git (clone|checkout) failed: ") as caught:
            place(bad, str(folder), ENVIRON, CancelToken())
        assert str(caught.value).isprintable()
    with pytest.raises(PackageError):
        place(source(repository), str(folder), ENVIRON, CancelToken(), commit="0" * 40)
    assert content(folder) == {"own": "x"}
    assert [path.name for path in folder.parent.iterdir()] == ["r"]


def test_a_locked_commit_is_had_although_the_branch_moved_on(repository, tmp_path):
    first = git(repository, "rev-parse", "v1")
    place(source(repository), str(tmp_path / "x"), ENVIRON, CancelToken(), commit=first)
    assert content(tmp_path / "x") == {"a": "1"}


def test_nothing_of_a_repository_is_run(repository, tmp_path):
    marker = tmp_path / "ran"
    hook = repository / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    template = tmp_path / "template/hooks/post-checkout"
    template.parent.mkdir(parents=True)
    template.write_text(f"#!/bin/sh\ntouch {marker}\n")
    template.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(f"[init]\n\ttemplateDir = {tmp_path / 'template'}\n")
    inner = tmp_path / "inner"
    commit(inner, {"c": "3"})
    tree(repository, {".gitmodules": f'[submodule "s"]\n\tpath = s\n\turl = file://{inner}\n'})
    git(
        repository,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        f"file://{inner}",
        "t",
    )
    git(repository, "commit", "--quiet", "--all", "--message=s")
    environ = {**ENVIRON, "GIT_CONFIG_GLOBAL": str(config)}
    place(source(repository), str(tmp_path / "x"), environ, CancelToken())
    assert not marker.exists()
    assert list((tmp_path / "x/t").iterdir()) == []


def test_a_transport_that_is_a_command_is_refused(tmp_path):
    marker = tmp_path / "ran"
    config = tmp_path / "config"
    command = f"ext::sh -c {shlex.quote(f'touch {marker}')}"
    config.write_text(
        f'[url "{command} "]\n\tinsteadOf = https://h.org/\n[protocol "ext"]\n\tallow = always\n'
    )
    environ = {**ENVIRON, "GIT_CONFIG_GLOBAL": str(config)}
    hostile = Git("git:x", "ext::sh -c true", "h", "u/r")
    for each in (parse("git:h.org/u/r"), hostile):
        with pytest.raises(PackageError, match="not allowed"):
            place(each, str(tmp_path / "x"), environ, CancelToken())
    assert not marker.exists()


def test_offline_only_this_machine_is_asked(repository, tmp_path):
    environ = {**ENVIRON, "PI_OFFLINE": "1"}
    place(source(repository), str(tmp_path / "x"), environ, CancelToken())
    with pytest.raises(PackageError, match=r"not allowed.*PI_OFFLINE is set"):
        place(parse("git:https://127.0.0.1:9/u/r"), str(tmp_path / "y"), environ, CancelToken())


def test_the_repository_of_a_hook_is_left_alone(repository, tmp_path):
    other = tmp_path / "other"
    commit(other, {"z": "1"})
    environ = {**ENVIRON, "GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other)}
    place(source(repository), str(tmp_path / "x"), environ, CancelToken())
    assert content(tmp_path / "x") == {"a": "2", "b": "2"}
    assert content(other) == {"z": "1"}


def test_a_folder_inside_another_repository_is_none_of_its_own(repository):
    tree(repository, {"in/x": "1"})
    assert commit_of(str(repository / "in"), ENVIRON, CancelToken()) == ""


def test_no_git_is_one_line_and_an_abort_is_none(repository, tmp_path):
    with pytest.raises(PackageError, match="no git on PATH"):
        place(source(repository), str(tmp_path / "x"), {"PATH": "/nonexistent"}, CancelToken())
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        place(source(repository), str(tmp_path / "x"), ENVIRON, token)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("ref", ["v1", "full", ""])
def test_the_reference_can_go_on_with_a_clone(repository, tmp_path, ref):
    ref = git(repository, "rev-parse", "v1") if ref == "full" else ref
    place(source(repository, ref), str(tmp_path / "x"), ENVIRON, CancelToken())
    assert git(tmp_path / "x", "symbolic-ref", "refs/remotes/origin/HEAD").endswith("/main")
    git(tmp_path / "x", "fetch", "--quiet", "origin", "+refs/heads/main:refs/remotes/origin/main")
    git(tmp_path / "x", "reset", "--quiet", "--hard", "origin/HEAD")
    assert content(tmp_path / "x") == {"a": "2", "b": "2"}
