"""A `node_modules` folder as a tree: what is where, what each package finds, where a new one goes.

    tree = read_tree("/home/u/.pi/agent/npm")       the Node of the root
    tree.children["a"].find("b")                    the Node that `require("b")` in a would get
    place(node, "b", release)                       a new Node, as high up as it disturbs nobody

A package finds another in its own `node_modules`, else in that of the package around it, and so on.
So whatever is used by several is put at the top, and a second version below whoever needs it.

Source: Node's module resolution; npm's folder structure. Pure but for `read_tree`.
"""

from __future__ import annotations

import os

from pi import files
from pi.errors import PackageError
from pi.packages import semver
from pi.packages.installed import Locked
from pi.packages.registry import dependencies_of, is_name
from pi.settings.jsonfile import FileError, parse_object, read_object
from pi.text.unicode import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pi.packages.registry import Release

MAX_NODES = 5000
MAX_NESTING = 32
NOTES = ".pi-places.json"
"""In `node_modules`: where each package came from, for lock files."""

_MANIFEST_LIMIT = 4 * 2**20


class Node:
    """A package in its place. `release` is set for one that is yet to be put there, `locked` for
    one whose archive is known."""

    def __init__(
        self, name: str, version: str, dependencies: Mapping[str, str], parent: Node | None = None
    ) -> None:
        self.name = name  # of its folder; an alias may hide another package
        self.version = version
        self.dependencies = dict(dependencies)
        self.parent = parent
        self.children: dict[str, Node] = {}
        self.release: Release | None = None
        self.locked: Locked | None = None

    def __repr__(self) -> str:
        return f"Node({self.place}@{self.version})"

    @property
    def place(self) -> str:
        """The path below the root, "" for the root itself."""
        if self.parent is None:
            return ""
        above = self.parent.place
        return f"{above}/node_modules/{self.name}" if above else f"node_modules/{self.name}"

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    def find(self, name: str) -> Node | None:
        """The package that this one gets under a name."""
        here: Node | None = self
        while here is not None:
            if name in here.children:
                return here.children[name]
            here = here.parent
        return None

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for child in [*self.children.values()]:
            yield from child.walk()


def fits(found: Node | None, wanted: str) -> bool:
    """Whether what a package finds is what it wants. Of what is no version range, anything is."""
    if found is None:
        return False
    if wanted.startswith("npm:"):
        wanted = wanted[4:].rpartition("@")[2] if "@" in wanted[5:] else ""
    accepted, version = semver.parse_range(wanted), semver.parse(found.version)
    return (
        accepted is None
        or wanted in ("", "*")
        or (version is not None and accepted.accepts(version))
    )


def place(node: Node, name: str, version: str) -> Node:
    """Make room for a package that `node` needs: a new node, as near to the root as possible."""
    level = node
    while level.parent is not None and _is_free(level.parent, name, version):
        level = level.parent
    new = Node(name, version, {}, level)
    if new.depth > MAX_NESTING:
        raise PackageError(f"{name}@{version}: nested more than {MAX_NESTING} deep: refused")
    level.children[name] = new
    return new


def _is_free(level: Node, name: str, version: str) -> bool:
    """Whether a package may be put there without taking another's place or another's view."""
    if name in level.children:
        return False
    before = level.find(name)
    if before is None:
        return True
    probe = Node(name, version, {})
    return all(
        fits(probe, user.dependencies[name])
        for user in level.walk()
        if name in user.dependencies and user.find(name) is before
    )


def reachable(start: Node) -> list[Node]:
    """`start` and every package it needs, directly or not, in the order they are met."""
    found, queue = {id(start): start}, [start]
    for node in queue:
        for name in node.dependencies:
            next_node = node.find(name)
            if next_node is not None and id(next_node) not in found:
                found[id(next_node)] = next_node
                queue.append(next_node)
    return queue


# --- the disk ------------------------------------------------------------------------------------


def read_tree(root: str) -> Node:
    """What is in `root`/node_modules, and what `root`/package.json wants. Raises PackageError."""
    try:
        manifest = read_object(os.path.join(root, "package.json")) or {}
    except FileError as error:
        raise PackageError(f"{error}: correct or remove it") from None
    top = Node("", "", dependencies_of(manifest))
    _read_children(top, root, {"": 0})
    for place, note in _notes(root).items():
        node = _at(top, place)
        if node is not None and node.version == note.version:
            node.locked = note
    return top


def _read_children(node: Node, folder: str, count: dict[str, int]) -> None:
    for name in _package_names(os.path.join(folder, "node_modules")):
        path = os.path.join(folder, "node_modules", name)
        manifest = read_manifest(path)
        if manifest is None:
            continue
        count[""] += 1
        if count[""] > MAX_NODES:
            raise PackageError(f"{folder}: more than {MAX_NODES} packages are in node_modules")
        version = manifest.get("version")
        child = Node(name, version if isinstance(version, str) else "", {}, node)
        node.children[name] = child
        try:
            child.dependencies = dependencies_of(manifest)
        except PackageError:  # absurdly many: it was not us who put it there
            continue
        if not os.path.islink(path) and child.depth < MAX_NESTING:
            _read_children(child, path, count)


def scopes_of(modules: str) -> list[str]:
    """The folders of a node_modules folder that hold packages of one scope."""
    return [os.path.join(modules, name) for name in _listed(modules) if name.startswith("@")]


def _package_names(folder: str) -> list[str]:
    found = []
    for name in _listed(folder):
        if name.startswith("@"):
            found += [f"{name}/{part}" for part in _listed(os.path.join(folder, name))]
        else:
            found.append(name)
    return [name for name in found if is_name(name)]


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def read_manifest(folder: str) -> dict[str, object] | None:
    """The package.json of a folder; None where there is none that can be read."""
    path = os.path.join(folder, "package.json")
    try:
        return parse_object(decode(files.read_bounded(path, _MANIFEST_LIMIT)), path)
    except (OSError, FileError):
        return None


def _at(top: Node, place: str) -> Node | None:
    node: Node | None = top
    for name in names_of(place):
        node = node.children.get(name) if node else None
    return node


def names_of(place: str) -> list[str]:
    """The names on the way to a place: "node_modules/a/node_modules/b" is ["a", "b"].

    Raises PackageError for a text that is no place: it comes from lock files.
    """
    names = f"/{place}".split("/node_modules/")
    if names[0] or len(names) < 2 or len(names) > MAX_NESTING or not all(map(is_name, names[1:])):
        raise PackageError(f"{place[:100]!r} is not a place below node_modules")
    return names[1:]


def _notes(root: str) -> dict[str, Locked]:
    try:
        notes = read_object(os.path.join(root, "node_modules", NOTES)) or {}
        return {place: _checked_note(place, note) for place, note in notes.items()}
    except (FileError, PackageError):  # it can be made anew; packages are then fetched once more
        return {}


def _checked_note(place: str, note: object) -> Locked:
    names_of(place)
    return Locked.from_json(note)
