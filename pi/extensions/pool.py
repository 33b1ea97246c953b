"""Running code of extensions so that it can be given up: worker threads, and an eye on the time.

    pool = Pool(on_slow)
    pool.run(work, token)           True, or False if it was given up

A worker runs one piece of work at a time. Whoever asked waits, and

    is told once (`on_slow`) when a step takes longer than `slow_s`; time in a dialog does not count
    gives it up when the token fired and `grace_s` went by; the thread is left to itself

Work that asks for more work does it in place, on its own thread. Known limit: a thread cannot be
ended from outside; one that never ends stays until the program does.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.cancel import CancelToken

SLOW_S = 5.0
"""After this time a handler is named to the user."""

GRACE_S = 1.0
"""After an abort a handler has this time to end."""

_ABORT = object()
_DONE = object()
_here = threading.local()


class Job:
    """Work on its way. `what` is the step it is at; whoever asked reads it."""

    __slots__ = (
        "_clock",
        "asking",
        "done",
        "event",
        "failure",
        "is_given_up",
        "since",
        "token",
        "told",
        "what",
    )

    def __init__(self, token: CancelToken | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.token = token
        self.done: SimpleQueue[Any] = SimpleQueue()
        self.event: Any = None
        self.what: Any = None
        self.asking = 0
        self.is_given_up = False
        self.failure: BaseException | None = None
        self.begin(None)

    def begin(self, what: Any) -> None:
        """A new step begins, or one goes on after a dialog."""
        self.what = what
        self.told = False
        self.since = self._clock()


def current() -> Job | None:
    """The job that this thread works on, if it is a worker."""
    return getattr(_here, "job", None)


class Asked:
    """While it is entered, the job of this thread waits for the user: that is not slow."""

    def __enter__(self) -> None:
        self._job = current()
        if self._job is not None:
            self._job.asking += 1

    def __exit__(self, *failure: object) -> None:
        job = self._job
        if job is not None:
            job.asking -= 1
            job.since = job._clock()  # noqa: SLF001 - its own kind


class Pool:
    """Worker threads, made when they are needed and kept; see the module's head.

    `on_slow(what)` is called on the thread that waits.
    """

    def __init__(
        self,
        on_slow: Callable[[Any], object],
        *,
        slow_s: float = SLOW_S,
        grace_s: float = GRACE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_slow = on_slow
        self._slow_s = slow_s
        self._grace_s = grace_s
        self._clock = clock
        self._idle: list[SimpleQueue[Any]] = []
        self._is_closed = False

    def run(self, work: Callable[[Job], object], token: CancelToken | None = None) -> bool:
        """Do `work(job)`; False if it was given up. What `work` raises is raised here."""
        outer = current()
        if outer is not None:
            self._nested(work, outer, token)
            return True
        job = Job(token, self._clock)
        undo = token.on_cancel(lambda: job.done.put(_ABORT)) if token is not None else None
        try:
            self._worker().put((work, job))
            is_done = self._wait(job)
        finally:
            if undo is not None:
                undo()
        if job.failure is not None:
            raise job.failure
        return is_done

    def start(self, work: Callable[[Job], object]) -> None:
        """Do `work(job)` and do not wait for it."""
        self._worker().put((work, Job(None, self._clock)))

    def close(self) -> None:
        """End the workers that have nothing to do, and the others when they are done."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().put(None)

    def _nested(self, work: Callable[[Job], object], job: Job, token: CancelToken | None) -> None:
        kept = job.what, job.event, job.token
        job.token = token or job.token
        try:
            work(job)
        finally:
            job.event, job.token = kept[1:]
            job.begin(kept[0])

    def _wait(self, job: Job) -> bool:
        deadline: float | None = None
        while True:
            try:
                item = job.done.get(timeout=self._timeout_s(job, deadline))
            except Empty:
                if deadline is not None:
                    job.is_given_up = True
                    return False
                self._look(job)
                continue
            if item is _DONE:
                return True
            deadline = deadline or self._clock() + self._grace_s

    def _timeout_s(self, job: Job, deadline: float | None) -> float:
        if deadline is not None:
            return max(0.0, deadline - self._clock())
        if job.told or job.asking:
            return self._slow_s
        return max(0.001, job.since + self._slow_s - self._clock())

    def _look(self, job: Job) -> None:
        if job.told or job.asking or self._clock() - job.since < self._slow_s:
            return
        job.told = True
        if job.what is not None:
            self._on_slow(job.what)

    def _worker(self) -> SimpleQueue[Any]:
        try:
            return self._idle.pop()
        except IndexError:
            inbox: SimpleQueue[Any] = SimpleQueue()
            threading.Thread(target=self._serve, args=(inbox,), daemon=True).start()
            return inbox

    def _serve(self, inbox: SimpleQueue[Any]) -> None:
        for work, job in self._jobs(inbox):
            _here.job = job
            try:
                work(job)
            except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
                job.failure = error
            _here.job = None
            is_over = job.is_given_up or self._is_closed
            if not is_over:
                self._idle.append(inbox)
            job.done.put(_DONE)
            if is_over:
                return

    def _jobs(self, inbox: SimpleQueue[Any]) -> Iterator[tuple[Callable[[Job], object], Job]]:
        while (item := inbox.get()) is not None:
            yield item
