"""Skills: what loads, what is told, and what a skill's command becomes."""

from __future__ import annotations

import os

import pytest

from pi.errors import PiError
from pi.resources.skill import MAX_BYTES, expanded, load_skill


@pytest.fixture
def write(tmp_path):
    """write(text, folder="", name="SKILL.md"): makes a skill file; returns its path."""

    def write(text, folder="my-skill", name="SKILL.md"):
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def test_a_portable_skill(write):
    path = write(
        "---\nname: pdf-tools\ndescription: >-\n  Read PDFs.\n  Convert them.\nlicense: MIT\n"
        "compatibility: any\nmetadata:\n  author: me\n  tags: [a, b]\n"
        "allowed-tools: Bash(git:*) Read\n---\n\n# Steps\n"
    )
    skill, problems = load_skill(path)
    assert (skill.name, skill.description) == ("pdf-tools", "Read PDFs. Convert them.")
    assert (skill.path, skill.folder) == (path, os.path.dirname(path))
    assert (skill.is_hidden, problems) == (False, [])


@pytest.mark.parametrize(
    ("front", "name", "word"),
    [
        ("description: x", "my-skill", None),
        ("name: ''\ndescription: x", "my-skill", None),
        ("name: 12\ndescription: x", "my-skill", None),
        ("name: Other_Name\ndescription: x", "Other_Name", "small letters"),
        ("name: a--b\ndescription: x", "a--b", "small letters"),
        ("name: -a\ndescription: x", "-a", "small letters"),
        (f"name: {'n' * 65}\ndescription: x", "n" * 65, "64"),
        ('name: "a\\eb"\ndescription: x', "my-skill", "printable"),
        (f"description: {'d' * 1025}", "my-skill", "1024"),
    ],
)
def test_a_doubtful_name_or_description_is_told_and_loads(write, front, name, word):
    path = write(f"---\n{front}\n---\nbody")
    skill, problems = load_skill(path)
    assert skill.name == name
    assert [problem.startswith(f"{path}: ") for problem in problems] == [True] * len(problems)
    assert len(problems) == (word is not None)
    assert word is None or word in problems[0]


@pytest.mark.parametrize(
    ("value", "is_hidden"), [("true", True), ("yes", False), ('"true"', False)]
)
def test_hidden_from_the_model_only_by_true(write, value, is_hidden):
    path = write(f"---\ndescription: x\ndisable-model-invocation: {value}\n---\n")
    assert load_skill(path)[0].is_hidden is is_hidden


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("just text", "no front matter"),
        ("---\nname: x\n---\n", "no description"),
        ("---\ndescription: '  '\n---\n", "no description"),
        ("---\ndescription: [a]\n---\n", "no description"),
        ("---\nname: a\ndescription: b: c\n---\n", "line 3"),
        ("---\ndescription: cut off", "no front matter"),
        (b"\xff\xfe\x00\x01", "no front matter"),
        (b"---\ndescription: " + b"x" * MAX_BYTES, "larger than"),
    ],
)
def test_what_does_not_load_is_one_warning(write, text, word):
    path = write(text)
    skill, (problem,) = load_skill(path)
    assert skill is None
    assert problem.startswith(f"{path}: ")
    assert word in problem
    assert problem.endswith("; skill not loaded")


def test_loose_markdown_is_a_skill_only_with_a_description(write):
    assert load_skill(write("# notes", "", "notes.md")) == (None, [])
    assert load_skill(write("---\na: [\n---", "", "broken.md")) == (None, [])
    skill, problems = load_skill(write("---\nname: l\ndescription: d\n---\n", "", "loose.md"))
    assert (skill.name, problems) == ("l", [])


def test_expansion(write):
    path = write("---\r\nname: s\r\ndescription: d\r\n---\r\n\r\n # Do\r\nit \r\n\r\n")
    skill, _ = load_skill(path)
    folder = os.path.dirname(path)
    block = (
        f'<skill name="s" location="{path}">\nReferences are relative to {folder}.\n\n'
        "# Do\nit\n</skill>"
    )
    assert expanded(skill) == block
    assert expanded(skill, "now") == f"{block}\n\nnow"
    os.unlink(path)
    with pytest.raises(PiError, match="No such file"):
        expanded(skill)


def test_a_pipe_in_place_of_a_file_does_not_stop_the_start(tmp_path):
    os.mkfifo(tmp_path / "SKILL.md")
    skill, (problem,) = load_skill(str(tmp_path / "SKILL.md"))
    assert skill is None
    assert "pipe" in problem
