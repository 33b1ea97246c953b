"""Matching and splicing: bytes in, bytes out. Most cases have the results of the reference."""

from __future__ import annotations

import random

import pytest

from pi.errors import ToolError
from pi.tools.edit_match import Source, loose, plan


def edited(data: bytes, *edits: tuple[str, str]) -> bytes:
    source = Source(data)
    return source.apply(plan(source, edits, "f"))


def error(data: bytes, *edits: tuple[str, str]) -> str:
    with pytest.raises(ToolError) as caught:
        edited(data, *edits)
    return str(caught.value)


LINE_ENDS = [
    (b"one\r\ntwo\r\nthree\r\n", "two\nthree", "2\n2b\n3", b"one\r\n2\r\n2b\r\n3\r\n"),
    (b"one\r\ntwo\r\nthree\r\n", "two\r\n", "2\r\n2b\r\n", b"one\r\n2\r\n2b\r\nthree\r\n"),
    (b"one\r\ntwo\nthree\r\nfour\n", "two\nthree", "2\nx\n3", b"one\r\n2\nx\n3\r\nfour\n"),
    (b"one\r\ntwo\nthree\r\nfour\n", "three\nfour", "3\nx\n4", b"one\r\ntwo\n3\r\nx\r\n4\n"),
    (b"one\ntwo", "two", "2\r\nx", b"one\n2\nx"),
    (b"one\r\ntwo", "two", "2\nx", b"one\r\n2\r\nx"),
    (b"a\r\nb\nc", "c", "c\nd", b"a\r\nb\nc\nd"),  # the last line has none: the one before it
    (b"a\nb\r\nc", "c", "c\nd", b"a\nb\r\nc\r\nd"),
    (b"abc", "b", "1\n2", b"a1\n2c"),  # no line end at all: LF
    (b"a\r\nb\r\nc\r\nd\n", "\nc", "\nx\nc", b"a\r\nb\r\nx\r\nc\r\nd\n"),
    (b"a\nb\r\nc\r\n", "b\n", "", b"a\nc\r\n"),
    (b"one\rtwo\rthree", "one\ntwo", "2\nx", b"2\rx\rthree"),
    (b"a\r\r\nb\n", "a\n\nb", "c", b"c\n"),
    (b"a\r\r\nb\n", "b", "c", b"a\r\r\nc\n"),
]


@pytest.mark.parametrize(("data", "old", "new", "result"), LINE_ENDS)
def test_line_ends(data, old, new, result):
    assert edited(data, (old, new)) == result


def test_a_byte_order_mark_stays():
    mark = b"\xef\xbb\xbf"
    assert edited(mark + b"one\n", ("one", "1")) == mark + b"1\n"
    assert edited(mark + b"one\n", ("one\n", "")) == mark
    assert edited(mark + b"one\n", ("\ufeffone", "\ufeff1")) == mark + b"1\n"
    assert edited(b"a\xef\xbb\xbfb\n", ("a\ufeffb", "c")) == b"c\n"


LOOSE = [
    ("say “hello” it\u2019s\nplain “x”\n", 'say "hello" it\'s', "bye", "bye\nplain “x”\n"),
    ("l1 \u201aa\u2018 \u201bb„c‟\n", "l1 'a' 'b\"c\"", "x", "x\n"),
    ("a  \nb\t\nc  \n", "a\nb", "x\ny", "x\ny\nc  \n"),
    ("a\nb\n", "a  \nb", "x\ny", "x\ny\n"),
    ("a \u2013 b — c\n", "a - b - c", "z", "z\n"),
    ("a → b\u2010c\u2011d\u2212e\n", "a → b-c-d-e", "x", "x\n"),
    ("a\xa0b\nc\u3000d\n", "a b", "z", "z\nc\u3000d\n"),
    ("ﬁle ①\nﬁn\n", "file 1", "z", "z\nﬁn\n"),
    ("cafe\u0301 x\n", "caf\xe9 x", "y", "y\n"),
    ("a… b\n", "a... b", "x", "x\n"),
    ("pre “q” post  \nother “o”  \n", '"q"', "Z", "pre Z post\nother “o”  \n"),
    ("a “1”  \nb “2”  \nc “3”  \n", '"1"\nb', "X", 'a X "2"\nc “3”  \n'),
    ("a\nb “2”  \nc  \nd\n", '"2"\n', "2", "a\nb 2c  \nd\n"),
    ("a\nb “2”  \nc\n", 'b "2"\n', "", "a\nc\n"),
    ("l1 “q”\n", 'l1 "q"', "l1 “r”  ", "l1 “r”  \n"),
    ("  \n\n“x”\n", '\n\n"x"', "y", "y\n"),
    ("\ufeff“q”\nb\n", '"q"', "1", "\ufeff1\nb\n"),
    ("x “q” b\n", '"q" ', "Z ", "x Z b\n"),  # a blank at the end that is there is replaced too
    ("x “q”  \nb\n", '"q" ', "Z", "x Z\nb\n"),
    ("“q”\n\n\t", '"q"\n\n  ', "new", "new"),  # blanks that fill a line belong to the match
    ("“q”\n\tb\n", '"q"\n  ', "new\n", "new\n\tb\n"),
    ("l1 “q”\r\nl2\r\n“o”\r\n", '"q"\nl2', "Z\nl3", "l1 Z\r\nl3\r\n“o”\r\n"),
]


