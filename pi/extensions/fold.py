"""What the answer of a handler does to an event: one way for all rows of the table.

    complaints, is_clear = fold(event, hook, {"isError": True, "colour": 1}, "/x/guard.py")
    complaints[0]       "returned 'colour', which means nothing here: content, details, ..."

An answer is a dict whose keys the row lists, in either spelling; None, as answer or as value, says
nothing. What cannot be understood is told and otherwise passed over, each key on its own; but where
a row that fails closed is left without a decision, that is a failure of the handler.
"""

from __future__ import annotations

from pi.extensions.naming import snake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.extensions.event import Event
    from pi.extensions.row import Hook


def _dicts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_CHECKS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a text", lambda value: isinstance(value, str)),
    "number": ("a number", lambda value: isinstance(value, (int, float))),
    "dict": ("a dict", lambda value: isinstance(value, dict)),
    "list": ("a list", lambda value: isinstance(value, list)),
    "dicts": ("a list of dicts", _dicts),
    "texts": ("a list of texts", _texts),
    "truth": ("", lambda value: True),
    "any": ("", lambda value: True),
}


def fold(event: Event, hook: Hook, answer: Any, path: str) -> tuple[list[str], bool]:
    """Let an answer change the event; returns what could not be understood, and whether the
    decision could be.

    `path` is the extension's. Where the decision of a row that fails closed could not be
    understood, nothing has changed.
    """
    complaints: list[str] = []
    if hook.whole:
        _replace_whole(event, hook, answer, complaints)
        return complaints, True
    given = _understood(hook, answer, complaints)
    if complaints and not _is_decided(hook, given):
        return complaints, False
    try:
        given = hook.adjust(given, event, path, complaints.append) if hook.adjust else given
    except ValueError as error:
        return [*complaints, str(error)], False
    for key, value in given.items():
        _apply(event, hook, key, value)
    return complaints, True


def _is_decided(hook: Hook, given: dict[str, Any]) -> bool:
    """Whether what could be understood of an answer says what a row that fails closed asks."""
    return hook.on_error is None or next(iter(hook.on_error(""))) in given


def ends(event: Event, hook: Hook) -> bool:
    """Whether what handlers answered so far ends the dispatch."""
    if hook.stops is None or not event.answered:
        return False
    return hook.stops({name: event.get(name) for name in event.answered})


def misfits(event: Event, hook: Hook) -> list[str]:
    """What is wrong with fields that a handler changed in place, or set."""
    return [
        f"set {name} to something that is not {wanted(hook.fields[name].kind)}"
        for name in hook.mutable
        if name in event.touched() and not is_of(hook.fields[name].kind, event[name])
    ]


def is_of(kind: str, value: Any) -> bool:
    """Whether a value is of a kind of the table."""
    row = _CHECKS.get(kind)
    if row is None:
        return isinstance(value, str) and value in kind.split("|")
    return row[1](value)


def wanted(kind: str) -> str:
    """A kind in words."""
    row = _CHECKS.get(kind)
    return row[0] if row else "one of " + ", ".join(kind.split("|"))


def _replace_whole(event: Event, hook: Hook, answer: Any, complaints: list[str]) -> None:
    kind = hook.fields[hook.whole].kind
    if is_of(kind, answer):
        event.replace(hook.whole, answer)
    else:
        complaints.append(f"returned something that is not {wanted(kind)}")


def _understood(hook: Hook, answer: Any, complaints: list[str]) -> dict[str, Any]:
    """The keys of an answer that the row knows, with values of the right kind."""
    if not isinstance(answer, dict):
        complaints.append(f"returned {type(answer).__name__}, not a dict")
        return {}
    given: dict[str, Any] = {}
    for key, value in answer.items():
        name = snake(key) if isinstance(key, str) else ""
        field = hook.answers.get(name)
        if field is None:
            known = ", ".join(hook.answers)
            complaints.append(f"returned {_short(key)}, which means nothing here: {known}")
        elif value is not None:
            if field.kind == "truth":
                given[name] = bool(value)
            elif is_of(field.kind, value):
                given[name] = value
            else:
                complaints.append(f"returned {name}, which is not {wanted(field.kind)}")
    return given


def _apply(event: Event, hook: Hook, key: str, value: Any) -> None:
    target = hook.collects.get(key)
    if target is None:
        event.replace(key, value)
    elif isinstance(value, list):
        for item in value:
            event.append(target, item)
    else:
        event.append(target, value)


def _short(key: object) -> str:
    text = repr(key)
    return text if len(text) <= 40 else text[:37] + "..."
