"""The files of a project below one of its folders, by every way that leads to them.

    list(below("/app/.pi/extensions", "/app/.pi"))      ["/app/.pi/extensions/guard.py", ...]
    is_in("/app/lib", "/app")                           True

Links to folders are followed as long as they stay in the project: what is elsewhere does not change
with it. They are listed too, since where they lead may change.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CACHES = ("__pycache__", ".git")
"""Folders that running an extension, or looking at it, changes."""


def below(top: str, own: str) -> Iterator[str]:
    """Every file below a folder, in a fixed order, each folder once, however often it is linked.

    Of one that has `own`, the project's folder `.pi`, in it, Python on two levels counts.
    """
    waiting, seen = [top], set()
    while waiting:
        start = waiting.pop()
        is_flat = is_in(own, os.path.realpath(start))
        for parent, folders, names in os.walk(start):
            where = os.path.realpath(parent)
            folders[:] = () if where in seen else sorted(set(folders) - set(CACHES))
            if where in seen:
                continue
            seen.add(where)
            code = [name for name in names if not is_flat or name.endswith((".py", "package.json"))]
            yield from (os.path.join(parent, name) for name in sorted(code))
            links = [path for name in folders if os.path.islink(path := os.path.join(parent, name))]
            yield from links
            project = os.path.dirname(own)
            waiting += [path for path in links if is_in(os.path.realpath(path), project)]
            if is_flat and parent != start:
                folders.clear()


def importable(path: str, own: str) -> Iterator[str]:
    """A file, and the Python beside and below it, which it can import. `own` as for `below`."""
    yield path
    if path.endswith(".py"):
        beside = below(os.path.dirname(path), own)
        yield from (each for each in beside if each.endswith(".py") and each != path)


def is_in(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it; both as they are written."""
    return path == folder or path.startswith(folder + os.sep)
