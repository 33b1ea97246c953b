"""What goes on beside a run: commands of extensions, and handlers that look at what was said.

    errands = Errands()
    errands.start(lambda errand: work(errand.token))               on a thread of its own
    errands.start(listen, in_order=True)                           after those that came before it
    errands.run(lambda errand: work(errand.token))                 here
    errands.cancel("Operation aborted"); errands.wait()
    errands.close("pi is shutting down")                           these, and those to come

Each has a token of its own. They do not keep a run from starting.
"""

from __future__ import annotations

import threading

from pi.cancel import CancelToken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Errand:
    """Something on its way; `ended` is set when it is over."""

    def __init__(self) -> None:
        self.token = CancelToken()
        self.ended = threading.Event()


class Errands:
    """All that is on its way. `on_end` is called when one has ended. Any thread may use it."""

    def __init__(self, on_end: Callable[[], object] = lambda: None) -> None:
        self._on_end = on_end
        self._lock = threading.Lock()
        self._all: list[Errand] = []
        self._last: Errand | None = None  # of those that keep their order
        self._newest: Errand | None = None  # begun on a thread of its own, nobody waited for it
        self._why_closed = ""

    @property
    def are_done(self) -> bool:
        """Whether nothing is on its way."""
        return not self._all

    def start(self, work: Callable[[Errand], object], *, in_order: bool = False) -> None:
        """Do `work` on a thread of its own; with `in_order`, one after the other."""
        errand, before = self._added(in_order)
        job = (errand, before, work)
        self._newest = errand
        threading.Thread(target=self._do, args=job, daemon=True, name="errand").start()

    def run(self, work: Callable[[Errand], object]) -> None:
        """Do `work` on this thread."""
        errand, _ = self._added(False)
        self._do(errand, None, work)

    def give_head_start(self, most_s: float) -> None:
        """Wait for what was started last, once, but not longer than this.

        So what is short happens before what comes next, as if it had no thread of its own.
        """
        newest, self._newest = self._newest, None
        if newest is not None:
            newest.ended.wait(most_s)

    def cancel(self, reason: str) -> None:
        """Fire the tokens of all; returns at once."""
        for errand in tuple(self._all):
            errand.token.cancel(reason)

    def close(self, reason: str) -> None:
        """Fire the tokens of all, and of those that are still to come."""
        self._why_closed = reason
        self.cancel(reason)

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until those that are on their way have ended; with a limit, for each."""
        for errand in tuple(self._all):
            errand.ended.wait(timeout_s)

    def _added(self, in_order: bool) -> tuple[Errand, Errand | None]:
        errand, before = Errand(), None
        with self._lock:
            self._all.append(errand)
            if in_order:
                before, self._last = self._last, errand
        if self._why_closed:
            errand.token.cancel(self._why_closed)
        return errand, before

    def _do(self, errand: Errand, before: Errand | None, work: Callable[[Errand], object]) -> None:
        try:
            if before is not None:
                before.ended.wait()
            work(errand)
        finally:
            with self._lock:
                self._all.remove(errand)
                if self._last is errand:
                    self._last = None
            errand.ended.set()
            self._on_end()
