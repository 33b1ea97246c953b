"""Copies of packages inside the project: `.pi/vendor`, for clones that must work without a network.

    record = copied(site, parse("npm:@acme/tools"), record)
    record.vendored                     "vendor/npm/@acme/tools", below .pi
    discard(site, record)               the copy is gone
    renewed(stock, source, "project")   fetched, locked and copied anew

A copy holds exactly the files the lock file lists. Line ends are kept by a `.gitattributes`; what a
package's own ignore files would leave out must be added with `git add -f`.
"""

from __future__ import annotations

import hashlib
import os
import shutil

from pi import files
from pi.errors import PackageError
from pi.packages import lock, swap
from pi.packages.site import PROJECT
from pi.packages.source import Local, Npm, folder_of, public
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.packages.lock import Record
    from pi.packages.site import Site
    from pi.packages.source import Source
    from pi.packages.stock import Stock

FOLDER = "vendor"
_ATTRIBUTES = b"* -text\n"


def copied(site: Site, source: Source, record: Record) -> Record:
    """Copy an installed package of the project into it; returns its record with the place.

    Raises PackageError, also if what is installed is not what the record says.
    """
    name = public(source.text)
    where = f"{FOLDER}/{_place(source)}"
    target = os.path.join(site.root(PROJECT), *where.split("/"))
    with swap.in_place_of(target, name) as fresh:
        _copy(site.folder(source, PROJECT), fresh)
        changed = lock.differences(record.files, lock.inventory(fresh))
        if changed:
            raise PackageError(f"{name}: is not what was locked: {lock.summary(changed)}")
    attributes = os.path.join(site.root(PROJECT), FOLDER, ".gitattributes")
    if not os.path.lexists(attributes):
        files.replace_atomically(attributes, _ATTRIBUTES)
    return replace(record, vendored=where)


def renewed(stock: Stock, source: Source, scope: str) -> Record | None:
    """Fetch a package and lock it, with its copy in the project if there is one.

    None when npmCommand installed nothing; then it is not locked. Raises PackageError, FileError.
    """
    path, key = stock.site.lock_path(scope), lock.key_of(source)
    old = lock.read(path).get(key)
    record = stock.fetch(source, scope)
    if record is not None and old is not None and old.vendored:
        record = copied(stock.site, source, record)
    lock.put(path, {key: record})
    return record


def discard(site: Site, record: Record | None) -> None:
    """Delete the copy of a package, if there is one."""
    if record is not None and record.vendored:
        folder = os.path.join(site.root(PROJECT), *record.vendored.split("/"))
        swap.clear(folder)
        swap.prune(os.path.dirname(folder), os.path.join(site.root(PROJECT), FOLDER))


def needs_copy(site: Site, source: Source) -> bool:
    """Whether a package must be copied to come along with the project."""
    if not isinstance(source, Local):
        return True
    folder = os.path.realpath(site.folder(source, PROJECT))
    return not folder.startswith(os.path.realpath(site.project) + os.sep)


def _copy(root: str, target: str) -> None:
    """Copy the files that are parts of a package. Raises OSError, PackageError."""
    os.mkdir(target)
    for name, path, _ in lock.listing(root):
        to = os.path.join(target, *name.split("/"))
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy2(path, to, follow_symlinks=False)


def _place(source: Source) -> str:
    """Where a copy is, below the vendor folder. No `node_modules`: many a git ignores that."""
    if isinstance(source, Npm):
        return f"npm/{source.name}"
    if isinstance(source, Local):
        digest = hashlib.sha256(source.path.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        return f"path/{digest}-{os.path.basename(source.path.rstrip(os.sep)) or 'package'}"
    return folder_of(source)
