"""What a project makes pi run, and whether it is still what was trusted.

    fingerprint("/home/u/app")
    # {".pi/extensions/guard.py": "9f86d0...", ".pi/settings.json: npmCommand": "60303a..."}
    difference(before, now)         [".pi/extensions/guard.py"]

Counted are the files of `.pi/extensions`, `.pi/mcp.json`, the settings that name programs or code
(`RUNNING`), the files of the project that its `extensions` setting names, with the Python beside
them, and the code of its packages that have extensions, vendored or installed. Texts for the model
(skills, templates, prompts) are not: pi runs nothing of them by itself.

The records are in `trusted-content.json` beside `trust.json`, whose form is the reference's and has
no room for them. Links to folders of the project are followed; what is elsewhere does not change
with it. Known limits: of folders with very much in them (`LIMIT_BYTES`, `LIMIT_FILES`), the rest
counts by names and sizes; where the whole project is named as a folder of extensions, only Python
at most one folder deep counts.
"""

from __future__ import annotations

import hashlib
import json
import os
from itertools import chain

from pi import files, paths
from pi.resources.tree import below, importable, is_in
from pi.settings.jsonfile import FileError, change, read_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

RUNNING = (
    "extensions",
    "npmCommand",
    "packages",
    "selfUpdateCommand",
    "shellCommandPrefix",
    "shellPath",
)
"""The settings that make pi run something."""

LIMIT_BYTES = 64 << 20
LIMIT_FILES = 5000
REST = ".pi: more files"
"""The part that stands for all files beyond `LIMIT_FILES`."""


def fingerprint(project: str) -> dict[str, str]:
    """What a project makes pi run: name of the part -> hash of its content."""
    folder = os.path.join(os.path.realpath(project), paths.PROJECT_FOLDER)
    settings = _settings(os.path.join(folder, "settings.json"))
    found = {
        f".pi/settings.json: {name}": _hash(json.dumps(settings[name], sort_keys=True).encode())
        for name in RUNNING
        if settings.get(name) not in (None, [], "")
    }
    named = settings.get("extensions")
    entries = [entry for entry in named if isinstance(entry, str)] if _is_list(named) else []
    home = paths.home_dir(os.environ)
    roots = ["extensions", "mcp.json", *(paths.listed(each, folder, home) for each in entries)]
    code = _all_files(folder, roots), _package_code(os.path.dirname(folder), settings)
    return found | _digests(os.path.dirname(folder), chain.from_iterable(code))


def _digests(project: str, every: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    room, rest = LIMIT_BYTES, hashlib.sha256()
    for path in every:
        name = os.path.relpath(path, project)
        if len(found) < LIMIT_FILES:
            found[name], size = _content(path, room)
            room -= size
        else:
            rest.update(os.fsencode(name) + b"\0" + _outline(path) + b"\0")
            found[REST] = rest.hexdigest()
    return found


def difference(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The parts that are new or have another content. What is gone runs nothing."""
    return sorted(name for name, digest in now.items() if before.get(name) != digest)


def recorded(agent_dir: str, project: str) -> dict[str, str] | None:
    """What was put on record for a project; None if nothing was. Raises FileError."""
    found = (read_object(_file(agent_dir)) or {}).get(os.path.realpath(project))
    return found if isinstance(found, dict) else None


def record(agent_dir: str, project: str, content: dict[str, str] | None) -> None:
    """Put on record what a project makes pi run; None forgets it. Raises FileError."""
    if content is None and not os.path.exists(_file(agent_dir)):
        return

    def edit(data: dict[str, Any]) -> None:
        data.pop(os.path.realpath(project), None)
        if content is not None:
            data[os.path.realpath(project)] = content

    change(_file(agent_dir), edit, mode=0o600)


def _package_code(project: str, settings: dict[str, Any]) -> list[str]:
    declared = settings.get("packages")
    if not _is_list(declared) or not declared:
        return []
    from pi.packages.code import code_files  # noqa: PLC0415 - start-up: only with packages

    return code_files(project, paths.home_dir(os.environ), declared)


def _file(agent_dir: str) -> str:
    return os.path.join(agent_dir, "trusted-content.json")


def _settings(path: str) -> dict[str, Any]:
    try:
        return read_object(path) or {}
    except FileError:  # nothing of it will be loaded either
        return {}


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _all_files(folder: str, roots: list[str]) -> Iterator[str]:
    project, home = os.path.dirname(folder), paths.home_dir(os.environ)
    for root in dict.fromkeys(roots):
        path = "" if "\0" in root else paths.absolute(root, folder, home)
        # What is elsewhere does not change with the project.
        if is_in(path, project) or is_in(os.path.realpath(path), project):
            yield from (importable if os.path.isfile(path) else below)(path, folder)


def _content(path: str, room: int) -> tuple[str, int]:
    """(hash, bytes read) of a file; where it leads, for a link to a folder or to nothing."""
    try:
        data = files.read_bounded(path, max(room, 0))
        return _hash(data), len(data)
    except OSError:
        return _hash(_outline(path)), 0


def _outline(path: str) -> bytes:
    where = os.readlink(path) if os.path.islink(path) else ""
    size = os.stat(path).st_size if os.path.isfile(path) else -1
    return f"{where} {size}".encode("utf-8", "surrogateescape")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
