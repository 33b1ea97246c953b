"""The entries of a session as a tree, and the place in it where the conversation goes on.

    tree = Tree(entries)
    tree.leaf_id                   "a0b1c2d3": the entry the next one becomes a child of; or None
    for entry in tree.walk(): ...  from the leaf to the root, no further than the caller reads

An entry whose parent is unknown is a root. Ids may collide, since two programs can have appended:
an entry's parent is the last one of that id before it, and only if there is none, one after it.
Where that closes a circle, a walk ends there. `get` answers with the last entry of an id.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pi.store.format import Entry


class Tree:
    """Entries in the order of their lines, their parents, and the leaf."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries: list[Entry] = []
        self.leaf_id: str | None = None
        self._place: dict[Any, int] = {}  # id -> where in `entries` its last one is
        self._parents: list[int | None] = []  # of each entry, as far as it comes before it
        for entry in entries:
            self.add(entry)
        if self.entries:
            self.leaf_id = self.entries[-1]["id"]

    def __contains__(self, entry_id: object) -> bool:
        return type(entry_id) in (str, int) and entry_id in self._place

    def add(self, entry: Entry) -> None:
        """Take an entry in; the leaf stays where it is."""
        self._parents.append(self._place.get(_parent_of(entry)))
        self._place[entry["id"]] = len(self.entries)
        self.entries.append(entry)

    def get(self, entry_id: object) -> Entry | None:
        """The entry with this id; None if there is none."""
        return self.entries[self._place[entry_id]] if entry_id in self else None

    def walk(self, leaf_id: str | None = None) -> Iterator[Entry]:
        """The entries from `leaf_id` (None: the leaf) to its root."""
        seen = set()
        place = self._place.get(self.leaf_id if leaf_id is None else leaf_id)
        while place is not None and place not in seen:
            yield self.entries[place]
            seen.add(place)
            place = self._parent(place)

    def branch(self, leaf_id: str | None = None) -> list[Entry]:
        """The entries from the root to `leaf_id` (None: the leaf)."""
        entries = list(self.walk(leaf_id))
        entries.reverse()
        return entries

    def labels(self) -> dict[Any, Entry]:
        """Id of a labelled entry -> the label entry in force."""
        found: dict[Any, Entry] = {}
        for entry in self.entries:
            if entry.get("type") == "label" and entry.get("targetId") in self:
                found.pop(entry["targetId"], None)
                if entry.get("label"):
                    found[entry["targetId"]] = entry
        return found

    def nested(self) -> list[dict[str, Any]]:
        """The roots as `{"entry", "children", "label"?, "labelTimestamp"?}`, children likewise."""
        nodes: list[dict[str, Any]] = [{"entry": entry, "children": []} for entry in self.entries]
        for entry_id, label in self.labels().items():
            node = nodes[self._place[entry_id]]
            node["label"] = label["label"]
            node["labelTimestamp"] = label.get("timestamp")
        roots = []
        cuts = self._cuts()
        for place, node in enumerate(nodes):
            parent = None if place in cuts else self._parent(place)
            (roots if parent is None else nodes[parent]["children"]).append(node)
        return roots

    def _parent(self, place: int) -> int | None:
        parent = self._parents[place]
        return self._place.get(_parent_of(self.entries[place])) if parent is None else parent

    def _cuts(self) -> set[int]:
        """Where circles of parents are cut, so that every entry hangs on some root."""
        cuts: set[int] = set()
        done: set[int] = set()
        for start in range(len(self.entries)):
            trail: set[int] = set()
            place: int | None = start
            while place is not None and place not in done and place not in trail:
                trail.add(place)
                place = self._parent(place)
            if place in trail:
                cuts.add(place)
            done |= trail
        return cuts


def _parent_of(entry: Entry) -> Any:
    """The id of the parent; None for a root and for what can be no id."""
    parent = entry.get("parentId")
    return parent if type(parent) in (str, int) else None
