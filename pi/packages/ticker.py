"""Progress of long work, for people: one line on a terminal, plain lines elsewhere.

    ticker = Ticker(sys.stderr, is_terminal=True)
    ticker.step(Step("download", "tools@1.2.3", 4096, 11205))
    ticker.line("Cloning git:example.org/u/tools ...")
    ticker.clear()                  nothing is left on the terminal

On a terminal a line is drawn at most every tenth of a second; elsewhere each piece of work is one
line, when it begins.
"""

from __future__ import annotations

import time

from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from pi.packages.progress import Step

PAUSE_S = 0.1
MAX_WIDTH = 78


class Ticker:
    """Where progress is told. `stream` is closed by nobody here; a broken one is left alone."""

    def __init__(
        self, stream: TextIO, *, is_terminal: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._is_terminal = is_terminal
        self._clock = clock
        self._drawn_at: float | None = None
        self._last = ("", "")

    def step(self, step: Step) -> None:
        """Tell how far a piece of work has come."""
        work = (step.verb, step.subject)
        if self._is_terminal:
            self._draw(self._worded(step), is_new=work != self._last)
        elif work != self._last:
            self._write(f"{shown(step.line())}\n")
        self._last = work

    def line(self, text: str) -> None:
        """Tell that a piece of work begins of which nothing more is known."""
        if self._is_terminal:
            self._draw(text, is_new=True)
        else:
            self._write(f"{shown(text)}\n")

    def clear(self) -> None:
        """Take away what was drawn, so that something else can be printed."""
        if self._drawn_at is not None:
            self._write("\r\x1b[K")
            self._drawn_at = None

    def _draw(self, text: str, *, is_new: bool) -> None:
        now = self._clock()
        if is_new or self._drawn_at is None or now - self._drawn_at >= PAUSE_S:
            self._write(f"\r\x1b[K{shown(text)[:MAX_WIDTH]}")
            self._drawn_at = now

    def _worded(self, step: Step) -> str:
        if step.verb == "download" and step.total:
            return f"{step.verb} {step.subject} {min(100, step.done * 100 // step.total)} %"
        return step.line()

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody looks any more: the work goes on
            return