@pytest.mark.parametrize(("content", "old", "new", "result"), LOOSE)
def test_loose_matches_rewrite_the_lines_they_touch_only(content, old, new, result):
    assert edited(content.encode(), (old, new)).decode() == result


def test_one_loose_match_makes_all_of_them_loose():
    content = "l1 “q”  \nl2 x  \nl3 “r”  \n".encode()
    assert edited(content, ('"q"', "Z"), ("l2 x", "L2")).decode() == "l1 Z\nL2\nl3 “r”  \n"


def test_blanks_inside_count_also_in_loose_matches():
    for content, old in [("a\tb\n", "a b"), ("    a\n    b\n", "a\nb"), ("a—b\n", "a--b")]:
        assert "Could not find the exact text in f." in error(content.encode(), (old, "x"))


def test_loose_text_has_as_many_lines():
    rng = random.Random(9)
    for _ in range(300):
        content = "".join(rng.choices("a \t\n“ﬁ\u2028\u0085\u3000\ufeff\U0001f600", k=20))
        assert loose(content).count("\n") == content.count("\n")


REFUSED = [
    (b"a\n", [("zzz", "x")], "Could not find the exact text in f."),
    (b"a\nb\n", [("a", "x"), ("zzz", "x")], "Could not find edits[1] in f."),
    (b"a\na\nb\n", [("a\n", "x")], "Found 2 occurrences of the text in f."),
    (b"a\na\nb\n", [("b", "x"), ("a", "y")], "Found 2 occurrences of edits[1] in f."),
    ('x “a”\ny "a"\n'.encode(), [('"a"', "z")], "Found 2 occurrences of the text in f."),
    (b"x a\ny a  \n", [("a  ", "z")], "Found 2 occurrences of the text in f."),
    (b"a b c\n", [(" ", "x")], "Found 2 occurrences of the text in f."),
    (b"1\n2\n3\n", [("1\n2", "x"), ("2\n3", "y")], "edits[0] and edits[1] overlap in f"),
    (b"1\n2\n3\n", [("2", "x"), ("1\n2\n3", "y")], "edits[1] and edits[0] overlap in f"),
    (b"a\n", [("", "x")], "oldText must not be empty"),
    (b"a\n", [("a", "x"), ("", "x")], "edits[1].oldText must not be empty"),
    (b"", [("a", "x")], "Could not find the exact text in f."),
]


@pytest.mark.parametrize(("data", "edits", "text"), REFUSED)
def test_refusals(data, edits, text):
    assert text in error(data, *edits)


def test_repeated_text_is_told_with_its_lines():
    message = error(b"x\na\nx\na\n" * 4, ("a", "b"))
    assert "Found 8 occurrences" in message
    assert "lines 2, 4, 6, 8, 10, ..." in message


def test_edits_see_the_original_and_may_touch():
    assert edited(b"one\ntwo\n", ("one\n", "two\n"), ("two\n", "one\n")) == b"two\none\n"
    assert edited(b"aaa\n", ("aa", "x")) == b"xa\n"  # as the reference counts: not overlapping
    assert edited(b"a b\n", (" ", "x")) == b"axb\n"  # blanks alone, once


UNDECODABLE = [
    (b"one \xff\xfe\ntwo\nthree \xe9\n", "two", "2", b"one \xff\xfe\n2\nthree \xe9\n"),
    (b"caf\xe9 old\n", "caf\ufffd old", "caf\ufffd new", b"caf\xe9 new\n"),
    (b"caf\xe9 old\n", "caf\ufffd old", "coffee", b"coffee\n"),
    (b"\xf0\x9f \xff\n", "\ufffd \ufffd", "<\ufffd|\ufffd>", b"<\xf0\x9f|\xff>\n"),
    (b"\xff \xe2\x80\x9cq\xe2\x80\x9d\nx \xfe\n", '"q"', "z", b"\xff z\nx \xfe\n"),
    (b"\xff\r\nb\r\n", "\ufffd\nb", "\ufffd\nc\nd", b"\xff\r\nc\r\nd\r\n"),
]


@pytest.mark.parametrize(("data", "old", "new", "result"), UNDECODABLE)
def test_bytes_that_are_no_text_survive(data, old, new, result):
    assert edited(data, (old, new)) == result


def test_random_edits_change_what_they_name_and_nothing_else():
    rng = random.Random(4)
    pieces = [b"a", b" ", b"\n", b"\r\n", b"\xff", "“".encode(), b"\r", b"b"]
    for _ in range(400):
        before, after = (b"".join(rng.choices(pieces, k=8)) for _ in range(2))
        data = before + b"UNIQUE\xe9" + after
        new = rng.choice(["", "x", "x\ny"])
        source = Source(data)
        ending = source.line_end(source.plain.index("UNIQUE")).encode()
        wanted = before + new.encode().replace(b"\n", ending) + after
        assert edited(data, ("UNIQUE\ufffd", new)) == wanted
