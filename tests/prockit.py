"""Looking at processes from tests."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def is_alive(pid: int) -> bool:
    """Whether a process runs (and is not a zombie)."""
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(holds: Callable[[], bool], timeout_s: float = 5.0) -> bool:
    """Wait for something to be so; whether it came to be."""
    end = time.monotonic() + timeout_s
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    return holds()


def sweep(pid: int) -> None:
    """Kill a process and its group, if they are still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
