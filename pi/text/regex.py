"""Regular expressions as ripgrep reads them: a pattern becomes a tree.

    parse("fo+|bar")         Either((Concat((Char f, Repeat(Char o, 1, None))), Concat(...)))
    parse("(?=a)")           PatternError: look-around is not supported ...

The dialect is that of Rust's regex library, on single lines: nothing matches a line feed. A tree
has only what a finite automaton can do, so that a match can always be found in time linear in the
text (`pi.text.automaton`). Whatever does not change which lines match is dropped: captures, names,
greed. A `{` that opens no counted repetition is a plain character, which Rust refuses.

Source: docs.rs/regex, "Syntax". Known limits: `\\w` leaves out combining marks; of the Unicode
properties there are the general categories and scripts whose characters are named after them.
"""

from __future__ import annotations

import re

from pi.text import charset
from pi.text.patternreader import PatternError, PatternReader
from pi.value import Value

__all__ = [
    "Char",
    "Concat",
    "Either",
    "Look",
    "PatternError",
    "Repeat",
    "char",
    "parse",
    "parse_literal",
    "size_of",
]

MAX_DEPTH = 100
MAX_SIZE = 50_000
"""Characters and classes of a pattern with its counted repetitions written out."""


class Char(Value):
    """One character. `source` is a Python expression for it.

    `literal` is the character if there is only one it can be; `folded` its small form if it can be
    in either case.
    """

    source: str
    literal: str = ""
    folded: str = ""


class Concat(Value):
    """One after the other; with no items, the empty text."""

    items: tuple[Node, ...]


class Either(Value):
    """One of several."""

    items: tuple[Node, ...]


class Repeat(Value):
    """`low` to `high` times; None is without end."""

    item: Node
    low: int
    high: int | None


class Look(Value):
    """A place, not a character: start, end, word, not-word, word-start, word-end, ..."""

    kind: str


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Node: TypeAlias = Char | Concat | Either | Repeat | Look


def parse(pattern: str, *, ignore_case: bool = False) -> Node:
    """The tree of a pattern. Raises PatternError."""
    return _Parser(pattern, "i" if ignore_case else "").whole()


def parse_literal(text: str, *, ignore_case: bool = False) -> Node:
    """The tree that matches `text` as it is. Raises PatternError for a line feed."""
    if "\n" in text:
        raise PatternError(_NO_LINE_FEED)
    return Concat(tuple(char(each, "i" if ignore_case else "") for each in text))


def char(value: str, flags: str) -> Char:
    """The node for one given character, in either case if `flags` say so."""
    if "i" in flags:
        cases = charset.cases_of(value)
        if len(cases) > 1:
            folded = value.lower() if value.isascii() else ""
            return Char(f"[{''.join(map(re.escape, cases))}]", folded=folded)
    return Char(re.escape(value), literal=value)


_NO_LINE_FEED = (
    "the pattern has a line feed, but lines are searched one by one: "
    "search for one line and show its neighbours with context"
)

_SIMPLE = {"^": Look("start"), "$": Look("end"), ".": Char(".")}
_LOOKS = {
    "b": "word",
    "B": "not-word",
    "A": "start",
    "z": "end",
    "<": "word-start",
    ">": "word-end",
}
_BRACED_LOOKS = {
    "{start}": "word-start",
    "{end}": "word-end",
    "{start-half}": "word-start-half",
    "{end-half}": "word-end-half",
}
_COUNT = re.compile(r"\{\s*(\d*)\s*(?:(,)\s*(\d*)\s*)?\}")
_GROUP_NAME = re.compile(r"\?P?<[A-Za-z_][\w.\[\]]*>")
_FLAGS = re.compile(r"\?([imsUuxR]*)(?:-([imsUuxR]+))?([:)])")
_UNSUPPORTED = (
    (("?=", "?!", "?<=", "?<!"), "look-around is not supported; search for more and choose"),
    (("?>",), "atomic groups are not supported"),
    (("?#",), "comments in the form (?#...) are not supported"),
    (("?P=",), "backreferences are not supported"),
)


