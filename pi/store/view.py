"""What can be read of a conversation: from its header and its tree, wherever they came from."""

from __future__ import annotations

from pi.store.context import model_of, project, thinking_of
from pi.store.convert import as_sent
from pi.store.format import clean_name

TYPE_CHECKING = False
if TYPE_CHECKING:
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

    def entries(self) -> list[Entry]:
        """All entries in the order of the file, without the header."""
        return list(self.tree.entries)

    def branch(self, leaf_id: str | None = None) -> list[Entry]:
        """The entries from the root to `leaf_id`, by default to the leaf."""
        return self.tree.branch(leaf_id)

    def messages(self) -> list[Message]:
        """The messages of the active branch after compaction and edits, special roles included."""
        return [message for _, found in project(self.tree.walk()) for message in found]

    def context(self) -> list[Message]:
        """`messages` as a model takes them: system, user, assistant and toolResult alone."""
        return as_sent(self.messages())

    def model(self) -> tuple[str, str] | None:
        """(provider, model id) chosen or used last on the active branch; None if there is none."""
        return model_of(self.tree.walk())

    def thinking_level(self) -> str | None:
        """The thinking level chosen last on the active branch; None if none was."""
        return thinking_of(self.tree.walk())

    def name(self) -> str | None:
        """The display name given last, on whichever branch; None if there is none."""
        for entry in reversed(self.tree.entries):
            if entry.get("type") == "session_info":
                name = entry.get("name")
                return (clean_name(name) or None) if isinstance(name, str) else None
        return None
