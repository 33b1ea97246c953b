"""Classes and escapes as expressions for one character."""

from __future__ import annotations

import re

import pytest

from pi.text import charset
from pi.text.patternreader import PatternError, PatternReader

ALPHABET = "abcxyzABZ019_-^]& \t\rékK\u212a\n"

CLASSES = [
    # what stands behind the opening bracket, what it matches of the alphabet
    ("abc]", "abc"),
    ("^a-z]", "ABZ019_-^]& \t\réK\u212a"),
    ("]a]", "a]"),
    ("^]a]", "bcxyzABZ019_-^& \t\rékK\u212a"),
    ("-a]", "a-"),
    ("a-]", "a-"),
    ("a\\-z]", "az-"),
    ("a^]", "a^"),
    ("[:digit:]x]", "x019"),
    ("[:^alnum:]]", "_-^]& \t\ré\u212a"),
    ("\\d\\s]", "019 \t\r"),
    ("^\\w]", "-^]& \t\r"),
    ("a-z&&b-y]", "bcxyk"),
    ("a-z&&[^x-z]--b]", "ack"),
    ("a-y~~b-z]", "az"),
    ("[ab][xy]]", "abxy"),
    ("^[ab]-_]", "cxyzABZ019^]& \t\rékK\u212a"),
    ("\\x00-\\x40]", "019-& \t\r"),
    ("a&b]", "ab&"),
    ("é\\u00e9]", "é"),
]


@pytest.mark.parametrize(("body", "wanted"), CLASSES)
def test_what_a_class_matches(body, wanted):
    expression = re.compile(charset.parse_class(PatternReader(body, "")))
    assert sorted(filter(expression.fullmatch, ALPHABET)) == sorted(wanted)


@pytest.mark.parametrize(("body", "wanted"), [("k]", "kK\u212a"), ("^k]", 21), ("a-c]", "abcAB")])
def test_a_class_without_regard_to_case(body, wanted):
    expression = re.compile(charset.parse_class(PatternReader(body, "i")))
    found = [char for char in ALPHABET if expression.fullmatch(char)]
    assert len(found) == wanted if isinstance(wanted, int) else sorted(found) == sorted(wanted)


def test_blanks_do_not_count_in_extended_mode():
    reader = PatternReader(" a b ]c", "x")
    assert charset.parse_class(reader) == "[ab]"
    assert reader.peek() == "c"


@pytest.mark.parametrize(
    ("value", "forms"), [("a", "Aa"), ("1", "1"), ("ß", "ß"), ("K", "Kk\u212a")]
)
def test_the_cases_of_a_character(value, forms):
    assert charset.cases_of(value) == sorted(forms)


@pytest.mark.parametrize("body", ["a", "", "^", "a-", "[a", "\\", "a&&", "[" * 60 + "a"])
def test_what_is_not_closed_is_refused(body):
    with pytest.raises(PatternError):
        charset.parse_class(PatternReader(body, ""))


def test_ascii_mode():
    for letter, members in (("d", "[0-9]"), ("W", "[^0-9A-Za-z_\\n]")):
        assert charset.escaped_class(PatternReader(letter, "a")) == members
