"""The notices of a run: what handlers of extensions are told of, and in which fields.

    hearing = Hearing(hooks, token, now_ms)
    hearing.hear(ToolStart("c1", "bash", {...}))      fires tool_execution_start
    hearing.turn_index                                0: the turn that goes on

An event nobody listens to costs one look into a dict. The fields are those of the hook's row in
`pi.extensions.hook`.
"""

from __future__ import annotations

from pi.events import (
    AgentEnd,
    AgentStart,
    MessageStart,
    MessageUpdate,
    ToolEnd,
    ToolStart,
    ToolUpdate,
    TurnStart,
)
from pi.wire import stream_event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.cancel import CancelToken
    from pi.extensions.nohooks import NoHooks


class Hearing:
    """Tells handlers what happens in one run of the loop. `draft` is the answer that arrives."""

    def __init__(self, hooks: NoHooks, token: CancelToken, now_ms: Callable[[], int]) -> None:
        self.draft: Any = None
        self.turn_index = -1  # the turn that goes on
        self._hooks = hooks
        self._token = token
        self._now_ms = now_ms
        self._rows = {kind: row for kind, row in _NOTICES.items() if hooks.wants(row[0])}
        self.hears_updates = MessageUpdate in self._rows

    def hear(self, event: Any) -> None:
        """Tell of an event, if it is one that somebody listens to."""
        if type(event) is TurnStart:
            self.turn_index += 1
        row = self._rows.get(type(event))
        if row is not None:
            name, fields = row
            self._hooks.fire(name, self._token, **fields(event, self))

    @property
    def now_ms(self) -> int:
        """The time, in Unix milliseconds."""
        return self._now_ms()


def _tool(event: ToolStart | ToolUpdate | ToolEnd) -> dict[str, Any]:
    parent = {} if event.parent is None else {"parent_tool_call_id": event.parent}
    return {"tool_call_id": event.call_id, "tool_name": event.name, **parent}


def _update(event: MessageUpdate, hearing: Hearing) -> dict[str, Any]:
    from pi.extensions.event import Lazy, copied  # noqa: PLC0415 - only where there is a handler

    draft = hearing.draft
    return {
        "message": Lazy(lambda _: copied(draft.message("pending"))),
        "assistant_message_event": stream_event(event.event),
    }


def _ended(event: ToolEnd) -> dict[str, Any]:
    took = {} if event.duration_ms is None else {"duration_ms": event.duration_ms}
    return {**_tool(event), "result": event.result, "is_error": event.is_error, **took}


_NOTICES: dict[type, tuple[str, Callable[[Any, Hearing], dict[str, Any]]]] = {
    AgentStart: ("agent_start", lambda event, at: {}),
    AgentEnd: ("agent_end", lambda event, at: {"messages": event.messages}),
    TurnStart: (
        "turn_start",
        lambda event, at: {"turn_index": at.turn_index, "timestamp": at.now_ms},
    ),
    MessageStart: ("message_start", lambda event, at: {"message": event.message}),
    MessageUpdate: ("message_update", _update),
    ToolStart: (
        "tool_execution_start",
        lambda event, at: {**_tool(event), "args": event.arguments},
    ),
    ToolUpdate: (
        "tool_execution_update",
        lambda event, at: {
            **_tool(event),
            "args": event.arguments,
            "partial_result": event.partial,
        },
    ),
    ToolEnd: ("tool_execution_end", lambda event, at: _ended(event)),
}
"""Event -> its hook and the fields of that."""
