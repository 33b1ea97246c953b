"""What the store takes from the computer it runs on: time, chance and files; tests bring theirs."""

from __future__ import annotations

import os
import time

from pi.store.disk import Disk
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Host(Value):
    """A clock in Unix milliseconds, a source of random bytes, and a file system.

    `whole_bytes` is up to which size a session file is read as a whole, and not from its end.
    """

    now_ms: Callable[[], int] = _now_ms
    random_bytes: Callable[[int], bytes] = os.urandom
    disk: Disk = Disk()
    whole_bytes: int = 1 << 20


HOST = Host()
"""This computer."""
