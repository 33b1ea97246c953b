"""Tool calls of one answer: validated in order, run side by side, results in call order.

Each call that can run gets a thread; progress and ends come back through one queue and leave as
events in the order they happen. A call that cannot run (unknown tool, bad arguments, refused by a
hook, an answer cut at its length limit) gets an error result at once, so that every call of the
batch has exactly one result. One sequential tool makes the whole batch run one call at a time.
"""

from __future__ import annotations

import json
import threading
import time
from queue import Empty, SimpleQueue

from pi import schema
from pi.errors import Cancelled, ToolError
from pi.events import ToolEnd, ToolStart, ToolUpdate
from pi.messages import text, tool_result
from pi.text.unicode import clean_json
from pi.tools.base import Call, Outcome
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from pi.cancel import CancelToken
    from pi.messages import Message
    from pi.tools.base import Tool

ABORT_GRACE_S = 3.0
"""How long a tool may take to obey the token before its call is given up and reported aborted."""


class Gate(Value):
    """What decides about calls from outside: both may change what they are given.

    `before(call, tool)` returns the arguments to use, or raises ToolError to refuse the call.
    `after(call, outcome)` returns the outcome to record.
    """

    before: Callable[[dict[str, Any], Tool], dict[str, Any]] | None = None
    after: Callable[[dict[str, Any], Outcome], Outcome] | None = None


_ABORT = object()  # in the inbox: the token fired
_GRACE_OVER = object()


