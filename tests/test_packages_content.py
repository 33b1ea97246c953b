"""What a package holds, and what manifest and filters leave of it, as with the reference."""

from __future__ import annotations

import os

import pytest

from pi.packages.content import Content
from pi.packages.source import parse
from pi.packages.survey import survey, surveyed
from tests.packagekit import EXTENSION, skill, tree

BASE = {
    "skills/a/SKILL.md": skill("a"),
    "skills/b/SKILL.md": skill("b"),
    "skills/loose.md": "---\ndescription: l\n---\n",
    "prompts/p.md": "p",
    "prompts/q.md": "q",
    "prompts/deep/r.md": "r",
    "themes/t.json": "{}",
    "extensions/e.py": EXTENSION,
    "extensions/_shared.py": "",
    "extensions/f/index.py": EXTENSION,
    "extensions/g/package.json": {"pi": {"extensions": ["./m.py"]}},
    "extensions/g/m.py": EXTENSION,
    "extensions/h/__init__.py": EXTENSION,
    "extensions/deep/x/y.py": EXTENSION,
    "other/skills/o/SKILL.md": skill("o"),
    "other/p/z.md": "z",
}
SKILLS = ["skills/a/SKILL.md", "skills/b/SKILL.md", "skills/loose.md"]
PROMPTS = ["prompts/deep/r.md", "prompts/p.md", "prompts/q.md"]
EXTENSIONS = ["e.py", "f/index.py", "g/m.py", "h/__init__.py"]
ALL = {
    "skills": SKILLS,
    "prompts": PROMPTS,
    "themes": ["themes/t.json"],
    "extensions": [f"extensions/{name}" for name in EXTENSIONS],
}
NONE = {kind: [] for kind in ALL}


def found(root, filters=None, **options):
    content = Content(str(root), filters, **options)
    kinds = {kind: [os.path.relpath(path, root) for path in content.files(kind)] for kind in ALL}
    return kinds, content


def manifest(root, **lists):
    return tree(root, {**BASE, "package.json": {"name": "x", "pi": lists}})


@pytest.mark.parametrize("said", [None, {}, "x", {"skills": "skills/a"}, {"image": "x"}])
def test_without_a_manifest_the_usual_folders_count(tmp_path, said):
    tree(tmp_path, {**BASE, "package.json": {"name": "x", "pi": said}})
    kinds, content = found(tmp_path)
    assert kinds == ALL
    assert content.problems == content.foreign == []


@pytest.mark.parametrize(
    ("lists", "wanted"),
    [
        ({"skills": ["./other/skills"]}, {"skills": ["other/skills/o/SKILL.md"]}),
        ({"skills": []}, {}),
        ({"skills": ["!skills/a"]}, {}),
        ({"skills": ["skills", "!a"]}, {"skills": SKILLS[1:]}),
        ({"skills": ["skills", "-skills/b"]}, {"skills": [SKILLS[0], SKILLS[2]]}),
        ({"skills": ["skills/*", "!skills/b"]}, {"skills": [SKILLS[0], SKILLS[2]]}),
        ({"skills": ["skills/b/SKILL.md", "nowhere"]}, {"skills": [SKILLS[1]]}),
        ({"prompts": ["prompts", "!**/*.md", "+prompts/p.md"]}, {"prompts": [PROMPTS[1]]}),
        ({"prompts": ["prompts/*.md", "other/p"]}, {"prompts": [*PROMPTS[1:], "other/p/z.md"]}),
        ({"prompts": ["{other/p,prompts/deep}/*.md"]}, {"prompts": ["other/p/z.md", PROMPTS[0]]}),
        ({"extensions": ["extensions/*"]}, {"extensions": ALL["extensions"]}),
        ({"extensions": ["./extensions/e.py", "extensions/h"]},
         {"extensions": ["extensions/e.py", "extensions/h/__init__.py"]}),
        ({"themes": ["./themes"], "prompts": ["[bad"]}, {"themes": ["themes/t.json"]}),
    ],
)  # fmt: skip
def test_a_manifest_names_paths_globs_and_patterns(tmp_path, lists, wanted):
    kinds, content = found(manifest(tmp_path, **lists))
    assert kinds == {**NONE, **wanted}
    assert content.problems == []


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({}, ALL),
        ({"extensions": [], "skills": ["skills/a"], "prompts": ["!prompts/q.md"]},
         {**ALL, "extensions": [], "skills": SKILLS[:1], "prompts": PROMPTS[:2]}),
        ({"skills": ["-skills/a"], "prompts": ["+prompts/q.md"], "extensions": ["e.py"]},
         {**ALL, "skills": SKILLS[1:], "extensions": ["extensions/e.py"]}),
        ({"skills": ["!*", "+skills/a"], "prompts": ["p"], "extensions": ["f"]},
         {**ALL, "skills": SKILLS[:1], "prompts": [], "extensions": []}),
    ],
)  # fmt: skip
def test_filters_narrow(tmp_path, filters, wanted):
    assert found(tree(tmp_path, BASE), filters)[0] == wanted


def test_the_object_form_has_folders_that_neither_manifest_nor_filter_names(tmp_path):
    manifest(tmp_path, skills=["skills/a"], prompts=["prompts/*.md"])
    kinds, _ = found(tmp_path, {"skills": ["skills/*"], "prompts": ["+other/p/z.md"]})
    assert kinds == {**ALL, "skills": SKILLS[:1], "prompts": PROMPTS[1:]}
    assert found(tmp_path)[0] == {**NONE, "skills": SKILLS[:1], "prompts": PROMPTS[1:]}


