"""The packages in force: from settings and `-e`, each with the folder it is loaded from.

    found = resolve(site, settings, ["npm:@acme/try"], cwd, lambda: stock)
    found.packages[0]       Package("npm:@acme/tools", "user", "/.../node_modules/@acme/tools", ...)
    found.problems          one line for each that is missing, changed or not what it should be

A package with a lock entry is loaded only as it was locked: else the difference is told and the
package left out. One that is declared and not there is installed, by the stock that is lent for it
(None offline and where nothing may be fetched); a failure is told, and tried again next time.
Packages of `-e` are installed for one run and looked at anew each time; without a network the copy
of the last time counts. What `-e` names and cannot be had is an error: a run without it may be
worse than none.
"""

from __future__ import annotations

import os

from pi import paths
from pi.errors import PackageError, UsageError
from pi.packages import lock
from pi.packages.manifest import changelog_of, read_manifest
from pi.packages.site import PROJECT, TEMPORARY, Entry, declared, named, settled
from pi.packages.source import Git, Local, Npm, Pypi, is_pinned, parse
from pi.packages.survey import content_root, is_whole, own_extension
from pi.resources.extension import BUILT_IN, entry_files, is_script
from pi.settings.jsonfile import FileError
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pi.packages.lock import Record
    from pi.packages.site import Site
    from pi.packages.stock import Stock
    from pi.settings import Settings


class Package(Value):
    """A package in force. `root` is its folder; `extensions` are given where it is not looked into
    for them: a file, or a folder that is one extension. `is_own`: local, so links may lead out."""

    text: str
    scope: str
    root: str
    filters: dict[str, list[str]] | None = None
    autoload: bool = True
    is_own: bool = False
    extensions: tuple[str, ...] | None = None
    foreign: tuple[str, ...] = ()
    python_path: str = ""
    changelog: str = ""


class Packages(Value):
    """All of them, those of `-e` first, then the project's and the user's. `fresh` are the scopes
    in which something was installed just now."""

    packages: tuple[Package, ...] = ()
    problems: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()


NO_PACKAGES = Packages()


def resolve(
    site: Site,
    settings: Settings,
    extra: Sequence[str] = (),
    cwd: str = "",
    lend: Callable[[], Stock] | None = None,
) -> Packages:
    """The packages of settings and command line. Raises PackageError for one of `extra`."""
    found = _Resolving(site, lend)
    packages = [found.named(text, cwd) for text in extra if not found.is_built_in(text)]
    for entry in settled(declared(settings, found.problems), site):
        package = found.declared(entry)
        if package is not None:
            packages.append(package)
    return Packages(tuple(packages), tuple(found.problems), tuple(found.fresh))


def locked_folder(site: Site, entry: Entry, record: Record | None) -> str:
    """Where a declared package is loaded from: its vendored copy, or where it is installed."""
    if record is not None and record.vendored:
        folder = os.path.join(os.path.dirname(site.lock_path(entry.scope)), record.vendored)
        if os.path.isdir(folder):
            return folder
    return site.folder(entry.source, entry.scope)


