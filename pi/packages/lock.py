"""The lock file: which state of each package was installed, down to a hash of every file.

    records = read("/app/.pi/pi-lock.json")     {"npm:@a/tools": Record("npm:@a/tools@^1", ...)}
    record.version, record.resolved             "1.2.3", "https://.../tools-1.2.3.tgz"
    inventory("/app/.pi/npm/node_modules/@a/tools")     {"package.json": "9f86d0..."}
    differences(record.files, now)              ["changed skills/pdf/SKILL.md", "new evil.py"]

    {"lockfileVersion": 1, "packages": {"npm:@a/tools": {"source": ..., "version": ...,
     "resolved": ..., "integrity": "sha512-...", "files": {"package.json": "9f..."}}}}

It lies beside the settings file that declares the packages, and is meant to be committed. `.git`
and bytecode that Python leaves are not part of a package, nor are JavaScript dependencies: npm
moves those between packages as others come and go. What a package brings along in its own archive,
or names in its manifest, is. Order is fixed, so that a change is a small one in the file too.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat

from pi import files
from pi.errors import PackageError
from pi.packages.source import Local, identity
from pi.settings.jsonfile import FileError, change, read_object
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from pi.packages.source import Source

VERSION = 1
MAX_FILES = 50_000
PASSED_OVER = (".git", "__pycache__")
MODULES = "node_modules"
_CHUNK = 1 << 20


class Record(Value):
    """One locked package.

    `version` is a commit for git. `parts` is everything that was fetched for it, `python` the same
    for its Python packages, both as the fetching modules put it. `vendored` is its folder below
    that of the lock file, with `/`; "" where it is not vendored.
    """

    source: str
    files: dict[str, str]
    version: str = ""
    resolved: str = ""
    integrity: str = ""
    parts: tuple[Any, ...] = ()
    python: tuple[Any, ...] = ()
    vendored: str = ""


def key_of(source: Source) -> str:
    """The name of a package in a lock file: its identity, or the text of a local path."""
    return f"path:{source.text}" if isinstance(source, Local) else identity(source, "", "")


def read(path: str) -> dict[str, Record]:
    """The records of a lock file, {} without one. Raises FileError for one that is broken."""
    data = read_object(path)
    if data is None:
        return {}
    if data.get("lockfileVersion") != VERSION or not isinstance(data.get("packages"), dict):
        raise FileError(path, "is no lock file of this version of pi")
    return {key: _record(path, key, value) for key, value in data["packages"].items()}


def put(path: str, changes: Mapping[str, Record | None]) -> None:
    """Set records of a lock file, None to drop one; made when it is missing. Raises FileError."""
    if not os.path.exists(path) and not any(changes.values()):
        return

    def edit(data: dict[str, Any]) -> None:
        packages = data.get("packages") if data else {}
        if data and (data.get("lockfileVersion") != VERSION or not isinstance(packages, dict)):
            raise FileError(path, "is no lock file of this version of pi")
        data["lockfileVersion"] = VERSION
        for key, record in changes.items():
            packages.pop(key, None)
            if record is not None:
                packages[key] = _json(record)
        data["packages"] = dict(sorted(packages.items()))

    change(path, edit)


def inventory(root: str) -> dict[str, str]:
    """Every file of a package with the hash of its content, in the order of names.

    A link counts by where it leads. Raises PackageError for a file that cannot be read.
    """
    found = {}
    try:
        for name, path, status in listing(root):
            if stat.S_ISLNK(status.st_mode):
                found[name] = f"link:{os.readlink(path)}"
            else:
                found[name] = _hash_of(path)
    except OSError as error:
        raise PackageError(files.reason(error, "read the package")) from None
    return dict(sorted(found.items()))


def listing(root: str) -> Iterator[tuple[str, str, os.stat_result]]:
    """(name with `/`, path, status) of each file and link of a package, in the order of names.

    Raises PackageError where there are too many, OSError.
    """
    left = MAX_FILES
    todo = [("", root)]
    own = _own_modules(root)
    while todo:
        prefix, folder = todo.pop()
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        folders = []
        for entry in ordered:
            if entry.name in PASSED_OVER or not _belongs(prefix + entry.name, own):
                continue
            left -= 1
            if left < 0:
                raise PackageError(f"{shown(root)}: holds more than {MAX_FILES} files")
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append((f"{name}/", entry.path))
            else:
                yield name, entry.path, entry.stat(follow_symlinks=False)
        todo += reversed(folders)


def _own_modules(root: str) -> set[str] | None:
    """The JavaScript packages below a package that are parts of it; None for all of them."""
    try:
        data = read_object(os.path.join(root, "package.json")) or {}
    except FileError:
        return set()
    bundled = data.get("bundledDependencies", data.get("bundleDependencies"))
    if bundled is True:
        return None
    own = data.get("pi")
    lists = own.values() if isinstance(own, dict) else ()
    named = [entry.removeprefix("./") for each in lists if isinstance(each, list)
             for entry in each if isinstance(entry, str)]  # fmt: skip
    names = [each for each in bundled if isinstance(each, str)] if isinstance(bundled, list) else []
    return {f"{MODULES}/{name}" for name in names} | {
        each for each in named if each.startswith(f"{MODULES}/")
    }


def _belongs(name: str, own: set[str] | None) -> bool:
    """Whether a path is no JavaScript dependency, or one of the package's own, or on the way."""
    if own is None or not (name == MODULES or name.startswith(f"{MODULES}/")):
        return True
    return any(
        each == name or each.startswith(f"{name}/") or name.startswith(f"{each}/") for each in own
    )


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is not as it was, one line a file: "changed x", "new x" or "missing x"."""
    lines = []
    for name in sorted({*before, *now}):
        if name not in before:
            lines.append(f"new {shown(name)}")
        elif name not in now:
            lines.append(f"missing {shown(name)}")
        elif before[name] != now[name]:
            lines.append(f"changed {shown(name)}")
    return lines


def summary(lines: list[str], most: int = 5) -> str:
    """Differences as one line."""
    more = f" and {len(lines) - most} more" if len(lines) > most else ""
    return ", ".join(lines[:most]) + more


def checked(root: str, record: Record, cache_path: str) -> list[str]:
    """The differences between a package and its record.

    Contents are read only when sizes, times or inodes are not those of the last time nothing was
    found, which is noted in the cache. Raises PackageError, OSError.
    """
    digest = hashlib.sha256(json.dumps(record.files, sort_keys=True).encode()).hexdigest()
    note = f"{digest} {_stamp(root)}"
    try:
        known = (read_object(cache_path) or {}).get(root)
    except FileError:  # only a cache: contents decide
        known = None
    if known == note:
        return []
    found = differences(record.files, inventory(root))
    if not found:
        _note(cache_path, root, note)
    return found


def _note(cache_path: str, root: str, note: str) -> None:
    def edit(data: dict[str, Any]) -> None:
        for gone in [each for each in data if not os.path.isdir(each)]:
            del data[gone]
        data[root] = note

    try:
        change(cache_path, edit, mode=0o600)
    except FileError:  # only a cache: the contents are read again next time
        return


def _stamp(root: str) -> str:
    digest = hashlib.sha256()
    for name, _, status in listing(root):
        times = status.st_mtime_ns, status.st_ctime_ns
        facts = name, status.st_mode, status.st_size, status.st_ino, *times
        digest.update(repr(facts).encode())
    return digest.hexdigest()


def _hash_of(path: str) -> str:
    digest = hashlib.sha256()
    with files.open_regular(path) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _record(path: str, key: str, value: Any) -> Record:
    fields = value if isinstance(value, dict) else {}
    hashes = fields.get("files")
    texts = {name: fields.get(name, "") for name in _TEXTS}
    lists = {name: fields.get(name, []) for name in ("parts", "python")}
    is_right = (
        isinstance(hashes, dict)
        and all(isinstance(each, str) for each in (*texts.values(), *hashes.values()))
        and all(isinstance(each, list) for each in lists.values())
        and texts["source"]
    )
    if not is_right:
        raise FileError(path, f"the entry {shown(key)} cannot be used")
    vendored = texts["vendored"]
    if vendored and (not vendored.startswith("vendor/") or ".." in vendored.split("/")):
        raise FileError(path, f"the entry {shown(key)} names a folder outside of vendor")
    parts, python = map(tuple, lists.values())
    return Record(files=hashes, parts=parts, python=python, **texts)


_TEXTS = ("source", "version", "resolved", "integrity", "vendored")


def _json(record: Record) -> dict[str, Any]:
    """A record as the file has it; what is empty is left out."""
    names = (*_TEXTS, "parts", "python")
    found = {name: getattr(record, name) for name in names if getattr(record, name)}
    found = {name: list(each) if isinstance(each, tuple) else each for name, each in found.items()}
    return {**found, "files": record.files}
