"""The automaton: the same lines as `re`, in time linear in the line."""

from __future__ import annotations

import random
import re
import time

import pytest

from pi.errors import Cancelled
from pi.text import automaton, linematch, regex
from pi.text.automaton import Automaton

SLOW = [
    ("(a+)+$", "a" * 5000 + "!", False),
    ("(a|a)*b", "a" * 5000, False),
    ("(a?){40}a{40}", "a" * 39, False),
    ("(a?){40}a{40}", "a" * 40, True),
    ("(.*)*x(.*)*y", "x" * 5000, False),
    ("(\\w+\\s?)+\\z", "word " * 2000 + "!", False),
    ("(a{1,50}){1,50}b", "a" * 3000, False),
]


@pytest.mark.parametrize(("pattern", "line", "matches"), SLOW)
def test_what_backtracking_cannot_do(pattern, line, matches):
    begin = time.process_time()
    assert Automaton(regex.parse(pattern)).search(line) is matches
    assert list(linematch.LineMatcher(regex.parse(pattern)).starts(line)) == [0] * matches
    assert time.process_time() - begin < 3


PIECES = "a b c . \\w \\s [a-c] [^a] ^ $ \\b \\B \\< \\> \\b{start-half} \\b{end-half} (?i:B) _ é"


def random_pattern(dice: random.Random, depth: int = 0) -> str:
    parts = []
    for _ in range(dice.randint(1, 3)):
        part = dice.choice(PIECES.split())
        if depth < 3 and dice.random() < 0.4:
            inner = [random_pattern(dice, depth + 1) for _ in range(dice.randint(1, 2))]
            part = f"({'|'.join(inner)})"
        parts.append(part + dice.choice(["", "", "*", "+", "?", "{1,2}", "{2}"]))
    return "".join(parts)


@pytest.mark.parametrize("seed", range(60))
def test_the_same_lines_as_re(seed):
    dice = random.Random(seed)
    pattern = random_pattern(dice)
    tree = regex.parse(pattern)
    ours = Automaton(tree)
    theirs = re.compile(linematch.source(tree))
    for _ in range(80):
        line = "".join(dice.choice("aabbcB _é\r") for _ in range(dice.randint(0, 7)))
        assert ours.search(line) is bool(theirs.search(line)), (pattern, line)


def test_a_return_before_the_end_is_text_and_end():
    search = {
        each: Automaton(regex.parse(each)).search for each in ("a$", "a\\r$", "a.$", "^$", "\\r")
    }
    assert {each: found("a\r") for each, found in search.items()} == {
        "a$": True,
        "a\\r$": True,
        "a.$": True,
        "^$": False,
        "\\r": True,
    }
    assert search["^$"]("\r")
    assert not search["a$"]("a\rb")


def test_what_it_learned_may_be_forgotten(monkeypatch):
    monkeypatch.setattr(automaton, "MAX_CACHE", 50)
    search = Automaton(regex.parse("(a|b)*c[de]{3}\\b")).search
    lines = ["abab", "abcded", "abcdede", "x cede y", "cdd", "bbbcddd!"] * 20
    assert [search(line) for line in lines] == [False, True, False, True, False, True] * 20


def test_a_search_can_be_stopped():
    calls = []

    def check():
        calls.append(1)
        if len(calls) > 3:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        Automaton(regex.parse("(x+x+)+y"), check).search("abcdefgh" * 100)
    with pytest.raises(Cancelled):  # also where nothing is new
        Automaton(regex.parse("b"), check).search("a" * 1_000_000)
