"""Installing, removing and updating packages: files, lock file and settings together.

    install(stock, "user", "npm:@acme/tools", cwd, show)
    remove(stock, "user", "npm:@acme/tools", cwd)           False: there is no such package
    updates(stock, entries, say, show)                      ["npm:@acme/tools 1.2.3 -> 1.3.0"]
    freeze(stock, "project", entries)                       exactly what is locked, or PackageError
    vendor(stock, entries)                                  ["npm:@acme/tools"]

Settings are changed last: what could not be installed is not declared. Every text is for the user.
"""

from __future__ import annotations

import os

from pi import paths
from pi.errors import PackageError
from pi.packages import declare, lock
from pi.packages.resolve import locked_folder
from pi.packages.site import PROJECT, entries, named
from pi.packages.source import Git, Local, Npm, is_pinned, parse, public
from pi.packages.survey import surveyed
from pi.packages.vendor import copied, discard, needs_copy, renewed
from pi.settings.jsonfile import read_object
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pi.packages.lock import Record
    from pi.packages.site import Entry, Site
    from pi.packages.source import Source
    from pi.packages.stock import Stock

    Show = Callable[[str], object]


def install(stock: Stock, scope: str, text: str, cwd: str, show: Show) -> None:
    """Install a package and declare it; `show` gets what of it would run. Raises PackageError."""
    site, source = stock.site, parse(text)
    if isinstance(source, Local):
        folder = paths.absolute(source.path, cwd, site.home)
        if not os.path.lexists(folder):
            hint = "" if source.path.startswith((".", "/", "~")) else _HINT
            raise PackageError(f"Path does not exist: {shown(folder)}{hint}")
        _show_content(source, folder, show)
    else:
        renewed(stock, source, scope)
        _show_content(source, site.folder(source, scope), show)
    declare.declare(site, scope, declare.written(site, scope, source, cwd))


def remove(stock: Stock, scope: str, text: str, cwd: str) -> bool:
    """Delete a package and its settings entry; whether there was one. Raises PackageError."""
    entry = find(stock.site, scope, text, cwd)
    if entry is None:
        return False
    lock.read(stock.site.lock_path(scope))  # one that is broken is told before anything is gone
    stock.delete(entry.source, scope)
    _forget(stock.site, scope, entry.source)
    declare.withdraw(stock.site, scope, entry.text)
    return True


def find(site: Site, scope: str, text: str, cwd: str) -> Entry | None:
    """The entry that declares a package, in whatever version; None if there is none."""
    data = read_object(site.settings_path(scope)) or {}
    values = data.get("packages")
    found = entries([(scope, "", values if isinstance(values, list) else [])], [])
    wanted = parse(text)
    here = parse(declare.written(site, scope, wanted, cwd))
    names = {site.identity(wanted, scope), site.identity(here, scope)}
    return next((each for each in found if site.identity(each.source, scope) in names), None)


def updates(stock: Stock, found: Sequence[Entry], say: Show, show: Show) -> list[str]:
    """Bring packages to what their sources ask for now; one line for each that changed.

    Local packages are left alone. A pinned version that is there is not looked up. `say` gets what
    is being done, `show` what runs now and did not before. Raises PackageError at the end, with a
    line for each that failed; the others are up to date then.
    """
    changed, failed = [], []
    for entry in found:
        if isinstance(entry.source, Local):
            continue
        try:
            line = _updated(stock, entry, say, show)
        except PackageError as error:
            failed.append(str(error))
        else:
            changed += [line] if line else []
    if failed:
        raise PackageError("; ".join(failed))
    return changed


def freeze(stock: Stock, scope: str, found: Sequence[Entry]) -> list[str]:
    """Install exactly what the lock file of a scope says; the sources that were fetched.

    Raises PackageError where settings and lock file, or lock file and files, do not agree.
    """
    path = stock.site.lock_path(scope)
    records = lock.read(path)
    declared = {lock.key_of(each.source): each for each in found}
    _insist(path, declared, records)
    fetched = []
    for key, entry in declared.items():
        if key in records and not _is_in_place(stock.site, entry, records[key]):
            _restore(stock, entry, records[key])
            fetched.append(named(entry))
    return fetched


