"""npm packages without npm: found, fetched, checked and laid out as npm lays them out.

    npm = Npm(registry)
    npm.install("left-pad@^1.3", "/home/u/.pi/agent/npm", token=token)     Installed(...)
    npm.remove("left-pad", root, token=token)
    npm.restore(installed.locked, root, token=token)       the same archives in the same places

Below the root lie `node_modules` and a `package.json` whose `dependencies` say what was asked for,
so that npm itself can go on with the folder. Runtime dependencies come along; optional and peer
dependencies, those from git, and `os`, `cpu` and `engines` do not matter here. No script is run.

Everything is downloaded and unpacked beside before anything is replaced, under a lock.

Known limits: no `.bin` links; one download after the other.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress

from pi import files
from pi.errors import PackageError
from pi.packages import integrity, semver, swap
from pi.packages.installed import Candidate, Installed, Locked
from pi.packages.npm_plan import Plan
from pi.packages.npm_tree import (
    NOTES,
    Node,
    names_of,
    reachable,
    read_manifest,
    read_tree,
    scopes_of,
)
from pi.packages.progress import Job, silent
from pi.packages.registry import Release, checked_name, dependencies_of, split_spec
from pi.packages.unpack import unpack_into
from pi.settings.jsonfile import FileError, change, dump
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pi.cancel import CancelToken
    from pi.packages.progress import Progress
    from pi.packages.registry import Registry

LOCK_TIMEOUT_S = 600.0


class Npm:
    """Installs packages below a root folder. Safe for several processes on one root."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def resolve(self, spec: str, *, token: CancelToken) -> Candidate:
        """What `install` would take now. Raises PackageError, Cancelled."""
        release = self._registry.choose(*split_spec(spec), token)
        return Candidate(release.name, release.version, release.deprecated)

    def install(
        self, spec: str, root: str, *, token: CancelToken, progress: Progress | None = None
    ) -> Installed:
        """Put a package and what it needs below `root`, in place of another version of it.

        When this fails nothing has changed. Raises PackageError, Cancelled.
        """
        name, wanted = split_spec(spec)
        job = Job(token, progress or silent)
        with _locked(root, token):
            tree = read_tree(root)
            plan = Plan(tree, self._registry, job)
            main = plan.add(name, wanted)
            self._apply(plan.found(), root, job, plan.warnings)
            _settle(root, tree, plan.unneeded())
            _want(root, {name: _saved(wanted, main.version)})
            self._registry.fetch.tidy()
        return _installed(root, main, plan.warnings)

    def remove(self, name: str, root: str, *, token: CancelToken) -> bool:
        """Take a package away, and what only it needed; False if it was not there.

        Raises PackageError, Cancelled.
        """
        checked_name(name)
        with _locked(root, token):
            tree = read_tree(root)
            if name not in tree.dependencies and name not in tree.children:
                return False
            before = reachable(tree)
            tree.dependencies.pop(name, None)
            after = {id(node) for node in reachable(tree)}
            gone = [node for node in before if id(node) not in after]
            child = tree.children.get(name)
            if child is not None and id(child) not in after and child not in gone:
                gone.append(child)
            _want(root, {name: None})
            _settle(root, tree, gone)
        return True

    def restore(
        self,
        locked: Sequence[Locked],
        root: str,
        *,
        token: CancelToken,
        progress: Progress | None = None,
    ) -> list[Installed]:
        """Put exactly these archives into exactly these places; no registry is asked for versions.

        `locked` is the field of an `Installed`. Raises PackageError, Cancelled.
        """
        job = Job(token, progress or silent)
        with _locked(root, token):
            tree = read_tree(root)
            locked = _out_of_the_way(tree, locked)
            new = [self._locked_node(tree, entry) for entry in _parents_first(locked)]
            warnings: list[str] = []
            self._apply(new, root, job, warnings)
            _settle(root, tree, [])
            for node in new:
                node.dependencies = dependencies_of(_manifest(root, node))
            by_place = {node.place: node for node in new}
            found = [by_place[entry.place] for entry in locked]
            _want(root, {found[0].name: _saved("", found[0].version)})
        return [_installed(root, node, warnings) for node in found]

    def installed(self, root: str) -> dict[str, str]:
        """Name -> version of the packages that were asked for and are there."""
        tree = read_tree(root)
        found = {name: tree.children.get(name) for name in tree.dependencies}
        return {name: node.version for name, node in found.items() if node is not None}

    def _locked_node(self, tree: Node, entry: Locked) -> Node:
        *above, name = names_of(entry.place)
        parent = tree
        for step in above:
            if step not in parent.children:
                raise PackageError(f"the lock file has {entry.place}, but not what it lies in")
            parent = parent.children[step]
        expected = integrity.parse(entry.integrity)
        if not expected:
            raise PackageError(f"the lock file has no usable hash for {entry.place}")
        urls = self._registry.tarballs(entry.name, f"{entry.name}@{entry.version}", entry.resolved)
        node = parent.children[name] = Node(name, entry.version, {}, parent)
        node.release = Release(entry.name, entry.version, urls, expected, {})
        return node

    # --- the disk --------------------------------------------------------------------------------

    def _apply(self, new: list[Node], root: str, job: Job, warnings: list[str]) -> None:
        """Fetch and unpack what is new, then put it into its places."""
        archives = [self._fetched(node, job, warnings) for node in new]
        modules = os.path.join(root, "node_modules")
        stage = swap.fresh_name(os.path.join(modules, "stage"))
        try:
            os.makedirs(stage)
            pairs = []
            for count, (node, archive) in enumerate(zip(new, archives, strict=True)):
                subject = f"{node.name}@{node.version}"
                job.tell("install", subject, count, len(new))
                staged = _staged(node, new, stage)
                unpack_into(archive, staged, subject, job, strip=1)
                if read_manifest(staged) is None:
                    raise PackageError(f"{subject}: its archive holds no package.json")
                if node.parent not in new:
                    pairs.append((staged, os.path.join(root, *node.place.split("/"))))
            swap.put_all(pairs)
        except OSError as error:
            raise PackageError(f"{root}: cannot be written ({files.reason(error)})") from None
        finally:
            swap.clear(stage)

    def _fetched(self, node: Node, job: Job, warnings: list[str]) -> str:
        release, subject = node.release, f"{node.name}@{node.version}"
        archive, url = self._registry.archive(release, subject, job)
        if not release.expected:
            warnings.append(f"{subject}: the registry gives no hash, so what came was not checked")
        node.locked = Locked(node.place, release.name, release.version, url, archive.digests.text())
        return archive.path


