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

from pi.asking import Asking
from pi.compaction.branch import leave
from pi.compaction.estimate import checkpoint, context_tokens, is_over, messages_tokens
from pi.compaction.plan import make_plan
from pi.compaction.summarise import BranchWish, summarise, summarise_branch
from pi.errors import Cancelled, PiError
from pi.events import CompactionEnd, CompactionStart, Notice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.asking import Parts
    from pi.cancel import CancelToken
    from pi.compaction.plan import Plan
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
        self._token = token.child()
        emit(CompactionStart(reason))
        try:
            result = self._made(reason, model, thinking, self._token, focus)
        except Cancelled:
            emit(CompactionEnd(reason, None, aborted=True))
            raise PiError(CANCELLED) from None
        except PiError as error:
            emit(CompactionEnd(reason, None, error=f"{_FAILURES[reason]}: {error}"))
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
        window = writer.get("contextWindow")
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

    def _made(
        self, reason: str, model: Model, thinking: str, token: CancelToken, focus: str | None
    ) -> dict[str, Any]:
        parts = self._parts
        plan = self._plan(model)
        system = [m for m in parts.session.messages() if m.get("role") == "system"]
        writer, level = parts.summariser(model, thinking)
        ask = Asking(parts, writer, level, token, "compaction", reason)
        window = writer.get("contextWindow")
        summary = summarise(plan, ask, window=window, focus=focus)
        token.check()
        usage = {} if summary.usage is None else {"usage": summary.usage}
        state = {"systemMessage": checkpoint(system, parts.now_ms())} if system else {}
        head = {
            "summary": summary.text,
            "firstKeptEntryId": plan.first_kept_id,
            "tokensBefore": plan.tokens_before,
        }
        details = {"details": plan.files.details()}
        parts.session.append("compaction", **head, **details, **usage, fromHook=False, **state)
        parts.session.sync()
        after = messages_tokens(parts.session.messages())
        return {**head, "estimatedTokensAfter": after, **usage, **details}
