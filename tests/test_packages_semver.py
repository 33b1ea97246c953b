"""Versions and ranges of npm packages."""

from __future__ import annotations

import itertools

import pytest

from pi.packages.semver import best, is_exact, parse, parse_range

ORDER = [
    "0.0.0-0", "0.0.0-alpha", "0.0.0", "0.0.1", "0.1.0", "1.0.0-0", "1.0.0-2", "1.0.0-10",
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0", "10.0.0",
]  # fmt: skip


def test_versions_have_the_order_of_precedence():
    versions = [parse(text) for text in ORDER]
    assert [str(version) for version in versions] == ORDER
    shuffled = versions[7:] + versions[:7]
    assert sorted(shuffled) == versions
    assert all(a < b and a != b and b > a for a, b in itertools.pairwise(versions))


def test_build_metadata_makes_no_difference():
    assert parse("1.2.3+a.b") == parse("1.2.3+c") == parse("1.2.3")
    assert len({parse("1.2.3+a"), parse("1.2.3")}) == 1
    assert parse("1.2.3") != "1.2.3"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v1.2.3", "1.2.3"),
        (" =v1.2.3 ", "1.2.3"),
        ("1.2.3beta", "1.2.3-beta"),
        ("01.2.3", "1.2.3"),
        ("1.2.3-a.01", "1.2.3-a.1"),
        ("1.2", None),
        ("1.2.x", None),
        ("1.2.3.4", None),
        ("", None),
        ("latest", None),
        ("1.2.3.", None),
        ("1.2.3-a..b", None),
        ("9007199254740991.0.0", "9007199254740991.0.0"),
        ("9007199254740992.0.0", None),
        ("1.2.3-" + "a" * 300, None),
        ("\u0661.2.3", None),
    ],
)
def test_what_is_a_version(text, expected):
    version = parse(text)
    assert (str(version) if version else None) == expected
    assert is_exact(text) == (expected is not None)


TAKEN = [
    ("1.0.0 - 2.0.0", "1.2.3 2.0.0", "2.0.1 0.9.9 1.2.3-beta"),
    ("1.2 - 3.4.5-beta.1", "1.2.0 3.4.4 3.4.5-beta.0", "3.4.5 1.1.9"),
    ("1.2.3 - 2.3", "2.3.9", "2.4.0 2.4.0-0"),
    ("1 - 2", "1.0.0 2.9.9", "3.0.0-alpha 0.9.9"),
    ("* - 2", "0.0.1 2.1.0", "3.0.0"),
    ("1.x - *", "1.0.0 99.0.0", "0.9.0"),
    ("^1.2.3", "1.2.3 1.9.0", "2.0.0 1.2.2 2.0.0-rc.1 1.3.0-beta 1.2.3-pre"),
    ("^1.2.3-beta.2", "1.2.3-beta.2 1.2.3-beta.10 1.2.3 1.3.0", "1.2.4-beta.3 1.2.3-alpha"),
    ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"),
    ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
    ("^0.0.3-beta", "0.0.3-pr.2 0.0.3", "0.0.4 0.0.3-alpha"),
    ("^0.0", "0.0.0 0.0.9", "0.1.0"),
    ("^0", "0.0.0 0.9.0", "1.0.0"),
    ("^1.x", "1.0.0 1.9.9", "2.0.0 0.9.0"),
    ("^0.1.x", "0.1.0 0.1.9", "0.2.0"),
    ("^*", "0.0.0 5.0.0", "1.0.0-beta"),
    ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"),
    ("~1.2", "1.2.0 1.2.9", "1.3.0"),
    ("~1", "1.0.0 1.9.9", "2.0.0"),
    ("~0", "0.9.9", "1.0.0"),
    ("~>1.2.3", "1.2.4", "1.3.0"),
    ("~ 1.2", "1.2.4", "1.3.0"),
    ("~v0.5.4-pre", "0.5.5 0.5.4", "0.5.4-alpha 0.6.0"),
    ("", "0.0.0 1.2.3", "1.0.0-a"),
    ("*", "1.2.3", "1.0.0-a"),
    ("x", "1.2.3", ""),
    ("||", "1.3.4", ""),
    ("2", "2.1.2", "1.9.9 3.0.0"),
    ("2.x.x", "2.1.3", "3.0.0"),
    ("1.2.x", "1.2.3", "1.3.0"),
    ("1.2.x || 2.x", "2.1.3 1.2.3", "1.1.3 3.0.0"),
    ("=1.2.3", "1.2.3 1.2.3+build", "1.2.4"),
    ("v1.2.3", "1.2.3", "1.2.4"),
    (">=1.2.7 <1.3.0", "1.2.7 1.2.99", "1.2.6 1.3.0 1.3.0-0"),
    (">= 1.2.7   < 1.3", "1.2.8", "1.3.0"),
    ("1.2.7 || >=1.2.9 <2.0.0", "1.2.7 1.2.9 1.4.6", "1.2.8 2.0.0"),
    (">1", "2.0.0", "1.9.9"),
    (">1.2", "1.3.0", "1.2.9"),
    (">=1", "1.0.0", "0.9.9 1.0.0-beta"),
    ("<=1.2", "1.2.9 0.1.0", "1.3.0"),
    ("<1.2", "1.1.9", "1.2.0 1.2.0-alpha"),
    ("<1", "0.9.9", "1.0.0 1.0.0-beta"),
    ("<=0.7.x", "0.7.2 0.6.0", "0.8.0"),
    ("<*", "", "0.0.0 1.0.0"),
    (">x", "", "0.0.0 1.0.0"),
    (">=*", "0.0.0", ""),
    (">1.2.3-alpha.3", "1.2.3-alpha.7 3.4.5 1.2.3", "3.4.5-alpha.9 1.2.3-alpha.2"),
    (">=1.0.0-beta <2", "1.0.0-rc 1.5.0", "1.5.0-beta"),
    ("^1.2 ^1", "1.2.0 1.4.2", "1.1.0 2.0.0"),
    ("~1.2.1 >=1.2.3", "1.2.3", "1.2.2"),
    (">1.2.3 nonsense", "1.2.4", "1.2.3"),
]


@pytest.mark.parametrize(("text", "inside", "outside"), TAKEN, ids=[row[0] for row in TAKEN])
def test_what_a_range_takes_in(text, inside, outside):
    wanted = parse_range(text)
    assert [v for v in inside.split() if not wanted.accepts(parse(v))] == []
    assert [v for v in outside.split() if wanted.accepts(parse(v))] == []


@pytest.mark.parametrize(
    "text", ["latest", "next", "blerg", ">", "^", "1.2.3.4", "1,2", "git+ssh://x/y", "1." * 3000]
)
def test_what_is_no_range(text):
    assert parse_range(text) is None


def test_the_best_is_the_highest_as_it_is_written():
    there = ["1.2.3", "v1.10.0", "1.9.9", "2.0.0-rc.1", "not a version"]
    assert best(parse_range("1"), there) == "v1.10.0"
    assert best(parse_range("^2.0.0-rc.0"), there) == "2.0.0-rc.1"
    assert best(parse_range("*"), there) == "v1.10.0"
    assert best(parse_range("^3"), there) is None
