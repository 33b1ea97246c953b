"""Versions and specifiers of Python packages."""

from __future__ import annotations

import itertools

import pytest

from pi.packages.pep440 import accepts, best, parse, parse_specifiers

ORDER = [
    "0.9", "1.dev0", "1.0.dev456", "1.0a1.dev1", "1.0a1", "1.0a2.dev456", "1.0a12.dev456",
    "1.0a12", "1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456",
    "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0.post456.dev34", "1.0.post456",
    "1.0.15", "1.1.dev1", "1!0.1",
]  # fmt: skip


def test_versions_have_the_order_of_the_specification():
    versions = [parse(text) for text in ORDER]
    assert [str(version) for version in versions] == ORDER
    assert sorted(versions[9:] + versions[:9]) == versions
    assert all(a < b and a != b for a, b in itertools.pairwise(versions))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("V1.0", "1.0"),
        (" 01.2.03 ", "1.2.3"),
        ("1.0-alpha", "1.0a0"),
        ("1.0_BETA.2", "1.0b2"),
        ("1.0c3", "1.0rc3"),
        ("1.0.preview-1", "1.0rc1"),
        ("1.0-3", "1.0.post3"),
        ("1.0.rev", "1.0.post0"),
        ("1.0-r4", "1.0.post4"),
        ("1.0dev", "1.0.dev0"),
        ("1.0+Ubuntu-1_2", "1.0+ubuntu.1.2"),
        ("2!1.0.post0.dev3", "2!1.0.post0.dev3"),
        ("1.0.x", None),
        ("", None),
        ("1.0+", None),
        ("1..0", None),
        ("french toast", None),
        ("1" * 300, None),
        ("\u0661.0", None),
    ],
)
def test_spellings(text, normal):
    version = parse(text)
    assert (str(version) if version else None) == normal


def test_trailing_zeros_make_no_difference():
    assert parse("1.0") == parse("1") == parse("1.0.0")
    assert len({parse("1.0"), parse("1")}) == 1
    assert parse("1.0") != "1.0"


TAKEN = [
    ("", "1.0 1.0a1", ""),
    ("==1.0", "1 1.0.0 1.0+local", "1.0.post1 1.0.1"),
    ("==1.0+abc", "1.0+abc", "1.0 1.0+abd"),
    ("!=1.0", "1.1", "1.0 1.0+x"),
    ("==1.1.*", "1.1 1.1.9 1.1a1 1.1.post1", "1.2 1.10"),
    ("==2.*", "2 2.0.dev1", "3 1.9"),
    ("!=1.1.*", "1.2", "1.1.3"),
    ("~=2.2", "2.2 2.9 2.2.post3", "3.0 2.1"),
    ("~=1.4.5", "1.4.5 1.4.9", "1.5 1.4.4"),
    ("~=2.2.0", "2.2.5", "2.3"),
    (">=1.2,<2", "1.2 1.9.9", "2.0 1.1 2.0a1"),
    ("<2", "1.9", "2.0 2.0rc1 2.0.dev3"),
    ("<2.0rc1", "2.0b1", "2.0rc1"),
    (">1.7", "1.7.1 1.7.0.1", "1.7 1.7.post2 1.7+local"),
    (">1.7.post2", "1.7.post3", "1.7.post2"),
    ("<=1.7", "1.7 1.6", "1.7.1"),
    (">=1.0", "1.0+local", "1.0rc1"),
    ("===1.0-weird", "", "1.0"),
    ("===1.0", "1.0", "1.0.0"),
    (" >= 1 , != 1.5 ", "1.6", "1.5"),
    (">=1,", "1", "0"),
]


@pytest.mark.parametrize(("text", "inside", "outside"), TAKEN, ids=[row[0] for row in TAKEN])
def test_what_specifiers_take(text, inside, outside):
    wanted = parse_specifiers(text)
    assert [v for v in inside.split() if not accepts(wanted, parse(v))] == []
    assert [v for v in outside.split() if accepts(wanted, parse(v))] == []


@pytest.mark.parametrize(
    "text", ["1.0", "=1.0", "=>1", "==", "~=1", ">1.*", "~=1.*", ">=1+local", "==1a.*", ">=x", "a"]
)
def test_what_is_no_specifier(text):
    assert parse_specifiers(text) is None


@pytest.mark.parametrize(
    ("text", "versions", "expected"),
    [
        ("", "1.0 2.0 2.1rc1", "2.0"),
        ("", "1.0a1 1.0b1", "1.0b1"),
        (">=2.1rc1", "2.0 2.1rc1 2.1rc2", "2.1rc2"),
        ("<2", "1.0 bad 1.10 2.0", "1.10"),
        (">=3", "1.0", None),
        ("==1.0", "1.0.0", "1.0.0"),
    ],
)
def test_the_best(text, versions, expected):
    assert best(parse_specifiers(text), versions.split()) == expected
