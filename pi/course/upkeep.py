"""Keeping a conversation within its model's window: when to compact, doing it, telling about it.

    upkeep = Upkeep(parts)
    upkeep.is_due(model)                              whether the context crossed the threshold
    upkeep.compact("manual", model, "off", token)     the result, as `compaction_end` has it
    upkeep.attempt("threshold", model, "off", token)  whether one was made; never raises
    upkeep.cancel()

Reasons are manual, threshold (the free room fell below the reserve) and overflow (the provider
refused the request, or cut the answer short). Whatever goes wrong leaves the session as it was.
Events and entry: `contracts.md` section 10.
"""

from __future__ import annotations

from pi.compaction.branch import leave
from pi.compaction.estimate import checkpoint, context_tokens, is_over, messages_tokens
from pi.compaction.plan import make_plan
from pi.compaction.summarise import BranchWish, summarise, summarise_branch
from pi.course.asking import FORBIDDEN, Asking, Why
from pi.errors import Cancelled, PiError
from pi.events import CompactionEnd, CompactionStart, Notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.cancel import CancelToken
    from pi.compaction.plan import Plan
    from pi.course.asking import Parts
    from pi.request import Model

CANCELLED = "Compaction cancelled"
SECOND_OVERFLOW = (
    "Context overflow recovery failed: the conversation is still too long after it was summarised. "
    "Take a model with a larger context window, or make the last message smaller."
)

_FAILURES = {
    "manual": "Compaction failed",
    "threshold": "Auto-compaction failed",
    "overflow": "Context overflow recovery failed",
}


