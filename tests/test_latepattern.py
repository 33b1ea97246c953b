"""Patterns that are compiled when they are used."""

from __future__ import annotations

import re

import pytest

from pi.text.latepattern import LatePattern


def test_it_does_what_the_compiled_pattern_does():
    late = LatePattern(r"(\w)-(\d)", re.IGNORECASE)
    assert late.search("x A-1 b-2")[0] == "A-1"
    assert late.sub("", "a-1c") == "c"
    assert [found[2] for found in late.finditer("a-1 b-2")] == ["1", "2"]
    first, again = late.search, late.search
    assert first is again  # compiled once
    assert late.pattern == r"(\w)-(\d)"


def test_a_wrong_pattern_is_told_at_its_first_use():
    late = LatePattern("(")
    with pytest.raises(re.error, match="unterminated"):
        late.search("x")


def test_what_patterns_have_not_this_has_not():
    with pytest.raises(AttributeError, match="seek"):
        _ = LatePattern("x").seek
