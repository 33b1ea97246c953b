"""Shell commands the user runs: their output goes to the screen, to the session and to the model.

    shell = UserShell(conversation, emit, is_streaming)
    run = shell.start("make", call_id="7")      # claims the command; run() does it, on any thread
    run()                                       {"output": "ok\\n", "exitCode": 0, ...}
    shell.abort()

Each piece of output is a `ShellUpdate`. The whole is a bashExecution message of the session; the
model reads it with the next prompt. While a run goes on the message waits for its end, so that it
does not come between a tool call and its result: whoever sees the end calls `flush`.
Terminal control and carriage returns are taken out; the end of long output is kept, and all of it
in a log.
"""

from __future__ import annotations

import threading
import time

from pi.cancel import CancelToken
from pi.errors import PiError
from pi.events import ShellUpdate
from pi.messages import bash_execution
from pi.proc import StartError
from pi.tools.shell import run_command
from pi.tools.shell_output import ShellOutput, log_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.assembly import Conversation
    from pi.messages import Message


class _Job:
    """A command that was claimed and has not ended."""

    def __init__(self) -> None:
        self.token = CancelToken()
        self.ended = threading.Event()


class UserShell:
    """The user's commands in one conversation. See the module's head."""

    def __init__(
        self,
        conversation: Conversation,
        emit: Callable[[Any], object],
        is_streaming: Callable[[], bool],
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._workspace = conversation.workspace
        self._session = conversation.harness.session
        self._emit = emit
        self._is_streaming = is_streaming
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._jobs: list[_Job] = []
        self._waiting: list[Message] = []

    def start(
        self, command: str, *, call_id: Any = None, exclude: bool | None = None
    ) -> Callable[[], dict[str, Any]]:
        """Claim a command, so that `abort` reaches it; call the result to run it.

        That returns `output`, `exitCode` (unless cancelled), `cancelled`, `truncated` and, if there
        is a log, `fullOutputPath`; it raises PiError when the command cannot be started. `call_id`
        marks its `ShellUpdate`s; `exclude` keeps it from the model.
        """
        job = _Job()
        with self._lock:
            self._jobs.append(job)

        def run() -> dict[str, Any]:
            try:
                result = self._run(command, call_id, job.token)
                self._record(bash_execution(command, result, self._now_ms(), exclude))
                return result
            finally:
                with self._lock:
                    self._jobs.remove(job)
                job.ended.set()

        return run

    def abort(self) -> None:
        """Kill all commands; returns at once."""
        for job in tuple(self._jobs):
            job.token.cancel("Operation aborted")

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until every command has ended and is in the session; with a limit, for each."""
        for job in tuple(self._jobs):
            job.ended.wait(timeout_s)

    def flush(self) -> None:
        """Put what waits for the end of a run into the session."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            for message in waiting:
                self._session.append_message(message)

    def _run(self, command: str, call_id: Any, token: CancelToken) -> dict[str, Any]:
        output = ShellOutput(log_folder(self._workspace.environ), plain=True)

        def tell(piece: str) -> None:
            if piece:
                self._emit(ShellUpdate(call_id, piece))

        try:
            end = run_command(self._workspace, command, token, output, on_text=tell)
        except StartError as error:
            raise PiError(str(error)) from error
        cut = output.cut()
        result: dict[str, Any] = {"output": cut.text}
        if not end.cancelled:
            result["exitCode"] = end.code
        result["cancelled"] = end.cancelled
        result["truncated"] = cut.by is not None
        if output.log_path is not None:
            result["fullOutputPath"] = output.log_path
        return result

    def _record(self, message: Message) -> None:
        with self._lock:
            if self._is_streaming():
                self._waiting.append(message)
            else:
                self._session.append_message(message)
