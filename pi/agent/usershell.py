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

Handlers of `user_bash` may bring the result, or `operations` that run the command elsewhere:
`exec(command, cwd, options)` gets options with `on_data`, to be called with bytes or text, `token`,
`env` and `timeout` (None), and returns the exit code, or a dict with `exitCode`.
"""

from __future__ import annotations

import threading
import time

from pi.agent.errand import Errand
from pi.errors import Cancelled, PiError
from pi.events import ShellUpdate
from pi.messages import bash_execution
from pi.proc import Exit, StartError
from pi.text.unicode import clean
from pi.tools.shell import child_environ, run_command
from pi.tools.shell_output import ShellOutput, log_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.assembly.assembly import Conversation
    from pi.cancel import CancelToken
    from pi.messages import Message


class UserShell:
    """The user's commands in one conversation. See the module's head."""

    def __init__(
        self,
        conversation: Conversation,
        emit: Callable[[Any], object],
        is_streaming: Callable[[], bool],
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._hooks = conversation.hooks
        self._workspace = conversation.workspace
        self._session = conversation.harness.session
        self._emit = emit
        self._is_streaming = is_streaming
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._jobs: list[Errand] = []
        self._waiting: list[Message] = []

    def start(
        self, command: str, *, call_id: Any = None, exclude: bool | None = None
    ) -> Callable[[], dict[str, Any]]:
        """Claim a command, so that `abort` reaches it; call the result to run it.

        That returns `output`, `exitCode` (unless cancelled), `cancelled`, `truncated` and, if there
        is a log, `fullOutputPath`; it raises PiError when the command cannot be started. `call_id`
        marks its `ShellUpdate`s; `exclude` keeps it from the model.
        """
        job = Errand()
        with self._lock:
            self._jobs.append(job)

        def run() -> dict[str, Any]:
            try:
                result = self._result(command, call_id, job.token, bool(exclude))
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

    def _result(
        self, command: str, call_id: Any, token: CancelToken, exclude: bool
    ) -> dict[str, Any]:
        """What came of a command, as an extension or the shell has it."""
        if not self._hooks.wants("user_bash"):
            return self._run(command, call_id, token, None)
        event = self._hooks.fire(
            "user_bash",
            token,
            command=command,
            exclude_from_context=exclude,
            cwd=self._workspace.cwd,
        )
        if event.result is not None:
            return _whole(event.result)
        return self._run(command, call_id, token, event.operations)

    def _run(
        self, command: str, call_id: Any, token: CancelToken, operations: Any
    ) -> dict[str, Any]:
        output = ShellOutput(log_folder(self._workspace.environ), plain=True)

        def tell(piece: str) -> None:
            if piece:
                self._emit(ShellUpdate(call_id, piece))

        try:
            if operations is None:
                end = run_command(self._workspace, command, token, output, on_text=tell)
            else:
                end = self._elsewhere(operations, command, token, output, tell)
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

    def _elsewhere(
        self,
        operations: Any,
        command: str,
        token: CancelToken,
        output: ShellOutput,
        tell: Callable[[str], None],
    ) -> Exit:
        """Let an extension run a command. Raises PiError for what it raises."""

        def on_data(data: bytes | str) -> None:
            tell(output.feed(data.encode() if isinstance(data, str) else bytes(data)))

        environ = child_environ(self._workspace)
        options = {"on_data": on_data, "onData": on_data, "token": token, "signal": token}
        options |= {"env": environ, "timeout": None}
        run = operations["exec"] if isinstance(operations, dict) else operations.exec
        try:
            ended = run(command, self._workspace.cwd, options)
        except Cancelled:
            ended = None
        except Exception as error:  # noqa: BLE001 - an extension: one of the three named places
            raise PiError(f"the command was not run: {type(error).__name__}: {error}") from None
        tell(output.finish())
        if isinstance(ended, dict):
            ended = ended.get("exitCode", ended.get("exit_code"))
        code = ended if isinstance(ended, int) and not isinstance(ended, bool) else None
        if token.cancelled:
            return Exit(None, cancelled=True)
        return Exit(1 if code is None else code)

    def _record(self, message: Message) -> None:
        with self._lock:
            if self._is_streaming():
                self._waiting.append(message)
            else:
                self._session.append_message(message)


def _whole(result: dict[str, Any]) -> dict[str, Any]:
    """The result that an extension brought, with everything a result has."""
    is_cancelled = bool(result.get("cancelled"))
    code = result.get("exitCode", result.get("exit_code"))
    known: dict[str, Any] = {"output": clean(str(result.get("output", "")))}
    if not is_cancelled:
        known["exitCode"] = code if isinstance(code, int) else 0
    known |= {"cancelled": is_cancelled, "truncated": bool(result.get("truncated"))}
    path = result.get("fullOutputPath", result.get("full_output_path"))
    return {**known, "fullOutputPath": path} if isinstance(path, str) else known
