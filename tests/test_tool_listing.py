"""What grep and find share: the byte limit, notices and numbers."""

from __future__ import annotations

import pytest

from pi.tools.listing import NO_LIMIT, Listing, whole_number


def test_nothing_found():
    outcome = Listing().outcome("Nothing", ["notice"], {"a": 1})
    assert outcome.content[0]["text"] == "Nothing"
    assert outcome.details is None


def test_lines_and_notices():
    listing = Listing()
    for line in ("a", "b"):
        listing.add(line)
    assert listing.outcome("", [], {}).content[0]["text"] == "a\nb"
    outcome = listing.outcome("", ["One", "Two"], {"x": 1})
    assert outcome.content[0]["text"] == "a\nb\n\n[One. Two]"
    assert outcome.details == {"x": 1}


@pytest.mark.parametrize("count", [600, 60_000])
def test_the_byte_limit_counts_all_and_keeps_whole_lines(count):
    listing = Listing()
    for number in range(count):
        listing.add(f"{number:06} " + "é" * 50)
    outcome = listing.outcome("", ["More"], {"x": 1})
    shown, _, notice = outcome.content[0]["text"].partition("\n\n")
    assert notice == "[More. 50.0KB limit reached]"
    assert shown.split("\n")[-1] == "000473 " + "é" * 50
    cut = outcome.details["truncation"]
    assert (cut["truncatedBy"], cut["totalLines"], cut["outputLines"]) == ("bytes", count, 474)
    assert cut["totalBytes"] == count * 108 - 1
    assert cut["maxLines"] == NO_LIMIT
    assert list(outcome.details) == ["x", "truncation"]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(None, 100), (5, 5), (2.9, 2), (0, 1), (-3, 1), (1e300, 2000), (float("inf"), 100)],
)
def test_whole_number(value, wanted):
    assert whole_number(value, 100, 1, 2000) == wanted
