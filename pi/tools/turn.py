"""Turns: one call at a time per key, in the order in which they came.

    with take("/home/ann/a.py", token):
        ...                                # alone with that file, in the whole process

    turn = claim("/home/ann/a.py", token)  # the place in the line is taken now,
    with turn:                             # by whoever starts the thread; waited for here
        ...

A plain lock does not promise an order; two edits of one file in one answer need theirs. A thread
that has the turn of a key may take that key again inside. A claimed turn must be entered.
"""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from pi.cancel import CancelToken

_guard = threading.Lock()
_lines: dict[str, list[Turn]] = {}  # who has the key, then who waits for it; no empty lines


class Turn:
    """A place in the line of one key: a context manager, for one use."""

    __slots__ = ("_is_inner", "_key", "_ready", "_token", "thread")

    def __init__(self, key: str, token: CancelToken | None) -> None:
        self.thread: int | None = None  # the one that has the turn
        self._key = key
        self._token = token
        self._ready = threading.Event()
        self._is_inner = False

    def join(self) -> None:
        """Take the place in the line. `_guard` must be held."""
        line = _lines.setdefault(self._key, [])
        line.append(self)
        if len(line) == 1:
            self.grant()

    def grant(self) -> None:
        """End the waiting: the key is this turn's now."""
        self._ready.set()

    def __enter__(self) -> Turn:
        me = threading.get_ident()
        with _guard:
            line = _lines.get(self._key, [])
            if line and line[0].thread == me:
                self._is_inner = True
                return self
            if self not in line:
                self.join()
        try:
            self._wait()
        except BaseException:
            self._leave()
            raise
        self.thread = me
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._is_inner:
            self._leave()

    def _wait(self) -> None:
        if self._token is None:
            self._ready.wait()
            return
        undo = self._token.on_cancel(self._ready.set)
        try:
            self._ready.wait()
        finally:
            undo()
        self._token.check()

    def _leave(self) -> None:
        with _guard:
            line = _lines[self._key]
            line.remove(self)
            if line:
                line[0].grant()
            else:
                del _lines[self._key]


def take(key: str, token: CancelToken | None = None) -> Turn:
    """A context manager that holds `key` alone; waiting raises Cancelled when the token fires."""
    return Turn(key, token)


def claim(key: str, token: CancelToken | None = None) -> Turn:
    """Like `take`, but the place in the line is taken at once."""
    turn = Turn(key, token)
    with _guard:
        turn.join()
    return turn
