"""The cancel token: how everything that blocks learns that it must stop.

`cancel()` may be called from any thread and from a signal handler that interrupts any line of this
very module, so nothing here takes a lock that such a handler could find held: state is one flag and
one dict, changed only by single atomic operations.

    token = CancelToken()
    undo = token.on_cancel(sock_shutdown)   # the one line that unblocks a blocking call
    token.sleep(2.0)                        # raises Cancelled as soon as the token fires
    token.check()                           # raises Cancelled if it has fired
"""

from __future__ import annotations

from _thread import allocate_lock
from itertools import count

from pi.errors import Cancelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_keys = count()


class CancelToken:
    """A one-way switch with callbacks. Once cancelled it stays so."""

    __slots__ = ("_callbacks", "cancelled", "reason")

    def __init__(self) -> None:
        self.cancelled = False
        self.reason = ""
        self._callbacks: dict[int, Callable[[], object]] = {}

    def cancel(self, reason: str = "aborted") -> None:
        """Fire the token; runs each registered callback once. Further calls do nothing new."""
        if not self.cancelled:
            self.reason = reason
            self.cancelled = True
        while self._callbacks:
            try:
                _, callback = self._callbacks.popitem()
            except KeyError:  # another thread took the last one
                return
            callback()

    @property
    def aborted(self) -> bool:
        """`cancelled`, as the reference's signal calls it, for extensions."""
        return self.cancelled

    def on_cancel(self, callback: Callable[[], object]) -> Callable[[], object]:
        """Run `callback` once when the token fires, or now if it has. Returns the way to undo it.

        The callback must be short, must not raise, and may run on any thread.
        """
        key = next(_keys)
        self._callbacks[key] = callback
        if self.cancelled and self._callbacks.pop(key, None):
            callback()
        return lambda: self._callbacks.pop(key, None)

    def check(self) -> None:
        """Raise Cancelled if the token has fired."""
        if self.cancelled:
            raise Cancelled(self.reason)

    def wait(self, timeout_s: float) -> bool:
        """Wait until the token fires or the time is over; returns whether it fired."""
        if self.cancelled:
            return True
        gate = allocate_lock()
        gate.acquire()
        undo = self.on_cancel(gate.release)
        try:
            gate.acquire(timeout=max(0.0, timeout_s))
        finally:
            undo()
        return self.cancelled

    def sleep(self, seconds: float) -> None:
        """Sleep, but raise Cancelled as soon as the token fires."""
        if self.wait(seconds):
            raise Cancelled(self.reason)

    def child(self) -> CancelToken:
        """A token that fires with this one and can also be fired alone."""
        token = CancelToken()
        undo = self.on_cancel(lambda: token.cancel(self.reason))
        token.on_cancel(undo)
        return token
