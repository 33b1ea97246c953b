"""Versions and version ranges of npm packages.

    version = parse("v1.2.3-beta.1+build")      Version(1, 2, 3, ("beta", 1)); None if it is none
    wanted = parse_range("^1.2 || >=3.1 <4")    Range; None if it is no range, but maybe a tag
    wanted.accepts(version)
    best(wanted, ["1.2.0", "1.9.1", "2.0.0"])   "1.9.1"

Vocabulary: a *comparator* is one bound, (">=", Version); an *alternative* is a list of bounds that
must all hold; a range is alternatives, one of which must hold. A *partial* is a version whose last
numbers are missing or `x`: "1.2", "1.x", "*".

A version with a prerelease tag is accepted only by an alternative that itself names a prerelease of
the same three numbers: whoever asks for ">=1.0.0-beta" wants that beta, not those of 2.0.0.
Everything is read as leniently as npm reads what people write: a leading `v` or `=`, blanks after
an operator, `~>`, a prerelease without its hyphen ("1.2.3beta").

Source: semver.org 2.0.0; the documentation of npm's ranges. Numbers above 2**53 - 1 and texts over
256 characters are no versions, as there. One difference: a number behind an `x` ("1.x.3"), which
npm used to pass over and now refuses, is passed over.
"""

from __future__ import annotations

import re
from functools import total_ordering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Comparator = tuple[str, "Version"]
    Partial = tuple[int | None, int | None, int | None, tuple[int | str, ...]]

LONGEST = 256
_MAX_NUMBER = 2**53 - 1

_TAIL = r"(?:-?([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_BUILD = r"(?:\+[0-9A-Za-z.-]+)?"
_VERSION = re.compile(r"[v=\s]*(\d+)\.(\d+)\.(\d+)" + _TAIL + _BUILD, re.ASCII)
_NUMBER = r"(\d+|[xX*])"
_PARTIAL = re.compile(rf"[v=\s]*{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}{_TAIL})?)?{_BUILD}", re.ASCII)
_TERM = re.compile(r"(<=|>=|<|>|=|~>?|\^)?(.*)", re.DOTALL)
_HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")
_GAP = re.compile(r"(<=|>=|<|>|=|~>?|\^)\s+")


@total_ordering
class Version:
    """A version; ordered by precedence, equal when only build metadata differs."""

    __slots__ = ("major", "minor", "patch", "prerelease")

    def __init__(
        self, major: int, minor: int, patch: int, prerelease: tuple[int | str, ...] = ()
    ) -> None:
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease

    @property
    def numbers(self) -> tuple[int, int, int]:
        return self.major, self.minor, self.patch

    def __str__(self) -> str:
        tail = ".".join(str(part) for part in self.prerelease)
        return f"{self.major}.{self.minor}.{self.patch}" + (f"-{tail}" if tail else "")

    def __repr__(self) -> str:
        return f"Version({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key() == other._key()

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        # No prerelease is later than any; numbers come before words; a longer tag is later.
        parts = tuple(
            (0, part, "") if isinstance(part, int) else (1, 0, part) for part in self.prerelease
        )
        return self.numbers, not parts, parts


class Range:
    """Which versions are wanted; `text` is how it was written."""

    __slots__ = ("alternatives", "text")

    def __init__(self, text: str, alternatives: list[list[Comparator]]) -> None:
        self.text = text
        self.alternatives = alternatives

    def __repr__(self) -> str:
        return f"Range({self.text!r})"

    def accepts(self, version: Version) -> bool:
        """Whether the range takes a version in."""
        return any(_holds(bounds, version) for bounds in self.alternatives)


def parse(text: str) -> Version | None:
    """The version a text stands for, None if it is no complete version."""
    found = _VERSION.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None:
        return None
    numbers = [int(digits) for digits in found.groups()[:3]]
    if max(numbers) > _MAX_NUMBER:
        return None
    return Version(*numbers, _prerelease(found[4]))


def parse_range(text: str) -> Range | None:
    """The range a text stands for; "" and "*" take every release. None if it is no range."""
    if len(text) > LONGEST * 16:
        return None
    found = [_alternative(part.strip()) for part in text.split("||")]
    alternatives = [bounds for bounds in found if bounds is not None]
    if [] in alternatives:  # one that takes everything makes the others pointless
        alternatives = [[]]
    return Range(text, alternatives) if alternatives else None


