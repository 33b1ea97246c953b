"""What a branch summary is made of, when a conversation goes on from another entry.

    leaving = leave(session.tree, target_id, budget_tokens)
    leaving.ancestor_id      "a0b1c2d3": the deepest entry both positions share; None: there is none
    leaving.entries          the branch from there to the leaf that is being left
    leaving.messages         what of it fits the budget, the newest of it, oldest first
    leaving.files            files read and changed, those of summaries on the branch included

`summarise.summarise_branch` writes the text; the entry is then
`append("branch_summary", fromId=<the leaf that was left>, summary=..., details=..., ...)`, put
where the conversation goes on. Source: the reference's compaction page.
"""

from __future__ import annotations

from pi.compaction.estimate import message_tokens
from pi.compaction.files import Files, files_of
from pi.store.context import project
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.messages import Message
    from pi.store.format import Entry
    from pi.store.tree import Tree

_SUMMARIES = ("compaction", "branch_summary")


class Leaving(Value):
    """A branch that is being left; see the module's head."""

    ancestor_id: str | None
    entries: list[Entry]
    messages: list[Message]
    files: Files


def leave(tree: Tree, target_id: str | None, budget_tokens: int) -> Leaving:
    """What leaving the leaf of `tree` for `target_id` (None: the beginning) leaves behind.

    `entries` is empty where the target lies below the leaf's end or is the leaf itself.
    """
    ancestor_id = common_ancestor(tree, target_id)
    entries = []
    for entry in tree.walk() if tree.leaf_id is not None else ():
        if entry["id"] == ancestor_id:
            break
        entries.append(entry)
    messages = _newest(entries, budget_tokens)
    entries.reverse()
    summaries = [entry for entry in entries if entry.get("type") == "branch_summary"]
    return Leaving(ancestor_id, entries, messages, files_of(messages, summaries))


def common_ancestor(tree: Tree, target_id: str | None) -> str | None:
    """The deepest entry that both the leaf and `target_id` have above them, or are."""
    if target_id is None or tree.leaf_id is None:
        return None
    above = {entry["id"] for entry in tree.walk(target_id)}
    return next((entry["id"] for entry in tree.walk() if entry["id"] in above), None)


def _newest(entries: list[Entry], budget_tokens: int) -> list[Message]:
    """The newest messages of entries given leaf first that fit the budget, oldest first.

    The first summary that no longer fits is still taken: it stands for all that came before it.
    """
    chosen: list[Message] = []
    room = budget_tokens
    for entry, found in reversed(list(project(entries))):
        messages = [m for m in found if m.get("role") not in ("system", "toolResult")]
        room -= sum(map(message_tokens, messages))
        if room >= 0 or entry.get("type") in _SUMMARIES:
            chosen += reversed(messages)
        if room < 0:
            break
    chosen.reverse()
    return chosen
