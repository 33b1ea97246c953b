"""The ends of turns and runs, where extensions may add to the session and ask for one more request.

    boundary = Boundary(hooks, session, token, emit, report)
    boundary.reach("turn_end", "completed", turn_index=0, message=answer, ...)
    boundary.goes_on            whether there is to be another request in any case
    boundary.has_added          whether the conversation is another one now

What handlers propose are drafts of entries, `{"type": "custom_message", "customType": ...}`:

    custom           customType, data?
    custom_message   customType, content, display?, details?
    context_edit     targetId, replacement: None, or {"content": ...}
    compaction       summary, firstKeptEntryId (None: nothing is kept), details?, usage?
    label            targetId, label?

Each handler sees what those before it proposed, and the conversation as it would be with that. A
list with one impossible draft is refused as a whole; what is left is stored when all have answered.
Source: the reference's page on extensions, "turn_start / turn_end"; `label` is ours.
"""

from __future__ import annotations

from pi.compaction.estimate import checkpoint, context_tokens
from pi.events import EntryAppended
from pi.fit import why_not_content, why_not_json, why_not_usage
from pi.store.context import project
from pi.store.convert import as_sent
from pi.store.format import is_editable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.cancel import CancelToken
    from pi.course.hookup import Report
    from pi.extensions.nohooks import NoHooks
    from pi.messages import Message
    from pi.session import Session
    from pi.store.format import Entry

    Draft = dict[str, Any]

NOTHING_TO_ANSWER = (
    "asked for one more request, but the last word is the model's: add a message with `entries`"
)


class Boundary:
    """The boundaries of one prompt; see the module's head. `waiting()` are queued messages."""

    def __init__(
        self,
        hooks: NoHooks,
        session: Session,
        token: CancelToken,
        emit: Callable[[Any], object],
        report: Report,
        waiting: Callable[[], list[Message]],
    ) -> None:
        self.goes_on = False
        self.has_added = False
        self._hooks = hooks
        self._session = session
        self._token = token
        self._emit = emit
        self._report = report
        self._waiting = waiting

    def reach(self, hook: str, outcome: str, **fields: Any) -> None:
        """Ask the handlers of a boundary, and do what they propose.

        `outcome` is completed, aborted or error. A run that was aborted meanwhile does not go on.
        """
        self.goes_on = False
        if not self._hooks.wants(hook):
            return
        from pi.extensions.event import Lazy  # noqa: PLC0415 - only where there is a handler

        event = self._hooks.fire(
            hook,
            self._token,
            check=lambda at: _problem_of(self._session, at.entries),
            **fields,
            outcome=outcome,
            entries=[],
            context=Lazy(lambda at: preview(self._session, at.entries, self._waiting())),
            **{"continue": False},
        )
        for draft in event.entries:
            entry = _ADDING[draft["type"]](self._session, draft)
            self.has_added = True
            self._emit(EntryAppended(entry))
        if event.continue_ and not self._token.cancelled and _may_go_on(hook, outcome):
            self.goes_on = can_continue(self._session.messages()) or bool(self._waiting())
            if not self.goes_on:
                self._report(hook, NOTHING_TO_ANSWER)

    def take_added(self) -> bool:
        """Whether entries were added since this was asked for the last time."""
        had, self.has_added = self.has_added, False
        return had


def _may_go_on(hook: str, outcome: str) -> bool:
    """A failed or aborted answer ends its run; what comes after that is for the end of the run."""
    return outcome == "completed" or hook == "agent_before_settle"


def can_continue(messages: list[Message]) -> bool:
    """Whether there is something for the model to answer."""
    last = next((m for m in reversed(messages) if m["role"] != "system"), None)
    return last is not None and last["role"] != "assistant"


def preview(session: Session, drafts: list[Draft], waiting: list[Message]) -> dict[str, Any]:
    """The conversation as it would be with these drafts stored; fit to be changed by anyone."""
    from pi.extensions.event import copied  # noqa: PLC0415 - only where there is a handler

    walk = [*reversed(_as_entries(session, drafts)), *session.tree.walk()]
    steps = list(project(walk))
    messages = [message for _, found in steps for message in found]
    return copied(
        {
            "contextEntries": [{"sourceEntry": entry, "messages": found} for entry, found in steps],
            "contextMessages": messages,
            "llmMessages": as_sent(messages),
            "pendingMessages": waiting,
            "canContinue": can_continue(messages),
        }
    )


