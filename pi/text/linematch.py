"""Finding the lines of a text that match a pattern, fast where that is safe, and always linear.

    matcher = LineMatcher(parse("import .* from"), check=token.check)
    matcher.may_match(b"...")              False: no line of these bytes can match
    list(matcher.starts(text))             [0, 57]: where the matching lines begin

Three ways, by what the pattern and the text could cost at worst: a plain search for a text that
every match must contain; Python's `re`, over the whole text or line by line; the automaton, for
lines on which `re` might take long. `check` is called between the pieces; it may raise.

A carriage return before the end of a line may be matched, or be taken as part of the line's end.
"""

from __future__ import annotations

import re
from math import inf, log2

from pi.text.automaton import Automaton
from pi.text.regex import Char, Concat, Either, Look, Repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pi.text.regex import Node

LINE_BUDGET = 1_000_000
TEXT_BUDGET = 10_000_000
"""Steps that `re` may take at worst on one line, and in one call: about 20 and 200 ms."""

_LOOK_SOURCE = {
    "start": "(?m:^)",
    "end": r"(?=\r?(?:\n|\Z))",
    "word": r"\b",
    "not-word": r"(?!\b)",  # not \B: before Python 3.14 it is not found in an empty text
    "word-start": r"\b(?=\w)",
    "word-end": r"\b(?<=\w)",
    "word-start-half": r"(?<!\w)",
    "word-end-half": r"(?!\w)",
}


class LineMatcher:
    """One pattern, ready to be searched for; for one thread at a time."""

    def __init__(self, tree: Node, check: Callable[[], object] = bool) -> None:
        self._tree = _trimmed(tree)
        self._check = check
        self._needed, self._needed_folded = _required(self._tree)
        self._one_needed = [each.encode() for each in _one_required(self._tree)]
        self._is_plain = self._needed != "" and self._needed == _plain_text(self._tree)
        self._regex = re.compile(source(self._tree))
        self._automaton: Automaton | None = None
        self._costs: dict[int, float] = {}

    def may_match(self, data: bytes) -> bool:
        """Whether UTF-8 data could have a matching line; False is certain."""
        if self._needed:
            return self._needed.encode() in data
        if self._needed_folded and data.isascii():
            return self._needed_folded.encode() in data.lower()
        if self._one_needed:
            return any(each in data for each in self._one_needed)
        return True

    def starts(self, text: str) -> Iterator[int]:
        """Where the matching lines begin, in order. A final line feed begins no line."""
        if self._needed:
            return self._candidates(text)
        longest = max(map(len, text.split("\n")))
        if self._cost(longest) * (text.count("\n") + 1) <= TEXT_BUDGET:
            return self._whole(text)
        return self._each_line(text)

    def _candidates(self, text: str) -> Iterator[int]:
        at = text.find(self._needed)
        while at >= 0:
            begin = text.rfind("\n", 0, at) + 1
            end = _line_end(text, at)
            if self._is_plain or self._matches(text, begin, end):
                yield begin
            self._check()
            at = text.find(self._needed, end)

    def _whole(self, text: str) -> Iterator[int]:
        at = 0
        while at < len(text):
            match = self._regex.search(text, at)
            if match is None:
                return
            begin = text.rfind("\n", 0, match.start()) + 1
            if begin == len(text):
                return
            yield begin
            self._check()
            at = _line_end(text, match.start()) + 1

    def _each_line(self, text: str) -> Iterator[int]:
        begin = 0
        while begin < len(text):
            end = _line_end(text, begin)
            if self._matches(text, begin, end):
                yield begin
            self._check()
            begin = end + 1

    def _matches(self, text: str, begin: int, end: int) -> bool:
        if self._cost(end - begin) <= LINE_BUDGET:
            return self._regex.search(text, begin, end) is not None
        if self._automaton is None:
            self._automaton = Automaton(self._tree, self._check)
        return self._automaton.search(text[begin:end])

    def _cost(self, size: int) -> float:
        """The steps `re` may take on a line of `size` characters, at worst; not less than that."""
        step = size.bit_length()
        if step not in self._costs:
            most = 1 << step
            self._costs[step] = most * _ways(self._tree, most)
        return self._costs[step]


def source(node: Node) -> str:
    """The tree as an expression for Python's `re`."""
    match node:
        case Char(expression):
            return expression
        case Look(kind):
            return _LOOK_SOURCE[kind]
        case Concat(items):
            return "".join(
                f"(?:{source(item)})" if isinstance(item, Either) else source(item)
                for item in items
            )
        case Either(items):
            return "|".join(source(item) for item in items)
        case Repeat(item, low, high):
            inner = source(item) if isinstance(item, Char) else f"(?:{source(item)})"
            return f"{inner}{{{low},{'' if high is None else high}}}"
    raise TypeError(f"not a node: {node!r}")


def _ways(node: Node, size: int) -> float:
    """An upper bound for the ways in which a tree matches from one place, in `size` characters."""
    match node:
        case Concat(items):
            product = 1.0
            for item in items:
                product *= _ways(item, size)
            return product
        case Either(items):
            return sum(_ways(item, size) for item in items)
        case Repeat(item, low, high):
            most = min(size, high if high is not None else size)
            each = _ways(item, size)
            if each <= 1:
                return max(1, most - low + 1)
            return each**most if most * log2(each) < 64 else inf
    return 1.0


def _trimmed(node: Node) -> Node:
    """The tree without what may be empty at its ends: that does not change which lines match."""
    items = list(node.items) if isinstance(node, Concat) else [node]
    while items and isinstance(items[0], Repeat) and items[0].low == 0:
        del items[0]
    while items and isinstance(items[-1], Repeat) and items[-1].low == 0:
        del items[-1]
    return items[0] if len(items) == 1 else Concat(tuple(items))


def _plain_text(node: Node) -> str:
    """The text, if the tree matches one text and no other; else ""."""
    items = node.items if isinstance(node, Concat) else (node,)
    plain = all(isinstance(item, Char) and item.literal for item in items)
    return "".join(item.literal for item in items) if plain else ""


def _required(node: Node) -> tuple[str, str]:
    """A text that is in every match, as long as may be; and one that is in its small form."""
    exact = folded = ""
    best_exact = best_folded = ""
    for char in _spine(node):
        exact = exact + char.literal if char and char.literal else ""
        small = _small(char) if char else ""
        folded = folded + small if small else ""
        best_exact = max(best_exact, exact, key=len)
        best_folded = max(best_folded, folded, key=len)
    return best_exact, best_folded


def _one_required(node: Node) -> list[str]:
    """Texts of which one is in every match; none if there is no such list."""
    branches = node.items if isinstance(node, Either) else ()
    texts = [_required(branch)[0] for branch in branches]
    return texts if all(texts) else []


def _small(char: Char) -> str:
    """The small form of an ASCII character."""
    return char.folded or (char.literal.lower() if char.literal.isascii() else "")


def _spine(node: Node) -> Iterator[Char | None]:
    """The characters that every match has, in order; None where something may come between."""
    match node:
        case Char():
            yield node
        case Look():
            return
        case Concat(items):
            for item in items:
                yield from _spine(item)
        case Repeat(item, low) if low > 0:
            yield from _spine(item)
            yield None
        case _:
            yield None


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
