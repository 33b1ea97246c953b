"""SIGINT, SIGTERM and SIGHUP: the first ends the run in order, the second ends the process at once.

    with Interrupts(token) as interrupts:
        ...
    interrupts.exit_code      None, or 130, 143, 129

Python runs signal handlers on the main thread, between two of its instructions. A signal that comes
just before the main thread begins to wait for a lock is noticed only when that wait is over, which
may be never. So a thread of its own learns of signals, through the pipe that the interpreter writes
their numbers to as they come, and fires the token.
"""

from __future__ import annotations

import os
import signal
import threading

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
    ignored.
    """

    def __init__(self, token: CancelToken) -> None:
        self.token = token
        self._before: dict[int, object] = {}
        self._write_end = -1
        self._wakeup_before = -1
        self.received: int | None = None

    @property
    def exit_code(self) -> int | None:
        """128 plus the signal's number, or None when none came."""
        return None if self.received is None else 128 + self.received

    def __enter__(self) -> Interrupts:
        read_end, self._write_end = os.pipe()  # both close on exec
        os.set_blocking(self._write_end, False)
        threading.Thread(target=self._listen, args=(read_end,), daemon=True).start()
        self._wakeup_before = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        for number in HANDLED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, _nothing)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._write_end)

    def _listen(self, read_end: int) -> None:
        """Take the numbers of signals until the other end is closed."""
        while numbers := os.read(read_end, 16):
            for number in numbers:
                if number in HANDLED:
                    self._take(number)
        os.close(read_end)

    def _take(self, number: int) -> None:
        if self.received is not None:
            os._exit(128 + number)
        self.received = number
        self.token.cancel(f"received {signal.Signals(number).name}")


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """The handler: there has to be one for the number to be written."""
