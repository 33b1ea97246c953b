"""Context files and prompt files: which are read, in which order, and what is told."""

from __future__ import annotations

import os

import pytest

from pi.resources.context import (
    MAX_BYTES,
    NAMES,
    ContextFile,
    find_context_files,
    find_prompt_file,
)


@pytest.fixture
def agent(tmp_path):
    (tmp_path / "agent").mkdir()
    return tmp_path / "agent"


@pytest.fixture
def cwd(tmp_path):
    (tmp_path / "repo/app").mkdir(parents=True)
    return tmp_path / "repo/app"


def below(tmp_path, files):
    """Those of our own: there may be others above the temporary folder."""
    return [file for file in files if file.path.startswith(str(tmp_path))]


def test_the_agents_come_first_then_from_the_root_down(tmp_path, agent, cwd):
    for folder in (agent, tmp_path / "repo", cwd):
        (folder / "AGENTS.md").write_text(f"\ufeffof {folder.name}", "utf-8")
    files, problems = find_context_files(str(agent), str(cwd))
    assert [file.text for file in below(tmp_path, files)] == ["of agent", "of repo", "of app"]
    assert problems == []
    only = find_context_files(str(agent), None)
    assert only == ([ContextFile(str(agent / "AGENTS.md"), "of agent")], [])


def test_one_file_a_folder_by_the_order_of_names(tmp_path, agent, cwd):
    for name in reversed(NAMES):
        (cwd / name).write_text(name)
        files, _ = find_context_files(str(agent), str(cwd))
        assert [os.path.basename(file.path) for file in below(tmp_path, files)] == [name]


def test_a_folder_met_twice_counts_once(tmp_path, cwd):
    (cwd / "AGENTS.md").write_text("x")
    (tmp_path / "link").symlink_to(cwd)
    files, _ = find_context_files(str(tmp_path / "link"), str(cwd))
    assert [file.path for file in below(tmp_path, files)] == [str(tmp_path / "link/AGENTS.md")]


def test_a_huge_file_is_cut_and_told(agent):
    (agent / "AGENTS.md").write_bytes(b"x" * (MAX_BYTES + 5))
    ((file,), (problem,)) = find_context_files(str(agent), None)
    assert len(file.text) == MAX_BYTES
    assert f"only the first {MAX_BYTES} bytes are used" in problem


def test_pipes_and_folders_are_no_context_files(agent):
    os.mkfifo(agent / "AGENTS.md")
    (agent / "CLAUDE.md").mkdir()
    assert find_context_files(str(agent), None) == ([], [])


def test_a_trusted_project_stands_in_for_the_agent_folder(agent, cwd):
    assert find_prompt_file("SYSTEM.md", str(agent), str(cwd)) == (None, [])
    (agent / "SYSTEM.md").write_text("user's")
    assert find_prompt_file("SYSTEM.md", str(agent), str(cwd)) == ("user's", [])
    (cwd / ".pi").mkdir()
    (cwd / ".pi/SYSTEM.md").write_text("project's")
    assert find_prompt_file("SYSTEM.md", str(agent), str(cwd)) == ("project's", [])
    assert find_prompt_file("SYSTEM.md", str(agent), None) == ("user's", [])
