"""Taking one branch out of a tree, to live in a file of its own."""

from __future__ import annotations

from pi.store.format import iso_time, new_entry_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.store.format import Entry
    from pi.store.host import Host
    from pi.store.tree import Tree


def extract(tree: Tree, leaf_id: str, host: Host) -> list[Entry]:
    """The entries from the root to `leaf_id`, with their ids, as a tree of their own.

    Label entries are left out of the chain; the labels in force on the branch follow at its end.
    """
    chain: list[Entry] = []
    for entry in tree.branch(leaf_id):
        if entry.get("type") != "label":
            parent = chain[-1]["id"] if chain else None
            chain.append(
                entry if entry.get("parentId") == parent else {**entry, "parentId": parent}
            )
    taken = {entry["id"] for entry in chain}
    labels = tree.labels()
    labelled = [labels[entry["id"]] for entry in chain if entry["id"] in labels]
    for label in labelled:
        label_id = new_entry_id(taken, host)
        taken.add(label_id)
        parent = chain[-1]["id"]
        stamp = label.get("timestamp") or iso_time(host.now_ms())
        chain.append({**label, "id": label_id, "parentId": parent, "timestamp": stamp})
    return chain
