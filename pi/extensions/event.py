"""What a handler is told: the fields of an event as attributes, in either spelling.

    event.tool_name, event.toolName, event["tool_name"]     "bash"
    event.input["command"] = "ls"                           where the row says it may be changed
    event.type                                              "tool_call"

A field that was not given is None. Lists and dicts are copied when a handler reads them, so that
nothing it does to them reaches the session; in a field that may be changed, the copy is what counts
afterwards, until the next handler gets a copy of that. A field given as `Lazy` is computed each
time it is read.
"""

from __future__ import annotations

from pi.extensions.naming import snake
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.extensions.row import Hook


class Lazy(Value):
    """A field that is computed when it is read: `compute(event)`."""

    compute: Callable[[Event], Any]


def copied(value: Any) -> Any:
    """A JSON value with lists and dicts of its own, however deep."""
    try:
        return _copied(value)
    except RecursionError:
        return _copied_deep(value)


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    if type(value) is list:
        return [_copied(item) for item in value]
    return value


def _copied_deep(value: Any) -> Any:
    """`_copied`, for values that are nested deeper than Python calls functions."""
    top = [value]
    waiting: list[Any] = [top]
    while waiting:
        held = waiting.pop()
        for key, item in list(held.items() if type(held) is dict else enumerate(held)):
            if type(item) in (dict, list):
                held[key] = item.copy()
                waiting.append(held[key])
    return top[0]


class Event:
    """One event on its way through the handlers; see the module's head.

    `answered` has the names of the fields that answers replaced.
    """

    __slots__ = ("_fields", "_hook", "_is_open", "_owned", "answered")

    def __init__(self, hook: Hook, fields: dict[str, Any]) -> None:
        put = object.__setattr__
        put(self, "_hook", hook)
        put(self, "_fields", fields)
        put(self, "_owned", set())
        put(self, "_is_open", True)
        put(self, "answered", set())

    @property
    def type(self) -> str:
        """The name of the event."""
        return self._hook.name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._name(name)
        if found is None:
            has = ", ".join(self) or "no fields"
            raise AttributeError(f"{self.type} has no field {name!r}; it has {has}")
        return self._read(found)

    def __setattr__(self, name: str, value: Any) -> None:
        found = self._name(name)
        if found not in self._hook.mutable:
            raise AttributeError(
                f"{name} of {self.type} cannot be set: return a dict with what shall change"
            )
        self._fields[found] = value
        self._owned.add(found)

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError as error:
            raise KeyError(str(error)) from None

    def get(self, name: str, default: Any = None) -> Any:
        """A field; `default` if there is none of that name, or it was not given."""
        found = self._name(name)
        value = None if found is None else self._read(found)
        return default if value is None else value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._name(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._hook.fields, *self._fields)))

    def __repr__(self) -> str:
        return f"<{self.type}: {', '.join(self)}>"

    # --- for the runner --------------------------------------------------------------------------

    def begin(self) -> tuple[dict[str, Any], set[str]]:
        """A handler begins: what it reads is copied for it. Returns what `restore` needs."""
        self._owned.clear()
        return dict(self._fields), set(self.answered)

    def restore(self, saved: tuple[dict[str, Any], set[str]]) -> None:
        """Undo what the handler did since `begin`."""
        self._fields.clear()
        self._fields.update(saved[0])
        self._owned.clear()
        self.answered.intersection_update(saved[1])

    def touched(self) -> set[str]:
        """The fields that the handler may have changed since `begin`."""
        return self._owned

    def replace(self, name: str, value: Any) -> None:
        """Let an answer replace a field."""
        self._fields[name] = value
        self._owned.add(name)
        self.answered.add(name)

    def append(self, name: str, value: Any) -> None:
        """Let an answer add to a list of the event."""
        self.replace(name, [*(self._fields.get(name) or ()), value])

    def closed(self) -> Event:
        """The event as it is now, out of the reach of handlers; reading it copies nothing."""
        kept = {
            name: copied(value) if name in self._owned else value
            for name, value in list(self._fields.items())
        }
        event = Event(self._hook, kept)
        event.answered.update(self.answered)
        object.__setattr__(event, "_is_open", False)
        return event

    def seal(self) -> Event:
        """The event itself, after its handlers: reading it copies nothing any more."""
        object.__setattr__(self, "_is_open", False)
        return self

    def _name(self, name: str) -> str | None:
        name = name if name in self._fields else snake(name).rstrip("_")
        hook = self._hook
        if name in self._fields or name in hook.fields or name in hook.answers:
            return name
        return name if name in hook.collects.values() else None

    def _read(self, name: str) -> Any:
        value = self._fields.get(name)
        if value is None:
            return [] if name in self._hook.collects.values() else None
        kind = type(value)
        if kind is Lazy:
            return value.compute(self)
        if self._is_open and (kind is dict or kind is list) and name not in self._owned:
            value = self._fields[name] = copied(value)
            self._owned.add(name)
        return value
