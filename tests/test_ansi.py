"""Terminal control is removed, whole or in pieces, and no text is lost."""

from __future__ import annotations

import random

import pytest

from pi.text.ansi import Stripper, strip

TABLE = [
    ("plain\ttext\n", "plain\ttext\n"),
    ("a\x1b[31mred\x1b[0m\r\n", "ared\n"),
    ("\x1b[38;2;1;2;3mx\x1b[?25l\x1b[2K", "x"),
    ("\x1b]0;title\x07t", "t"),
    ("\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\", "link"),
    ("\x1bP1$r0m\x1b\\a\x1b_x\x1b\\b\x1b^y\x1b\\c\x1bXz\x1b\\", "abc"),
    ("\x1b(Ba\x1bcb\x1b7\x1b=", "ab"),
    ("\x9b31ma\x9d0;t\x9cb\x90q\x9c", "ab"),
    ("a\0b\x07c\x08d\x7fe\x85f", "abcdef"),
    ("\x1b[31", "31"),  # cut off: the text stays
    ("\x1b]0;no end\nnext", "0;no end\nnext"),
    ("\x1b[31\x07m", "31m"),
    ("\x1b", ""),
    ("é\u200b\u2028\U0001f600", "é\u200b\u2028\U0001f600"),
]


@pytest.mark.parametrize(("text", "wanted"), TABLE)
def test_strip(text, wanted):
    assert strip(text) == wanted


@pytest.mark.parametrize(("text", "wanted"), TABLE)
def test_in_pieces_it_is_the_same(text, wanted):
    for seed in range(20):
        dice = random.Random(seed)
        stripper = Stripper()
        got, at = "", 0
        while at < len(text):
            step = dice.randint(1, 3)
            got += stripper.feed(text[at : at + step])
            at += step
        assert got + stripper.flush() == wanted
        assert stripper.flush() == ""


def test_text_does_not_wait_for_a_sequence_that_never_ends():
    stripper = Stripper()
    got = stripper.feed("a\x1b]0;") + "".join(stripper.feed("x" * 1000) for _ in range(10))
    assert got.startswith("a0;xxx")
    assert len(got) > 8000
    assert len(got + stripper.flush()) == 10_003
