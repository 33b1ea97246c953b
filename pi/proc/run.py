"""One child process from its start to its end: output served, the token and the time obeyed.

The calling thread waits in one `poll` for output, for the end of the process (a thread of its own
waits for that and rings) and for the token (which rings too). Nothing is polled for in turns.

The process is not reaped before everything is over: as long as it is not, its number, which names
its session, cannot be given to anybody else, and killing by that number is safe.
"""

from __future__ import annotations

import os
import select
import threading
import time
from math import ceil

from pi.proc import group
from pi.proc.spawn import spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from subprocess import Popen
    from typing import BinaryIO

    from pi.cancel import CancelToken

    Sink = Callable[[bytes], float | None]

DRAIN_S = 0.1
"""How long the output of a command that has ended may be silent before it counts as complete."""

DRAIN_MAX_S = 1.0
"""How long output is taken at all after the end: a child in the background may write for ever."""

KILLED_DRAIN_MAX_S = 0.03
KILL_WAIT_S = 2.0
"""How long to wait for the end of what was killed; a process in the kernel's hands may not end."""

_CHUNK = 1 << 16
_INPUT_CHUNK = 1 << 12  # PIPE_BUF: what a pipe that is ready takes without blocking


class Pipe:
    """The two ends of a pipe, each closed once: by hand, or with the last reference."""

    __slots__ = ("read_end", "write_end")

    def __init__(self) -> None:
        self.read_end = self.write_end = -1  # for __del__, if there are no more descriptors
        self.read_end, self.write_end = os.pipe()  # both close on exec

    def __del__(self) -> None:
        self.close_read()
        self.close_write()

    def close_read(self) -> None:
        """Close our reading end; a second time does nothing."""
        if self.read_end >= 0:
            os.close(self.read_end)
            self.read_end = -1

    def close_write(self) -> None:
        """Close our writing end; a second time does nothing."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1


class Bell(Pipe):
    """A pipe that ends a `poll`. Whoever may ring it holds a reference, so it is open."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        os.set_blocking(self.write_end, False)

    def ring(self) -> None:
        """Make `read_end` readable; from any thread, or a signal handler."""
        try:
            os.write(self.write_end, b"!")
        except BlockingIOError:
            return  # it is ringing loud enough

    def hush(self) -> None:
        """Take in what was rung."""
        os.read(self.read_end, 64)


