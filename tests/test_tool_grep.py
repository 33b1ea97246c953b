"""The grep tool: results, context, limits, globs, texts."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, ToolError
from pi.text.unicode import clean
from pi.tools import grep
from pi.tools.base import Call
from pi.tools.workspace import Workspace

FILES = {
    "a.txt": "alpha one\nbeta two\nAlpha three\nfoo.bar\nfooxbar\n",
    "src/b.py": "line1\nalpha in b\nline3\nline4\nalpha again\nline6\n",
    "src/deep/crlf.ts": "alpha\r\nbeta\r\n",
    ".hidden": "alpha hidden\n",
    "bin.dat": "alpha\0bin\n",
    "x.log": "alpha log\n",
    "many.txt": "".join(f"many {number}\n" for number in range(1, 151)),
}


@pytest.fixture
def space(tmp_path):
    for name, content in FILES.items():
        path = tmp_path / "p" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, newline="")
    return Workspace(str(tmp_path / "p"), environ={"HOME": "/nonexistent"})


def run(space, token=None, **arguments):
    call = Call("1", token or CancelToken(), lambda partial: None)
    return grep.tool(space).run(arguments, call)


def text(space, **arguments) -> str:
    return run(space, **arguments).content[0]["text"]


def files_of(space, **arguments) -> str:
    lines = text(space, pattern="alpha", **arguments).split("\n")
    return " ".join(dict.fromkeys(line.split(":")[0] for line in lines))


def test_a_folder(space):
    assert text(space, pattern="alpha").split("\n") == [
        ".hidden:1: alpha hidden",
        "a.txt:1: alpha one",
        "src/b.py:2: alpha in b",
        "src/b.py:5: alpha again",
        "src/deep/crlf.ts:1: alpha",
        "x.log:1: alpha log",
    ]
    assert text(space, pattern="beta$", path="src/deep") == "crlf.ts:2: beta"


def test_one_file_is_named_by_its_last_name(space):
    assert (
        text(space, pattern="alpha", path="src/b.py") == "b.py:2: alpha in b\nb.py:5: alpha again"
    )
    assert text(space, pattern="alpha", path="bin.dat") == "bin.dat:1: alpha\0bin"
    assert text(space, pattern="alpha", path="a.txt", glob="*.py") == "a.txt:1: alpha one"


def test_ways_to_read_the_pattern(space):
    assert text(space, pattern="foo.bar", path="a.txt") == "a.txt:4: foo.bar\na.txt:5: fooxbar"
    assert text(space, pattern="foo.bar", path="a.txt", literal=True) == "a.txt:4: foo.bar"
    assert text(space, pattern="ALPHA", path="a.txt") == "No matches found"
    found = text(space, pattern="ALPHA T", path="a.txt", ignoreCase=True, literal=True)
    assert found == "a.txt:3: Alpha three"
    assert text(space, pattern="-v", path="a.txt") == "No matches found"


def test_context(space):
    assert text(space, pattern="alpha", path="src", context=1).split("\n") == [
        "b.py-1- line1",
        "b.py:2: alpha in b",
        "b.py-3- line3",
        "b.py-4- line4",
        "b.py:5: alpha again",
        "b.py-6- line6",
        "deep/crlf.ts:1: alpha",
        "deep/crlf.ts-2- beta",
    ]
    assert text(space, pattern="many (1|9)$", path="many.txt", context=1.9).split("\n") == [
        *("many.txt:1: many 1", "many.txt-2- many 2", "many.txt-8- many 8"),
        *("many.txt:9: many 9", "many.txt-10- many 10"),
    ]
    assert text(space, pattern="two", context=-1) == "a.txt:2: beta two"


@pytest.mark.parametrize(
    ("glob", "wanted"),
    [
        ("*.py", "src/b.py"),
        ("b.py", "src/b.py"),
        ("src/*.py", "src/b.py"),
        ("/src/*.py", "src/b.py"),
        ("deep/*.ts", "No matches found"),
        ("**/deep/*.ts", "src/deep/crlf.ts"),
        ("src/**", "src/b.py src/deep/crlf.ts"),
        ("*.{py,ts}", "src/b.py src/deep/crlf.ts"),
        ("{src/b.*,*.log}", "src/b.py x.log"),
        ("{src/deep/*,*.py}", "src/deep/crlf.ts"),  # a slash anywhere ties all to the root
        ("!*.{py,txt}", ".hidden src/deep/crlf.ts x.log"),
        ("!src", ".hidden a.txt x.log"),
        ("!src/", ".hidden a.txt x.log"),
        ("src", "No matches found"),
        ("", ".hidden a.txt src/b.py src/deep/crlf.ts x.log"),
        ("!", ".hidden a.txt src/b.py src/deep/crlf.ts x.log"),
    ],
)
def test_globs(space, glob, wanted):
    assert files_of(space, glob=glob) == wanted


def test_ignore_files(space):
    with open(f"{space.cwd}/.gitignore", "w") as stream:
        stream.write("*.log\nsrc/\n")
    assert "x.log" in files_of(space)
    os.mkdir(f"{space.cwd}/.git")
    with open(f"{space.cwd}/.git/config", "w") as stream:
        stream.write("alpha\n")
    assert files_of(space) == ".hidden a.txt"
    assert files_of(space, glob="*.log") == "x.log"  # what is asked for is not ignored
    assert files_of(space, path="src") == "b.py deep/crlf.ts"
    assert files_of(space, path="x.log") == "x.log"
    assert files_of(space, path=".git") == "config"
    with open(f"{space.cwd}/.rgignore", "w") as stream:
        stream.write("a.txt\n!x.log\n")
    assert files_of(space) == ".hidden x.log"


def notice(limit: int) -> str:
    return f"[{limit} matches limit reached. Use limit={2 * limit} for more, or refine pattern]"


@pytest.mark.parametrize(
    ("limit", "shown"), [(None, 100), (149, 149), (2.7, 2), (0, 1), (-5, 1), (1, 1)]
)
def test_a_limit_is_told_if_there_is_more(space, limit, shown):
    outcome = run(space, pattern="many", path="many.txt", limit=limit)
    lines, _, told = outcome.content[0]["text"].partition("\n\n")
    assert lines.split("\n") == [f"many.txt:{at}: many {at}" for at in range(1, shown + 1)]
    assert told == notice(shown)
    assert outcome.details == {"matchLimitReached": shown}


def test_a_limit_that_is_met_exactly_is_not_told(space):
    outcome = run(space, pattern="many", limit=150)
    assert outcome.content[0]["text"].endswith("many.txt:150: many 150")
    assert outcome.details is None
    assert run(space, pattern="alpha", path="src/b.py", limit=2).details is None
    assert run(space, pattern="alpha", path="src", limit=2).details == {"matchLimitReached": 2}


def test_the_last_match_keeps_its_context(space):
    assert text(space, pattern="many", path="many.txt", limit=2, context=2) == "\n".join(
        [
            *("many.txt:1: many 1", "many.txt:2: many 2"),
            *("many.txt-3- many 3", "many.txt-4- many 4", "", notice(2)),
        ]
    )
    outcome = run(space, pattern="many 1$", path="many.txt", limit=1, context=1)
    assert outcome.content[0]["text"] == "many.txt:1: many 1\nmany.txt-2- many 2"


def test_a_limit_is_told_when_the_next_match_is_beyond_the_context(space):
    """The neighbours of the match that is left out come first, in the same file or the next."""
    Path(space.cwd, "far").mkdir()
    Path(space.cwd, "far/a.txt").write_text("far\n" + "-\n" * 9 + "far\n")
    Path(space.cwd, "far/b.txt").write_text("-\nfar\n")
    shown = "a.txt:1: far\na.txt-2- -"
    assert text(space, pattern="far", path="far", limit=1, context=1) == f"{shown}\n\n{notice(1)}"
    two = text(space, pattern="far", path="far", limit=2, context=1)
    assert two == f"{shown}\na.txt-10- -\na.txt:11: far\n\n{notice(2)}"
    assert run(space, pattern="far", path="far", limit=3, context=1).details is None


def test_long_lines_are_cut_and_it_is_told(space):
    with open(f"{space.cwd}/long.txt", "w") as stream:
        stream.write("y" * 700 + " needle\n")
    outcome = run(space, pattern="needle")
    line, _, told = outcome.content[0]["text"].partition("\n\n")
    assert line == f"long.txt:1: {'y' * 500}... [truncated]"
    assert "500 chars" in told
    assert outcome.details == {"linesTruncated": True}
    with open(f"{space.cwd}/long2.txt", "w") as stream:
        stream.write("needle")
    outcome = run(space, pattern="needle", limit=1)
    assert list(outcome.details) == ["matchLimitReached", "linesTruncated"]
    assert outcome.content[0]["text"].partition("\n\n")[2].startswith(notice(1)[:-1] + ". ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"pattern": "a", "path": "nope"}, "Path not found: {cwd}/nope"),
        ({"pattern": "("}, "Invalid pattern: the ( is not closed"),
        ({"pattern": "a\nb"}, "Invalid pattern: the pattern has a line feed"),
        ({"pattern": "a\nb", "literal": True}, "Invalid pattern: the pattern has a line feed"),
        ({"pattern": "a", "glob": "["}, "Invalid glob '[': a [ is not closed"),
        ({"pattern": "a", "glob": "!{"}, "Invalid glob '!{': a { is not closed"),
    ],
)
def test_errors(space, arguments, says):
    with pytest.raises(ToolError) as caught:
        run(space, **arguments)
    assert str(caught.value).startswith(says.replace("{cwd}", space.cwd))
    assert "\n" not in str(caught.value)


def test_links_and_special_files_are_passed_over(space):
    os.symlink("a.txt", f"{space.cwd}/link.txt")
    os.symlink(".", f"{space.cwd}/loop")
    os.mkfifo(f"{space.cwd}/fifo")
    assert files_of(space) == ".hidden a.txt src/b.py src/deep/crlf.ts x.log"
    assert files_of(space, path="link.txt") == "link.txt"
    assert files_of(space, path="fifo") == "No matches found"


def test_odd_names_and_bytes_do_not_break_the_lines(space):
    for name in (b"new\nline", b"\xff"):
        with open(os.path.join(os.fsencode(space.cwd), name), "wb") as stream:
            stream.write(b"odd \xfe\n")
    assert clean(text(space, pattern="odd")).split("\n") == [
        "new\\nline:1: odd \ufffd",
        "\ufffd:1: odd \ufffd",
    ]


def test_a_pattern_of_ill_will_takes_no_time(space):
    with open(f"{space.cwd}/evil.txt", "w") as stream:
        stream.write("a" * 100_000 + "!\n")
    begin = time.process_time()
    assert text(space, pattern="^(a+)+$", path="evil.txt") == "No matches found"
    assert text(space, pattern="(\\w*)*\\w*\\.", path="evil.txt") == "No matches found"
    assert text(space, pattern="a.*b.*c.*d|\\w+\\d", path="evil.txt") == "No matches found"
    assert time.process_time() - begin < 3


def test_it_can_be_stopped(space):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run(space, token, pattern="a")


def test_its_declaration(space):
    tool = grep.tool(space)
    names = ["pattern", "path", "glob", "ignoreCase", "literal", "context", "limit"]
    assert list(tool.parameters["properties"]) == names
    assert tool.parameters["required"] == ["pattern"]
