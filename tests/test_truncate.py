"""Limits of long texts, checked against a plain re-implementation and the reference's figures."""

from __future__ import annotations

import random

import pytest

from pi.text import truncate
from pi.text.truncate import head, size_text, tail

WIDE = "x" * 99 + "\n"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0B"),
        (1023, "1023B"),
        (1024, "1.0KB"),
        (1024 + 256, "1.3KB"),  # a half is rounded up, not to even
        (51200, "50.0KB"),
        (60000, "58.6KB"),
        (70000, "68.4KB"),
        (1024 * 1024, "1.0MB"),
        (4_718_592, "4.5MB"),
        (3 * 1024**3, "3072.0MB"),
    ],
)
def test_sizes_for_people(size, shown):
    assert size_text(size) == shown


@pytest.mark.parametrize(
    "content", ["", "\n", "a", "a\n", "a\n" * 2000, "x" * 51200, WIDE * 512, "\n" * 2000]
)
@pytest.mark.parametrize("cut", [head, tail])
def test_a_text_within_both_limits_is_kept_as_it_is(cut, content):
    result = cut(content)
    assert (result.text, result.by) == (content, None)
    assert result.kept_size == result.size == len(content)


# text, by, total lines, total bytes, kept lines, kept bytes, first too long: as the reference says
HEADS = [
    ("a\n" * 2000 + "\n", "lines", 2001, 4001, 2000, 3999, False),
    ("\n" * 2500, "lines", 2500, 2500, 2000, 1999, False),
    (WIDE * 1000, "bytes", 1000, 100_000, 512, 51199, False),
    ("x" * 51200 + "\n", "lines", 1, 51201, 1, 51200, False),  # only the final LF is too much
    ("y" * 60000 + "\nb\n", "bytes", 2, 60003, 0, 0, True),
    ("a\n" + "é" * 30000 + "\nb", "bytes", 3, 60004, 1, 1, False),
]


@pytest.mark.parametrize(("content", "by", "lines", "size", "kept", "kept_size", "long"), HEADS)
def test_the_head_of_a_long_text(content, by, lines, size, kept, kept_size, long):
    cut = head(content)
    assert (cut.by, cut.lines, cut.size) == (by, lines, size)
    assert (cut.kept_lines, cut.kept_size, cut.first_too_long) == (kept, kept_size, long)
    assert content.encode().startswith(cut.text.encode())
    assert len(cut.text.encode()) == kept_size


TAILS = [
    ("".join(f"{n}\n" for n in range(1, 2002)), "lines", 2001, 2000, 8895, False),
    (WIDE * 1000, "bytes", 1000, 512, 51199, False),
    ("a\n" + "é" * 30000 + "\nb", "bytes", 3, 1, 1, False),
    ("a\n" + "z" * 70000, "bytes", 2, 1, 51200, True),
    ("a\n" + "z" * 70000 + "\n", "bytes", 2, 1, 51200, True),
    ("x" * 51200 + "\n", "lines", 1, 1, 51200, False),
    ("€" * 20000, "bytes", 1, 1, 51198, True),  # never a part of a character
]


@pytest.mark.parametrize(("content", "by", "lines", "kept", "kept_size", "partial"), TAILS)
def test_the_tail_of_a_long_text(content, by, lines, kept, kept_size, partial):
    cut = tail(content)
    assert (cut.by, cut.lines, cut.kept_lines) == (by, lines, kept)
    assert (cut.kept_size, cut.partial) == (kept_size, partial)
    assert content.removesuffix("\n").endswith(cut.text)


def test_random_texts_keep_as_many_whole_lines_as_fit():
    rng = random.Random(7)
    for _ in range(400):
        lines = ["é" * rng.randrange(4) for _ in range(rng.randrange(1, 12))]
        content = "\n".join(lines) + rng.choice(["", "\n"])
        max_lines, max_bytes = rng.randrange(1, 10), rng.randrange(1, 30)
        cut = head(content, max_lines, max_bytes)
        if cut.by is None:
            continue
        whole = content.removesuffix("\n").split("\n")
        fitting = [
            n for n in range(max_lines + 1) if len("\n".join(whole[:n]).encode()) <= max_bytes
        ]
        assert cut.kept_lines == min(max(fitting), len(whole))
        assert cut.text == "\n".join(whole[: cut.kept_lines])


def test_parts_of_a_text_that_is_held_elsewhere_are_counted():
    content = "".join(f"line {n}\n" for n in range(9000))
    whole = tail(content)
    held = content[-60000:]
    part = tail(
        held,
        less_lines=content[:-60000].count("\n"),
        less_bytes=len(content) - len(held),
    )
    assert truncate.details(part) == truncate.details(whole)
    begun = head(
        content[:60001],
        more_lines=9000 - content[:60001].count("\n") - 1,
        more_bytes=len(content) - 60001,
    )
    assert truncate.details(begun) == truncate.details(head(content))


def test_details_have_the_stored_shape():
    assert truncate.details(head("a\nb\nc\n", max_lines=2)) == {
        "content": "a\nb",
        "truncated": True,
        "truncatedBy": "lines",
        "totalLines": 3,
        "totalBytes": 6,
        "outputLines": 2,
        "outputBytes": 3,
        "lastLinePartial": False,
        "firstLineExceedsLimit": False,
        "maxLines": 2,
        "maxBytes": 51200,
    }


def test_a_lone_surrogate_does_no_harm():
    assert head("\ud800" * 3 + "\n" + "b" * 60000).text == "\ufffd" * 3
    assert tail("b" * 60000 + "\n" + "\ud800").text == "\ufffd"


def test_one_line():
    assert truncate.line("x" * 500) == ("x" * 500, False)
    assert truncate.line("x" * 501) == ("x" * 500 + "... [truncated]", True)