class _Parser(PatternReader):
    """Recursive descent; each method reads what it is named after."""

    def __init__(self, pattern: str, flags: str) -> None:
        super().__init__(pattern, flags)
        self._depth = 0

    def whole(self) -> Node:
        node = self._alternatives()
        if self.at < len(self.pattern):
            raise self.error("the ) closes no group; to mean the character, write \\)")
        if size_of(node) > MAX_SIZE:
            raise PatternError("the pattern is too large once its repetitions are written out")
        return node

    def _alternatives(self) -> Node:
        branches = [self._sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else Either(tuple(branches))

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            if "x" in self.flags and self._skip_blank():
                continue
            item = self._item()
            if item is not None:
                items.append(self._repeated(item))
        return items[0] if len(items) == 1 else Concat(tuple(items))

    def _skip_blank(self) -> bool:
        if self.peek() == "#":
            end = self.pattern.find("\n", self.at)
            self.at = len(self.pattern) if end < 0 else end
            return True
        is_space = self.peek().isspace()
        self.at += is_space
        return is_space

    def _repeated(self, item: Node) -> Node:
        while True:
            operator = self.peek()
            if operator in ("*", "+", "?"):
                self.at += 1
                low, high = int(operator == "+"), 1 if operator == "?" else None
            else:
                counts = self._counts()
                if counts is None:
                    return item
                low, high = counts
            self.at += self.peek() == "?"  # greed does not change which lines match
            item = Repeat(item, low, high)

    def _counts(self) -> tuple[int, int | None] | None:
        match = _is_count(self.pattern, self.at)
        if match is None:
            return None
        low = int(match[1][:9] or 0)
        high = low if match[2] is None else int(match[3][:9]) if match[3] else None
        if high is not None and low > high:
            raise self.error("a repetition cannot have more at least than at most")
        self.at = match.end()
        return low, high

    def _item(self) -> Node | None:
        """The next thing that can be repeated; None for a setting of flags."""
        first = self.take()
        if first == "(":
            return self._group()
        if first == "[":
            return Char(charset.parse_class(self))
        if first == "\\":
            return self._escape()
        if first in "*+?" or (first == "{" and _is_count(self.pattern, self.at - 1)):
            raise self.error(f"nothing stands before the {first} to be repeated", self.at - 1)
        return _SIMPLE[first] if first in _SIMPLE else self._plain(first)

    def _plain(self, value: str) -> Char:
        if value == "\n":
            raise PatternError(_NO_LINE_FEED)
        return char(value, self.flags)

    def _group(self) -> Node | None:
        begin = self.at - 1
        outer = self.flags
        if self.peek() == "?":
            named = _GROUP_NAME.match(self.pattern, self.at)
            if named:
                self.at = named.end()
            elif self._take_flags():
                return None
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error(f"groups are nested more than {MAX_DEPTH} deep", begin)
        node = self._alternatives()
        if self.peek() != ")":
            raise self.error("the ( is not closed; to mean the character, write \\(", begin)
        self.at += 1
        self._depth -= 1
        self.flags = outer
        return node

    def _take_flags(self) -> bool:
        """Read `?i-s:` or `?i)`; whether it was the latter, which is for the rest of the group."""
        match = _FLAGS.match(self.pattern, self.at)
        if match is None:
            for openings, text in _UNSUPPORTED:
                if self.pattern.startswith(openings, self.at):
                    raise self.error(text, self.at - 1)
            raise self.error("unknown kind of group", self.at - 1)
        removed = match[2] or ""
        kept = "".join(flag for flag in self.flags if flag not in removed)
        self.flags = kept + match[1] + ("a" if "u" in removed else "")
        self.at = match.end()
        return match[3] == ")"

    def _escape(self) -> Node:
        letter = self.peek()
        if letter and letter in _LOOKS:
            self.at += 1
            for text, kind in _BRACED_LOOKS.items():
                if letter == "b" and self.pattern.startswith(text, self.at):
                    self.at += len(text)
                    return Look(kind)
            return Look(_LOOKS[letter])
        expression = charset.escaped_class(self)
        if expression:
            return Char(expression)
        return self._plain(charset.escaped_character(self))


def _is_count(pattern: str, at: int) -> re.Match[str] | None:
    match = _COUNT.match(pattern, at)
    return match if match and (match[1] or match[3]) else None


def size_of(node: Node) -> int:
    """How many characters and classes a tree has with its repetitions written out."""
    match node:
        case Concat(items) | Either(items):
            return 1 + sum(size_of(item) for item in items)
        case Repeat(item, low, high):
            return 1 + size_of(item) * max(1, low + 1 if high is None else high)
    return 1