def test_without_autoload_only_what_is_asked_for_loads(tmp_path):
    tree(tmp_path, BASE)
    filters = {"skills": ["skills/a"], "prompts": ["+prompts/p.md", "!prompts/q.md"]}
    kinds, content = found(tmp_path, filters, autoload=False)
    assert kinds == {**NONE, "skills": SKILLS[:1], "prompts": [PROMPTS[1]]}
    said = {os.path.relpath(path, tmp_path): each for path, each in content.verdicts("prompts")}
    assert said == {PROMPTS[0]: None, PROMPTS[1]: True, PROMPTS[2]: False}


def test_nothing_outside_of_a_package_is_reached(tmp_path):
    tree(tmp_path / "out", {"s/SKILL.md": skill("s"), "x.py": EXTENSION, "p.md": "p"})
    root = manifest(
        tmp_path / "lp",
        skills=["../out", "skills/../../out", "{..,skills}/out/*"],
        extensions=["../out/x.py", str(tmp_path / "out/x.py")],
        prompts=["/etc", "prompts/link.md"],
    )
    (root / "prompts/link.md").symlink_to(tmp_path / "out/p.md")
    (root / "skills/linked").symlink_to(tmp_path / "out/s")
    kinds, content = found(root)
    assert kinds == NONE
    assert len(content.problems) == 6
    assert sum("outside of the package" in line for line in content.problems) == 5
    assert any("link.md: leads out of its package" in line for line in content.problems)
    assert found(tmp_path / "lp", {}, is_own=True)[0]["prompts"] == ["prompts/link.md"]


def test_an_extension_folder_cannot_name_files_elsewhere(tmp_path):
    files = {**BASE, "extensions/g/package.json": {"pi": {"extensions": ["../e.py", "gone.py"]}}}
    kinds, content = found(tree(tmp_path, files))
    assert kinds["extensions"] == [
        "extensions/e.py", "extensions/f/index.py", "extensions/h/__init__.py",
    ]  # fmt: skip
    assert ["outside of it" in content.problems[0], "is no extension" in content.problems[1]] == [
        True, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["{bad", "[]", '"x"', "\0", "[" * 100_000, "{" + " " * (1 << 20) + "}"]
)
def test_a_broken_manifest_is_one_line_and_the_folders_count(tmp_path, text):
    kinds, content = found(tree(tmp_path, {**BASE, "package.json": text}))
    assert kinds == ALL
    assert len(content.problems) == 1
    assert content.problems[0].isprintable()
    assert "package.json" in content.problems[0]


def test_scripts_of_the_reference_are_collected_and_the_rest_works(tmp_path):
    files = {
        "extensions/a.ts": "x",
        "extensions/b/index.js": "x",
        "extensions/types.d.ts": "x",
        "extensions/both.ts": "x",
        "extensions/both.py": EXTENSION,
        "extensions/c/index.ts": "x",
        "extensions/c/__init__.py": EXTENSION,
        "skills/a/SKILL.md": skill("a"),
    }
    seen = survey(str(tree(tmp_path, files)), is_own=False)
    assert seen.runs == ["extensions/both.py", "extensions/c/__init__.py"]
    assert seen.foreign == ["extensions/a.ts", "extensions/b/index.js"]
    assert seen.counts == {"extensions": 2, "skills": 1, "prompts": 0, "themes": 0}
    assert [line.split(":")[0] for line in seen.lines()] == [
        "it runs code of its own",
        "not loadable here (TypeScript or JavaScript)",
    ]


@pytest.mark.parametrize(
    ("source", "files", "runs", "foreign"),
    [
        ("git:h/u/r", {"__init__.py": EXTENSION}, ["__init__.py"], []),
        ("npm:x", {"index.py": EXTENSION, "skills/a/SKILL.md": skill("a")}, [], []),
        ("./x", {"index.ts": "x"}, [], ["index.ts"]),
        ("pypi:w", {"w/__init__.py": EXTENSION}, ["__init__.py"], []),
        ("pypi:w", {"w/__init__.py": "x = 1"}, ["__init__.py"], []),
        ("./x", {"extensions/e.py": EXTENSION}, ["extensions/e.py"], []),
        ("./x", {"notes.txt": "x"}, [], []),
    ],
)
def test_a_package_may_be_an_extension_as_a_whole(tmp_path, source, files, runs, foreign):
    seen = surveyed(parse(source), str(tree(tmp_path, files)))
    assert (seen.runs, seen.foreign) == (runs, foreign)


def test_a_manifest_may_name_scripts(tmp_path):
    lists = {"extensions": ["./src/a.ts", "./dist/*.mjs"], "skills": ["skills"]}
    root = manifest(tmp_path, **lists)
    tree(root, {"src/a.ts": "x", "dist/b.mjs": "x"})
    seen = survey(str(root), is_own=False)
    assert (seen.runs, seen.foreign) == ([], ["src/a.ts", "dist/b.mjs"])
    assert seen.counts["skills"] == 3


def test_pipes_and_circles_cost_nothing(tmp_path):
    tree(tmp_path, BASE)
    os.mkfifo(tmp_path / "package.json")
    (tmp_path / "skills/round").symlink_to(tmp_path)
    (tmp_path / "prompts/self.md").symlink_to("self.md")
    kinds, content = found(tmp_path)
    assert kinds["extensions"] == ALL["extensions"]
    assert set(SKILLS) <= set(kinds["skills"])
    assert any("named pipe" in line for line in content.problems)
