"""Where the core meets the hooks of extensions: small adapters, each for one place.

    gate = gate_of(hooks, setup.gate, token)          tool_call, tool_result
    taps = taps_of(hooks, token, report)              the provider hooks of one request
    messages = projected(hooks, messages, token, report)      context, context_with_system
    message = completed(hooks, message, token)        message_end

Each asks once what is wanted, and where that is nothing it gives back what it was given. They are
joined for a prompt in `pi.course.hooked`; `pi.course.hearing` has the notices of a run,
`pi.course.boundary` and `pi.course.opening` the hooks at the ends of turns and runs, and at their
beginning. Without extensions none of this is loaded.

What handlers answer has been checked for its shape by the runner; what only the core can judge is
refused here, through the `check` of `fire`. `report(event, text)` tells of the rest.
"""

from __future__ import annotations

from pi.batch import Gate, RefusedError
from pi.compaction.estimate import checkpoint
from pi.fit import why_not_content, why_not_json, why_not_messages, why_not_usage
from pi.messages import STOP_REASONS, tool_calls
from pi.tap import NO_TAPS, Taps, why_not_header
from pi.tools.base import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.cancel import CancelToken
    from pi.extensions.event import Event
    from pi.extensions.nohooks import NoHooks
    from pi.messages import Message
    from pi.request import Model
    from pi.tools.base import Tool

    Report = Callable[[str, str], object]

BLOCKED = "An extension blocked this call"


# --- tool calls ----------------------------------------------------------------------------------


def gate_of(hooks: NoHooks, inner: Gate, token: CancelToken) -> Gate:
    """The gate `inner`, and behind it the handlers of tool_call and tool_result."""
    is_asked, is_shown = hooks.wants("tool_call"), hooks.wants("tool_result")
    if not (is_asked or is_shown):
        return inner

    def before(call: dict[str, Any], tool: Tool) -> dict[str, Any]:
        if inner.before is not None:
            call = {**call, "arguments": inner.before(call, tool)}
        event = hooks.fire("tool_call", token, **_call(call))
        if event.block:
            raise RefusedError(event.reason or BLOCKED, terminate=bool(event.terminate))
        return event.input

    def after(call: dict[str, Any], outcome: Outcome) -> Outcome:
        if inner.after is not None:
            outcome = inner.after(call, outcome)
        event = hooks.fire(
            "tool_result",
            token,
            check=_check_result,
            **_call(call),
            content=outcome.content,
            details=outcome.details,
            structured_content=outcome.structured,
            is_error=outcome.is_error,
            usage=outcome.usage,
        )
        return _answered(event, outcome) if event.answered else outcome

    return Gate(before if is_asked else inner.before, after if is_shown else inner.after)


def _call(call: dict[str, Any]) -> dict[str, Any]:
    parent = call.get("parentToolCallId")
    return {
        "tool_call_id": call["id"],
        "tool_name": call["name"],
        "input": call["arguments"],
        **({"parent_tool_call_id": parent} if parent else {}),
    }


def _answered(event: Event, outcome: Outcome) -> Outcome:
    return Outcome(
        event.content,
        event.details,
        event.structured_content,
        event.usage,
        bool(event.is_error),
        outcome.terminate,
    )


def _check_result(event: Event) -> str:
    if why_not_content(event.content):
        return f"returned content {why_not_content(event.content)}"
    return why_not_usage(event.usage) or why_not_json(
        event.details, event.structured_content, event.usage
    )


# --- messages ------------------------------------------------------------------------------------

_REQUIRED = (
    "api",
    "provider",
    "model",
    "usage",
    "stopReason",
    "toolCallId",
    "toolName",
    "isError",
    "customType",
    "display",
    "timestamp",
)
"""Keys of a message that a replacement need not repeat."""

_IDENTITY = ("toolCallId", "toolName", "customType", "timestamp")
"""Keys of a message that stay as they are."""


