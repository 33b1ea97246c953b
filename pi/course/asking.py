"""Asking a model to write a summary, again where that may help.

    ask = Asking(parts, model, thinking, token, "compaction", "threshold")
    message = ask(system, text)          raises ProviderError or Cancelled

A failure that may pass is repeated by the rules of the agent's own retries, and told by the three
summary retry events. Prompt caches are not written: such a prompt is never sent again.
"""

from __future__ import annotations

from pi import retry
from pi.errors import Cancelled, ProviderError
from pi.events import (
    Done,
    Failed,
    SummaryRetryEnd,
    SummaryRetryScheduled,
    SummaryRetryStart,
)
from pi.extensions.nohooks import NO_HOOKS
from pi.messages import system_message, user_message
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.cancel import CancelToken
    from pi.client import Client
    from pi.extensions.nohooks import NoHooks
    from pi.messages import Message
    from pi.request import Model, Options
    from pi.session import Session
    from pi.settings.layers import Compaction


class Parts(Value):
    """What upkeep is done with.

    `settings(model)` gives the token settings for a model; it may raise UsageError. `summariser(
    model, thinking)` gives who writes summaries of conversations with that model. `options` are
    those of ordinary requests. `hooks` are those of `pi.course.state.Setup`, `report` tells about
    them.
    """

    session: Session
    client: Client
    settings: Callable[[Model], Compaction]
    summariser: Callable[[Model, str], tuple[Model, str]]
    options: Callable[[Model, str], Options]
    retry: Callable[[], retry.Policy]
    random: Callable[[], float]
    now_ms: Callable[[], int]
    emit: Callable[[Any], None]
    hooks: NoHooks = NO_HOOKS
    report: Callable[[str, str], object] = lambda event, text: None


FORBIDDEN = "Compaction cancelled by an extension"


class Why(Value):
    """Why a compaction is made: manual, threshold or overflow; what the user wants stressed; and
    whether the request that did not fit is made again afterwards."""

    reason: str
    focus: str | None = None
    will_retry: bool = False


class Asking:
    """One request after another to `model`; see the module's head.

    `source` is compaction or branchSummary, `reason` why a compaction is made.
    """

    def __init__(
        self,
        parts: Parts,
        model: Model,
        thinking: str,
        token: CancelToken,
        source: str,
        reason: str | None = None,
    ) -> None:
        self._parts = parts
        self._model = model
        self._token = token
        self._options = replace(parts.options(model, thinking), cache="none")
        self._retry_start = SummaryRetryStart(source, reason)

    def __call__(self, system: str, text: str) -> Message:
        """The finished answer to one request. Raises ProviderError, or Cancelled."""
        attempt = 0
        try:
            while True:
                message, error = self._answer(system, text)
                if error is None:
                    return message
                delay_ms = self._delay_ms(attempt + 1, error)
                attempt += 1
                self._pause(attempt, delay_ms, str(error))
        finally:
            if attempt:
                self._parts.emit(SummaryRetryEnd())

    def _answer(self, system: str, text: str) -> tuple[Message, ProviderError | None]:
        now_ms = self._parts.now_ms()
        messages = [system_message({"preamble": system}, now_ms), user_message(text, now_ms)]
        final: Done | Failed | None = None
        parts, token = self._parts, self._token
        more = _taps(parts, token)
        for event in parts.client.stream(self._model, messages, self._options, token, **more):
            if isinstance(event, (Done, Failed)):
                final = event
        self._token.check()
        if isinstance(final, Done):
            return final.message, None
        if final.error is None:
            raise Cancelled(final.message.get("errorMessage", ""))
        return final.message, final.error

    def _delay_ms(self, attempt: int, error: ProviderError) -> int:
        """The pause before another attempt. Raises ProviderError when there is to be none."""
        delay = retry.delay_ms(self._parts.retry(), attempt, error, self._parts.random())
        if delay is None:
            raise ProviderError(
                f"Summarization failed: {error}", error.kind, status=error.status, code=error.code
            ) from error
        return delay

    def _pause(self, attempt: int, delay_ms: int, told: str) -> None:
        emit, limit = self._parts.emit, self._parts.retry().max_retries
        emit(SummaryRetryScheduled(attempt, limit, delay_ms, told))
        self._token.sleep(delay_ms / 1000)
        emit(self._retry_start)


def _taps(parts: Parts, token: CancelToken) -> dict[str, Any]:
    """What extensions have to do with a request on the side, for the client."""
    if not parts.hooks.wants("before_provider_headers"):
        return {}
    from pi.course.hookup import taps_of  # noqa: PLC0415 - only where there is a handler

    return {"taps": taps_of(parts.hooks, token, parts.report, is_side=True)}