def _staged(node: Node, new: list[Node], stage: str) -> str:
    """Where a new package waits: below its parent if that is new too."""
    if node.parent in new:
        return os.path.join(_staged(node.parent, new, stage), "node_modules", node.name)
    return os.path.join(stage, str(new.index(node)))


@contextmanager
def _locked(root: str, token: CancelToken) -> Iterator[None]:
    lock = os.path.join(root, ".pi-lock")
    try:
        files.make_folder(root)
        with files.FileLock(lock, timeout_s=LOCK_TIMEOUT_S, token=token):
            modules = os.path.join(root, "node_modules")
            swap.sweep(modules)
            for scope in scopes_of(modules):
                swap.sweep(scope)
            yield
    except OSError as error:
        raise PackageError(f"{root}: {files.reason(error)}") from None


def _settle(root: str, tree: Node, gone: list[Node]) -> None:
    """Delete what nobody needs any more, and note where the rest came from."""
    for node in gone:
        swap.clear(os.path.join(root, *node.place.split("/")))
        node.parent.children.pop(node.name, None)
    notes = {node.place: node.locked.to_json() for node in tree.walk() if node.locked}
    files.replace_atomically(os.path.join(root, "node_modules", NOTES), dump(notes))
    with suppress(FileNotFoundError):  # npm's own notes hold no longer; it makes them anew
        os.unlink(os.path.join(root, "package-lock.json"))


def _want(root: str, changes: dict[str, str | None]) -> None:
    """Change the `dependencies` of the root's package.json; None takes one out."""

    def edit(data: dict[str, Any]) -> None:
        if not data:
            data.update(name="pi-extensions", private=True)
        found = data.get("dependencies")
        wanted = found if isinstance(found, dict) else {}
        for name, value in changes.items():
            wanted.pop(name, None)
            if value is not None:
                wanted[name] = value
        data["dependencies"] = dict(sorted(wanted.items()))

    try:
        change(os.path.join(root, "package.json"), edit)
    except FileError as error:
        raise PackageError(str(error)) from None


def _saved(wanted: str, version: str) -> str:
    """What npm would write into package.json: the range as it was given, else "^version"."""
    if wanted.startswith("npm:"):
        return wanted
    is_range = wanted not in ("", "*") and semver.parse_range(wanted) is not None
    return wanted if is_range and not semver.is_exact(wanted) else f"^{version}"


def _out_of_the_way(tree: Node, locked: Sequence[Locked]) -> Sequence[Locked]:
    """The places of a lock file; all below the package itself if another version is in one.

    Each package has a lock of its own, written at its own time, so two may claim one place.
    """
    main, *others = locked or (None,)
    there = {node.place: node.version for node in tree.children.values()}
    if all(there.get(entry.place, entry.version) == entry.version for entry in others):
        return locked
    return [main, *(replace(entry, place=f"{main.place}/{entry.place}") for entry in others)]


def _parents_first(locked: Sequence[Locked]) -> list[Locked]:
    if not locked:
        raise PackageError("the lock file has no archives for a package")
    return sorted(locked, key=lambda entry: entry.place.count("/node_modules/"))


def _manifest(root: str, node: Node) -> dict[str, Any]:
    return read_manifest(os.path.join(root, *node.place.split("/"))) or {}


def _installed(root: str, node: Node, warnings: list[str]) -> Installed:
    needed = [found.locked for found in reachable(node) if found.locked]
    return Installed(
        node.name,
        node.version,
        os.path.join(root, *node.place.split("/")),
        node.locked.integrity,
        node.locked.resolved,
        tuple(warnings),
        tuple(needed),
    )