class _Resolving:
    def __init__(self, site: Site, lend: Callable[[], Stock] | None) -> None:
        self.problems: list[str] = []
        self.fresh: list[str] = []
        self._site = site
        self._lend = lend
        self._locks: dict[str, dict[str, Record] | None] = {}

    def declared(self, entry: Entry) -> Package | None:
        """The package of an entry; None if it cannot be loaded, which is told."""
        if self._records(entry.scope) is None and not isinstance(entry.source, Local):
            return None
        record, folder = self._locked(entry)
        if isinstance(entry.source, Local):
            if not os.path.lexists(folder):
                self.problems.append(f"{named(entry)}: {shown(folder)} does not exist")
                return None
        elif not self._is_there(entry, folder, record):
            return None
        record, folder = self._locked(entry)  # anew: it may be installed only now
        if record is not None and not self._is_as_locked(entry, folder, record):
            return None
        return self._package(entry, folder)

    def _locked(self, entry: Entry) -> tuple[Record | None, str]:
        """The lock entry of a declared package, and the folder it is loaded from."""
        record = (self._records(entry.scope) or {}).get(lock.key_of(entry.source))
        return record, locked_folder(self._site, entry, record)

    def is_built_in(self, text: str) -> bool:
        """Whether a `-e` names an extension that the reference brings along, which is told."""
        if text.startswith(BUILT_IN):
            self.problems.append(f"{shown(text)}: pi has no built-in extensions; ignored")
        return text.startswith(BUILT_IN)

    def named(self, text: str, cwd: str) -> Package:
        """The package, or the extension, of a `-e`. Raises PackageError, UsageError."""
        source = parse(text)
        entry = Entry(text, TEMPORARY, source)
        if isinstance(source, Local):
            folder = paths.absolute(source.path, cwd, self._site.home)
            if not os.path.lexists(folder):
                raise UsageError(f"-e names what is not there: {shown(folder)}")
            return self._package(Entry(folder, TEMPORARY, source), folder)
        folder = self._site.folder(source, TEMPORARY)
        self._refresh(entry, folder)
        return self._package(entry, folder)

    def _refresh(self, entry: Entry, folder: str) -> None:
        is_there = os.path.isdir(folder)
        if self._lend is None:
            if not is_there:
                raise PackageError(
                    f"{named(entry)}: is not installed, and nothing may be fetched now"
                )
            return
        try:
            stock = self._lend()
            if not is_there or not _is_current(stock, entry):
                stock.fetch(entry.source, TEMPORARY)
        except PackageError as error:
            if not is_there:
                raise
            self.problems.append(f"{error}; the copy of the last time is used")

    def _is_there(self, entry: Entry, folder: str, record: Record | None) -> bool:
        """Whether a declared package is installed in the version it is declared in, or is now."""
        is_there = os.path.isdir(folder)
        if is_there and self._is_wanted_version(entry, folder, record):
            return True
        if self._lend is None:
            what = "another version of it is installed" if is_there else "is not installed"
            self.problems.append(f"{named(entry)}: {what}; `pi update --extensions` installs it")
            return is_there
        from pi.packages.vendor import renewed  # noqa: PLC0415 - start-up: seldom needed

        try:
            fresh = renewed(self._lend(), entry.source, entry.scope)
            self._locks.pop(entry.scope, None)
            self.fresh.append(entry.scope)
        except (PackageError, FileError) as error:
            self.problems.append(
                f"{named(entry)}: could not be installed: {error} (tried again next time; "
                f"`pi remove {_flag(entry)}{named(entry)}` gives it up)"
            )
            return False
        return fresh is not None

    def _is_wanted_version(self, entry: Entry, folder: str, record: Record | None) -> bool:
        if record is not None:
            return record.source == entry.text
        source = entry.source
        if isinstance(source, Npm) and is_pinned(source):
            return read_manifest(folder, []).version == source.wanted.removeprefix("v")
        return True

    def _is_as_locked(self, entry: Entry, folder: str, record: Record) -> bool:
        if isinstance(entry.source, Local) and not record.vendored:
            return True
        cache = os.path.join(self._site.agent_dir, "package-check.json")
        try:
            changed = lock.checked(folder, record, cache)
        except (OSError, PackageError) as error:
            changed = [str(error)]
        if changed:
            back = f"`pi install {_flag(entry)}--frozen` brings back what was locked"
            self.problems.append(
                f"{named(entry)}: not loaded, since it is not what was locked: "
                f"{lock.summary(changed)} (look at it; `pi update {named(entry)}` fetches it anew"
                f"{'' if record.vendored else f', {back}'})"
            )
        return not changed

    def _records(self, scope: str) -> dict[str, Record] | None:
        """The lock file of a scope; None, which is told, for one that cannot be used: what it says
        must hold, so nothing it may be about is loaded."""
        if scope not in self._locks:
            try:
                self._locks[scope] = lock.read(self._site.lock_path(scope))
            except FileError as error:
                self.problems.append(f"{error}; the packages it may be about are not loaded")
                self._locks[scope] = None
        return self._locks[scope]

    def _package(self, entry: Entry, folder: str) -> Package:
        is_own = isinstance(entry.source, Local)
        root = content_root(entry.source, folder)
        fields = (entry.filters, entry.autoload, is_own)
        extensions, foreign = self._extensions(entry, root)
        python_path = folder if isinstance(entry.source, Pypi) else ""
        is_folder = os.path.isdir(root)
        base = root if is_folder else os.path.dirname(root)
        changelog = changelog_of(root) if is_folder else ""
        more = (extensions, foreign, python_path, changelog)
        return Package(entry.text, entry.scope, base, *fields, *more)

    def _extensions(
        self, entry: Entry, root: str
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        """The extension that a source is as a whole; None if it is a package to look into."""
        if not os.path.isdir(root):
            if is_script(root):
                return (), (root,)
            if not root.endswith(".py"):
                self.problems.append(f"{named(entry)}: is neither a folder nor a Python file")
                return (), ()
            return (root,), ()
        own = own_extension(entry.source, root)
        if own is not None:
            return (own,), ()
        if not is_whole(root):
            return None, ()
        foreign: list[str] = []
        files = entry_files(root, self.problems, foreign)
        if files is None:
            self.problems.append(f"{named(entry)}: there is nothing in it that pi can load")
        return tuple(files or ()), tuple(foreign)


def _flag(entry: Entry) -> str:
    return "-l " if entry.scope == PROJECT else ""


def _is_current(stock: Stock, entry: Entry) -> bool:
    """Whether a package of `-e` that is there needs no new look or has nothing new."""
    there = stock.version(entry.source, TEMPORARY)
    if isinstance(entry.source, Npm) and is_pinned(entry.source):
        return there == entry.source.wanted.removeprefix("v")
    if isinstance(entry.source, Git) and entry.source.ref and there.startswith(entry.source.ref):
        return True
    latest = stock.latest(entry.source)
    return bool(latest) and latest == there
