"""Putting packages where they belong, and taking them away: one way for every kind of source.

    stock = Stock(site, settings, os.environ, token, ticker)
    record = stock.fetch(parse("npm:@acme/tools@^1"), "user")     Record(version="1.2.3", ...)
    stock.version(source, "user")                                 "1.2.3": what is there
    stock.latest(source)                                          "1.3.0": what could be there
    stock.delete(source, "user")
    stock.close()

Who fetches: the registry and index clients of `pi.packages.origin`, git, or the user's own
`npmCommand`. Nothing here reads or writes settings or lock files. No script of a package is run.
Two programs take turns, by a lock in the agent folder.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from pi import files
from pi.errors import PackageError
from pi.packages import git, lock, npmcommand, swap
from pi.packages.manifest import read_manifest
from pi.packages.site import PROJECT
from pi.packages.source import Git, Local, Npm, Pypi, Url, folder_of, normalised, public

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from pi.cancel import CancelToken
    from pi.packages.lock import Record
    from pi.packages.site import Site
    from pi.packages.source import Source
    from pi.packages.ticker import Ticker
    from pi.settings import Settings

MODULES = "vendor"
"""The folder of a package with the Python packages that its manifest asks for, unless the package
brings it along."""

_MARK = ".pi-requirements"
"""The file that tells such a folder of ours from one that came with the package."""

LOCK_WAIT_S = 600.0
_IGNORED = b"*\n!.gitignore\n"
_NPM_PROJECT = b'{\n  "name": "pi-extensions",\n  "private": true\n}\n'


class Stock:
    """What is installed at a site; `warnings` are lines about what was fetched."""

    def __init__(
        self,
        site: Site,
        settings: Settings,
        environ: Mapping[str, str],
        token: CancelToken,
        ticker: Ticker | None = None,
    ) -> None:
        self.site = site
        self.warnings: list[str] = []
        self._settings = settings
        self._environ = environ
        self._token = token
        self._ticker = ticker
        self._opened: Any = None

    def __enter__(self) -> Stock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, and tell what the registries' configuration had to say."""
        if self._ticker is not None:
            self._ticker.clear()
        if self._opened is not None:
            self.warnings += [each for each in self._opened.warnings if each not in self.warnings]
            self._opened.close()
            self._opened = None

    @property
    def is_offline(self) -> bool:
        """Whether PI_OFFLINE forbids the network."""
        return self._environ.get("PI_OFFLINE") in ("1", "true", "yes")

    def fetch(self, source: Source, scope: str, record: Record | None = None) -> Record | None:
        """Install a package, or bring it to the state its source asks for; returns what is there.

        With a `record`, exactly that state is installed, or PackageError is raised. None when the
        user's npmCommand said that all is well but installed nothing. Raises PackageError.
        """
        folder = self.site.folder(source, scope)
        try:
            with self._alone(f"install {public(source.text)}"):
                self._prepare(source, scope)
                kept = self._restored(source, scope, record) if record else self._put(source, scope)
                if os.path.isdir(folder):
                    return self._recorded(source, folder, kept, record)
        finally:
            self._prune(source, scope)
        self._warn(f"{public(source.text)}: npmCommand succeeded, but {folder} is missing")
        return None

    def _recorded(
        self,
        source: Source,
        folder: str,
        kept: tuple[str, str, str, tuple[Any, ...]],
        record: Record | None,
    ) -> Record:
        """Complete what was put into a folder; what cannot be completed does not stay."""
        version, resolved, integrity, parts = kept
        try:
            python = self._python(folder, record)
            version = version or read_manifest(folder, []).version
            now = lock.inventory(folder)
        except BaseException:
            swap.clear(folder)
            raise
        return lock.Record(source.text, now, version, resolved, integrity, parts, python)

    def delete(self, source: Source, scope: str) -> None:
        """Delete what was installed for a source; nothing for a local one. Raises PackageError."""
        if isinstance(source, Local):
            return
        folder, root = self.site.folder(source, scope), self.site.root(scope)
        with self._alone(f"remove {public(source.text)}"):
            if isinstance(source, Npm):
                self._remove_npm(source, os.path.join(root, "npm"))
            swap.clear(folder)
            if os.path.lexists(folder):
                raise PackageError(f"{folder} cannot be deleted")
        self._prune(source, scope)

    def version(self, source: Source, scope: str) -> str:
        """The version, or the commit, that is installed; "" for none, or where it is not known."""
        folder = self.site.folder(source, scope)
        if isinstance(source, Git):
            return git.commit_of(folder, self._environ, self._token)
        if isinstance(source, Pypi):
            return _wheel_version(folder, source.name)
        return read_manifest(folder, []).version

    def latest(self, source: Source) -> str:
        """The version, or the commit, that installing would bring; "" where only that tells.

        Raises PackageError.
        """
        if isinstance(source, Git):
            return git.remote_commit(source, self._environ, self._token)
        if isinstance(source, Pypi):
            return self._origins().pypi().resolve(_requirement(source), token=self._token).version
        if isinstance(source, Npm) and not self._npm_command():
            return self._origins().npm().resolve(_spec(source), token=self._token).version
        return ""

    # --- each kind --------------------------------------------------------------------------------

    def _put(self, source: Source, scope: str) -> tuple[str, str, str, tuple[Any, ...]]:
        """Install; returns (version, address, integrity, parts)."""
        folder = self.site.folder(source, scope)
        if isinstance(source, Git):
            self._tell(f"clone {public(source.text)}")
            swap.sweep(os.path.dirname(folder))  # what a run that was killed left
            commit = git.place(source, folder, self._environ, self._token)
            return commit, public(source.url), "", ()
        if isinstance(source, Npm):
            root = os.path.join(self.site.root(scope), "npm")
            command = self._npm_command()
            if command:
                self._tell(f"install {public(source.text)}")
                npmcommand.install(command, _spec(source), root, self._environ, self._token)
                return ("", *npmcommand.facts(root, source.name), ())
            npm = self._origins().npm()
            found = npm.install(_spec(source), root, token=self._token, progress=self._step)
        elif isinstance(source, Pypi):
            pypi, wanted = self._origins().pypi(), [_requirement(source)]
            every = pypi.install(wanted, folder, token=self._token, progress=self._step)
            found = every[0]
            self.warnings += [line for each in every[1:] for line in each.warnings]
        elif isinstance(source, Url):
            urls = self._origins().urls()
            found = urls.install(source.address, folder, token=self._token, progress=self._step)
        else:
            raise PackageError(f"{public(source.text)}: is a local package; there is nothing to do")
        return self._facts(found)

    def _restored(
        self, source: Source, scope: str, record: Record
    ) -> tuple[str, str, str, tuple[Any, ...]]:
        """Install what a record says."""
        folder, options = self.site.folder(source, scope), {"token": self._token}
        known = record.version, record.resolved, record.integrity, record.parts
        if isinstance(source, Git):
            self._tell(f"clone {public(source.text)}")
            git.place(source, folder, self._environ, self._token, commit=record.version)
            return known
        if isinstance(source, Url):
            urls = self._origins().urls()
            address = source.address
            urls.install(
                address, folder, progress=self._step, integrity=record.integrity, **options
            )
            return known
        if not record.parts:
            raise PackageError(
                f"{public(source.text)}: its lock entry does not say what to fetch; "
                f"`pi update {public(source.text)}` renews it"
            )
        if isinstance(source, Npm):
            root = os.path.join(self.site.root(scope), "npm")
            npm = self._origins().npm()
            npm.restore(_locked(record.parts), root, progress=self._step, **options)
        else:
            pypi = self._origins().pypi()
            pypi.restore(_locked(record.parts), folder, progress=self._step, **options)
        return known

    def _python(self, folder: str, record: Record | None) -> tuple[Any, ...]:
        """Install the Python packages that the manifest in a folder asks for."""
        wanted = read_manifest(folder, []).python
        if not wanted:
            return ()
        target = os.path.join(folder, MODULES)
        mark = os.path.join(target, _MARK)
        if os.path.lexists(target) and not os.path.lexists(mark):
            return ()
        pypi = self._origins().pypi()
        if record is not None:
            pypi.restore(_locked(record.python), target, token=self._token, progress=self._step)
            parts = record.python
        else:
            every = pypi.install(list(wanted), target, token=self._token, progress=self._step)
            self.warnings += [line for each in every for line in each.warnings]
            places = {part.place: part.to_json() for each in every for part in each.locked}
            parts = tuple(places.values())
        files.replace_atomically(mark, "".join(f"{each}\n" for each in wanted).encode())
        return parts

    def _remove_npm(self, source: Npm, root: str) -> None:
        command = self._npm_command()
        if not os.path.isdir(root):
            return
        if command:
            npmcommand.uninstall(command, source.name, root, self._environ, self._token)
        else:
            self._origins().npm().remove(source.name, root, token=self._token)

    # --- what they share --------------------------------------------------------------------------

    def _facts(self, found: Any) -> tuple[str, str, str, tuple[Any, ...]]:
        self.warnings += found.warnings
        parts = tuple(part.to_json() for part in found.locked)
        return found.version, found.resolved, found.integrity, parts

    def _prepare(self, source: Source, scope: str) -> None:
        """Make the folder a kind of packages is kept in; git is told to leave it alone."""
        top = folder_of(source).split("/")[0]
        root = os.path.join(self.site.root(scope), top)
        if scope == PROJECT and not _is_within(root, self.site.project):
            raise PackageError(f"{root} leads out of the project: nothing is installed there")
        files.make_folder(root, 0o777 if scope == PROJECT else 0o700)
        wanted = {".gitignore": _IGNORED}
        if top == "npm":
            wanted["package.json"] = _NPM_PROJECT
        for name, data in wanted.items():
            if not os.path.lexists(os.path.join(root, name)):
                files.replace_atomically(os.path.join(root, name), data)

    @contextmanager
    def _alone(self, doing: str) -> Iterator[None]:
        """Hold the lock of the agent folder; what the disk refuses meanwhile is a PackageError."""
        path = os.path.join(self.site.agent_dir, "packages.flock")
        try:
            files.make_folder(self.site.agent_dir, 0o700)
            with files.FileLock(path, timeout_s=LOCK_WAIT_S, token=self._token):
                yield
        except OSError as error:
            raise PackageError(files.reason(error, doing)) from None

    def _prune(self, source: Source, scope: str) -> None:
        """Leave no empty folders around a package that is not there."""
        folder = self.site.folder(source, scope)
        top = folder_of(source).split("/")[0]
        swap.prune(os.path.dirname(folder), os.path.join(self.site.root(scope), top))

    def _npm_command(self) -> list[str]:
        return self._settings.get("npmCommand") or []

    def _origins(self) -> Any:
        if self._opened is None:
            from pi.packages.origin import Origins  # noqa: PLC0415 - only where something is fetched

            self._opened = Origins(
                self.site.agent_dir,
                self._environ,
                settings=self._settings,
                project_dir=self.site.project if self.site.is_trusted else None,
                offline=self.is_offline,
            )
        return self._opened

    def _step(self, step: Any) -> None:
        if self._ticker is not None:
            self._ticker.step(step)

    def _tell(self, text: str) -> None:
        if self._ticker is not None:
            self._ticker.line(text)

    def _warn(self, line: str) -> None:
        self.warnings.append(line)


def _is_within(path: str, folder: str) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)


def _wheel_version(folder: str, name: str) -> str:
    """The version of a wheel, by the folder it has for such things; "" if it is not there."""
    for found in os.listdir(folder) if os.path.isdir(folder) else ():
        stem, dash, version = found.removesuffix(".dist-info").rpartition("-")
        if dash and found.endswith(".dist-info") and normalised(stem) == normalised(name):
            return version
    return ""


def _spec(source: Npm) -> str:
    return f"{source.name}@{source.wanted}" if source.wanted else source.name


def _requirement(source: Pypi) -> str:
    return f"{source.name}{source.wanted}"


def _locked(parts: tuple[Any, ...]) -> list[Any]:
    from pi.packages.installed import Locked  # noqa: PLC0415 - only where something is fetched

    return [Locked.from_json(part) for part in parts]
