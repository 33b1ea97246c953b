"""Tool calls of one answer: validated in order, run side by side, results in call order.

Each call that can run gets a thread; progress and ends come back through one queue and leave as
events in the order they happen. A call that cannot run (unknown tool, bad arguments, refused by a
hook, an answer cut at its length limit) gets an error result at once, so that every call of the
batch has exactly one result. One sequential tool makes the whole batch run one call at a time.

A running tool may call another one (`Call.nest`). Such a nested call takes the same way, asked for
through the same queue: it is validated, put to the gate and told of on the thread that iterates the
batch, then gets a thread of its own while its caller waits. Its id is `<parent id>/<n>`; its result
goes to the caller alone, what is kept of it is a line in the record of the model's call (`nested`).
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue

from pi import schema
from pi.cost import summed
from pi.errors import Cancelled, ToolError
from pi.events import ToolEnd, ToolStart, ToolUpdate
from pi.job import Job, Wish, failed, message_of, never_ran, result_of, told, validation_text
from pi.messages import text_of
from pi.tools.base import Call
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from pi.cancel import CancelToken
    from pi.messages import Message
    from pi.tools.base import Outcome, Tool

ABORT_GRACE_S = 3.0
"""How long a tool may take to obey the token before its call is given up and reported aborted."""

ABORTED = "Operation aborted"
TOO_LATE = "A tool can call other tools only while its own call runs"
TOO_DEEP = "Tools call each other in circles: this call is not run"
MAX_DEPTH = 16
"""How many calls may stand above a nested call."""


class RefusedError(ToolError):
    """A gate refuses a call; with `terminate` the loop is to stop after the batch."""

    def __init__(self, message: str, *, terminate: bool = False) -> None:
        super().__init__(message)
        self.terminate = terminate


class Gate(Value):
    """What decides about calls from outside: both may change what they are given.

    `before(call, tool)` returns the arguments to use, or raises ToolError to refuse the call.
    `after(call, outcome)` returns the outcome to record; the call has the arguments it ran with.
    A nested call has `parentToolCallId`.
    """

    before: Callable[[dict[str, Any], Tool], dict[str, Any]] | None = None
    after: Callable[[dict[str, Any], Outcome], Outcome] | None = None


_ABORT = object()  # in the inbox: the token fired
_GRACE_OVER = object()


class Batch:
    """One batch of calls. Iterate `run()` for its events; then read `results` and `terminate`."""

    def __init__(
        self,
        calls: list[dict[str, Any]],
        tools: Mapping[str, Tool],
        token: CancelToken,
        gate: Gate,
        now_ms: Callable[[], int],
    ) -> None:
        self._jobs = [Job(call) for call in calls]
        self._tools = tools
        self._token = token
        self._gate = gate
        self._now_ms = now_ms
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._ready: list[Job] = []
        self._running: dict[int, Job] = {}
        self._asking = threading.Lock()  # for the next: nobody waits for a batch that has ended
        self._is_over = False

    @property
    def results(self) -> list[Message]:
        """The toolResult messages, in call order."""
        stamp = self._now_ms()
        return [message_of(job, stamp) for job in self._jobs]

    @property
    def terminate(self) -> bool:
        """Whether every call of the batch asked the loop to stop."""
        return bool(self._jobs) and all(
            job.outcome is not None and job.outcome.terminate for job in self._jobs
        )

    def refuse(self, reason: Callable[[dict[str, Any]], str]) -> Iterator[ToolStart | ToolEnd]:
        """Give every call an error result without running any."""
        for job in self._jobs:
            yield ToolStart(job.id, job.name, job.shown)
            yield self._ended(job, failed(reason(job.call)), None)

    def run(self) -> Iterator[ToolStart | ToolUpdate | ToolEnd]:
        """Run all calls; ends when each has a result. A fired token does not end it early."""
        sequential = any(
            self._tools[job.name].sequential for job in self._jobs if job.name in self._tools
        )
        try:
            for job in self._jobs:
                yield from self._begin(job)
                if sequential:
                    yield from self._execute()
            yield from self._execute()
        finally:
            self._close()

    def nest(
        self,
        parent_id: str,
        name: str,
        arguments: Any,
        token: CancelToken | None = None,
        report: Callable[[dict[str, Any]], object] | None = None,
    ) -> dict[str, Any]:
        """Run a tool for the tool whose call has this id; see `Call.nest`."""
        for job in (*self._running.values(), *self._jobs):
            if job.id == parent_id:
                return self._nested(job, name, arguments, token, report)
        return never_ran({"id": parent_id, "name": name}, TOO_LATE)

    # --- one call --------------------------------------------------------------------------------

    def _begin(self, job: Job) -> Iterator[ToolStart | ToolEnd]:
        """Tell of a call, and let it run if it can."""
        yield ToolStart(job.id, job.name, job.shown, job.parent_id)
        try:
            tool = self._prepared(job)
        except ToolError as error:
            terminate = isinstance(error, RefusedError) and error.terminate
            outcome = replace(failed(str(error), error.details), terminate=terminate)
            yield self._ended(job, outcome, None)
            return
        job.tool = tool
        self._ready.append(job)

    def _prepared(self, job: Job) -> Tool:
        call = job.call
        if job.depth > MAX_DEPTH:
            raise ToolError(TOO_DEEP)
        tool = self._tools.get(job.name)
        if tool is None:
            raise ToolError(f"Tool {job.name} not found")
        if call.get("argumentsError"):
            raise ToolError(f'Invalid arguments for tool "{tool.name}": {call["argumentsError"]}')
        arguments = job.shown
        if tool.prepare is not None:
            arguments = tool.prepare(arguments)
        arguments, problems = schema.check(tool.parameters, arguments)
        if problems:
            raise ToolError(validation_text(tool.name, problems, job.shown))
        if self._gate.before is not None:
            arguments = self._gate.before({**call, "arguments": arguments}, tool)
        job.used = arguments
        return tool

    def _execute(self) -> Iterator[ToolStart | ToolUpdate | ToolEnd]:
        """Run what is ready, and what that asks for, to the end."""
        self._start_ready()
        deadline: float | None = None
        undo = self._token.on_cancel(lambda: self._inbox.put(_ABORT))
        try:
            while self._running:
                item = self._take(deadline)
                if item is _ABORT:
                    deadline = time.monotonic() + ABORT_GRACE_S
                elif item is _GRACE_OVER:
                    yield from self._give_up()
                elif isinstance(item, ToolUpdate):
                    yield item
                elif isinstance(item, Wish):
                    yield from self._grant(item)
                elif id(item[0]) in self._running:
                    yield self._ended(*item)
        finally:
            undo()

    def _take(self, deadline: float | None) -> Any:
        timeout_s = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            return self._inbox.get(timeout=timeout_s)
        except Empty:
            return _GRACE_OVER

    def _start_ready(self) -> None:
        for job in self._ready:
            self._running[id(job)] = job
        ready, self._ready = self._ready, []
        for job in ready:
            turn = job.tool.claim(job.used, self._token) if job.tool.claim else None
            threading.Thread(target=self._work, args=(job, turn), daemon=True).start()

    def _give_up(self) -> Iterator[ToolEnd]:
        """End what does not obey the token; nested calls first, whose callers wait for them."""
        running = list(self._running.values())
        for job in (*(j for j in reversed(running) if j.wish), *(j for j in running if not j.wish)):
            yield self._ended(job, failed(ABORTED), None)

    def _work(self, job: Job, turn: Any) -> None:
        wish = job.wish

        def report(partial: dict[str, Any]) -> None:
            self._inbox.put(ToolUpdate(job.id, job.name, job.shown, partial, job.parent_id))
            if wish is not None and wish.report is not None:
                wish.report(partial)

        def nest(name: str, arguments: Any, **options: Any) -> dict[str, Any]:
            return self._nested(job, name, arguments, **options)

        token = self._token if wish is None or wish.token is None else wish.token
        started = time.monotonic()
        try:
            outcome = _run(job.tool, job.used, Call(job.id, token, report, nest), turn)
        except ToolError as error:
            outcome = failed(str(error), error.details)
        except Cancelled:
            outcome = failed(ABORTED)
        except Exception as error:  # noqa: BLE001 - a tool call: one of the three named places
            outcome = failed(f"{type(error).__name__}: {error}")
        duration_ms = round((time.monotonic() - started) * 1000)
        self._inbox.put((job, outcome, duration_ms))

    def _ended(self, job: Job, outcome: Outcome, duration_ms: int | None) -> ToolEnd:
        """Settle how a call ended, for whoever made it. `duration_ms` is None if it did not run."""
        self._running.pop(id(job), None)
        if self._gate.after is not None and duration_ms is not None:
            outcome = self._gate.after({**job.call, "arguments": job.used}, outcome)
        if job.usages:
            own = [outcome.usage] if isinstance(outcome.usage, dict) else []
            outcome = replace(outcome, usage=summed([*own, *job.usages]))
        job.outcome, job.duration_ms = outcome, duration_ms
        result = result_of(outcome)
        if job.wish is not None:
            self._settle(job, result)
        return ToolEnd(job.id, job.name, result, outcome.is_error, duration_ms, job.parent_id)

    # --- calls that tools make -------------------------------------------------------------------

    def _nested(
        self,
        parent: Job,
        name: str,
        arguments: Any,
        token: CancelToken | None = None,
        report: Callable[[dict[str, Any]], object] | None = None,
    ) -> dict[str, Any]:
        """Ask for a tool, and wait for what comes of it; on the thread of the calling tool."""
        own, undo = self._joined(token)
        wish = Wish(parent, name, arguments, own, report, SimpleQueue())
        with self._asking:
            if self._is_over:
                return never_ran({"id": parent.id, "name": name}, TOO_LATE)
            self._inbox.put(wish)
        try:
            return wish.reply.get()
        finally:
            undo()

    def _joined(self, token: CancelToken | None) -> tuple[CancelToken | None, Callable[[], object]]:
        """A token that fires with the batch's and with `token`, and how to let go of that."""
        if token is None:
            return None, lambda: None
        own = self._token.child()
        return own, token.on_cancel(lambda: own.cancel(token.reason))

    def _grant(self, wish: Wish) -> Iterator[ToolStart | ToolEnd]:
        parent = wish.parent
        if id(parent) not in self._running:
            call = {"id": parent.id, "name": wish.name}
            wish.reply.put(never_ran(call, TOO_LATE))
            return
        parent.children += 1
        call = {
            "type": "toolCall",
            "id": f"{parent.id}/{parent.children}",
            "name": wish.name,
            "arguments": wish.arguments,
            "parentToolCallId": parent.id,
        }
        if not isinstance(wish.arguments, dict):
            call = {**call, "arguments": {}, "argumentsError": "they are not an object"}
        job = Job(call, wish)
        if job.top.record is None:
            from pi.nested import Record  # noqa: PLC0415 - few tools call others

            job.top.record = Record()
        job.top.record.begin(job.id, job.name, job.shown)
        yield from self._begin(job)
        self._start_ready()

    def _settle(self, job: Job, result: dict[str, Any]) -> None:
        """Hand a nested call's result to its caller, and note what is kept of it."""
        outcome = job.outcome
        if isinstance(outcome.usage, dict):
            job.wish.parent.usages.append(outcome.usage)
        error = text_of({"content": outcome.content}) if outcome.is_error else None
        job.top.record.end(job.id, job.duration_ms or 0, error)
        call = {key: job.call[key] for key in ("type", "id", "name", "arguments")}
        job.wish.reply.put(told(call, result, outcome.is_error, job.duration_ms))

    def _close(self) -> None:
        """Let nobody wait for what will not come."""
        with self._asking:
            self._is_over = True
        for job in self._running.values():
            if job.wish is not None:
                job.wish.reply.put(never_ran(job.call, ABORTED))
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if isinstance(item, Wish):
                item.reply.put(never_ran({"name": item.name}, TOO_LATE))


def _run(tool: Tool, arguments: dict[str, Any], call: Call, turn: Any) -> Outcome:
    if turn is None:
        return tool.run(arguments, call)
    with turn:
        return tool.run(arguments, call)
