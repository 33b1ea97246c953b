"""What goes out: whole lines, written by a thread of their own, in the order they were given.

    output = Output(descriptor, on_lost)
    output.write(line)        a response: never waits
    output.write_event(line)  an event: waits while the client is far behind, so the agent does too
    output.release()          nobody waits any more; safe in a signal handler
    output.close(5.0)         write what is left, as long as the client goes on reading

A client that left is noticed by the first write: then everything is dropped and `on_lost` is called
once, on the writing thread.
"""

from __future__ import annotations

import os
import select
import threading
from _thread import allocate_lock
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ROOM_BYTES = 1 << 20
"""How far a client may be behind before events wait for it."""

_BATCH_BYTES = 1 << 16


class Output:
    """Lines to a descriptor. See the module's head."""

    def __init__(self, descriptor: int, on_lost: Callable[[], object]) -> None:
        self._descriptor = descriptor
        self._on_lost = on_lost
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._pending = 0  # bytes given and not written
        self._written = 0
        self._gates: deque[object] = deque()  # of those who wait for room
        self._is_released = False
        self._done = threading.Event()
        self.lost = False
        threading.Thread(target=self._work, daemon=True, name="output").start()

    def write(self, line: str) -> None:
        """Give a line to the writer and go on."""
        data = line.encode()
        with self._lock:
            self._pending += len(data)
        self._lines.put(data)

    def write_event(self, line: str) -> None:
        """Give a line to the writer, when it has caught up with what it was given before."""
        self._wait_for_room()
        self.write(line)

    def release(self) -> None:
        """Let everyone go on who waits, now and from now on."""
        self._is_released = True
        self._open_gates()

    def close(self, patience_s: float) -> bool:
        """Write what is left; gives up when the client reads nothing for `patience_s` seconds.

        Returns whether all was written.
        """
        self.release()
        self._lines.put(None)
        while True:
            before = self._written
            if self._done.wait(patience_s):
                return not self.lost
            if self._written == before:
                return False

    def _wait_for_room(self) -> None:
        if self._pending <= ROOM_BYTES or self._is_released:
            return
        gate = allocate_lock()
        gate.acquire()
        self._gates.append(gate)
        if self._pending <= ROOM_BYTES or self._is_released:  # it changed before the gate was seen
            self._open_gates()
        gate.acquire()

    def _open_gates(self) -> None:
        with suppress(IndexError):  # until there are none, or another thread took the last one
            while self._gates:
                self._gates.popleft().release()

    def _work(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = self._batch()
            if not self.lost:
                self._send(batch)
            with self._lock:
                self._pending -= len(batch)
            if self._pending <= ROOM_BYTES:
                self._open_gates()
        self._done.set()

    def _batch(self) -> tuple[bytes, bool]:
        """The lines that are there, up to a size, and whether they are the last."""
        parts, size = [], 0
        try:
            part = self._lines.get()
            while part is not None:
                parts.append(part)
                size += len(part)
                if size >= _BATCH_BYTES:
                    break
                part = self._lines.get_nowait()
        except Empty:
            return b"".join(parts), False
        return b"".join(parts), part is None

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                count = os.write(self._descriptor, view)
            except BlockingIOError:  # a descriptor that somebody made non-blocking
                select.select([], [self._descriptor], [])
                continue
            except OSError:
                self.lost = True
                self._on_lost()
                return
            self._written += count
            view = view[count:]
