from __future__ import annotations

import os

from pi.prompt import Parts, build_sections
from pi.resources.context import MAX_BYTES, ContextFile, find_context_files
from pi.tools.base import Tool
from pi.transcript import SECTION_ORDER

READ = Tool("read", "", {}, None, snippet="Read a file", guidelines=("Look first.", "Shared."))
BASH = Tool("bash", "", {}, None, snippet="Run a command", guidelines=("Shared.",))
HIDDEN = Tool("hidden", "", {}, None)


def test_default_sections_and_their_order():
    sections = build_sections(Parts("/work", [READ, BASH, HIDDEN], docs="/docs"))
    assert list(sections) == ["preamble", "tools", "rules", "docs", "cwd"]
    assert sections["tools"] == "<tools>\n- read: Read a file\n- bash: Run a command\n</tools>"
    assert sections["rules"].count("Shared.") == 1
    assert sections["cwd"] == "<cwd>\n/work\n</cwd>"
    assert "/docs" in sections["docs"]
    assert not sections["preamble"].startswith("<")


def test_no_tools():
    assert build_sections(Parts("/", []))["tools"] == "<tools>\n(none)\n</tools>"


def test_a_custom_prompt_replaces_the_first_four():
    files = [ContextFile("/a/AGENTS.md", "be nice\n")]
    sections = build_sections(
        Parts("/w", [READ], custom="Mine", appended=["x", "y"], context_files=files)
    )
    assert list(sections) == ["preamble", "addendum", "project_context", "cwd"]
    assert sections["preamble"] == "Mine"
    assert sections["addendum"] == "<addendum>\nx\n\ny\n</addendum>"
    assert '<project_instructions path="/a/AGENTS.md">\nbe nice\n' in sections["project_context"]


def test_sections_are_declared_in_the_order_they_are_rendered():
    sections = build_sections(Parts("/", [READ], None, ["a"], [ContextFile("p", "t")], "/docs"))
    assert list(sections) == [name for name in SECTION_ORDER if name in sections]


def test_context_files_are_found_from_the_root_down(tmp_path):
    agent, deep = tmp_path / "agent", tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    agent.mkdir()
    (agent / "AGENTS.md").write_text("global")
    (tmp_path / "a" / "CLAUDE.md").write_text("outer")
    (tmp_path / "a" / "AGENTS.md").write_bytes(b"\xef\xbb\xbfouter wins")
    (deep / "AGENTS.md").write_text("inner")
    (deep / "AGENTS.override.md").write_bytes(b"over\xffride")
    files, warnings = find_context_files(str(agent), str(deep))
    assert [file.text for file in files] == ["global", "outer wins", "over\ufffdride"]
    assert all(os.path.isabs(file.path) for file in files)
    assert warnings == []


def test_a_folder_met_twice_counts_once(tmp_path):
    (tmp_path / "AGENTS.md").write_text("once")
    files, _ = find_context_files(str(tmp_path), str(tmp_path))
    assert [file.text for file in files] == ["once"]


def test_a_huge_context_file_is_cut(tmp_path):
    (tmp_path / "AGENTS.md").write_text("x" * (MAX_BYTES + 10))
    files, _ = find_context_files(str(tmp_path / "none"), str(tmp_path))
    assert len(files[0].text) == MAX_BYTES


def test_directories_and_missing_files_are_no_context(tmp_path):
    (tmp_path / "AGENTS.md").mkdir()
    (tmp_path / "CLAUDE.md").write_text("second")
    files, _ = find_context_files(str(tmp_path / "none"), str(tmp_path))
    assert [file.text for file in files] == ["second"]
