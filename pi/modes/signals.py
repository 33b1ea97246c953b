"""SIGINT, SIGTERM and SIGHUP: the first ends the run in order, the second ends the process at once.

with Interrupts(token) as interrupts:
    ...
interrupts.exit_code      None, or 130, 143, 129
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from pi.cancel import CancelToken

HANDLED = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupts:
    """Turns signals into a fired token while the block runs. For the main thread only.

    A signal that was ignored when the program started (`nohup`, a shell's background job) stays
    ignored. The handler only sets state: it may interrupt any line of the program.
    """

    def __init__(self, token: CancelToken) -> None:
        self._token = token
        self._before: dict[int, object] = {}
        self.received: int | None = None

    @property
    def exit_code(self) -> int | None:
        """128 plus the signal's number, or None when none came."""
        return None if self.received is None else 128 + self.received

    def __enter__(self) -> Interrupts:
        for number in HANDLED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.received is not None:
            os._exit(128 + number)
        self.received = number
        self._token.cancel(f"received {signal.Signals(number).name}")
