"""Unicode properties as members of a class."""

from __future__ import annotations

import re

import pytest

from pi.text.unicodeclass import members

HOLDS = [
    ("L", "aÉßя漢", "1_ \u0301"),
    ("Lu", "AÉЯ", "aé1"),
    ("Lowercase_Letter", "aéя", "A1"),
    ("general category=Nd", "1٣", "aⅧ"),
    ("N", "1Ⅷ½", "a"),
    ("P", ".-„", "a+"),
    ("Sc", "€$", "a"),
    ("Greek", "αΩ", "aя"),
    ("Script=Cyrillic", "яЖ", "ax"),
    ("Han", "漢字", "かa"),
    ("Any", "a漢\0", ""),
]


@pytest.mark.parametrize(("name", "inside", "outside"), HOLDS)
def test_members(name, inside, outside):
    expression = re.compile(f"[{members(name)}]")
    assert [char for char in inside if not expression.match(char)] == []
    assert [char for char in outside if expression.match(char)] == []
    assert not expression.match("\n")


@pytest.mark.parametrize("name", ["Nonsense", "", "Xx", "x=y=z1", "Lü"])
def test_unknown_names_have_none(name):
    assert members(name) == ("" if name else members("Any"))