class Run:
    """A child process. `start`, then `serve`, then read the fields.

    `code` is as in `Popen`: negative for a signal, None if the process could not be ended. `open`
    holds the descriptors that were not at their end when the run was over.
    """

    def __init__(self, token: CancelToken, timeout_s: float | None) -> None:
        self.code: int | None = None
        self.timed_out = False
        self.cancelled = False
        self.open: set[int] = set()
        self._token = token
        self._timeout_s = timeout_s
        self._deadline: float | None = None
        self._bell = Bell()
        self._exited = False  # set by the waiting thread
        self._abandoned = False
        self._ended_at: float | None = None
        self._killed_at: float | None = None
        self._last_data_at = 0.0
        self._tick_at: float | None = None
        self._input: tuple[Pipe, memoryview] | None = None

    @property
    def killed(self) -> bool:
        """Whether it was us who ended it."""
        return self._killed_at is not None

    def start(
        self,
        argv: Sequence[bytes | str],
        outputs: tuple[int, int],
        cwd: str | None,
        env: Mapping[str, str] | None,
        *,
        stdin: int | None = None,
        keep: BinaryIO | None = None,
    ) -> None:
        """Start it; `keep` is a file that stays open for it. Raises StartError."""
        kept = () if keep is None else (keep.fileno(),)
        mark = group.expect(outputs[0])
        try:
            process = spawn(argv, outputs=outputs, stdin=stdin, cwd=cwd, env=env, keep=kept)
        except BaseException:
            group.add(None, mark)
            raise
        if keep is not None:
            keep.close()
        self._process: Popen[bytes] = process
        if self._timeout_s is not None:
            self._deadline = time.monotonic() + self._timeout_s
        try:
            group.add(process.pid, mark)
        except BaseException:
            group.kill_group(process.pid)
            process.wait()
            raise
        threading.Thread(target=self._await_exit, daemon=True).start()

    def serve(self, sinks: Mapping[int, Sink], feed: Pipe | None = None, data: bytes = b"") -> None:
        """Hand out what it writes until it is over, then reap it.

        `data` is written to `feed`, which is closed after that. A sink that returns a number is
        called with b"" after that many seconds without output.
        """
        self.open = set(sinks)
        poller = select.poll()
        for handle in (self._bell.read_end, *sinks):
            poller.register(handle, select.POLLIN)
        if feed is not None:
            self._input = feed, memoryview(data)
            os.set_blocking(feed.write_end, False)
            poller.register(feed.write_end, select.POLLOUT)
        undo = self._token.on_cancel(self._on_cancel)
        try:
            self._loop(poller, sinks)
        except BaseException:
            self.stop()
            raise
        finally:
            undo()
            self._reap()

    def stop(self) -> None:
        """Kill it; for a sink that has had enough."""
        if self._killed_at is None:
            self._killed_at = time.monotonic()
            group.kill(self._process.pid)

    def _loop(self, poller: select.poll, sinks: Mapping[int, Sink]) -> None:
        while self.open or self._ended_at is None:
            had_data = False
            for handle, _ in poller.poll(self._patience_ms()):
                if handle == self._bell.read_end:
                    self._bell.hush()
                elif handle in sinks:
                    had_data = True
                    self._read(handle, sinks[handle], poller)
                else:
                    self._write(poller)
            self._tick(sinks)
            if self._is_over(had_data):
                return

    def _read(self, handle: int, sink: Sink, poller: select.poll) -> None:
        data = os.read(handle, _CHUNK)
        if not data:
            poller.unregister(handle)
            self.open.discard(handle)
            return
        delay_s = sink(data)
        self._tick_at = None if delay_s is None else time.monotonic() + delay_s

    def _tick(self, sinks: Mapping[int, Sink]) -> None:
        if self._tick_at is not None and time.monotonic() >= self._tick_at:
            self._tick_at = None
            for sink in sinks.values():
                sink(b"")

    def _write(self, poller: select.poll) -> None:
        assert self._input is not None
        feed, data = self._input
        try:
            data = data[os.write(feed.write_end, data[:_INPUT_CHUNK]) :] if data else data
        except BrokenPipeError:  # it does not want the rest
            data = data[:0]
        self._input = feed, data
        if not data:
            poller.unregister(feed.write_end)
            feed.close_write()

    def _is_over(self, had_data: bool) -> bool:
        """Note what has happened, do what is due; whether to stop serving."""
        now = time.monotonic()
        if had_data:
            self._last_data_at = now
        if self._token.cancelled and self._killed_at is None:
            self.cancelled = True
            self.stop()
        if self._ended_at is None and self._exited:
            self._ended_at = self._last_data_at = now
            return False  # once more: output that came before the end is in the pipe
        if self._ended_at is not None:
            until, most = self._drain_limits()
            return now >= most or (not had_data and now >= until)
        if self._killed_at is not None:
            return now >= self._killed_at + KILL_WAIT_S
        if self._deadline is not None and now >= self._deadline:
            self.timed_out = True
            self.stop()
        return False

    def _drain_limits(self) -> tuple[float, float]:
        """Until when silence is waited for, and when reading stops in any case."""
        assert self._ended_at is not None
        if self.killed:
            return self._last_data_at, self._ended_at + KILLED_DRAIN_MAX_S
        return self._last_data_at + DRAIN_S, self._ended_at + DRAIN_MAX_S

    def _patience_ms(self) -> int | None:
        """How long a poll may wait: until the next thing that is due."""
        due = [self._tick_at] if self._tick_at is not None else []
        if self._ended_at is not None:
            due.append(min(self._drain_limits()))
        elif self._killed_at is not None:
            due.append(self._killed_at + KILL_WAIT_S)
        elif self._deadline is not None:
            due.append(self._deadline)
        if not due:
            return None
        return min(1 << 30, max(0, ceil((min(due) - time.monotonic()) * 1000)))

    def _on_cancel(self) -> None:
        if not self._abandoned:
            group.kill_group(self._process.pid)
        self._bell.ring()

    def _await_exit(self) -> None:
        if hasattr(os, "waitid"):
            try:
                os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            except ChildProcessError:  # somebody ignores SIGCHLD: the kernel has reaped it
                self._process.wait()
        else:  # macOS before Python 3.13
            self._process.wait()
        self._exited = True
        self._bell.ring()
        if self._abandoned:
            self._process.wait()

    def _reap(self) -> None:
        self._abandoned = True  # from here on the waiting thread reaps it, if we do not
        if self._exited:
            self.code = self._process.wait()
        if self.killed:
            group.forget(self._process.pid)
        else:
            group.settle(self._process.pid, held=bool(self.open))
