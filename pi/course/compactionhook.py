"""What extensions have to do with a compaction: they may forbid it, or bring the summary.

    own = asked(hooks, session, preparation_of(plan, settings, auto=True), token, why)
    own                    None, or {"summary", "firstKeptEntryId", "tokensBefore", ...}

The record that handlers of session_before_compact are shown has the reference's keys; `fileOps` are
lists here, where the reference has sets.
"""

from __future__ import annotations

from pi.course.asking import FORBIDDEN
from pi.errors import Cancelled
from pi.fit import why_not_json, why_not_usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.cancel import CancelToken
    from pi.compaction.plan import Plan
    from pi.course.asking import Why
    from pi.extensions.event import Event
    from pi.extensions.nohooks import NoHooks
    from pi.session import Session
    from pi.settings.layers import Compaction

BEFORE = "session_before_compact"


def preparation_of(plan: Plan, settings: Compaction, *, auto: bool) -> dict[str, Any]:
    """A plan as handlers see it."""
    previous = plan.previous_summary
    return {
        "firstKeptEntryId": plan.first_kept_id,
        "messagesToSummarize": plan.history,
        "turnPrefixMessages": plan.prefix,
        "isSplitTurn": bool(plan.prefix),
        "tokensBefore": plan.tokens_before,
        **({} if previous is None else {"previousSummary": previous}),
        "fileOps": plan.files.operations(),
        "settings": {
            "enabled": auto,
            "reserveTokens": settings.reserve_tokens,
            "keepRecentTokens": settings.keep_recent_tokens,
        },
    }


def asked(
    hooks: NoHooks,
    session: Session,
    preparation: dict[str, Any],
    token: CancelToken,
    why: Why,
) -> dict[str, Any] | None:
    """The compaction that a handler brings; None: it is for pi to make. Raises Cancelled."""
    event = hooks.fire(
        BEFORE,
        token,
        check=lambda at: _problem(at, session),
        preparation=preparation,
        branch_entries=session.branch(),
        reason=why.reason,
        will_retry=why.will_retry,
        signal=token,
        **({} if why.focus is None else {"custom_instructions": why.focus}),
    )
    token.check()
    if event.cancel:
        raise Cancelled(FORBIDDEN)
    own = event.compaction
    if own is None:
        return None
    optional = {key: own[key] for key in ("details", "usage") if own.get(key) is not None}
    return {
        "summary": own["summary"],
        "firstKeptEntryId": own.get("firstKeptEntryId") or preparation["firstKeptEntryId"],
        "tokensBefore": own.get("tokensBefore", preparation["tokensBefore"]),
        **optional,
    }


def _problem(event: Event, session: Session) -> str:
    """Why a compaction that was brought cannot be stored; "" if it can."""
    own = event.compaction
    if own is None:
        return ""
    if not own["summary"].strip():
        return "returned an empty summary"
    first = own.get("firstKeptEntryId")
    if first is not None and not any(entry["id"] == first for entry in session.tree.walk()):
        return f"returned the firstKeptEntryId {first!r}, which is no entry of this branch"
    if not isinstance(own.get("tokensBefore", 0), int):
        return "returned a tokensBefore that is no number"
    return why_not_usage(own.get("usage")) or why_not_json(own)
