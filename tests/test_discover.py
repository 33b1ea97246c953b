"""Where skills and templates are found, in which order, and what settings lists leave."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pi import settings
from pi.resources.discover import Place, discover
from pi.resources.folder import markdown_files, skill_files
from pi.resources.pattern import is_wanted
from pi.value import Value


class World(Value):
    """A home with its agent folder, and a project in a repository."""

    root: Path
    home: Path
    agent: Path
    project: Path

    def write(self, *names, text="x"):
        for name in names:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def find(self, kind, named=(), *, trusted=True, closed=False):
        found = settings.load(str(self.agent), str(self.project), trusted=trusted)
        place = Place(
            str(self.agent), str(self.home), str(self.project), str(self.project), trusted, found
        )
        files, problems = discover(kind, place, named, is_closed=closed)
        names = [str(Path(each.path).relative_to(self.root)) for each in files]
        return names, files, problems


@pytest.fixture
def world(tmp_path):
    found = World(tmp_path, tmp_path / "home", tmp_path / "home/.pi/agent", tmp_path / "repo/app")
    found.agent.mkdir(parents=True)
    found.project.mkdir(parents=True)
    (tmp_path / "repo/.git").mkdir()
    return found


def test_the_order_of_places(world):
    world.write(
        "home/.pi/agent/skills/u/SKILL.md",
        "home/.agents/skills/ua/SKILL.md",
        "repo/app/.pi/skills/p/SKILL.md",
        "repo/app/.agents/skills/pa/SKILL.md",
        "repo/.agents/skills/ra/SKILL.md",
        ".agents/skills/beyond-the-repository/SKILL.md",
        "repo/app/mine/m/SKILL.md",
        "own/o/SKILL.md",
        "cli/c/SKILL.md",
    )
    world.write("repo/app/.pi/settings.json", text=json.dumps({"skills": ["../mine"]}))
    world.write("home/.pi/agent/settings.json", text=json.dumps({"skills": ["../../../own"]}))
    names, files, problems = world.find("skills", ["../../cli"])
    assert names == [
        "repo/app/mine/m/SKILL.md",
        "repo/app/.pi/skills/p/SKILL.md",
        "repo/app/.agents/skills/pa/SKILL.md",
        "repo/.agents/skills/ra/SKILL.md",
        "own/o/SKILL.md",
        "home/.pi/agent/skills/u/SKILL.md",
        "home/.agents/skills/ua/SKILL.md",
        "cli/c/SKILL.md",
    ]
    assert problems == []
    infos = [(each.source, each.scope, each.base) for each in files]
    base = {name: str(world.root / name) for name in ("repo/app/.pi", "repo/.agents", "cli/c")}
    assert infos[:2] == [("local", "project", None), ("auto", "project", base["repo/app/.pi"])]
    assert infos[3] == ("auto", "project", base["repo/.agents"])
    assert infos[-1] == ("local", "temporary", base["cli/c"])
    assert "baseDir" not in files[0].info()
    assert world.find("skills", trusted=False)[0] == [names[4], *names[5:7]]
    assert world.find("skills", ["../../cli"], closed=True)[0] == [names[-1]]


def test_templates_lie_at_the_top_but_settings_reach_deeper(world):
    world.write(
        "home/.pi/agent/prompts/a.md",
        "home/.pi/agent/prompts/deep/b.md",
        "home/.pi/agent/prompts/c.txt",
        "home/.pi/agent/more/x/d.md",
        "cli/e.md",
        "cli/deep/f.md",
    )
    world.write("home/.pi/agent/settings.json", text=json.dumps({"prompts": ["more"]}))
    names, _, _ = world.find("prompts", ["../../cli"])
    assert [Path(name).name for name in names] == ["d.md", "a.md", "e.md"]


def test_a_file_met_twice_counts_once_even_through_a_link(world):
    world.write("home/.pi/agent/skills/u/SKILL.md")
    (world.home / ".agents").mkdir()
    (world.home / ".agents/skills").symlink_to(world.agent / "skills")
    assert world.find("skills")[0] == ["home/.pi/agent/skills/u/SKILL.md"]


def test_wrong_paths_are_told_and_cost_nothing(world):
    world.write("cli/c/SKILL.md", "notes.txt")
    world.write("home/.pi/agent/settings.json", text=json.dumps({"skills": ["gone", "a\0b"]}))
    named = ["../../notes.txt", "../../no\x1b[1mwhere", "../../cli"]
    names, _, problems = world.find("skills", named)
    assert names == ["cli/c/SKILL.md"]
    assert [problem.split(": ", 1)[1] for problem in problems] == [
        "does not exist (skills)",
        "does not exist (skills)",
        "is neither a folder nor a Markdown file (skills)",
        "does not exist (skills)",
    ]
    assert all(problem.isprintable() for problem in problems)


# --- one folder ----------------------------------------------------------------------------------


def names_in(folder, files):
    return [str(Path(path).relative_to(folder)) for path in files]


def test_what_of_a_folder_is_a_skill(world):
    world.write(
        "s/a/SKILL.md", "s/a/inner/SKILL.md", "s/a/more.md",
        "s/group/b/SKILL.md", "s/group/loose.md", "s/top.md",
        "s/.hidden/SKILL.md", "s/node_modules/x/SKILL.md", "s/c/skill.md",
    )  # fmt: skip
    folder = world.root / "s"
    own = names_in(folder, skill_files(str(folder), []))
    shared = names_in(folder, skill_files(str(folder), [], is_shared=True))
    assert own == ["a/SKILL.md", "group/b/SKILL.md", "top.md"]
    assert shared == ["a/SKILL.md", "c/skill.md", "group/b/SKILL.md", "group/loose.md"]


def test_ignore_files_count_here_and_below(world):
    world.write("s/a/SKILL.md", "s/b/SKILL.md", "s/c/d/SKILL.md", "s/c/e/SKILL.md", "s/n.md")
    world.write("s/.gitignore", text="b/\n*.md\n!SKILL.md\n")
    world.write("s/c/.fdignore", text="/e\n")
    folder = world.root / "s"
    assert names_in(folder, skill_files(str(folder), [])) == ["a/SKILL.md", "c/d/SKILL.md"]
    assert names_in(folder, markdown_files(str(folder), [])) == []


def test_an_ignore_file_that_cannot_be_read_is_told_and_leaves_nothing_out(world):
    world.write("s/a/SKILL.md", "s/b/SKILL.md")
    folder = world.root / "s"
    os.mkfifo(folder / ".gitignore")
    world.write("s/b/.ignore", text="x\n" * 40_000)
    (folder / ".fdignore").symlink_to(world.root / "gone")  # is no ignore file, as for git
    (folder / "a/.gitignore").mkdir()
    problems = []
    assert names_in(folder, skill_files(str(folder), problems)) == ["a/SKILL.md", "b/SKILL.md"]
    assert [each.split(": ")[1:] for each in problems] == [
        ["cannot be read (not a regular file but a named pipe); not applied"],
        ["cannot be read (larger than 65536 bytes); not applied"],
    ]


def test_a_skill_that_is_no_file_is_found_to_be_told_of(world):
    folder = world.root / "s"
    for name in ("pipe", "folder/SKILL.md", "gone"):
        (folder / name).mkdir(parents=True)
    os.mkfifo(folder / "pipe/SKILL.md")
    (folder / "gone/SKILL.md").symlink_to(world.root / "nothing")
    assert names_in(folder, skill_files(str(folder), [])) == ["pipe/SKILL.md"]


def test_links_are_followed_but_not_in_circles(world):
    world.write("elsewhere/SKILL.md", "s/a/SKILL.md")
    folder = world.root / "s"
    (folder / "link").symlink_to(world.root / "elsewhere")
    (folder / "x").mkdir()
    (folder / "x/up").symlink_to(folder)
    (folder / "nothing").symlink_to(world.root / "gone")
    (folder / "self").symlink_to(folder / "self")
    assert names_in(folder, skill_files(str(folder), [])) == ["a/SKILL.md", "link/SKILL.md"]


def test_a_very_full_folder_is_told(world, monkeypatch):
    monkeypatch.setattr("pi.resources.folder.MAX_ENTRIES", 5)
    world.write(*(f"s/{n}/SKILL.md" for n in range(9)))
    problems = []
    assert len(skill_files(str(world.root / "s"), problems)) < 6
    assert "more than 5" in problems[0]


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        ([], True),
        (["!x"], False),
        (["!skills/*"], False),
        (["!**/SKILL.md"], False),
        (["!skills/y"], True),
        (["!x", "+skills/x"], True),
        (["!x", "+skills/x/SKILL.md"], True),
        (["!x", "+x"], False),
        (["-skills/x"], False),
        (["-./skills/x"], False),
        (["-x"], True),
        (["+skills/x", "-skills/x"], False),
        (["-/p/.pi/skills/x"], False),
        (["s*/x"], True),
        (["other/*"], False),
        (["!{" + ",".join("abcdefghij") * 300 + "}{1,2}{3,4}{5,6}{7,8}"], True),
    ],
)
def test_patterns(patterns, wanted):
    assert is_wanted("/p/.pi/skills/x/SKILL.md", patterns, "/p/.pi") is wanted
