"""What a package holds: what of it would run, and what cannot be loaded here.

    survey("/x/tools", is_own=False)
    # Survey(runs=["extensions/guard.py"], foreign=["extensions/a.ts"], counts={"skills": 2, ...})
    surveyed(source, folder)            the same for an installed package of any kind
    content_root(source, folder)        the folder whose manifest or usual folders count

A wheel has its resources in its import package, everything else at its top.
"""

from __future__ import annotations

import os
import re

from pi import files
from pi.packages.content import Content
from pi.packages.manifest import FILE, read_manifest
from pi.packages.site import KINDS
from pi.packages.source import Local, Pypi, normalised
from pi.resources.extension import entry_files
from pi.text.unicode import decode, shown
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.packages.source import Source

_EXTEND = re.compile(r"^(?:def extend\b|from .* import .*\bextend\b|extend\s*[:=])", re.MULTILINE)
_MAX_MODULE = 1 << 20


class Survey(Value):
    """What a package offers. Paths are relative to it; `counts` says how much of each kind."""

    runs: list[str]
    foreign: list[str]
    counts: dict[str, int]
    problems: list[str]

    def lines(self) -> list[str]:
        """For the user, before the package takes effect."""
        told = []
        if self.runs:
            told.append(f"it runs code of its own: {_some(self.runs)}")
        if self.foreign:
            told.append(f"not loadable here (TypeScript or JavaScript): {_some(self.foreign)}")
        return told + self.problems


def survey(root: str, *, is_own: bool) -> Survey:
    """Look at a package folder; `is_own` as for `Content`."""
    content = Content(root, is_own=is_own)
    found = {kind: content.files(kind) for kind in KINDS}
    return Survey(
        _below(root, found["extensions"]),
        _below(root, content.foreign),
        {kind: len(paths) for kind, paths in found.items()},
        content.problems,
    )


def surveyed(source: Source, folder: str) -> Survey:
    """Look at a package where it is installed; it may be an extension as a whole."""
    root = content_root(source, folder)
    found = survey(root, is_own=isinstance(source, Local))
    own, foreign = own_extension(source, root), []
    if own is not None:
        whole = [own]
    else:
        whole = entry_files(root, [], foreign) or [] if is_whole(root) else []
    runs, others = found.runs + _below(root, whole), found.foreign + _below(root, foreign)
    return replace(found, runs=runs, foreign=others)


def is_whole(root: str) -> bool:
    """Whether a package names nothing and has no usual folder: it may be one extension then."""
    lists = read_manifest(root, []).lists
    return lists is None and not any(os.path.isdir(os.path.join(root, kind)) for kind in KINDS)


def content_root(source: Source, folder: str) -> str:
    """The folder of an installed package that its resources are below."""
    if not isinstance(source, Pypi) or _has_resources(folder):
        return folder
    for name in (source.name.replace("-", "_"), normalised(source.name).replace("-", "_")):
        if os.path.isdir(os.path.join(folder, name)):
            return os.path.join(folder, name)
    return folder


def own_extension(source: Source, root: str) -> str | None:
    """The import package of a wheel that is an extension itself, by its `extend`."""
    path = os.path.join(root, "__init__.py")
    if not isinstance(source, Pypi) or _has_resources(root):
        return None
    try:
        text = decode(files.read_bounded(path, _MAX_MODULE))
    except OSError:
        return None
    return path if _EXTEND.search(text) else None


def _has_resources(folder: str) -> bool:
    return any(os.path.lexists(os.path.join(folder, name)) for name in (FILE, *KINDS))


def _below(root: str, paths: list[str]) -> list[str]:
    return [os.path.relpath(path, root) for path in dict.fromkeys(paths)]


def _some(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(shown, names[:most])) + more
