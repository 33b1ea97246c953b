"""Which packages must come to a tree, where they go, and which can leave it then.

    plan = Plan(tree, registry, job)
    main = plan.add("tools", "^1")        its Node; the tree is changed, the disk is not
    plan.found()                          the nodes to fetch, parents before what lies in them
    plan.unneeded()                       the nodes that nobody needs any more
    plan.warnings

What is there and fits is kept, as npm does: an installation changes as little as it can.
"""

from __future__ import annotations

from pi.errors import PackageError
from pi.packages.npm_tree import Node, fits, place, reachable
from pi.packages.registry import split_spec
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.packages.progress import Job
    from pi.packages.registry import Registry, Release

MAX_NEW = 5000
"""More packages than this come with no honest one."""


class Plan:
    """One change to a tree."""

    def __init__(self, tree: Node, registry: Registry, job: Job) -> None:
        self._new: list[Node] = []
        self.warnings: list[str] = []
        self._tree = tree
        self._registry = registry
        self._job = job
        self._before = reachable(tree)
        self._satisfied = {
            (id(node), name)
            for node in tree.walk()
            for name, wanted in node.dependencies.items()
            if fits(node.find(name), wanted)
        }

    def add(self, name: str, wanted: str) -> Node:
        """Put a package at the top, and what it needs where it fits. Raises PackageError."""
        release = self._choose(name, wanted)
        if release is None:
            raise PackageError(f"{name}: {shown(wanted)!r} is not a version of a registry")
        main = self._take(Node(name, release.version, {}, self._tree), release)
        self._tree.children[name] = main
        self._tree.dependencies[name] = wanted
        seen = self._complete([main], set())
        for node in [*self._tree.walk()]:  # others may have lost what they had
            for dependency, range_text in node.dependencies.items():
                had = (id(node), dependency) in self._satisfied
                if had and not fits(node.find(dependency), range_text):
                    self._complete(self._provide(node, dependency, range_text), seen)
        return main

    def found(self) -> list[Node]:
        """What must be fetched, parents before what lies in them."""
        there = {id(node) for node in self._tree.walk()}
        return [node for node in self._new if id(node) in there]

    def unneeded(self) -> list[Node]:
        """What was needed before and is not now, and is still in its place."""
        kept = {id(node) for node in reachable(self._tree)}
        there = {id(node) for node in self._tree.walk()}
        return [node for node in self._before if id(node) not in kept and id(node) in there]

    def _complete(self, queue: list[Node], seen: set[int]) -> set[int]:
        """Provide all that the packages in the queue need, and what that needs in turn."""
        for node in queue:
            if id(node) in seen:
                continue
            seen.add(id(node))
            for name, wanted in node.dependencies.items():
                queue += self._provide(node, name, wanted)
        return seen

    def _provide(self, node: Node, name: str, wanted: str) -> list[Node]:
        """The node that `node` finds under a name now; none for what is left out."""
        found = node.find(name)
        is_good = fits(found, wanted)
        if is_good and (found.locked or found.release):
            return [found]
        if is_good:
            return [self._known(found, wanted)]
        release = self._choose(name, wanted, f"{node.name}@{node.version}")
        if release is None:
            return []
        return [self._take(place(node, name, release.version), release)]

    def _known(self, found: Node, wanted: str) -> Node:
        """A package that is there, but nobody noted where from: the same version put there again.

        Where no registry has it, it stays as it is, and no lock file can hold it.
        """
        real = wanted.rpartition("@")[0] + "@" if wanted.startswith("npm:") else ""
        try:
            release = self._choose(found.name, real + found.version)
        except PackageError:
            release = None
        if release is None:
            return found
        again = Node(found.name, release.version, {}, found.parent)
        found.parent.children[found.name] = again
        return self._take(again, release)

    def _take(self, node: Node, release: Release) -> Node:
        if len(self._new) >= MAX_NEW:
            raise PackageError(
                f"{self._new[0].name}: it needs more than {MAX_NEW} packages: refused"
            )
        node.release = release
        node.dependencies = dict(release.dependencies)
        self._new.append(node)
        if release.deprecated:
            self.warnings.append(
                f"{release.name}@{release.version} is deprecated: {shown(release.deprecated)[:300]}"
            )
        return node

    def _choose(self, name: str, wanted: str, user: str = "") -> Release | None:
        """The release for a range; None, with a warning, for what comes from no registry."""
        self._job.tell("look up", name, len(self._new))
        real, range_text = name, wanted
        if wanted.startswith("npm:"):
            real, range_text = split_spec(wanted[4:])
        if "/" in range_text or ":" in range_text:
            if user:
                self.warnings.append(
                    f"{user} needs {name} from {shown(range_text)[:100]}, which is no registry: "
                    "left out"
                )
            return None
        return self._registry.choose(real, range_text, self._job.token)
