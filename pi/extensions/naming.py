"""The two spellings of a name: `tool_call_id`, and the reference's `toolCallId`."""

from __future__ import annotations

import re

_CAPITALS = re.compile("(?<=[a-z0-9])[A-Z]+")
_known: dict[str, str] = {}


def snake(name: str) -> str:
    """`toolCallId` and `tool_call_id` as `tool_call_id`; `hasUI` as `has_ui`."""
    found = _known.get(name)
    if found is None:
        found = _CAPITALS.sub(lambda match: "_" + match[0].lower(), name)
        if len(_known) < 1000:  # names come from outside
            _known[name] = found
    return found


def camel(name: str) -> str:
    """`tool_call_id` as `toolCallId`."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def snake_keys(given: dict[str, object]) -> dict[str, object]:
    """A dict with its keys, and only those, in snake case; keys that are no text are left out."""
    return {snake(key): value for key, value in given.items() if isinstance(key, str)}