def completed(hooks: NoHooks, message: Message, token: CancelToken) -> Message:
    """A message that is complete, as the handlers of message_end want it to be stored."""
    event = hooks.fire("message_end", token, check=_check_message, message=message)
    if "message" not in event.answered:
        return message
    kept = {key: message[key] for key in _REQUIRED if key in message}
    same = {key: message[key] for key in _IDENTITY if key in message}
    return {**kept, **event.message, **same}


def _check_message(event: Event) -> str:
    message = event.message
    content = message.get("content")
    if message["role"] != "assistant":
        problem = why_not_content(content)
    elif not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        problem = "that is no list of blocks"
    else:
        problem = "with an incomplete tool call" if _has_bad_call(message) else ""
    if problem:
        return f"returned a message with content {problem}"
    if message.get("stopReason", "stop") not in STOP_REASONS:
        return f'returned a message with the unknown stopReason "{message["stopReason"]}"'
    if not isinstance(message.get("errorMessage", ""), str):
        return "returned a message whose errorMessage is no text"
    if "usage" in message and not isinstance(message["usage"], dict):
        return "returned a message whose usage is no dict"
    return why_not_usage(message.get("usage")) or why_not_json(message)


def _has_bad_call(message: Message) -> bool:
    return not all(
        isinstance(call.get("id"), str)
        and isinstance(call.get("name"), str)
        and isinstance(call.get("arguments"), dict)
        for call in tool_calls(message)
    )


def projected(
    hooks: NoHooks, messages: list[Message], token: CancelToken, report: Report
) -> list[Message]:
    """The messages of one request after context and context_with_system; the input stays as it is.

    A conversation that was changed by context gets prompt and tools in one message at its head.
    """
    if token.cancelled:  # nothing will be sent
        return messages

    def shown(hook: str, given: list[Message]) -> list[Message]:
        event = hooks.fire(
            hook, token, check=lambda at: why_not_messages(at.messages), messages=given
        )
        problem = why_not_messages(event.messages)  # what was changed in place is not checked yet
        if problem:
            report(hook, f"a handler {problem}; the conversation is sent as it was")
        return given if problem else event.messages

    if hooks.wants("context"):
        plain = [message for message in messages if message["role"] != "system"]
        after = shown("context", plain)
        if after != plain:
            system = [message for message in messages if message["role"] == "system"]
            head = [checkpoint(system, system[-1].get("timestamp", 0))] if system else []
            messages = [*head, *after]
    if hooks.wants("context_with_system"):
        messages = shown("context_with_system", messages)
    return messages


# --- requests ------------------------------------------------------------------------------------


def taps_of(hooks: NoHooks, token: CancelToken, report: Report, *, is_side: bool = False) -> Taps:
    """The provider hooks of one request; one that is on the side (a summary) has headers alone."""

    def headers(given: dict[str, Any]) -> Mapping[str, str | None]:
        event = hooks.fire("before_provider_headers", token, headers=given)
        fit: dict[str, str | None] = {}
        for name, value in event.headers.items():
            problem = why_not_header(name, value)
            if problem is None:
                fit[name] = value
            else:
                report("before_provider_headers", f"{problem}; it was passed over")
        return {**{name: given[name] for name in given if name in event.headers}, **fit}

    def payload(given: Any) -> Any:
        event = hooks.fire("before_provider_request", token, payload=given)
        problem = why_not_json(event.payload)
        if problem:
            report("before_provider_request", f"a handler {problem}; the request is as it was")
        return given if problem else event.payload

    def response(status: int, given: dict[str, str]) -> None:
        hooks.fire("after_provider_response", token, status=status, headers=given)

    def record(model: Model, data: Any) -> None:
        whose = {"provider": model["provider"], "api": model["api"], "model": model["id"]}
        hooks.fire("provider_stream_event", token, **whose, data=data)

    made = {"headers": headers, "payload": payload, "response": response, "record": record}
    wanted = {
        key: tap
        for key, tap in made.items()
        if hooks.wants(_TAPPED[key]) and (key == "headers" or not is_side)
    }
    return Taps(**wanted) if wanted else NO_TAPS


_TAPPED = {
    "headers": "before_provider_headers",
    "payload": "before_provider_request",
    "response": "after_provider_response",
    "record": "provider_stream_event",
}
