"""The order of names."""

from __future__ import annotations

import random

import pytest

from pi.text.collate import sort_key

ORDERED = [
    ["_x", ".hid", "(p)", "#h", "~t", "😀x", "10", "2", "9", "A", "a", "a b", "a_b", "a-b", "a.b"],
    ["AB", "Ab", "aB", "ab", "B", "b"],
    ["dir", "Dir2", "e", "É", "é", "f", "ss", "ß", "Zed", "zeta", "中"],
    ["README.md", "readme.txt", "src"],
]


@pytest.mark.parametrize("names", ORDERED)
def test_the_order_people_expect(names):
    shuffled = names.copy()
    random.Random(1).shuffle(shuffled)
    assert sorted(shuffled, key=sort_key) == names


def test_undecodable_names_have_a_place():
    assert sorted(["b", "a\udce9", "a"], key=sort_key) == ["a", "a\udce9", "b"]