class _Finished(Value):
    index: int
    outcome: Outcome
    duration_ms: int | None


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
        self._calls = calls
        self._tools = tools
        self._token = token
        self._gate = gate
        self._now_ms = now_ms
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._finished: dict[int, _Finished] = {}

    @property
    def results(self) -> list[Message]:
        """The toolResult messages, in call order."""
        stamp = self._now_ms()
        return [
            _result_message(call, self._finished[index], stamp)
            for index, call in enumerate(self._calls)
        ]

    @property
    def terminate(self) -> bool:
        """Whether every call of the batch asked the loop to stop."""
        done = self._finished.values()
        return bool(done) and all(finished.outcome.terminate for finished in done)

    def refuse(self, reason: Callable[[dict[str, Any]], str]) -> Iterator[ToolStart | ToolEnd]:
        """Give every call an error result without running any."""
        for index, call in enumerate(self._calls):
            yield ToolStart(call["id"], call["name"], call["arguments"])
            yield self._end(_Finished(index, _error(reason(call)), None))

    def run(self) -> Iterator[ToolStart | ToolUpdate | ToolEnd]:
        """Run all calls; ends when each has a result. A fired token does not end it early."""
        ready: list[tuple[int, Tool, dict[str, Any]]] = []
        sequential = any(
            self._tools[call["name"]].sequential
            for call in self._calls
            if call["name"] in self._tools
        )
        for index, call in enumerate(self._calls):
            yield ToolStart(call["id"], call["name"], call["arguments"])
            try:
                job = (index, *self._prepared(call))
            except ToolError as error:
                yield self._end(_Finished(index, _error(str(error), error.details), None))
                continue
            if sequential:
                yield from self._execute([job])
            else:
                ready.append(job)
        yield from self._execute(ready)

    def _prepared(self, call: dict[str, Any]) -> tuple[Tool, dict[str, Any]]:
        tool = self._tools.get(call["name"])
        if tool is None:
            raise ToolError(f"Tool {call['name']} not found")
        if call.get("argumentsError"):
            raise ToolError(f'Invalid arguments for tool "{tool.name}": {call["argumentsError"]}')
        arguments = call["arguments"]
        if tool.prepare is not None:
            arguments = tool.prepare(arguments)
        arguments, problems = schema.check(tool.parameters, arguments)
        if problems:
            raise ToolError(_validation_text(tool.name, problems, call["arguments"]))
        if self._gate.before is not None:
            arguments = self._gate.before({**call, "arguments": arguments}, tool)
        return tool, arguments

    def _execute(
        self, jobs: list[tuple[int, Tool, dict[str, Any]]]
    ) -> Iterator[ToolUpdate | ToolEnd]:
        running = {index for index, _, _ in jobs}
        for index, tool, arguments in jobs:
            turn = tool.claim(arguments, self._token) if tool.claim else None
            job = (index, tool, arguments, turn)
            threading.Thread(target=self._work, args=job, daemon=True).start()
        deadline: float | None = None
        undo = self._token.on_cancel(lambda: self._inbox.put(_ABORT))
        try:
            while running:
                item = self._take(deadline)
                if item is _ABORT:
                    deadline = time.monotonic() + ABORT_GRACE_S
                elif item is _GRACE_OVER:
                    yield from self._give_up(sorted(running))
                    return
                elif isinstance(item, ToolUpdate):
                    yield item
                elif item.index in running:
                    running.discard(item.index)
                    yield self._end(item)
        finally:
            undo()

    def _take(self, deadline: float | None) -> Any:
        timeout_s = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            return self._inbox.get(timeout=timeout_s)
        except Empty:
            return _GRACE_OVER

    def _give_up(self, indices: list[int]) -> Iterator[ToolEnd]:
        for index in indices:
            yield self._end(_Finished(index, _error("Operation aborted"), None))

    def _work(self, index: int, tool: Tool, arguments: dict[str, Any], turn: Any) -> None:
        call = self._calls[index]
        shown = call["arguments"]

        def report(partial: dict[str, Any]) -> None:
            self._inbox.put(ToolUpdate(call["id"], call["name"], shown, partial))

        started = time.monotonic()
        try:
            outcome = _run(tool, arguments, Call(call["id"], self._token, report), turn)
        except ToolError as error:
            outcome = _error(str(error), error.details)
        except Cancelled:
            outcome = _error("Operation aborted")
        except Exception as error:  # noqa: BLE001 - a tool call: one of the three named places
            outcome = _error(f"{type(error).__name__}: {error}")
        duration_ms = round((time.monotonic() - started) * 1000)
        self._inbox.put(_Finished(index, outcome, duration_ms))

    def _end(self, finished: _Finished) -> ToolEnd:
        call = self._calls[finished.index]
        if self._gate.after is not None and finished.duration_ms is not None:
            outcome = self._gate.after(call, finished.outcome)
            finished = _Finished(finished.index, outcome, finished.duration_ms)
        self._finished[finished.index] = finished
        outcome = finished.outcome
        result: dict[str, Any] = {"content": outcome.content}
        if outcome.details is not None:
            result["details"] = outcome.details
        if outcome.structured is not None:
            result["structuredContent"] = outcome.structured
            if outcome.is_error:
                result["isError"] = True
        return ToolEnd(
            call["id"], call["name"], clean_json(result), outcome.is_error, finished.duration_ms
        )


def _run(tool: Tool, arguments: dict[str, Any], call: Call, turn: Any) -> Outcome:
    if turn is None:
        return tool.run(arguments, call)
    with turn:
        return tool.run(arguments, call)


def _result_message(call: dict[str, Any], finished: _Finished, stamp: int) -> Message:
    outcome = finished.outcome
    extra: dict[str, Any] = {}
    if outcome.details is not None:
        extra["details"] = clean_json(outcome.details)
    if finished.duration_ms is not None:
        extra["durationMs"] = finished.duration_ms
    if outcome.usage is not None:
        extra["usage"] = outcome.usage
    content = clean_json(outcome.content)
    return tool_result(call, content, stamp, is_error=outcome.is_error, extra=extra)


def _error(message: str, details: object = None) -> Outcome:
    return Outcome([text(message)], details={} if details is None else details, is_error=True)


def _validation_text(name: str, problems: list[str], arguments: object) -> str:
    listed = "\n".join(f"  - {problem}" for problem in problems)
    received = json.dumps(arguments, indent=2, ensure_ascii=False)
    return f'Validation failed for tool "{name}":\n{listed}\n\nReceived arguments:\n{received}'
