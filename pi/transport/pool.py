"""Connections kept for the next request to the same place.

    pool.put(key, connection); pool.take(key)       # the youngest that is still open, or None

A connection may be closed by its server at any time; `take` looks, and what dies after that look is
the caller's to retry. Safe for several threads.
"""

from __future__ import annotations

from _thread import allocate_lock
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.transport.connection import Connection

MAX_KEPT = 16
MAX_IDLE_S = 600.0


class Pool:
    """Idle connections, youngest last. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = allocate_lock()
        self._idle: list[tuple[object, Connection, float]] = []
        self._is_closed = False

    def take(self, key: object) -> Connection | None:
        """The youngest idle connection for `key`; it is the caller's from then on."""
        while True:
            with self._lock:
                found = [item for item in self._idle if item[0] == key]
                if not found:
                    return None
                self._idle.remove(found[-1])
            _, connection, since = found[-1]
            if self._clock() - since < MAX_IDLE_S and connection.is_quiet():
                return connection
            connection.close()

    def put(self, key: object, connection: Connection) -> None:
        """Keep `connection`, which nobody else may use any more."""
        with self._lock:
            dropped = [connection]
            if not self._is_closed:
                self._idle.append((key, connection, self._clock()))
                dropped = [item[1] for item in self._idle[:-MAX_KEPT]]
                del self._idle[:-MAX_KEPT]
        for old in dropped:
            old.close()

    def close(self) -> None:
        """Close what is idle, and from now on what is put."""
        with self._lock:
            self._is_closed = True
            dropped, self._idle = self._idle, []
        for _, connection, _ in dropped:
            connection.close()
