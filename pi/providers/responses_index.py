"""Which item of a Responses answer a record is about.

A record names its item by index and id. An event belongs to the item with both, else with its id,
else with its index: some gateways number all items 0 or none, GitHub Copilot gives an item another
id in every event. A record that names nothing belongs to the item that was opened last.
"""

from __future__ import annotations

from pi.providers.responses_blocks import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.providers.responses_blocks import Item


class Index:
    """The open items of an answer, and the ids of those that are complete.

    `by_key` maps (index, id) to an open item, both as the record that added it had them.
    """

    def __init__(self) -> None:
        self._places: dict[Item, list[tuple[dict[Any, Item], Any]]] = {}  # where each is found
        self.by_key: dict[tuple[int | None, str | None], Item] = {}
        self._by_id: dict[str, Item] = {}
        self._by_index: dict[int, Item] = {}
        self._complete: set[str] = set()

    def __iter__(self) -> Iterator[Item]:
        return iter(self._places)

    def keep(self, record: dict[str, Any], item: Item) -> None:
        """An item was opened by `record`."""
        index, item_id = _number(record), word(item.item.get("id")) or None
        places = ((self.by_key, (index, item_id)), (self._by_id, item_id), (self._by_index, index))
        self._places[item] = [(table, key) for table, key in places if key is not None]
        for table, key in self._places[item]:
            table[key] = item

    def find(self, record: dict[str, Any], item_id: str = "") -> Item | None:
        """The open item that a record is about. `item_id` goes before the record's own."""
        index, item_id = _number(record), item_id or word(record.get("item_id"))
        if self.is_complete(item_id):
            return None
        found = self.by_key.get((index, item_id or None)) or self._by_id.get(item_id)
        if found is None and index is not None:
            return self._by_index.get(index)
        if found is None and not item_id and self._places:
            return next(reversed(self._places))
        return found

    def forget(self, item: Item, item_id: str) -> None:
        """An item is complete; `item_id` is what it is called at last."""
        self._complete.update({item_id, word(item.item.get("id"))} - {""})
        for table, key in self._places.pop(item, ()):
            if table.get(key) is item:
                del table[key]

    def is_complete(self, item_id: str) -> bool:
        """Whether an item of this id has been completed."""
        return item_id in self._complete

    def has(self, record: dict[str, Any], item_id: str) -> bool:
        """Whether an item that is added has been before: a record came twice."""
        key = (_number(record), item_id)
        return bool(item_id) and (self.is_complete(item_id) or key in self.by_key)


def _number(record: dict[str, Any]) -> int | None:
    number = record.get("output_index")
    return number if isinstance(number, int) and not isinstance(number, bool) else None
