"""Searching a line with a tree of `pi.text.regex` in time linear in the line, whatever the tree.

    Automaton(parse("(a+)+$")).search("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")      False

A backtracking matcher, such as Python's `re`, may need ages for that, and holds the interpreter
all the while. Here the tree becomes a nondeterministic automaton, whose sets of states are built
into a deterministic one as the text asks for them (Thompson; RE2 does the same). A step that was
taken before costs one dict lookup, about 40 ns; a new one costs time in the size of the pattern.
"""

from __future__ import annotations

import re

from pi.text.regex import Char, Concat, Either, Look, Repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pi.text.regex import Node

MAX_CACHE = 500_000
"""How much may be remembered (states and members of their sets) before all is forgotten."""

_STRETCH = 1 << 16  # characters, about 3 ms, between two checks

_CHAR, _SPLIT, _LOOK, _MATCH = range(4)
_WORD, _OTHER, _EDGE, _RETURN = "word", "other", "edge", "return"
_LAST_RETURN = "\r$"
"""The key for a carriage return at the end of a line, before which `$` holds too."""


class Automaton:
    """One pattern; keeps what it has learned from line to line. For one thread at a time."""

    def __init__(self, tree: Node, check: Callable[[], object] = bool) -> None:
        """`check` is called now and then during a search; it may raise to stop it."""
        self._check = check
        self._code: list[tuple[int, object, int]] = []  # kind, test or branches or place, next
        self._tests: dict[str, Callable[[str], object]] = {}
        self._first = self._compile(tree, self._emit(_MATCH, None, -1))
        self._states: dict[tuple[frozenset[int], str], _State] = {}
        self._cached = 0
        self._found = _State(frozenset(), _OTHER, self)

    def search(self, line: str) -> bool:
        """Whether the pattern matches anywhere in a line, which has no line feed."""
        state = self._state(frozenset((self._first,)), _EDGE)
        found = self._found
        body = line[:-1] if line.endswith("\r") else line
        for at in range(0, len(body), _STRETCH):
            self._check()
            for char in body[at : at + _STRETCH]:
                state = state[char]
                if state is found:
                    return True
        if body is not line:
            state = state[_LAST_RETURN]
            if state is found:
                return True
        return self._closure(state, _EDGE)[1]

    # --- the automaton in full ---

    def _emit(self, kind: int, value: object, then: int) -> int:
        self._code.append((kind, value, then))
        return len(self._code) - 1

    def _compile(self, node: Node, then: int) -> int:
        """Add the code for `node`, which goes on at `then`; returns where it begins."""
        match node:
            case Char():
                return self._emit(_CHAR, self._test(node), then)
            case Look(kind):
                return self._emit(_LOOK, kind, then)
            case Concat(items):
                for item in reversed(items):
                    then = self._compile(item, then)
                return then
            case Either(items):
                return self._emit(_SPLIT, [self._compile(item, then) for item in items], -1)
            case Repeat(item, low, high):
                return self._compile_repeat(item, low, high, then)
        raise TypeError(f"not a node: {node!r}")

    def _compile_repeat(self, item: Node, low: int, high: int | None, then: int) -> int:
        if high is None:
            branches: list[int] = []
            loop = self._emit(_SPLIT, branches, -1)
            branches += [self._compile(item, loop), then]
            then = loop
        else:
            end = then
            for _ in range(high - low):
                then = self._emit(_SPLIT, [self._compile(item, then), end], -1)
        for _ in range(low):
            then = self._compile(item, then)
        return then

    def _test(self, node: Char) -> Callable[[str], object]:
        if node.literal:
            return node.literal.__eq__
        if node.source not in self._tests:
            self._tests[node.source] = re.compile(node.source).match
        return self._tests[node.source]

    # --- the sets of its states ---

    def step(self, state: _State, char: str) -> _State:
        """The state after a character that `state` has not seen yet."""
        self._check()
        if state is self._found:
            return state
        is_return = char is _LAST_RETURN or char == _LAST_RETURN
        members, matched = self._closure(state, _RETURN if is_return else _kind(char))
        if matched:
            return self._found
        read = "\r" if is_return else char
        code = self._code
        after = {code[at][2] for at in members if code[at][1](read)}  # type: ignore[operator]
        after.add(self._first)
        return self._state(frozenset(after), _OTHER if is_return else _kind(char))

    def _state(self, members: frozenset[int], before: str) -> _State:
        state = self._states.get((members, before))
        if state is None:
            state = _State(members, before, self)
            self._cached += len(members) + 8
            if self._cached > MAX_CACHE:
                self._states.clear()
                self._cached = 0
            self._states[members, before] = state
        return state

    def _closure(self, state: _State, after: str) -> tuple[list[int], bool]:
        """The characters to be read next, and whether the pattern has matched by now."""
        seen = set(state.members)
        todo = list(state.members)
        members: list[int] = []
        while todo:
            at = todo.pop()
            kind, value, then = self._code[at]
            if kind == _MATCH:
                return [], True
            if kind == _CHAR:
                members.append(at)
            elif kind == _SPLIT:
                todo += _new(value, seen)  # type: ignore[arg-type]
            elif _holds(value, state.before, after):
                todo += _new((then,), seen)
        return members, False


class _State(dict[str, "_State"]):
    """A set of states of the full automaton, where each character leads, and what came before."""

    __slots__ = ("_automaton", "before", "members")

    def __init__(self, members: frozenset[int], before: str, automaton: Automaton) -> None:
        super().__init__()
        self.members = members
        self.before = before
        self._automaton = automaton

    def __missing__(self, char: str) -> _State:
        state = self._automaton.step(self, char)
        self[char] = state
        return state


def _new(targets: Iterable[int], seen: set[int]) -> list[int]:
    fresh = [at for at in targets if at not in seen]
    seen.update(fresh)
    return fresh


def _kind(char: str) -> str:
    return _WORD if char.isalnum() or char == "_" else _OTHER


def _holds(place: object, before: str, after: str) -> bool:
    """Whether a place of `regex.Look` is between what came before and what comes after."""
    is_word, was_word = after == _WORD, before == _WORD
    return {
        "start": before == _EDGE,
        "end": after in (_EDGE, _RETURN),
        "word": is_word != was_word,
        "not-word": is_word == was_word,
        "word-start": is_word and not was_word,
        "word-end": was_word and not is_word,
        "word-start-half": not was_word,
        "word-end-half": not is_word,
    }[str(place)]
