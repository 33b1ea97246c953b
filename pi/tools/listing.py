"""What `grep` and `find` share: their declaration, the text of a result, its limits and notices.

listing = Listing()
listing.add("src/a.py:3: import re")
listing.outcome("No matches found", notices, details)     an Outcome
shown("a\\nb")                                             "a\\ufffdb"
"""

from __future__ import annotations

from math import isfinite

from pi.messages import text
from pi.text import truncate
from pi.tools.base import Outcome, Tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.tools.base import Call

NO_LIMIT = 2**53 - 1
"""The line limit of a text that is limited in bytes only, as it is stored."""

_KEPT_BYTES = 4 * truncate.MAX_BYTES


def search_tool(
    name: str,
    description: str,
    properties: dict[str, Any],
    run: Callable[[dict[str, Any], Call], Outcome],
    snippet: str,
) -> Tool:
    """A tool that must be told a `pattern` and may be told the rest of `properties`.

    It is not a strict one, nor is the reference's: the optional arguments are often left out.
    """
    parameters = {"type": "object", "required": ["pattern"], "properties": properties}
    return Tool(name, description, parameters, run, snippet=snippet, strict="")


def limit_of(what: str, default: int) -> dict[str, Any]:
    """The property `limit` of such a tool."""
    return {"type": "number", "description": f"How many {what} at most (default: {default})"}


class Listing:
    """Lines of a result. Those far beyond the byte limit are counted and not kept."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._size = 0
        self._more_lines = 0
        self._more_bytes = 0

    def add(self, line: str) -> None:
        """Append one line, which has no line feed."""
        size = len(line.encode("utf-8", "replace")) + 1
        if self._size > _KEPT_BYTES:
            self._more_lines += 1
            self._more_bytes += size
        else:
            self._lines.append(line)
            self._size += size

    def outcome(self, empty: str, notices: list[str], details: dict[str, Any]) -> Outcome:
        """The result: the lines, or `empty`; then the notices in one pair of brackets.

        `details` gets a `truncation` if the byte limit cut the lines; empty ones are dropped.
        """
        if not self._lines:
            return Outcome([text(empty)])
        cut = truncate.head(
            "\n".join(self._lines),
            NO_LIMIT,
            more_lines=self._more_lines,
            more_bytes=self._more_bytes,
        )
        if cut.by is not None:
            notices = [*notices, f"{truncate.size_text(truncate.MAX_BYTES)} limit reached"]
            details = {**details, "truncation": truncate.details(cut)}
        notice = f"\n\n[{'. '.join(notices)}]" if notices else ""
        return Outcome([text(cut.text + notice)], details=details or None)


def whole_number(value: float | None, default: int, least: int, most: int = NO_LIMIT) -> int:
    """An argument as a whole number within bounds; fractions are dropped."""
    if value is None or not isfinite(value):
        return default
    return max(least, min(most, int(value)))
