"""Which of the files that were found a settings list wants: `!glob`, `+exact`, `-exact`, globs.

    is_wanted("/p/.pi/skills/x/SKILL.md", ["!skills/*", "+skills/x"], "/p/.pi")     True

A list has paths, which are looked up, and patterns, which choose among what was found: plain globs
keep what they match (all, if there are none), then `!` leaves out by glob, `+` takes in and at last
`-` leaves out by exact path. Globs are for the path below the settings' folder, the file's name or
the absolute path; a SKILL.md also goes by its folder. Source: the reference's package and settings
pages.
"""

from __future__ import annotations

import os

from pi.text import glob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CHANGES = ("!", "+", "-")


def is_pattern(entry: str) -> bool:
    """Whether an entry of a list is a pattern, and no path."""
    return entry.startswith(CHANGES) or "*" in entry or "?" in entry


def is_wanted(path: str, patterns: Iterable[str], base: str) -> bool:
    """Whether patterns leave a file in; `base` is the folder they are relative to."""
    patterns = list(patterns)
    found = verdict(path, patterns, base)
    return all(each.startswith(CHANGES) for each in patterns) if found is None else found


def verdict(path: str, patterns: Iterable[str], base: str) -> bool | None:
    """Whether patterns ask for a file (True) or leave it out (False); None: none is about it."""
    groups: dict[str, list[str]] = {"!": [], "+": [], "-": [], "": []}
    for pattern in patterns:
        mark = pattern[:1] if pattern.startswith(CHANGES) else ""
        groups[mark].append(pattern[len(mark) :])
    called = [path]
    if os.path.basename(path) == "SKILL.md":
        called.append(os.path.dirname(path))
    exact = {name for each in called for name in (each, os.path.relpath(each, base))}
    names = exact | {os.path.basename(each) for each in called}
    found = True if any(_matches(names, each) for each in groups[""]) else None
    if any(_matches(names, each) for each in groups["!"]):
        found = False
    if any(_plain(each) in exact for each in groups["+"]):
        found = True
    return False if any(_plain(each) in exact for each in groups["-"]) else found


def _plain(pattern: str) -> str:
    return pattern.removeprefix("./").rstrip("/")


def _matches(names: set[str], pattern: str) -> bool:
    try:
        matcher = glob.compile(pattern.removeprefix("./"))
    except glob.GlobError:  # it stands for too much to mean anything
        return False
    return any(matcher.fullmatch(name) for name in names)
