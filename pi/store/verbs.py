"""The verbs that add to a conversation, each one entry; `pi.session.Session` stores them.

    session.set_label("a0b1c2d3", "before the rewrite")      # None takes it back
    session.edit("a0b1c2d3", None)                           # the model no longer sees it
    session.move_to("a0b1c2d3", summary="Tried X; it failed.")

All of them return the entry, which is then the leaf, and raise SessionError if it could not be
stored; the session is then as it was before. An optional field that was not given is left out.
Source of the shapes: the reference's session-format page, "Entry Types".
"""

from __future__ import annotations

from pi.errors import SessionError
from pi.messages import text
from pi.store.format import clean_name, is_editable, role_of
from pi.store.view import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.messages import Message
    from pi.store.format import Entry


LEAF = object()
"""As the parent of an entry: what is the leaf when it is stored."""


class Verbs(View):
    """What can be added to a conversation."""

    def _add(
        self, entry_type: str, fields: Callable[[str], dict[str, Any]], parent_id: Any = LEAF
    ) -> Entry:
        """Store a child of `parent_id` with the fields that `fields` gives for its id, and make it
        the leaf. While `fields` is called, no other entry can come between."""
        raise NotImplementedError

    def append(self, entry_type: str, /, **fields: Any) -> Entry:
        """Store a new child of the leaf and make it the leaf; returns the entry.

        Raises SessionError if it could not be stored; the session is then as it was before, and a
        later attempt may succeed.
        """
        return self._add(entry_type, lambda _: fields)

    def append_message(self, message: Message) -> Entry:
        """Store a message; see `append`."""
        return self.append("message", message=message)

    def append_custom(self, custom_type: str, data: Any = None) -> Entry:
        """Store an extension's state; the model does not see it."""
        return self.append("custom", customType=custom_type, **_given(data=data))

    def append_custom_message(
        self,
        custom_type: str,
        content: str | list[Any],
        *,
        display: bool = True,
        details: Any = None,
    ) -> Entry:
        """Store an extension's message, which the model reads as a user's."""
        fields = {"customType": custom_type, "content": content, "display": display}
        return self.append("custom_message", **fields, **_given(details=details))

    def append_usage(
        self, kind: str, provider: str, model: str, usage: Mapping[str, Any], note: str = ""
    ) -> Entry:
        """Store what something other than an answer has cost, for example a "cache_warm"."""
        fields = {"kind": kind, "provider": provider, "model": model, "usage": usage}
        return self.append("usage", **fields, **_given(note=note or None))

    def append_compaction(
        self,
        summary: str,
        first_kept_id: str | None,
        tokens_before: int,
        *,
        system: Message | None = None,
        **optional: Any,
    ) -> Entry:
        """Store a summary of what came before the entry `first_kept_id` (None: of everything).

        `system` is the prompt and the tools in force, as one message; `optional` is `details`,
        `usage` and `fromHook`.
        """
        optional["systemMessage"] = system

        def fields(own_id: str) -> dict[str, Any]:
            return {
                "summary": summary,
                "firstKeptEntryId": own_id if first_kept_id is None else first_kept_id,
                "tokensBefore": tokens_before,
                **_given(**optional),
            }

        if first_kept_id is not None:
            self._check(first_kept_id)
        return self._add("compaction", fields)

    def set_name(self, name: str) -> Entry:
        """Give the session a display name. Raises SessionError for an empty one."""
        name = clean_name(name)
        if not name:
            raise SessionError("Session name cannot be empty")
        return self.append("session_info", name=name)

    def set_label(self, target_id: str, label: str | None) -> Entry:
        """Bookmark an entry; None or nothing takes its label away."""
        self._check(target_id)
        return self.append("label", targetId=target_id, **_given(label=label or None))

    def edit(self, target_id: str, content: str | list[Any] | None) -> Entry:
        """Let the model see other content of an entry on the active branch, or with None nothing.

        The entry itself stays. Raises SessionError where there is no content to be edited.
        """
        self._check(target_id)
        target = next((e for e in self.tree.walk() if e["id"] == target_id), None)
        if target is None:
            raise SessionError(f"Entry {target_id} is not on the active branch")
        if not is_editable(target):
            raise SessionError(f"Entry {target_id} has no content that the model sees")
        if isinstance(content, str) and role_of(target) in ("assistant", "toolResult"):
            content = [text(content)]
        replacement = None if content is None else {"content": content}
        return self.append("context_edit", targetId=target_id, replacement=replacement)

    def move_to(
        self, entry_id: str | None, summary: str | None = None, **optional: Any
    ) -> Entry | None:
        """Go on from another entry; None: from before the first.

        Nothing is stored by this, unless there is a `summary` of the branch that is left: that
        becomes an entry after `entry_id`. `optional` is `details`, `usage` and `fromHook`.
        """
        if entry_id is not None:
            self._check(entry_id)
        if summary is None:
            self.tree.leaf_id = entry_id
            return None

        def fields(_: str) -> dict[str, Any]:
            left = self.tree.leaf_id or "root"
            return {"fromId": left, "summary": summary, **_given(**optional)}

        return self._add("branch_summary", fields, entry_id)

    def _check(self, entry_id: str) -> None:
        if entry_id not in self.tree:
            raise SessionError(f"Entry {entry_id} not found")


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
