"""The code of a project's packages: what trust in the project is also about.

    code_files("/app", "/home/u", [{"source": "npm:@acme/tools"}, "../tools"])
    # ["/app/.pi/npm/node_modules/@acme/tools/extensions/guard.py", ...]

Of a package that has an extension, every file that Python would load counts, and its manifest; of
one without, nothing. Packages outside of the project do not change with it and do not count.
"""

from __future__ import annotations

import os

from pi.errors import PackageError
from pi.packages import lock
from pi.packages.manifest import FILE
from pi.packages.resolve import locked_folder
from pi.packages.site import PROJECT, Site, entries
from pi.packages.source import Local
from pi.packages.survey import content_root, own_extension, survey
from pi.paths import PROJECT_FOLDER
from pi.resources.tree import below, importable
from pi.settings.jsonfile import FileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ENDINGS = (".py", ".pyc", ".so", ".pyd")


def code_files(project: str, home: str, declared: list[Any]) -> list[str]:
    """The files of declared packages that would run, in the order of declaration and names."""
    site = Site("", project, home)
    try:
        records = lock.read(site.lock_path(PROJECT))
    except FileError:  # then nothing of it is loaded either
        records = {}
    found: list[str] = []
    for entry in entries([(PROJECT, "", declared)], []):
        folder = locked_folder(site, entry, records.get(lock.key_of(entry.source)))
        if not os.path.realpath(folder).startswith(os.path.realpath(project) + os.sep):
            continue
        if not os.path.isdir(folder):
            found += importable(folder, _own(project)) if os.path.exists(folder) else []
            continue
        root = content_root(entry.source, folder)
        is_own = isinstance(entry.source, Local)
        if own_extension(entry.source, root) or _runs(root, is_own=is_own):
            found += _linked(folder, project) if is_own else _loadable(folder)
    return list(dict.fromkeys(found))


def _runs(root: str, *, is_own: bool) -> bool:
    index = (os.path.join(root, name) for name in ("__init__.py", "index.py"))
    return any(map(os.path.isfile, index)) or bool(survey(root, is_own=is_own).runs)


def _linked(folder: str, project: str) -> list[str]:
    """The same for a local package, whose links may lead to other folders of the project."""
    every = below(folder, _own(project))
    return [path for path in every if path.endswith(ENDINGS) or os.path.basename(path) == FILE]


def _own(project: str) -> str:
    return os.path.join(os.path.realpath(project), PROJECT_FOLDER)


def _loadable(folder: str) -> list[str]:
    try:
        return [
            path for name, path, _ in lock.listing(folder) if name.endswith(ENDINGS) or name == FILE
        ]
    except (OSError, PackageError):  # it cannot be loaded as it is either
        return [folder]
