"""Finding lines: each way gives the same lines, and is taken where it should be."""

from __future__ import annotations

import random
import re

import pytest

from pi.errors import Cancelled
from pi.text import linematch, regex
from pi.text.linematch import LineMatcher

TEXT = "import os\n\nfrom x import y\nclass A:\n    pass\r\n# import\nlast"


def lines_found(pattern: str, text: str, **options: bool) -> list[str]:
    matcher = LineMatcher(regex.parse(pattern, **options))
    return [text[at:].split("\n")[0] for at in matcher.starts(text)]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("import", ["import os", "from x import y", "# import"]),
        ("^import", ["import os"]),
        ("import .*y", ["from x import y"]),
        ("^\\s*pass$", ["    pass\r"]),
        ("pass\\r$", ["    pass\r"]),
        ("s$", ["import os", "    pass\r"]),
        ("^$", [""]),
        ("class|last", ["class A:", "last"]),
        (".*", TEXT.split("\n")),
        ("nothing", []),
    ],
)
def test_lines(pattern, wanted):
    assert lines_found(pattern, TEXT) == wanted
    assert lines_found(pattern, TEXT + "\n") == wanted


def test_no_line_is_in_an_empty_text_nor_after_the_last_line_feed():
    assert lines_found(".*", "") == []
    assert lines_found("^", "a\n") == ["a"]
    assert lines_found("x*", "\n\n") == ["", ""]


@pytest.mark.parametrize("budgets", [(0, 0), (10**9, 0), (10**9, 10**9)])
def test_each_way_gives_the_same_lines(budgets, monkeypatch):
    monkeypatch.setattr(linematch, "LINE_BUDGET", budgets[0])
    monkeypatch.setattr(linematch, "TEXT_BUDGET", budgets[1])
    dice = random.Random(7)
    text = "\n".join("".join(dice.choices("ab c\r_", k=dice.randint(0, 9))) for _ in range(300))
    for pattern in ("a+b*c", "^(a|b)+$", r"\bc\b", "[^a]$", "(?i)A_|B_", "a.*b", "^$", "c\r$"):
        search = re.compile(pattern).search
        wanted = [
            line for line in text.split("\n") if search(line) or search(line.removesuffix("\r"))
        ]
        assert lines_found(pattern, text) == wanted, pattern
        assert len(wanted) > 3, pattern


@pytest.mark.parametrize(
    ("pattern", "ignore_case", "possible", "impossible"),
    [
        ("foo\\w+bar", False, b"foo", b"a bar"),
        ("x+foo?", False, b"fo", b"xxxf"),
        ("foo", True, b"a FOO", b"fo"),
        ("FoO1", True, b"1", b"foo"),
        ("foo|bar", False, b"bar", b"foba"),
        ("(foo)+z", False, b"foo", b"fo"),
        ("Foo", True, "é".encode(), b"fo"),
    ],
)
def test_what_cannot_match_is_seen_in_the_bytes(pattern, ignore_case, possible, impossible):
    matcher = LineMatcher(regex.parse(pattern, ignore_case=ignore_case))
    assert matcher.may_match(possible)
    assert not matcher.may_match(impossible)


@pytest.mark.parametrize("pattern", ["a?", "[ab]", "a|", "\\w+", "^", "a*|b"])
def test_what_needs_no_certain_text_may_always_match(pattern):
    assert LineMatcher(regex.parse(pattern)).may_match(b"")


@pytest.mark.parametrize("pattern", ["a", "[ab]", "(a+)+$", "a.*"])
def test_a_search_can_be_stopped(pattern):
    def check():
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        list(LineMatcher(regex.parse(pattern), check).starts("a\n" * 10))
