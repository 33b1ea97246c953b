"""Context files: the instructions a person keeps for the agent beside their work.

One file a directory, the first that exists of the names below; the agent folder's comes first, then
those from the filesystem root down to the working directory. Source: `contracts.md` section 7.
"""

from __future__ import annotations

import os

from pi.paths import PROJECT_FOLDER, upwards
from pi.text.unicode import decode, shown
from pi.value import Value

NAMES = ("AGENTS.override.md", "AGENTS.md", "AGENTS.MD", "CLAUDE.md", "CLAUDE.MD")
MAX_BYTES = 1 << 20
"""A context file larger than this is cut: it would fill the context window by itself."""

_BOM = "\ufeff"


class ContextFile(Value):
    """A file of instructions: its absolute path and its text, without byte-order mark."""

    path: str
    text: str


def find_context_files(agent_dir: str, cwd: str | None) -> tuple[list[ContextFile], list[str]]:
    """The context files for work in `cwd`, outermost first, and a warning for each unreadable one.

    Without `cwd`, only the agent folder's. A directory that is met twice (the agent folder above
    the working directory) counts once.
    """
    files: list[ContextFile] = []
    warnings: list[str] = []
    seen: set[str] = set()
    around = [] if cwd is None else [*upwards(cwd)]
    for folder in (agent_dir, *reversed(around)):
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        path = _first_file(folder)
        if path is None:
            continue
        text = _told_text(path, "context file", warnings)
        if text is not None:
            files.append(ContextFile(path, text))
    return files, warnings


def find_prompt_file(
    name: str, agent_dir: str, project: str | None
) -> tuple[str | None, list[str]]:
    """The text of SYSTEM.md or APPEND_SYSTEM.md, and a warning if it cannot be read.

    A project's own, below `.pi`, stands in for the agent folder's; `project` is None unless it is
    trusted. None when there is neither.
    """
    warnings: list[str] = []
    folders = [agent_dir]
    if project is not None:
        folders.insert(0, os.path.join(project, PROJECT_FOLDER))
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return _told_text(path, "system prompt", warnings), warnings
    return None, warnings


def read_text(path: str) -> str:
    """The text of a small configuration file: UTF-8, byte-order mark removed, size bounded."""
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES)
    return decode(data).removeprefix(_BOM)


def _told_text(path: str, what: str, warnings: list[str]) -> str | None:
    try:
        if os.path.getsize(path) > MAX_BYTES:
            warnings.append(f"{what} {shown(path)}: only the first {MAX_BYTES} bytes are used")
        return read_text(path)
    except OSError as error:
        warnings.append(f"cannot read {what} {shown(path)}: {error.strerror}")
        return None


def _first_file(folder: str) -> str | None:
    for name in NAMES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    return None