class Upkeep:
    """Compaction of one conversation. `auto` is whether it happens by itself."""

    def __init__(self, parts: Parts, auto: bool) -> None:
        self.auto = auto
        self._parts = parts
        self._token: CancelToken | None = None
        self._is_own = False  # whether the summary is an extension's

    @property
    def is_busy(self) -> bool:
        """Whether a summary is being made."""
        return self._token is not None

    def cancel(self) -> None:
        """Stop the compaction that goes on, if any; returns at once."""
        token = self._token
        if token is not None:
            token.cancel(CANCELLED)

    def tokens(self) -> int:
        """About how many tokens the context takes now."""
        return context_tokens(self._parts.session.tree)

    def is_due(self, model: Model) -> bool:
        """Whether the context leaves less room than is to be held in reserve."""
        window = model.get("contextWindow")
        if not self.auto or not window:
            return False
        try:
            settings = self._parts.settings(model)
        except PiError as error:
            self._parts.emit(Notice("error", str(error)))
            return False
        return is_over(self.tokens(), window, settings)

    def attempt(
        self, reason: str, model: Model, thinking: str, token: CancelToken, will_retry: bool = False
    ) -> bool:
        """Compact if there is something to compact; whether it was done. Failures are told."""
        try:
            self._plan(model)
        except PiError:
            return False
        try:
            self.compact(reason, model, thinking, token, will_retry=will_retry)
        except PiError:
            return False  # compaction_end has told
        return True

    def compact(
        self,
        reason: str,
        model: Model,
        thinking: str,
        token: CancelToken,
        *,
        focus: str | None = None,
        will_retry: bool = False,
    ) -> dict[str, Any]:
        """Summarise the old part of the active branch and store the compaction.

        Returns the result that `compaction_end` carries. Raises PiError when there is nothing to
        do, it failed or was cancelled; the same was told by then.
        """
        emit = self._parts.emit
        why = Why(reason, focus, will_retry)
        self._token = token.child()
        self._is_own = False
        emit(CompactionStart(reason))
        try:
            result = self._made(why, model, thinking, self._token)
        except Cancelled as error:
            self._tell_failed(why, None)
            emit(CompactionEnd(reason, None, aborted=True))
            raise PiError(FORBIDDEN if str(error) == FORBIDDEN else CANCELLED) from None
        except PiError as error:
            told = f"{_FAILURES[reason]}: {error}"
            self._tell_failed(why, told)
            emit(CompactionEnd(reason, None, error=told))
            raise
        finally:
            self._token = None
        emit(CompactionEnd(reason, result, will_retry=will_retry))
        return result

    def branch_summary(
        self,
        target_id: str | None,
        model: Model,
        thinking: str,
        token: CancelToken,
        wish: BranchWish,
    ) -> dict[str, Any] | None:
        """The fields of a `branch_summary` entry about what going on from `target_id` leaves.

        None where nothing is left behind. Nothing is stored. Raises PiError, Cancelled.
        """
        parts = self._parts
        writer, level = parts.summariser(model, thinking)
        window = writer.get("contextWindow") or None
        budget = max(window // 2, window - wish.reserve_tokens) if window else 1 << 53
        leaving = leave(parts.session.tree, target_id, budget)
        if not leaving.messages:
            return None
        self._token = token.child()
        try:
            ask = Asking(parts, writer, level, self._token, "branchSummary")
            summary = summarise_branch(leaving, ask, window=window, wish=wish)
            self._token.check()
        finally:
            self._token = None
        return {
            "fromId": parts.session.leaf_id,
            "summary": summary.text,
            "details": leaving.files.details(),
            **({} if summary.usage is None else {"usage": summary.usage}),
            "fromHook": False,
        }

    def _plan(self, model: Model) -> Plan:
        settings = self._parts.settings(model)
        return make_plan(self._parts.session.tree, settings.keep_recent_tokens)

    def _tell_failed(self, why: Why, told: str | None) -> None:
        """Tell extensions that a compaction failed, or with None that it was aborted."""
        hooks = self._parts.hooks
        if hooks.wants("session_compact_failed"):
            hooks.fire(
                "session_compact_failed",
                None,
                reason=why.reason,
                aborted=told is None,
                will_retry=why.will_retry,
                from_extension=self._is_own,
                **({} if told is None else {"error_message": told}),
            )

    def _made(self, why: Why, model: Model, thinking: str, token: CancelToken) -> dict[str, Any]:
        parts, session = self._parts, self._parts.session
        plan = self._plan(model)
        system = [m for m in session.messages() if m.get("role") == "system"]
        fields = self._brought(plan, model, token, why)
        self._is_own = fields is not None
        if fields is None:
            fields = self._written(plan, model, thinking, token, why)
        token.check()
        state = {"systemMessage": checkpoint(system, parts.now_ms())} if system else {}
        entry = session.append("compaction", **fields, fromHook=self._is_own, **state)
        session.sync()
        if parts.hooks.wants("session_compact"):
            parts.hooks.fire(
                "session_compact",
                token,
                compaction_entry=entry,
                from_extension=self._is_own,
                reason=why.reason,
                will_retry=why.will_retry,
            )
        head = {key: fields[key] for key in ("summary", "firstKeptEntryId", "tokensBefore")}
        rest = {key: fields[key] for key in ("usage", "details") if key in fields}
        return {**head, "estimatedTokensAfter": messages_tokens(session.messages()), **rest}

    def _brought(
        self, plan: Plan, model: Model, token: CancelToken, why: Why
    ) -> dict[str, Any] | None:
        """The fields of a compaction that an extension brings, if one does. Raises Cancelled."""
        parts = self._parts
        if not parts.hooks.wants("session_before_compact"):
            return None
        from pi.course.compactionhook import asked, preparation_of  # noqa: PLC0415 - only with a handler

        shown = preparation_of(plan, parts.settings(model), auto=self.auto)
        return asked(parts.hooks, parts.session, shown, token, why)

    def _written(
        self, plan: Plan, model: Model, thinking: str, token: CancelToken, why: Why
    ) -> dict[str, Any]:
        """The fields of a compaction whose summary a model writes. Raises PiError, Cancelled."""
        writer, level = self._parts.summariser(model, thinking)
        ask = Asking(self._parts, writer, level, token, "compaction", why.reason)
        window = writer.get("contextWindow") or None
        summary = summarise(plan, ask, window=window, focus=why.focus)
        return {
            "summary": summary.text,
            "firstKeptEntryId": plan.first_kept_id,
            "tokensBefore": plan.tokens_before,
            "details": plan.files.details(),
            **({} if summary.usage is None else {"usage": summary.usage}),
        }
