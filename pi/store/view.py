"""What can be read of a conversation: from its header and its tree, wherever they came from."""

from __future__ import annotations

from pi.errors import SessionError
from pi.messages import text_of
from pi.store.context import grown, has_level, has_model, model_of, project
from pi.store.convert import as_sent
from pi.store.format import clean_name, role_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.messages import Message
    from pi.store.format import Entry
    from pi.store.tree import Tree


class View:
    """A header, a tree with a leaf, and what they say about the active branch.

    Entries and messages are those of the tree; read them, do not change them.
    """

    def __init__(self, header: Entry, tree: Tree) -> None:
        self.header = header
        self.tree = tree
        self._projected: tuple[Any, list[Message]] = (None, [])
        self._sent: tuple[Any, list[Message]] = (None, [])

    @property
    def id(self) -> str:
        return self.header["id"]

    @property
    def cwd(self) -> str:
        """The working directory the session belongs to; it may be gone."""
        return self.header["cwd"]

    @property
    def leaf_id(self) -> str | None:
        """The entry the next one will be a child of; None: it will be a root."""
        return self.tree.leaf_id

    def entries(self, since: str | None = None) -> list[Entry]:
        """All entries in the order of the file, without the header; with `since`, those after it.

        Raises SessionError if there is no entry `since`.
        """
        entries = list(self.tree.entries)
        if since is None:
            return entries
        for place in range(len(entries) - 1, -1, -1):
            if entries[place]["id"] == since:
                return entries[place + 1 :]
        raise SessionError(f"Entry not found: {since}")

    def nested(self) -> list[dict[str, Any]]:
        """The tree: roots as `{"entry", "children", "label"?, "labelTimestamp"?}`."""
        return self.tree.nested()

    def user_messages(self) -> list[tuple[str, str]]:
        """(entry id, text) of the user messages, on all branches, in the order of the file; a
        session can be forked before each. Those without text are left out."""
        found = (
            (entry["id"], text_of(entry["message"]))
            for entry in self.tree.entries
            if role_of(entry) == "user"
        )
        return [(entry_id, text) for entry_id, text in found if text]

    def branch(self, leaf_id: str | None = None) -> list[Entry]:
        """The entries from the root to `leaf_id`, by default to the leaf."""
        return self.tree.branch(leaf_id)

    def messages(self) -> list[Message]:
        """The messages of the active branch after compaction and edits, special roles included."""
        state = (self.tree.leaf_id, self.tree.added)
        if self._projected[0] != state:
            self._projected = (state, self._grown() or self._whole())
        return list(self._projected[1])

    def _grown(self) -> list[Message] | None:
        """The messages known before and those added since, where that is all that happened."""
        before, known = self._projected
        added = grown(self.tree.walk(), before[0]) if before else None
        return None if added is None else known + added

    def _whole(self) -> list[Message]:
        return [message for _, found in project(self.tree.walk()) for message in found]

    def context(self) -> list[Message]:
        """`messages` as a model takes them: system, user, assistant and toolResult alone."""
        messages = self.messages()
        state = self._projected[0]
        if self._sent[0] != state:
            self._sent = (state, as_sent(messages))
        return list(self._sent[1])

    def model(self) -> tuple[str, str] | None:
        """(provider, model id) chosen or used last on the active branch; None if there is none."""
        return model_of(self.tree.walk())

    def chosen_model(self) -> tuple[str, str] | None:
        """(provider, model id) chosen last on the active branch, whoever answered since."""
        entry = self.tree.latest("model_change", has_model)
        return (entry["provider"], entry["modelId"]) if entry else None

    def thinking_level(self) -> str | None:
        """The thinking level chosen last on the active branch; None if none was."""
        entry = self.tree.latest("thinking_level_change", has_level)
        return entry["thinkingLevel"] if entry else None

    def name(self) -> str | None:
        """The display name given last, on whichever branch; None if there is none."""
        entry = self.tree.last_of_type("session_info") or {}
        name = entry.get("name")
        return (clean_name(name) or None) if isinstance(name, str) else None

    def is_begun(self) -> bool:
        """Whether there is a message on the active branch to go on from."""
        return any(entry.get("type") == "message" for entry in self.tree.walk())
