"""`ctx.ui` as an extension holds it: the user of this mode, with what is given to it checked.

    ctx.ui.confirm("Delete?", "It is gone then.", timeout_ms=10_000)
    ctx.ui.setStatus("todo", "3 left")          the reference's names work too
    ctx.ui.select("Which?", ["a", "b"], {"timeout": 500})

Titles and options must be of the right type; the line must not be cut. A dialog ends when the
current run is aborted, unless it is given a token of its own. While it is open the handler that
asks does not count as slow, and `ui_prompt_start` and `ui_prompt_end` are told, once for dialogs
that overlap.
"""

from __future__ import annotations

import threading

from pi.extensions import pool
from pi.extensions.fold import is_of, wanted
from pi.extensions.host import ExtensionError
from pi.extensions.naming import snake
from pi.extensions.ui import FORM_TYPES, UI_METHODS, UiMethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.extensions.extension import Extension
    from pi.extensions.host import Host

_SYNONYMS = {"timeout": "timeout_ms", "signal": "token"}
_TIMED = ("select", "confirm", "input", "form")
_WITH_OPTIONS = (*_TIMED, "set_widget", "custom")
_MORE = {
    "form": ("timeout_ms", "token"),
    "custom": ("overlay", "overlay_options", "on_handle", "blocked"),
}
"""Options beyond those of the table."""


class Span:
    """The time in which at least one dialog is open. `post` tells of an event."""

    def __init__(self, post: Callable[..., object]) -> None:
        self._post = post
        self._lock = threading.Lock()
        self._open = 0
        self._first: dict[str, Any] = {}

    def enter(self, kind: str, title: str | None) -> None:
        """A dialog opens."""
        with self._lock:
            self._open += 1
            if self._open == 1:
                self._first = {"reason": "ui_prompt", "kind": kind, "title": title}
                self._post("ui_prompt_start", **self._first)

    def leave(self) -> None:
        """A dialog is over."""
        with self._lock:
            self._open -= 1
            if self._open == 0:
                self._post("ui_prompt_end", **self._first)


class Front:
    """The user, for one extension; see the module's head and `UI_METHODS`."""

    __slots__ = ("_extension",)

    def __init__(self, extension: Extension) -> None:
        object.__setattr__(self, "_extension", extension)

    def __getattr__(self, name: str) -> Any:
        row = UI_METHODS.get(snake(name))
        if row is None:
            raise AttributeError(f"ctx.ui has no {name}")
        return lambda *args, **named: self._call(row, args, named)

    @property
    def theme(self) -> Any:
        """The chosen theme, to colour text with: `ctx.ui.theme.fg("accent", "3 left")`."""
        return self._extension.line.host("ui.theme").theme()

    def __dir__(self) -> list[str]:
        return list(UI_METHODS)

    def _call(self, row: UiMethod, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        line = self._extension.line
        host = line.host(f"ui.{row.name}")
        args, named = _sorted(row, args, named)
        method = getattr(host.ui(), row.name)
        if row.kind != "dialog":
            return method(*args, **named)
        return self._dialog(row, host, method, args, named)

    def _dialog(
        self,
        row: UiMethod,
        host: Host,
        method: Callable[..., Any],
        args: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Any:
        if row.name in _TIMED and named.get("token") is None:
            named["token"] = current_token(host)
        theirs = named.get("fallback")
        if theirs is not None:
            named["fallback"] = lambda _user: theirs(self)
        span = self._extension.line.span if host.has_ui else None
        title = args[0] if isinstance(args[0], str) else None
        if span is not None:
            span.enter(row.name, title)
        try:
            with pool.Asked():
                return method(*args, **named)
        finally:
            if span is not None:
                span.leave()


def current_token(host: Host) -> Any:
    """The token of what this thread does for an extension; else that of the run in progress."""
    job = pool.current()
    return job.token if job is not None and job.token is not None else host.token()


def _sorted(
    row: UiMethod, args: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of the table by position, all others by name, in pi's own words."""
    if row.name in _WITH_OPTIONS and len(args) > len(row.kinds) and isinstance(args[-1], dict):
        args, named = args[:-1], {**args[-1], **named}
    named = {_SYNONYMS.get(key, snake(key)): value for key, value in named.items()}
    known = parameters(row)
    if row.name == "notify" and "type" in named:
        named["level"] = named.pop("type")
    named = {**dict(zip(known, args, strict=False)), **named}
    if len(args) > len(known) or not named.keys() <= {*known, *_MORE.get(row.name, ())}:
        raise ExtensionError(f"call it as ui.{row.call}")
    if row.name == "notify":
        level = named.get("level")
        named["message"] = str(named.get("message", ""))
        named["level"] = level if level in ("info", "warning", "error") else "info"
    first = known[: len(row.kinds)]
    _check(row, first, named)
    if row.name == "form":
        _check_fields(named["fields"])
    rest = {key: value for key, value in named.items() if key not in first and value is not None}
    return tuple(named.get(key) for key in first), rest


def parameters(row: UiMethod) -> list[str]:
    """The names of a method's parameters, from its signature in the table."""
    found = _parameters.get(row.name)
    if found is None:
        inside = row.call.partition("(")[2].rpartition(")")[0]
        found = [part.partition("=")[0].strip() for part in inside.split(",") if part]
        _parameters[row.name] = found
    return found


_parameters: dict[str, list[str]] = {}


def _check_fields(fields: list[dict[str, Any]]) -> None:
    for field in fields:
        if not isinstance(field.get("name"), str):
            raise ExtensionError("ui.form: each field needs a name")
        if field.get("type", "text") not in FORM_TYPES:
            raise ExtensionError(
                f"ui.form: {field['name']}: type is {wanted('|'.join(FORM_TYPES))}"
            )


def _check(row: UiMethod, names: list[str], named: dict[str, Any]) -> None:
    """Raises ExtensionError where an argument is missing, or of the wrong type."""
    timeout = named.get("timeout_ms")
    if timeout is not None and (not isinstance(timeout, (int, float)) or timeout < 0):
        raise ExtensionError(f"ui.{row.name}: timeout_ms must be a number of milliseconds")
    for name, kind in zip(names, row.kinds, strict=True):
        value = named.get(name)
        if value is None and kind.endswith("?"):
            continue
        if not is_of(kind.rstrip("?"), value):
            expected = wanted(kind.rstrip("?"))
            raise ExtensionError(f"ui.{row.name}: {name} must be {expected}")
