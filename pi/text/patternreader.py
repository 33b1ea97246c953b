"""Reading a regular expression from left to right: what `regex` and `charset` share."""

from __future__ import annotations


class PatternError(ValueError):
    """A pattern that cannot be used; the text says why, in one line."""


class PatternReader:
    """A pattern, where the next character is (`at`), and the flags in force (such as "ix")."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.flags = flags
        self.at = 0

    def peek(self, size: int = 1) -> str:
        """The next characters; fewer at the end."""
        return self.pattern[self.at : self.at + size]

    def take(self) -> str:
        """The next character, "" at the end; moves behind it."""
        here = self.peek()
        self.at += 1
        return here

    def error(self, text: str, at: int | None = None) -> PatternError:
        """The error to raise about what is here, or at `at`."""
        where = self.at if at is None else at
        return PatternError(f"{text} (at character {where + 1} of {self.pattern!r})")