def _as_entries(session: Session, drafts: list[Draft]) -> list[Entry]:
    """Drafts as the entries they would be, under ids of their own."""
    entries = []
    parent = session.leaf_id
    for number, draft in enumerate(drafts, 1):
        own_id = f"draft-{number}"
        entry = {**draft, "id": own_id, "parentId": parent, "timestamp": ""}
        if draft["type"] == "compaction":
            entry["firstKeptEntryId"] = draft.get("firstKeptEntryId") or own_id
        entries.append(entry)
        parent = own_id
    return entries


# --- whether a draft is possible -----------------------------------------------------------------


def _problem_of(session: Session, drafts: list[Draft]) -> str:
    """Why drafts cannot be stored; "" if they can."""
    for draft in drafts:
        kind = draft.get("type")
        check = _CHECKS.get(kind) if isinstance(kind, str) else None
        if check is None:
            return f"proposed an entry of the type {kind!r}; there are {_KINDS}"
        problem = check(session, draft) or why_not_json(draft)
        if problem:
            return f"proposed an impossible {kind}: {problem}"
    return ""


def _text(draft: Draft, *names: str) -> str:
    missing = [name for name in names if not (isinstance(draft.get(name), str) and draft[name])]
    return f"{missing[0]} is missing" if missing else ""


def _check_custom(_: Session, draft: Draft) -> str:
    return _text(draft, "customType")


def _check_message(_: Session, draft: Draft) -> str:
    problem = why_not_content(draft.get("content"))
    return _text(draft, "customType") or (problem and f"content {problem}")


def _check_edit(session: Session, draft: Draft) -> str:
    if _text(draft, "targetId"):
        return _text(draft, "targetId")
    target = next((e for e in session.tree.walk() if e["id"] == draft["targetId"]), None)
    if target is None:
        return f"there is no entry {draft['targetId']} on this branch"
    if not is_editable(target):
        return f"the entry {draft['targetId']} has no content that the model sees"
    if "replacement" not in draft:
        return "replacement is missing; None hides the entry"
    content = _replacement(draft)
    if content is None or isinstance(content, str):
        return ""
    is_list = isinstance(content, list) and all(isinstance(block, dict) for block in content)
    return "" if is_list else "replacement is neither a text nor a list of blocks"


def _check_compaction(session: Session, draft: Draft) -> str:
    first = draft.get("firstKeptEntryId")
    if first is not None and not any(entry["id"] == first for entry in session.tree.walk()):
        return f"there is no entry {first} on this branch"
    return _text(draft, "summary") or why_not_usage(draft.get("usage"))


def _check_label(session: Session, draft: Draft) -> str:
    if _text(draft, "targetId"):
        return _text(draft, "targetId")
    if draft["targetId"] not in session.tree:
        return f"there is no entry {draft.get('targetId')}"
    return "" if isinstance(draft.get("label"), (str, type(None))) else "label is no text"


_CHECKS: dict[Any, Callable[[Session, Draft], str]] = {
    "custom": _check_custom,
    "custom_message": _check_message,
    "context_edit": _check_edit,
    "compaction": _check_compaction,
    "label": _check_label,
}
_KINDS = ", ".join(_CHECKS)


# --- storing -------------------------------------------------------------------------------------


def _replacement(draft: Draft) -> Any:
    given = draft["replacement"]
    return given.get("content") if isinstance(given, dict) else given


def _add_message(session: Session, draft: Draft) -> Entry:
    return session.append_custom_message(
        draft["customType"],
        draft["content"],
        display=bool(draft.get("display", True)),
        details=draft.get("details"),
    )


def _add_compaction(session: Session, draft: Draft) -> Entry:
    system = [message for message in session.messages() if message["role"] == "system"]
    return session.append_compaction(
        draft["summary"],
        draft.get("firstKeptEntryId"),
        context_tokens(session.tree),
        system=checkpoint(system, system[-1].get("timestamp", 0)) if system else None,
        details=draft.get("details"),
        usage=draft.get("usage"),
        fromHook=True,
    )


_ADDING: dict[str, Callable[[Session, Draft], Entry]] = {
    "custom": lambda session, draft: session.append_custom(draft["customType"], draft.get("data")),
    "custom_message": _add_message,
    "context_edit": lambda session, draft: session.edit(draft["targetId"], _replacement(draft)),
    "compaction": _add_compaction,
    "label": lambda session, draft: session.set_label(draft["targetId"], draft.get("label")),
}
