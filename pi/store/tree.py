"""The entries of a session as a tree, and the place in it where the conversation goes on.

    tree = Tree(entries)
    tree.leaf_id                   "a0b1c2d3": the entry the next one becomes a child of; or None
    for entry in tree.walk(): ...  from the leaf to the root, no further than the caller reads

    tree = Tree(last_entries, earlier)     # `pi.store.tail.Earlier`: what is yet to be read

An entry whose parent is unknown is a root. Ids may collide, since two programs can have appended:
an entry's parent is the last one of that id before it, and only if there is none, one after it.
Where that closes a circle, a walk ends there. `get` answers with the last entry of an id.

A tree may begin as the end of a file. Walking to an entry that is not there yet, or asking for one,
takes in pieces from before it until it is found; what needs all entries takes in all of them. The
answers are those of a tree that had everything from the start. Places count from the first entry
the tree was made with; what is taken in later has negative ones.
"""

from __future__ import annotations

from _thread import RLock
from itertools import chain

from pi.store.format import new_entry_id, new_session_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pi.store.format import Entry
    from pi.store.host import Host
    from pi.store.tail import Earlier


class Tree:
    """Entries in the order of their lines, their parents, and the leaf."""

    def __init__(self, entries: Iterable[Entry] = (), earlier: Earlier | None = None) -> None:
        self.leaf_id: str | None = None
        self._earlier = earlier
        self._taking = RLock()
        self._after: list[Entry] = []  # places 0, 1, ...
        self._before: list[Entry] = []  # places -1, -2, ...
        self._place: dict[Any, int] = {}  # id -> the place of its last one
        self._parents: dict[int, int | None] = {}  # where that is not the place before
        self._awaited: dict[Any, list[int]] = {}  # id not read yet -> the places of its children
        self._latest: dict[Any, tuple[int, Entry | None]] = {}  # question -> last asked at, answer
        for entry in entries:
            self.add(entry)
        if self._after:
            self.leaf_id = self._after[-1]["id"]

    @property
    def entries(self) -> list[Entry]:
        """All entries in the order of their lines; not to be changed."""
        self.complete()
        return [*reversed(self._before), *self._after] if self._before else self._after

    @property
    def added(self) -> int:
        """How many entries the tree was made with or got since; it grows with each."""
        return len(self._after)

    @property
    def is_complete(self) -> bool:
        """Whether every entry has been read."""
        return self._earlier is None

    def complete(self) -> None:
        """Read what has not been read yet. Raises SessionError if that fails."""
        while self._take_in_earlier():
            pass

    def __contains__(self, entry_id: object) -> bool:
        if type(entry_id) not in (str, int):
            return False
        while entry_id not in self._place:
            if not self._take_in_earlier():
                return False
        return True

    def add(self, entry: Entry) -> None:
        """Take an entry in; the leaf stays where it is."""
        with self._taking:
            place = len(self._after)
            wanted = _parent_of(entry)
            parent = self._place.get(wanted)
            if parent is None or parent != place - 1:
                self._parents[place] = parent
            if parent is None and wanted is not None and self._earlier is not None:
                self._awaited.setdefault(wanted, []).append(place)
            self._after.append(entry)
            self._place[entry["id"]] = place

    def has_read(self, entry_id: object) -> bool:
        """Whether an entry of this id is among those that were read."""
        return entry_id in self._place

    def get(self, entry_id: object) -> Entry | None:
        """The entry with this id; None if there is none."""
        return self._at(self._place[entry_id]) if entry_id in self else None

    def new_id(self, host: Host) -> str:
        """An id for a new entry: 8 hex digits that none has; a UUID while not all are known."""
        return new_entry_id(self._place, host) if self.is_complete else new_session_id(host)

    def walk(self, leaf_id: str | None = None) -> Iterator[Entry]:
        """The entries from `leaf_id` (None: the leaf) to its root."""
        start = self.leaf_id if leaf_id is None else leaf_id
        if start in self:
            yield from map(self._at, self._way(self._place[start]))

    def branch(self, leaf_id: str | None = None) -> list[Entry]:
        """The entries from the root to `leaf_id` (None: the leaf)."""
        entries = list(self.walk(leaf_id))
        entries.reverse()
        return entries

    def latest(self, kind: str, is_meant: Callable[[Entry], bool]) -> Entry | None:
        """The entry nearest to the leaf, on the active branch, that is of a type and is meant.

        What has not been read yet is searched where that will do, not taken in.
        """
        if self.leaf_id not in self:
            return None
        start = self._place[self.leaf_id]
        found = self._latest_from(start, kind, is_meant)
        self._latest[kind, is_meant] = (start, found)
        return found

    def _latest_from(
        self, start: int, kind: str, is_meant: Callable[[Entry], bool]
    ) -> Entry | None:
        asked, answer = self._latest.get((kind, is_meant), (None, None))
        place = start
        for place in self._way(start, takes_in=False):
            if place == asked:
                return answer
            entry = self._at(place)
            if entry.get("type") == kind and is_meant(entry):
                return entry
        wanted = _parent_of(self._at(place))
        if self._earlier is not None and wanted is not None and self._known(place) is None:
            is_known, entry = self._earlier.latest(wanted, kind, is_meant)
            if is_known:
                return entry
        return next((e for e in self.walk() if e.get("type") == kind and is_meant(e)), None)

    def last_of_type(self, kind: str) -> Entry | None:
        """The entry of a type that was written last, on whichever branch; None if there is none.

        What has not been read yet is searched, not taken in.
        """
        for entry in chain(reversed(self._after), self._before):
            if entry.get("type") == kind:
                return entry
        return None if self._earlier is None else self._earlier.last_of_type(kind)

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
        first = -len(self._before)
        for entry_id, label in self.labels().items():
            node = nodes[self._place[entry_id] - first]
            node["label"] = label["label"]
            node["labelTimestamp"] = label.get("timestamp")
        roots = []
        cuts = self._cuts()
        for place, node in enumerate(nodes, first):
            parent = None if place in cuts else self._parent(place)
            (roots if parent is None else nodes[parent - first]["children"]).append(node)
        return roots

    def close(self) -> None:
        """Let go of the file whose beginning has not been read; it cannot be any more."""
        if self._earlier is not None:
            self._earlier.close()

    def _at(self, place: int) -> Entry:
        return self._after[place] if place >= 0 else self._before[~place]

    def _way(self, start: int, *, takes_in: bool = True) -> Iterator[int]:
        """The places from `start` to its root, or with not `takes_in`, as far as they were read."""
        place: int | None = start
        seen: set[int] | None = None  # kept only once the way has led forwards
        while place is not None:
            yield place
            parent = self._known(place)
            if parent is None:
                if not takes_in and self._earlier is not None:
                    return
                parent = self._parent(place)
            if parent is not None and (seen is not None or parent >= place):
                if seen is None:
                    seen = self._places(start, place)
                seen.add(place)
                if parent in seen:
                    return
            place = parent

    def _known(self, place: int) -> int | None:
        """The place of the parent, if it comes before and has been read."""
        return self._parents.get(place, place - 1)

    def _parent(self, place: int) -> int | None:
        parent = self._known(place)
        if parent is not None:
            return parent
        wanted = _parent_of(self._at(place))
        if wanted is None:
            return None
        while self._take_in_earlier():
            parent = self._known(place)
            if parent is not None:
                return parent
        return self._place.get(wanted)

    def _places(self, start: int, end: int) -> set[int]:
        """The places on the way from `start` to `end`, which leads backwards all along."""
        places = {start}
        while start != end:
            start = self._known(start)
            places.add(start)
        return places

    def _take_in_earlier(self) -> bool:
        """Take in the next piece from before the first entry; False if there is none."""
        if self._earlier is None:
            return False
        with self._taking:
            if self._earlier is None:  # another thread took the last one
                return True
            piece = self._earlier.take()
            if piece is None:
                self._earlier = None
                self._awaited = {}
            else:
                self._prepend(piece)
            return True

    def _prepend(self, piece: list[Entry]) -> None:
        first = -len(self._before) - len(piece)
        places: dict[Any, int] = {}
        awaited, self._awaited = self._awaited, {}
        for place, entry in enumerate(piece, first):
            wanted = _parent_of(entry)
            parent = places.get(wanted)
            if parent is None or parent != place - 1:
                self._parents[place] = parent
            if parent is None and wanted is not None:
                self._awaited.setdefault(wanted, []).append(place)
            places[entry["id"]] = place
        self._before += reversed(piece)
        for wanted, children in awaited.items():
            if wanted in places:
                self._parents.update(dict.fromkeys(children, places[wanted]))
            else:
                self._awaited.setdefault(wanted, []).extend(children)
        places.update(self._place)
        self._place = places

    def _cuts(self) -> set[int]:
        """Where circles of parents are cut, so that every entry hangs on some root."""
        cuts: set[int] = set()
        done: set[int] = set()
        for start in range(-len(self._before), len(self._after)):
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
