"""Fuzzy search: the characters of a word, in order, anywhere in a text; better fits first.

    score("snt", "claude-sonnet")               a number; the smaller the better
    score("xyz", "claude-sonnet")               None
    matching("son anth", models, name_of)       those with both words, best first

A word fits better the more of it stands together, the more of it begins a part of the text, and
the earlier it comes. `gpt5` also finds `5-gpt`, and `5gpt` finds `gpt-5`: a group of letters and
one of digits may change places. Cost is linear in the text for each word.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")

_BOUNDARY = frozenset(" \t\n-_./:")
_TWO_GROUPS = re.compile(r"([a-z]+)([0-9]+)|([0-9]+)([a-z]+)")

_EXACT = -1000  # the text is the word itself
_TOGETHER = -50  # for the second of two neighbours, twice that for the third, and so on
_AT_BOUNDARY = -100  # begins a part of the text
_GAP = 20  # for each character skipped
_LATE = 1  # for each character before it
_SWAPPED = 50  # letters and digits in the other order


def matching(query: str, items: Iterable[T], text_of: Callable[[T], str]) -> list[T]:
    """The items whose text has every word of the query, best first; all for a blank query.

    Words are separated by blanks or slashes. Equally good items keep their order.
    """
    words = [word for word in re.split(r"[\s/]+", query) if word]
    if not words:
        return list(items)
    found = []
    for item in items:
        text = text_of(item)
        scores = [score(word, text) for word in words]
        if None not in scores:
            found.append((sum(scores), item))
    found.sort(key=lambda pair: pair[0])
    return [item for _, item in found]


def score(word: str, text: str) -> int | None:
    """How badly a word fits a text, upper and lower case alike; None when it does not."""
    word, text = word.lower(), text.lower()
    best = _score(word, text)
    groups = _TWO_GROUPS.fullmatch(word) if best is None else None
    if groups is None:
        return best
    letters, digits, first_digits, last_letters = groups.groups("")
    swapped = _score(digits + letters + last_letters + first_digits, text)
    return None if swapped is None else swapped + _SWAPPED


def _score(word: str, text: str) -> int | None:
    spread = _first_places(word, text)
    if spread is None:
        return None
    solid = (range(start, start + len(word)) for start in _occurrences(word, text))
    best = min((_rate(text, places) for places in (spread, *solid)), default=0)
    return best + _EXACT if word == text else best


def _first_places(word: str, text: str) -> list[int] | None:
    """The earliest place of each character after the one before it."""
    places = []
    at = -1
    for character in word:
        at = text.find(character, at + 1)
        if at < 0:
            return None
        places.append(at)
    return places


def _occurrences(word: str, text: str) -> Iterator[int]:
    at = text.find(word) if word else -1
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _rate(text: str, places: Iterable[int]) -> int:
    total = run = 0
    before = -1
    for at in places:
        if before >= 0 and at == before + 1:
            run += 1
            total += _TOGETHER * run
        else:
            run = 0
            total += _GAP * (at - before - 1) if before >= 0 else 0
        if at == 0 or text[at - 1] in _BOUNDARY:
            total += _AT_BOUNDARY
        total += _LATE * at
        before = at
    return total
