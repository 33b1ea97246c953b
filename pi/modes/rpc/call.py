"""One command on its way: its fields, and the response it gets."""

from __future__ import annotations

from pi.text.jsontext import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.agent.agent import Agent

NOTHING = object()
"""A handler's result for a response without data; None is sent as null."""

LATER = object()
"""A handler's result when the response is given by `succeed` or `fail` some other time."""


class Call:
    """A command and its response. `name` and id may be any JSON value: they are only repeated."""

    def __init__(self, value: Any, agent: Agent, write: Callable[[str], object]) -> None:
        self.agent = agent
        self._fields: dict[str, Any] = value if isinstance(value, dict) else {}
        self._write = write
        self.name = self._fields.get("type")

    @property
    def id(self) -> Any:
        """What the client calls this command; None when it said nothing."""
        return self._fields.get("id")

    def get(self, name: str, default: Any = None) -> Any:
        """A field; `default` where it is missing or null."""
        value = self._fields.get(name)
        return default if value is None else value

    def succeed(self, data: Any = NOTHING) -> None:
        """Respond that it was done."""
        self._respond(True, {} if data is NOTHING else {"data": data})

    def fail(self, error: str) -> None:
        """Respond that it was not done, and why."""
        self._respond(False, {"error": error})

    def _respond(self, success: bool, result: dict[str, Any]) -> None:
        record: dict[str, Any] = {"id": self.id} if "id" in self._fields else {}
        record["type"] = "response"
        if self.name is not None:
            record["command"] = self.name
        self._write(dumps({**record, "success": success, **result}) + "\n")


def parse_failure(reason: str) -> str:
    """The response to a line that is no JSON."""
    error = f"Failed to parse command: {reason}"
    return dumps({"type": "response", "command": "parse", "success": False, "error": error}) + "\n"