def is_exact(text: str) -> bool:
    """Whether a text names one version and not a range or a tag."""
    return parse(text) is not None


def best(wanted: Range, versions: Iterable[str]) -> str | None:
    """The highest of `versions` that the range accepts, as it is written there."""
    found = [(version, text) for text in versions if (version := parse(text)) is not None]
    fitting = [pair for pair in found if wanted.accepts(pair[0])]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _holds(bounds: list[Comparator], version: Version) -> bool:
    if not all(_compare(sign, version, limit) for sign, limit in bounds):
        return False
    if not version.prerelease:
        return True
    return any(limit.prerelease and limit.numbers == version.numbers for _, limit in bounds)


def _compare(sign: str, version: Version, limit: Version) -> bool:
    if sign == ">=":
        return version >= limit
    if sign == "<":
        return version < limit
    if sign == ">":
        return version > limit
    return version <= limit if sign == "<=" else version == limit


# --- reading a range -----------------------------------------------------------------------------


def _alternative(text: str) -> list[Comparator] | None:
    """The bounds of one alternative; a word that is no bound is passed over, unless all are."""
    hyphen = _HYPHEN.fullmatch(text)
    if hyphen:
        low, high = _partial(hyphen[1]), _partial(hyphen[2])
        if low is not None and high is not None:
            return _from_to(low, high)
    if not text:
        return []
    terms = _GAP.sub(r"\1", text).split()
    found = [bounds for term in terms if (bounds := _bounds(term)) is not None]
    return [bound for bounds in found for bound in bounds] if found else None


def _bounds(term: str) -> list[Comparator] | None:
    sign, rest = _TERM.fullmatch(term).groups()
    partial = _partial(rest)
    if partial is None:
        return None
    if sign == "^":
        return _caret(partial)
    if sign in ("~", "~>"):
        return _tilde(partial)
    return _compared(sign or "=", partial)


def _partial(text: str) -> Partial | None:
    found = _PARTIAL.fullmatch(text)
    if found is None:
        return None
    numbers: list[int | None] = []
    for digits in found.groups()[:3]:
        is_open = digits is None or digits in "xX*" or (numbers and numbers[-1] is None)
        numbers.append(None if is_open else int(digits))
    if any(number is not None and number > _MAX_NUMBER for number in numbers):
        return None
    tail = _prerelease(found[4]) if numbers[2] is not None else ()
    return numbers[0], numbers[1], numbers[2], tail


def _prerelease(text: str | None) -> tuple[int | str, ...]:
    parts = text.split(".") if text else []
    return tuple(int(part) if part.isdigit() and part.isascii() else part for part in parts)


def _below(major: int, minor: int, patch: int = 0) -> Comparator:
    """Before every version with these numbers, their prereleases too."""
    return "<", Version(major, minor, patch, (0,))


def _caret(partial: Partial) -> list[Comparator]:
    major, minor, patch, tail = partial
    if major is None:
        return []
    low = (">=", Version(major, minor or 0, patch or 0, tail))
    if major > 0 or minor is None:
        return [low, _below(major + 1, 0)]
    if minor > 0 or patch is None:
        return [low, _below(0, minor + 1)]
    return [low, _below(0, 0, patch + 1)]


def _tilde(partial: Partial) -> list[Comparator]:
    major, minor, patch, tail = partial
    if major is None:
        return []
    low = (">=", Version(major, minor or 0, patch or 0, tail))
    return [low, _below(major + 1, 0) if minor is None else _below(major, minor + 1)]


def _compared(sign: str, partial: Partial) -> list[Comparator]:
    major, minor, patch, tail = partial
    if major is None:
        return [_below(0, 0)] if sign in "<>" else []
    if patch is not None:
        return [(sign, Version(major, minor, patch, tail))]
    first = Version(major, minor or 0, 0)
    after = (major + 1, 0) if minor is None else (major, minor + 1)
    return {
        "=": [(">=", first), _below(*after)],
        ">=": [(">=", first)],
        ">": [(">=", Version(*after, 0))],
        "<": [_below(major, minor or 0)],
        "<=": [_below(*after)],
    }[sign]


def _from_to(low: Partial, high: Partial) -> list[Comparator]:
    bounds = _compared(">=", low)
    major, minor, patch, tail = high
    if major is None:
        return bounds
    if patch is not None:
        return [*bounds, ("<=", Version(major, minor, patch, tail))]
    return [*bounds, _below(major + 1, 0) if minor is None else _below(major, minor + 1)]
