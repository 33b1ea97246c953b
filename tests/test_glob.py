"""Globs: what they match, what they refuse, and that no pattern takes long."""

from __future__ import annotations

import re
import time

import pytest

from pi.text import glob

MATCHES = [
    # pattern, what it matches, what it does not
    ("*.py", ["a.py", ".py", "a.b.py", "a\nb.py"], ["a/b.py", "a.pyc", "apy"]),
    ("a?c", ["abc", "a.c"], ["ac", "a/c", "abbc"]),
    ("[ab-d]", ["a", "c", "d"], ["e", "-", "ab", "/"]),
    ("[!ab]", ["c", "["], ["a", "b", "/"]),
    ("[^ab]", ["c"], ["a", "/"]),
    ("[]a]", ["]", "a"], ["b"]),
    ("[a-]", ["a", "-"], ["b"]),
    ("[b-a]", ["b"], ["a", "c"]),
    ("[[:digit:]x]", ["5", "x"], ["a", ":"]),
    ("[\\]]", ["]"], ["\\"]),
    ("\\*", ["*"], ["a", "\\*"]),
    ("a.b", ["a.b"], ["axb"]),
    ("src/*.py", ["src/a.py"], ["src/x/a.py", "a.py", "xsrc/a.py"]),
    ("**/a", ["a", "x/a", "x/y/a"], ["xa", "a/b"]),
    ("a/**", ["a/b", "a/b/c"], ["a", "ab"]),
    ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb", "a/b/c"]),
    ("**/a/**/b/**", ["a/b/c", "x/a/y/b/z/w"], ["a/b", "b/a/c"]),
    ("a/**/b/**/c", ["a/b/c", "a/x/b/y/c", "a/b/b/c/c"], ["a/c/b", "a/bc"]),
    ("**", ["a", "a/b"], []),
    ("a**b", ["ab", "axxb"], ["a/b"]),
    ("x*a*b*c", ["xabc", "x1a2b3c", "xaabbcc"], ["xacb", "xab/c"]),
    ("{a,b}.{py,ts}", ["a.py", "b.ts"], ["c.py", "a.js"]),
    ("{a,src/b}.*", ["a.x", "src/b.y"], ["b.x"]),
    ("{bad,b{in,om}}", ["bad", "bin", "bom"], ["b", "bain"]),
    ("a{}b", ["ab"], ["a{}b"]),
    ("[{]", ["{"], []),
    ("\\{a,b\\}", ["{a,b}"], ["a"]),
    ("a//b", [], ["a/b", "a/x/b"]),
    ("", [""], ["a"]),
]


@pytest.mark.parametrize(("pattern", "good", "bad"), MATCHES)
def test_what_a_pattern_matches(pattern, good, bad):
    accepts = glob.compile(pattern).fullmatch
    assert [text for text in good if not accepts(text)] == []
    assert [text for text in bad if accepts(text)] == []


def test_case_counts_unless_told_otherwise():
    assert not glob.compile("*.MD").fullmatch("a.md")
    assert glob.compile("*.MD", ignore_case=True).fullmatch("a.md")
    assert glob.compile("x*ab*[c-d]", ignore_case=True).fullmatch("XzAByD")


@pytest.mark.parametrize(
    ("pattern", "says"),
    [("[", "[ is not closed"), ("a[b", "[ is not closed"), ("{a", "{ is not closed"), ("\\", "\\")],
)
def test_what_cannot_be_read_is_said(pattern, says):
    with pytest.raises(glob.GlobError, match=re.escape(says)):
        glob.compile(pattern)


def test_braces_that_stand_for_too_much_are_refused():
    assert len(glob.expand("{a,b}" * 9)) == 512
    with pytest.raises(glob.GlobError, match="more than 1000"):
        glob.expand("{a,b}" * 40)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a" * 30 + "b", "a" * 250),
        ("**/a/" * 12 + "b", "a/" * 120 + "c"),
        ("*" * 200 + "b", "a" * 250),
        ("a*" * 60 + "b", "a" * 250),
    ],
)
def test_no_pattern_takes_long(pattern, text):
    expression = glob.compile(pattern)
    begin = time.process_time()
    assert expression.fullmatch(text) is None
    assert time.process_time() - begin < 1.0