def vendor(stock: Stock, found: Sequence[Entry]) -> list[str]:
    """Copy the project's packages into it, installing what is missing; the sources copied.

    Raises PackageError.
    """
    site, path = stock.site, stock.site.lock_path(PROJECT)
    done = []
    for entry in found:
        if not needs_copy(site, entry.source):
            continue
        folder = site.folder(entry.source, PROJECT)
        record = lock.read(path).get(lock.key_of(entry.source))
        if isinstance(entry.source, Local):
            if not os.path.isdir(folder):
                raise PackageError(f"{named(entry)}: {shown(folder)} is no folder")
            record = lock.Record(entry.text, lock.inventory(folder))
        elif record is None or record.source != entry.text or not os.path.isdir(folder):
            record = stock.fetch(entry.source, PROJECT)
        if record is not None:
            fresh = copied(site, entry.source, record)
            lock.put(path, {lock.key_of(entry.source): fresh})
            done.append(named(entry))
    return done


# --- one package ----------------------------------------------------------------------------------

_HINT = " (a package of a registry begins with npm: or pypi:, a repository with git:)"


def _forget(site: Site, scope: str, source: Source) -> None:
    path, key = site.lock_path(scope), lock.key_of(source)
    discard(site, lock.read(path).get(key))
    lock.put(path, {key: None})


def _updated(stock: Stock, entry: Entry, say: Show, show: Show) -> str | None:
    """Update one package; the line that tells of it, None if nothing is new."""
    source, scope = entry.source, entry.scope
    before = stock.version(source, scope)
    record = lock.read(stock.site.lock_path(scope)).get(lock.key_of(source))
    is_whole = record is None or _is_in_place(stock.site, entry, record)
    if before and is_whole and _has_nothing_new(stock, entry, before):
        return None
    say(f"Updating {named(entry)}...")
    ran = _runs(stock, entry)
    fresh = renewed(stock, source, scope)
    added = [name for name in _runs(stock, entry) if name not in ran]
    if added:
        show(f"{named(entry)}: it now runs code of its own: {', '.join(map(shown, added))}")
    after = stock.version(source, scope)
    is_same = fresh is not None and record is not None and fresh.files == record.files
    if before == after and is_whole and (is_same or record is None):
        return None
    if before == after:
        return f"{named(entry)} {_short(source, after)} (fetched anew)"
    return f"{named(entry)} {_short(source, before) or 'new'} -> {_short(source, after)}"


def _runs(stock: Stock, entry: Entry) -> list[str]:
    folder = stock.site.folder(entry.source, entry.scope)
    return surveyed(entry.source, folder).runs


def _has_nothing_new(stock: Stock, entry: Entry, before: str) -> bool:
    source = entry.source
    if isinstance(source, Npm) and is_pinned(source):
        return before == source.wanted.removeprefix("v")
    return stock.latest(source) == before


def _short(source: Source, version: str) -> str:
    return version[:7] if isinstance(source, Git) else version


def _insist(path: str, declared: dict[str, Entry], records: dict[str, Record]) -> None:
    """That settings and lock file are about the same packages."""
    wrong = []
    for key, entry in declared.items():
        record = records.get(key)
        if record is None and not isinstance(entry.source, Local):
            wrong.append(f"{named(entry)} is declared and not locked")
        elif record is not None and record.source != entry.text:
            wrong.append(f"{named(entry)} is declared, {public(record.source)} is locked")
    wrong += [f"{public(records[key].source)} is locked and not declared"
              for key in records if key not in declared]  # fmt: skip
    if wrong:
        raise PackageError(f"{path} and the settings do not agree: {'; '.join(wrong)}")


def _is_in_place(site: Site, entry: Entry, record: Record) -> bool:
    folder = locked_folder(site, entry, record)
    try:
        return os.path.isdir(folder) and lock.inventory(folder) == record.files
    except PackageError:  # something in it cannot be read, so it is not what was locked
        return False


def _restore(stock: Stock, entry: Entry, record: Record) -> None:
    if record.vendored:
        folder = os.path.join(stock.site.root(entry.scope), record.vendored)
        if os.path.isdir(folder):
            changed = lock.differences(record.files, lock.inventory(folder))
            raise PackageError(
                f"{named(entry)}: its copy {folder} is not what was locked: {lock.summary(changed)}"
            )
    if isinstance(entry.source, Local):
        raise PackageError(f"{named(entry)}: its copy in the project is missing")
    fresh = stock.fetch(entry.source, entry.scope, record)
    changed = lock.differences(record.files, fresh.files if fresh else {})
    if changed:
        stock.delete(entry.source, entry.scope)
        raise PackageError(
            f"{named(entry)}: what was fetched is not what was locked: {lock.summary(changed)}"
        )


def _show_content(source: Source, folder: str, show: Show) -> None:
    """Tell what of a package would run, and what cannot be loaded."""
    if os.path.isdir(folder):
        for line in surveyed(source, folder).lines():
            show(f"{public(source.text)}: {line}")
    elif folder.endswith(".py"):
        show(f"{public(source.text)}: it runs code of its own")
