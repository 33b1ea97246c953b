"""What a result keeps of the calls that its tool made of other tools.

    record = Record()
    record.begin("c1/1", "bash", {"command": "ls"})
    record.end("c1/1", 12, None)
    record.fields()      {"nestedCalls": {"calls": [{"id": "c1/1", "name": "bash",
                          "status": "ok", "arguments": {...}, "durationMs": 12}], "complete": True}}

Calls at every depth are in the one record of the call that the model made, in the order in which
they began. It is bounded: `complete` is False where something was left out. Results are never in
it. Source of shape and bounds: the reference's page on extensions, "Calling Other Tools".
"""

from __future__ import annotations

from pi.text.jsontext import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_CALLS = 256
MAX_ARGUMENT_BYTES = 8 * 1024
MAX_ALL_ARGUMENT_BYTES = 32 * 1024
MAX_ERROR_CHARS = 2000


class Record:
    """The nested calls of one call of the model; see the module's head."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._room = MAX_ALL_ARGUMENT_BYTES
        self._is_complete = True

    def begin(self, call_id: str, name: str, arguments: dict[str, Any]) -> None:
        """Note that a call began; as long as it has not ended, it counts as failed."""
        if len(self._rows) >= MAX_CALLS:
            self._is_complete = False
            return
        row: dict[str, Any] = {"id": call_id, "name": name, "status": "error"}
        size = len(dumps(arguments).encode())
        if size > min(MAX_ARGUMENT_BYTES, self._room):
            self._is_complete = False
        else:
            self._room -= size
            row["arguments"] = arguments
        self._rows[call_id] = {**row, "durationMs": 0}

    def end(self, call_id: str, duration_ms: int, error: str | None) -> None:
        """Note how a call ended; `error` is what went wrong, None if nothing did."""
        row = self._rows.get(call_id)
        if row is None:
            return
        row["durationMs"] = duration_ms
        if error is None:
            row["status"] = "ok"
        else:
            row["error"] = error[:MAX_ERROR_CHARS]
            self._is_complete = self._is_complete and len(error) <= MAX_ERROR_CHARS

    def fields(self) -> dict[str, Any]:
        """What the result message gets: `nestedCalls`, or nothing where there were none."""
        if not self._rows:
            return {}
        return {"nestedCalls": {"calls": list(self._rows.values()), "complete": self._is_complete}}
