"""Going on from another place in the session's tree.

    navigate(harness, "a0b1c2d3")                      {"cancelled": False}
    navigate(harness, "a0b1c2d3", summarize=True)      {..., "summaryEntry": {...}}

Going on from a message of the user, or of an extension, means to write it anew: the place is then
the one before it, and its text is `editorText`. Any other entry is itself the place. The branch
that is left may be summarised where the new one begins; a label goes to that summary, or to the
entry that was named. Nothing changes where it is cancelled, by an extension or by a token that
fires (`aborted`). Source: the reference's extension page, "ctx.navigateTree", and driving it.
"""

from __future__ import annotations

from pi.cancel import CancelToken
from pi.compaction.branch import leave
from pi.compaction.summarise import BranchWish
from pi.errors import Cancelled, PiError
from pi.fit import why_not_json, why_not_usage
from pi.messages import text_of
from pi.store.format import role_of
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.extensions.event import Event
    from pi.session import Session
    from pi.store.format import Entry

BEFORE = "session_before_tree"
COMPACTING = "the conversation is being compacted: go elsewhere when that has ended"


class Wish(Value):
    """How to go: whether the branch that is left is summarised, by which instructions (which may
    stand in for pi's own), and the label to set."""

    summarize: bool = False
    custom_instructions: str | None = None
    replace_instructions: bool = False
    label: str | None = None


def navigate(
    harness: Any, target_id: str, wish: Wish, token: CancelToken | None = None
) -> dict[str, Any]:
    """Go on from an entry; see the module's head.

    Raises PiError while something runs, for an entry that is not there, and where the summary
    cannot be made.
    """
    session = harness.session
    if harness.upkeep.is_busy and not harness.is_streaming:
        raise PiError(COMPACTING)
    old_leaf = session.leaf_id
    try:
        with harness.claim:
            moved = _gone(harness, target_id, wish, token or CancelToken())
    except Cancelled:
        return {"cancelled": True, "aborted": True}
    if session.leaf_id != old_leaf:
        _tell(harness, old_leaf, moved.get("summaryEntry"))
    return moved


def _gone(harness: Any, target_id: str, wish: Wish, token: CancelToken) -> dict[str, Any]:
    """What `navigate` returns, when it is done. Raises PiError, Cancelled."""
    target = harness.session.tree.get(target_id)
    if target is None:
        raise PiError(f"Entry {target_id} not found")
    if target_id == harness.session.leaf_id:
        return {"cancelled": False}
    allowed, own = _asked(harness, target_id, wish, token)
    if allowed is None:
        return {"cancelled": True}
    summary = _summary(harness, target_id, allowed, own, token)
    return _move(harness.session, target, allowed, summary)


def _asked(
    harness: Any, target_id: str, wish: Wish, token: CancelToken
) -> tuple[Wish | None, dict[str, Any] | None]:
    """The wish as extensions leave it (None: they forbid it), and the summary that one brings."""
    if not harness.setup.hooks.wants(BEFORE):
        return wish, None
    preparation = _preparation(harness.session, target_id, wish)
    event = harness.setup.hooks.fire(
        BEFORE, token, check=_problem, preparation=preparation, signal=token
    )
    token.check()
    if event.cancel:
        return None, None
    changes = {name: event.get(name) for name in _ANSWERS if event.get(name) is not None}
    return replace(wish, **changes), event.summary if wish.summarize else None


_ANSWERS = ("custom_instructions", "replace_instructions", "label")


def _preparation(session: Session, target_id: str, wish: Wish) -> dict[str, Any]:
    """What is about to happen, as handlers see it."""
    leaving = leave(session.tree, target_id, 0)
    given = {
        "customInstructions": wish.custom_instructions,
        "replaceInstructions": wish.replace_instructions or None,
        "label": wish.label,
    }
    return {
        "targetId": target_id,
        "oldLeafId": session.leaf_id,
        "commonAncestorId": leaving.ancestor_id,
        "entriesToSummarize": leaving.entries,
        "userWantsSummary": wish.summarize,
        **{key: value for key, value in given.items() if value is not None},
    }


def _problem(event: Event) -> str:
    own = event.summary
    if own is None:
        return ""
    if not own["summary"].strip():
        return "returned an empty summary"
    return why_not_usage(own.get("usage")) or why_not_json(own)


def _summary(
    harness: Any,
    target_id: str,
    wish: Wish,
    own: dict[str, Any] | None,
    token: CancelToken,
) -> dict[str, Any] | None:
    """The fields of the summary of what is left; None where there is to be none."""
    if not wish.summarize:
        return None
    if own is not None:
        optional = {key: own[key] for key in ("details", "usage") if own.get(key) is not None}
        return {"summary": own["summary"], **optional, "fromHook": True}
    reserve = harness.setup.branch_reserve_tokens
    how = BranchWish(wish.custom_instructions, wish.replace_instructions, reserve)
    made = harness.upkeep.branch_summary(target_id, harness.model, harness.thinking, token, how)
    return made and {key: value for key, value in made.items() if key != "fromId"}


def _move(
    session: Session, target: Entry, wish: Wish, summary: dict[str, Any] | None
) -> dict[str, Any]:
    moved: dict[str, Any] = {"cancelled": False}
    place = target["id"]
    words = _words(target)
    if words is not None:
        moved["editorText"] = words
        place = target.get("parentId") if target.get("parentId") in session.tree else None
    entry = session.move_to(place, **(summary or {}))
    if entry is not None:
        moved["summaryEntry"] = entry
    if wish.label:
        session.set_label(target["id"] if entry is None else entry["id"], wish.label)
    session.sync()
    return moved


def _words(target: Entry) -> str | None:
    """What is to be written anew; None for an entry that is itself a place to go on from."""
    if role_of(target) == "user":
        return text_of(target["message"])
    return text_of(target) if target.get("type") == "custom_message" else None


def _tell(harness: Any, old_leaf: str | None, summary: Entry | None) -> None:
    hooks = harness.setup.hooks
    if hooks.wants("session_tree"):
        own = {} if summary is None else {"from_extension": summary["fromHook"]}
        found = {} if summary is None else {"summary_entry": summary}
        leaf = harness.session.leaf_id
        hooks.fire("session_tree", None, new_leaf_id=leaf, old_leaf_id=old_leaf, **found, **own)
