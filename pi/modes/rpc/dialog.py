"""Questions to the user, asked through the client, and things to show that need no answer.

    dialogs = Dialogs(write)
    dialogs.select("Allow it?", ["Allow", "Block"], timeout_ms=10_000)      "Allow", or None
    dialogs.confirm("Clear?", "All is lost.")                              False
    dialogs.notify("Blocked", "warning")
    dialogs.answer({"type": "extension_ui_response", "id": "...", "value": "Allow"})

A question blocks the thread that asks it until its answer comes, its time is over, the token fires
or nobody can answer any more (`close`); all but an answer give None, or False for `confirm`. So
does an answer of a wrong type. An answer to no question, or to one that is over, is passed over.
What a client cannot show (components, themes, footers, ...) gives the defaults of
`pi.extensions.ui`. Source: the reference's page on the extension UI.
"""

from __future__ import annotations

import os
from queue import Empty, SimpleQueue

from pi.extensions.ui import Ui
from pi.text.jsontext import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.cancel import CancelToken

_NOBODY: dict[str, Any] = {"cancelled": True}


class Dialogs(Ui):
    """The user, seen through the client. `write` takes a line to send; `listen` is called before
    each question, so that there is somebody to hand in the answer."""

    def __init__(
        self, write: Callable[[str], object], listen: Callable[[], object] = lambda: None
    ) -> None:
        self._write = write
        self._listen = listen
        self._waiting: dict[str, SimpleQueue[dict[str, Any]]] = {}
        self._is_closed = False

    # --- questions -------------------------------------------------------------------------------

    def select(
        self,
        title: str,
        options: list[str],
        *,
        timeout_ms: float | None = None,
        token: CancelToken | None = None,
    ) -> str | None:
        """The option that is chosen."""
        request = {"method": "select", "title": title, "options": options}
        return _text(self._ask(request, timeout_ms, token))

    def confirm(
        self,
        title: str,
        message: str | None = None,
        *,
        timeout_ms: float | None = None,
        token: CancelToken | None = None,
    ) -> bool:
        """Whether the user says yes."""
        request = {"method": "confirm", "title": title, "message": message or ""}
        answer = self._ask(request, timeout_ms, token)
        return not answer.get("cancelled") and answer.get("confirmed") is True

    def input(
        self,
        title: str,
        placeholder: str | None = None,
        *,
        timeout_ms: float | None = None,
        token: CancelToken | None = None,
    ) -> str | None:
        """A line of text."""
        request = {"method": "input", "title": title, "placeholder": placeholder}
        return _text(self._ask(request, timeout_ms, token))

    def editor(self, title: str, prefill: str | None = None) -> str | None:
        """Text of any length."""
        return _text(
            self._ask({"method": "editor", "title": title, "prefill": prefill}, None, None)
        )

    # --- what needs no answer --------------------------------------------------------------------

    def notify(self, message: str, level: str = "info") -> None:
        """Show a message; `level` is info, warning or error."""
        self._tell({"method": "notify", "message": message, "notifyType": level})

    def set_status(self, key: str, text: str | None) -> None:
        """Set an entry of the status line; None removes it."""
        self._tell({"method": "setStatus", "statusKey": key, "statusText": text})

    def set_widget(self, key: str, lines: Any, placement: str | None = None) -> None:
        """Show lines "aboveEditor" (the default) or "belowEditor"; None removes them. A component,
        which needs a screen, is passed over."""
        if lines is not None and not _are_lines(lines):
            return
        request = {"method": "setWidget", "widgetKey": key, "widgetLines": lines}
        self._tell({**request, "widgetPlacement": placement})

    def set_title(self, title: str) -> None:
        """Set the window's title."""
        self._tell({"method": "setTitle", "title": title})

    def set_editor_text(self, text: str) -> None:
        """Put text into the editor of prompts."""
        self._tell({"method": "set_editor_text", "text": text})

    # --- routing ---------------------------------------------------------------------------------

    def answer(self, response: dict[str, Any]) -> None:
        """Hand an answer of the client to whoever asked."""
        call_id = response.get("id")
        inbox = self._waiting.pop(call_id, None) if isinstance(call_id, str) else None
        if inbox is not None:
            inbox.put(response)

    def close(self) -> None:
        """Nobody answers any more: end all questions, and those that are still to come."""
        self._is_closed = True
        for call_id in tuple(self._waiting):
            self.answer({**_NOBODY, "id": call_id})

    def _ask(
        self, request: dict[str, Any], timeout_ms: float | None, token: CancelToken | None
    ) -> dict[str, Any]:
        if self._is_closed or (token is not None and token.cancelled):
            return _NOBODY
        call_id = _new_id()
        inbox: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._waiting[call_id] = inbox
        undo = token.on_cancel(lambda: inbox.put(_NOBODY)) if token else None
        try:
            self._listen()
            self._tell({**request, "timeout": timeout_ms}, call_id)
            if self._is_closed:  # since it was looked at
                return _NOBODY
            return inbox.get(timeout=timeout_ms / 1000 if timeout_ms else None)
        except Empty:
            return _NOBODY
        finally:
            self._waiting.pop(call_id, None)
            if undo is not None:
                undo()

    def _tell(self, request: dict[str, Any], call_id: str | None = None) -> None:
        given = {key: value for key, value in request.items() if value is not None}
        record = {"type": "extension_ui_request", "id": call_id or _new_id(), **given}
        self._write(dumps(record) + "\n")


def _are_lines(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(line, str) for line in value)


def _text(answer: dict[str, Any]) -> str | None:
    value = None if answer.get("cancelled") else answer.get("value")
    return value if isinstance(value, str) else None


def _new_id() -> str:
    return os.urandom(16).hex()
