"""Ignore files: which paths the lines of a .gitignore leave out.

    rules = parse("*.log\\n!keep.log\\n/build/\\n")
    rules.verdict("a/x.log", "x.log", False)        True: ignored
    rules.verdict("keep.log", "keep.log", False)    False: expressly not ignored
    rules.verdict("a.py", "a.py", False)            None: no line is about it

Paths are relative to the folder of the file, with `/` between names and none at either end. The
last line that matches decides. Two things are up to whoever walks the tree: a file nearer to the
path is asked first, and what is in an ignored folder is ignored, whatever any line says.

Source: git's gitignore page, and `git check-ignore`. Names are compared by character, not by byte,
and case counts (git's `core.ignoreCase` is not read).
"""

from __future__ import annotations

import re
from itertools import count

from pi.text import glob
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Line(Value):
    """One pattern: `!` and slashes taken off. `anchored` ones are for paths, others for names."""

    pattern: str
    negated: bool = False
    only_folders: bool = False
    anchored: bool = False


class Rules:
    """The lines of one file, ready to be asked."""

    def __init__(self, lines: Iterable[Line]) -> None:
        lines = list(lines)
        self._names = _Table(lines, anchored=False)
        self._paths = _Table(lines, anchored=True)

    def verdict(self, path: str, name: str, is_folder: bool) -> bool | None:
        """Whether a path (and its last component) is ignored; None if no line is about it."""
        by_name = self._names.last(name, is_folder)
        by_path = self._paths.last(path, is_folder)
        number, negated = max(by_name, by_path)
        return None if number < 0 else not negated


def parse(text: str) -> Rules:
    """The rules of an ignore file. Lines that mean nothing are left out, as git does."""
    lines = text.removeprefix("\ufeff").split("\n")
    return Rules(line for line in (read_line(each.removesuffix("\r")) for each in lines) if line)


def read_line(text: str) -> Line | None:
    """One line of an ignore file; None for a comment, or where no pattern is left."""
    if text.startswith("#"):
        return None
    pattern = _without_trailing_spaces(text)
    negated = pattern.startswith("!")
    pattern = pattern[negated:]
    only_folders = pattern.endswith("/")
    pattern = pattern[: len(pattern) - only_folders]
    anchored = "/" in pattern
    pattern = pattern.removeprefix("/")
    if not pattern:
        return None
    return Line(pattern, negated, only_folders, anchored)


_NOTHING = (-1, False)


class _Table:
    """The lines for names, or those for paths, as one expression each for folders and files.

    The alternatives stand in reverse order, so that the first that matches is the last line that
    does; the group it is in tells which.
    """

    def __init__(self, lines: list[Line], *, anchored: bool) -> None:
        chosen = [(at, line) for at, line in enumerate(lines) if line.anchored == anchored]
        for_files = [(at, line) for at, line in chosen if not line.only_folders]
        whole = _joined(chosen)
        self._by_kind = [whole if len(for_files) == len(chosen) else _joined(for_files), whole]

    def last(self, text: str, is_folder: bool) -> tuple[int, bool]:
        """The number of the last line that matches, -1 if none does, and whether it is negated."""
        expression, numbers = self._by_kind[is_folder]
        match = expression.fullmatch(text) if expression else None
        return numbers[match.lastindex] if match else _NOTHING


def _joined(
    lines: list[tuple[int, Line]],
) -> tuple[re.Pattern[str] | None, dict[int | None, tuple[int, bool]]]:
    names = count()
    sources: list[str] = []
    numbers: dict[int | None, tuple[int, bool]] = {}
    groups = 0
    for at, line in reversed(lines):
        try:
            source = glob.source(line.pattern, names)
        except glob.GlobError:  # git has such a line match nothing
            continue
        numbers[groups + 1] = at, line.negated
        groups += 1 + source.count("(?P<")
        sources.append(f"({source})")
    return (re.compile("|".join(sources)) if sources else None), numbers


def _without_trailing_spaces(text: str) -> str:
    """Spaces at the end do not count, but for one after a backslash."""
    bare = text.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if slashes % 2 and len(bare) < len(text) else bare
