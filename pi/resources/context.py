"""Context files: the instructions a person keeps for the agent beside their work.

One file a directory, the first that exists of the names below; the agent folder's comes first, then
those from the filesystem root down to the working directory. Source: `contracts.md` section 7.
"""

from __future__ import annotations

import os

from pi.text.unicode import decode
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("AGENTS.override.md", "AGENTS.md", "AGENTS.MD", "CLAUDE.md", "CLAUDE.MD")
MAX_BYTES = 1 << 20
"""A context file larger than this is cut: it would fill the context window by itself."""

_BOM = "\ufeff"


class ContextFile(Value):
    """A file of instructions: its absolute path and its text, without byte-order mark."""

    path: str
    text: str


def find_context_files(agent_dir: str, cwd: str) -> tuple[list[ContextFile], list[str]]:
    """The context files for work in `cwd`, outermost first, and a warning for each unreadable one.

    A directory that is met twice (the agent folder above the working directory) counts once.
    """
    files: list[ContextFile] = []
    warnings: list[str] = []
    seen: set[str] = set()
    for folder in (agent_dir, *_downwards(cwd)):
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        path = _first_file(folder)
        if path is None:
            continue
        try:
            files.append(ContextFile(path, read_text(path)))
        except OSError as error:
            warnings.append(f"cannot read context file {path}: {error.strerror}")
    return files, warnings


def read_text(path: str) -> str:
    """The text of a small configuration file: UTF-8, byte-order mark removed, size bounded."""
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES)
    return decode(data).removeprefix(_BOM)


def _downwards(cwd: str) -> Iterator[str]:
    """Every directory from the filesystem root down to `cwd`."""
    parent = os.path.dirname(cwd)
    if parent != cwd:
        yield from _downwards(parent)
    yield cwd


def _first_file(folder: str) -> str | None:
    for name in NAMES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    return None
