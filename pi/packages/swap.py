"""Putting a whole folder in another's place, without a moment in which a half of it is there.

    with in_place_of("/r/node_modules/x", "x@1.0.0") as fresh:
        ...                                    fill "/r/node_modules/.pi-fresh-x-5f1c..."
    clear("/r/node_modules/x")                 nothing is left of it

A folder cannot be replaced by one call: the old one is moved aside, the new one in, and back again
should that fail. What a process that dies in between leaves has a name that begins with `MARK`;
`sweep` removes it.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import contextmanager, suppress

from pi import files
from pi.errors import PackageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MARK = ".pi-fresh-"


@contextmanager
def in_place_of(target: str, subject: str) -> Iterator[str]:
    """A fresh path next to `target`, for a folder that takes its place when all went well.

    What was there before is deleted then, and untouched otherwise. Raises PackageError about
    `subject` where the disk does not let us.
    """
    fresh = fresh_name(target)
    try:
        os.makedirs(os.path.dirname(fresh), exist_ok=True)
        yield fresh
        put_all([(fresh, target)])
    except OSError as error:
        raise PackageError(
            f"{subject}: cannot be put into its place ({files.reason(error)})"
        ) from None
    finally:
        clear(fresh)


def fresh_name(target: str) -> str:
    """A path next to `target` that nobody uses."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f"{MARK}{name[:64]}-{os.urandom(6).hex()}")


def put_all(pairs: Sequence[tuple[str, str]]) -> None:
    """Move each first path to its second, whatever is there, which is deleted.

    Raises OSError; then everything is where it was.
    """
    undo: list[tuple[str, str]] = []
    old: list[str] = []
    try:
        for fresh, target in pairs:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.lexists(target):
                aside = fresh_name(target)
                os.rename(target, aside)
                undo.append((aside, target))
                old.append(aside)
            os.rename(fresh, target)
            undo.append((target, fresh))
    except BaseException:
        for now, before in reversed(undo):
            os.rename(now, before)
        raise
    for aside in old:
        clear(aside)


def clear(path: str) -> None:
    """Delete a folder, file or link with all that is in it; links in it are not followed.

    What cannot be deleted stays, under its name that says that nobody needs it.
    """
    if os.path.islink(path) or not os.path.isdir(path):
        with suppress(OSError):
            os.unlink(path)
        return
    shutil.rmtree(path, onerror=_forced)


def sweep(folder: str) -> None:
    """Delete what a process that died left in a folder."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(MARK):
                clear(os.path.join(folder, name))


def prune(folder: str, top: str) -> None:
    """Delete a folder and those around it, up to `top`, as long as they are empty."""
    while folder.startswith(top + os.sep):
        try:
            os.rmdir(folder)
        except OSError:  # something is in it
            return
        folder = os.path.dirname(folder)


def _forced(action: Callable[[str], object], path: str, _: object) -> None:
    """Once more, with the right to write into the folder around."""
    with suppress(OSError):
        os.chmod(os.path.dirname(path), stat.S_IRWXU)
        action(path)
