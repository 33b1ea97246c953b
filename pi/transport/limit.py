"""How long to wait: the limits of a request, and moments derived from them."""

from __future__ import annotations

from time import monotonic

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_S = 1_000_000.0  # limits over eleven days are none; the system's timers end at 24


class Limits(Value):
    """Seconds; None is no limit."""

    connect_s: float | None = 30.0  # names, TCP, a proxy's tunnel and TLS together
    first_byte_s: float | None = 300.0  # from the request sent to the head; none on loopback
    idle_s: float | None = 300.0  # silence between bytes
    is_patient: bool = False  # on loopback no limit before the body's first byte either


class Deadline:
    """A moment by which something must have happened."""

    def __init__(self, limit_s: float | None, clock: Callable[[], float] = monotonic) -> None:
        self.limit_s = usable(limit_s)
        self._clock = clock
        self._end = None if self.limit_s is None else clock() + self.limit_s

    def left(self) -> float | None:
        """Seconds left, None without limit. Raises TimeoutError when it has passed."""
        if self._end is None:
            return None
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left


def usable(limit_s: float | None) -> float | None:
    """A limit as a socket takes it: zero, negative and absurdly long ones are none."""
    return limit_s if limit_s and 0 < limit_s < LONGEST_S else None
