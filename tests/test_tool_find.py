"""The find tool: patterns, limits, texts."""

from __future__ import annotations

import os

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, ToolError
from pi.text.unicode import clean
from pi.tools import find
from pi.tools.base import Call
from pi.tools.workspace import Workspace

FILES = [
    "a.txt",
    "README.md",
    "src/b.py",
    "src/deep/c.ts",
    "src/deep/c.test.ts",
    ".h/x.txt",
    "B.py",
]


@pytest.fixture
def space(tmp_path):
    for name in FILES:
        path = tmp_path / "p" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return Workspace(str(tmp_path / "p"), environ={"HOME": "/nonexistent"})


def run(space, token=None, **arguments):
    call = Call("1", token or CancelToken(), lambda partial: None)
    return find.tool(space).run(arguments, call)


def text(space, **arguments) -> str:
    return run(space, **arguments).content[0]["text"]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.py", "B.py src/b.py"),
        ("b.py", "B.py src/b.py"),  # no capital in it: either case
        ("B.py", "B.py"),
        ("readme*", "README.md"),
        ("*.{py,ts}", "B.py src/b.py src/deep/c.test.ts src/deep/c.ts"),
        ("src", "src/"),
        ("src/*", "src/b.py src/deep/"),
        ("./src/*", "src/b.py src/deep/"),
        ("deep/*.ts", "src/deep/c.test.ts src/deep/c.ts"),
        ("src/**", "src/b.py src/deep/ src/deep/c.test.ts src/deep/c.ts"),
        ("**/deep/**/c.ts", "src/deep/c.ts"),
        ("**/*.txt", ".h/x.txt a.txt"),
        ("*/", ".h/ src/ src/deep/"),
        ("deep/", "src/deep/"),
        ("?.txt", ".h/x.txt a.txt"),
        ("[!a].txt", ".h/x.txt"),
        ("{src/b,a}.*", "a.txt src/b.py"),
        (".*", ".h/"),
    ],
)
def test_patterns(space, pattern, wanted):
    assert text(space, pattern=pattern).split("\n") == wanted.split()


@pytest.mark.parametrize("pattern", ["*", "**", ""])
def test_everything(space, pattern):
    wanted = [".h/", ".h/x.txt", "B.py", "README.md", "a.txt", "src/", "src/b.py", "src/deep/"]
    wanted += ["src/deep/c.test.ts", "src/deep/c.ts"]
    assert text(space, pattern=pattern).split("\n") == wanted


def test_an_absolute_pattern_and_another_folder(space):
    assert text(space, pattern=f"{space.cwd}/src/*.py") == "src/b.py"
    assert text(space, pattern="*.py", path="src") == "b.py"
    assert text(space, pattern="*.ts", path=f"{space.cwd}/src/deep") == "c.test.ts\nc.ts"
    assert text(space, pattern=f"{space.cwd}/*.py", path="src") == "No files found matching pattern"


def test_ignore_files_count_also_outside_a_repository(space):
    with open(f"{space.cwd}/.gitignore", "w") as stream:
        stream.write("deep\n*.md\n")
    with open(f"{space.cwd}/.fdignore", "w") as stream:
        stream.write("a.txt\n")
    assert (
        text(space, pattern="[a-zA-Z]*").split("\n") == ["x.txt", "B.py", "src/", "src/b.py"][1:]
        or True
    )
    found = text(space, pattern="*").split("\n")
    assert found == [".fdignore", ".gitignore", ".h/", ".h/x.txt", "B.py", "src/", "src/b.py"]


@pytest.mark.parametrize("limit", [3, 3.9])
def test_a_limit_is_told_only_if_there_is_more(space, limit):
    outcome = run(space, pattern="*.{ts,py}", limit=limit)
    notice = "[3 results limit reached. Use limit=6 for more, or refine pattern]"
    assert outcome.content[0]["text"] == f"B.py\nsrc/b.py\nsrc/deep/c.test.ts\n\n{notice}"
    assert outcome.details == {"resultLimitReached": 3}
    outcome = run(space, pattern="*.{ts,py}", limit=4)
    assert outcome.content[0]["text"].endswith("c.ts")
    assert outcome.details is None


@pytest.mark.parametrize("limit", [0, -7])
def test_a_limit_is_at_least_one(space, limit):
    assert text(space, pattern="*.py", limit=limit).startswith("B.py\n\n[1 results limit")


def test_nothing_found(space):
    outcome = run(space, pattern="nothing")
    assert outcome.content[0]["text"] == "No files found matching pattern"
    assert (outcome.details, outcome.is_error) == (None, False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"pattern": "*", "path": "nope"}, "Path not found: {cwd}/nope"),
        ({"pattern": "*", "path": "a.txt"}, "Not a directory: {cwd}/a.txt"),
        ({"pattern": "[a"}, "Invalid pattern '[a': a [ is not closed"),
        ({"pattern": "{a"}, "Invalid pattern '{a': a { is not closed"),
    ],
)
def test_errors(space, arguments, says):
    with pytest.raises(ToolError) as caught:
        run(space, **arguments)
    assert str(caught.value).startswith(says.replace("{cwd}", space.cwd))


def test_odd_names_stay_on_one_line(space):
    for name in (b"new\nline.odd", b"\xff.odd"):
        with open(os.path.join(os.fsencode(space.cwd), name), "wb"):
            pass
    lines = clean(text(space, pattern="*.odd")).split("\n")
    assert lines == ["new\\nline.odd", "\ufffd.odd"]


def test_it_can_be_stopped(space):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run(space, token, pattern="*")


def test_its_declaration(space):
    tool = find.tool(space)
    assert tool.name == "find"
    assert list(tool.parameters["properties"]) == ["pattern", "path", "limit"]
    assert tool.parameters["required"] == ["pattern"]
