"""How a Responses answer ended: what the status of its final event means.

    completed                              stop, or toolUse where tools were called
    incomplete, reason max_output_tokens   length
    incomplete for any other reason        an error
    failed, cancelled                      an error: what the service reports

The status counts, not the event's name; the name does where there is none.
"""

from __future__ import annotations

from pi.errors import ProviderError
from pi.providers import failure
from pi.providers.responses_blocks import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TOO_LONG = ("max_output_tokens", "max_tokens", "length")
"""Reasons of an incomplete answer that mean the output limit."""

_COMPLETE = ("completed", "done", "in_progress", "queued")
"""What a complete answer may say it is: some gateways repeat an old status."""


def status_of(kind: str, response: dict[str, Any]) -> str:
    """The status of a final event's response."""
    status = response.get("status")
    return word(status) if isinstance(status, str) else kind.removeprefix("response.")


def raw_reason(status: str, response: dict[str, Any]) -> str:
    """The provider's word for why the answer ended, for example "incomplete.content_filter"."""
    why = _why(response) if status == "incomplete" else ""
    return f"{status}.{why}" if why else status


def failed(kind: str, status: str, response: dict[str, Any]) -> ProviderError | None:
    """What went wrong; None for an answer that did not fail."""
    if kind != "response.failed" and status not in ("failed", "cancelled"):
        return None
    if response.get("error"):
        return failure.from_object(response["error"])
    why = _why(response)
    what = "was cancelled by the provider" if status == "cancelled" else "failed at the provider"
    cause = "content_filter" if why == "content_filter" else "server"
    return ProviderError(f"the answer {what}{f': {why}' if why else ''}", cause, code=why or None)


def stop_reason(status: str, response: dict[str, Any], has_calls: bool) -> str:
    """Our word for why the answer ended. Raises ProviderError for one that was broken off."""
    if status == "incomplete":
        why = _why(response)
        if why in _TOO_LONG:
            return "length"
        kind = "content_filter" if why == "content_filter" else "unknown"
        said = why or "it does not say why"
        raise ProviderError(f"the provider broke the answer off: {said}", kind, code=why or None)
    if status not in _COMPLETE:
        raise ProviderError(f'the provider ended the answer with status "{status}"')
    return "toolUse" if has_calls else "stop"


def _why(response: dict[str, Any]) -> str:
    """Why a response is incomplete; "" if it does not say."""
    details = response.get("incomplete_details")
    return word(details.get("reason")) if isinstance(details, dict) else ""
