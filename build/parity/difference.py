"""Differences between two observations, each with the place where it is.

    Difference("run 1/stdout/message_end:assistant/message.usage", "only ours: reasoning", 3, None)

Places name no positions in lists, so that one cause gives one place however often it shows. Lists
of events and entries are aligned by their kinds first: one event more is one difference.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MOST_NAMED = 40


class Difference(Value):
    """Where and how two observations differ, and the two values there."""

    place: str
    what: str
    ours: Any = None
    theirs: Any = None

    @property
    def key(self) -> str:
        """What tells two differences apart, whatever the scenario."""
        return f"{self.place}: {self.what}"


def differences(ours: Any, theirs: Any, place: str = "") -> Iterator[Difference]:
    """All differences, in order."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        yield from _in_objects(ours, theirs, place)
    elif isinstance(ours, list) and isinstance(theirs, list):
        yield from _in_lists(ours, theirs, place)
    elif type(ours) is not type(theirs) and not _are_numbers(ours, theirs):
        yield Difference(place, "other type", ours, theirs)
    elif ours != theirs:
        yield Difference(place, _told(ours, theirs), ours, theirs)


def _told(ours: Any, theirs: Any) -> str:
    """Short values are named, so that each pair is a difference of its own."""
    if len(repr(ours)) + len(repr(theirs)) < MOST_NAMED:
        return f"{ours!r}, not {theirs!r}"
    return "other value"


def _are_numbers(ours: Any, theirs: Any) -> bool:
    return not any(
        isinstance(value, bool) or not isinstance(value, (int, float)) for value in (ours, theirs)
    )


def _in_objects(ours: dict, theirs: dict, place: str) -> Iterator[Difference]:
    for key in ours:
        if key not in theirs:
            yield Difference(place, f"only ours: {key}", ours[key], None)
    for key in theirs:
        if key not in ours:
            yield Difference(place, f"only theirs: {key}", None, theirs[key])
    common = [key for key in ours if key in theirs]
    others = [key for key in theirs if key in ours]
    if common != others:
        yield Difference(place, "other order of keys", list(ours), list(theirs))
    for key in common:
        yield from differences(ours[key], theirs[key], _below(place, key))


def _below(place: str, key: str) -> str:
    if not place or place.count("/") < 2:
        return f"{place}/{key}" if place else key
    return f"{place}.{key}"


def _in_lists(ours: list, theirs: list, place: str) -> Iterator[Difference]:
    kinds = [[_kind(item) for item in items] for items in (ours, theirs)]
    matcher = SequenceMatcher(None, kinds[0], kinds[1], autojunk=False)
    for tag, first, last, from_there, to_there in matcher.get_opcodes():
        if tag == "equal":
            for mine, other in zip(ours[first:last], theirs[from_there:to_there], strict=True):
                kind = _kind(mine)
                at = f"{place}[{kind}]" if isinstance(kind, str) and kind else f"{place}[]"
                yield from differences(mine, other, at)
            continue
        yield from _more(ours[first:last], place, "ours")
        yield from _more(theirs[from_there:to_there], place, "theirs")


def _more(items: list, place: str, whose: str) -> Iterator[Difference]:
    for item in items:
        shown = (item, None) if whose == "ours" else (None, item)
        yield Difference(place, f"item only {whose}: {_kind(item)}", *shown)


def _kind(item: Any) -> Any:
    """What an event, an entry or a message is, for finding its counterpart."""
    if not isinstance(item, dict):
        return type(item).__name__ if isinstance(item, (dict, list)) else "-"
    parts = [str(item[key]) for key in ("type", "role") if isinstance(item.get(key), str)]
    message = item.get("message")
    if isinstance(message, dict) and isinstance(message.get("role"), str):
        parts.append(message["role"])
    inner = item.get("assistantMessageEvent")
    if isinstance(inner, dict):
        parts.append(str(inner.get("type")))
    if item.get("type") != "session_info":
        names = (item.get(key) for key in ("toolName", "name"))
        parts += [name for name in names if isinstance(name, str)]
    return ":".join(parts)
