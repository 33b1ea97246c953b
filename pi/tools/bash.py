"""The `bash` tool: one shell command; its output is shown while it runs and given at the end.

The end of the output is kept, 2000 lines or 50 KB; all of it goes to a log when it is more. There
is no time limit unless one is given. A command that fails, takes too long or is stopped is an
error whose text begins with what it wrote.

Source: the reference's tool. Unlike it, stdout and stderr come in the order they were written, and
commands too long for an argument run from a file.
"""

from __future__ import annotations

import time
from math import isfinite

from pi.errors import ToolError
from pi.messages import text
from pi.proc import StartError
from pi.text import truncate
from pi.tools.base import Outcome, Tool
from pi.tools.shell import run_command
from pi.tools.shell_output import ShellOutput, log_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.proc import Exit
    from pi.tools.base import Call
    from pi.tools.workspace import Workspace

UPDATE_S = 0.1
"""The least time between two progress reports."""

MAX_TIMEOUT_S = 2147483.647  # the reference's: 2**31 - 1 ms

_PARAMETERS = {
    "type": "object",
    "required": ["command"],
    "properties": {
        "command": {"type": "string", "description": "The command line for bash"},
        "timeout": {
            "type": "number",
            "description": "Seconds after which it is stopped (default: never)",
        },
    },
}


def tool(workspace: Workspace, clock: Callable[[], float] = time.monotonic) -> Tool:
    """The tool, for one workspace."""

    def run(arguments: dict[str, Any], call: Call) -> Outcome:
        return _run(workspace, arguments, call, clock)

    return Tool(
        "bash",
        "Run a command with bash in the working directory and get what it writes to stdout and "
        f"stderr. Of long output the last {truncate.MAX_LINES} lines or "
        f"{truncate.MAX_BYTES // 1024}KB are given, with the name of a file that has all of it. "
        "Each command gets a shell of its own without a terminal or input. A timeout in seconds "
        "can be set.",
        _PARAMETERS,
        run,
        snippet="Run shell commands (ls, grep, find, tests, git, ...)",
        guidelines=("The PI_* variables of a command tell which model and session this is.",),
    )


def _run(
    workspace: Workspace, arguments: dict[str, Any], call: Call, clock: Callable[[], float]
) -> Outcome:
    timeout_s = _timeout(arguments.get("timeout"))
    output = ShellOutput(log_folder(workspace.environ))
    progress = _Progress(output, call, clock)
    call.report({"content": []})
    started = clock()
    try:
        end = run_command(
            workspace,
            arguments["command"],
            call.token,
            output,
            on_text=progress.take,
            timeout_s=timeout_s,
        )
    except StartError as error:
        raise ToolError(str(error)) from error
    took_s = clock() - started
    progress.flush()
    return _outcome(output, end, timeout_s, took_s)


def _timeout(value: float | None) -> float | None:
    if value is None:
        return None
    if not isfinite(value) or value <= 0:
        raise ToolError("Invalid timeout: must be a finite number of seconds")
    if value > MAX_TIMEOUT_S:
        raise ToolError(f"Invalid timeout: at most {MAX_TIMEOUT_S} seconds; leave it out for none")
    return value


class _Progress:
    """Reports the output so far, not more often than every UPDATE_S."""

    def __init__(self, output: ShellOutput, call: Call, clock: Callable[[], float]) -> None:
        self._output = output
        self._call = call
        self._clock = clock
        self._is_due = False
        self._next_at = clock()

    def take(self, piece: str) -> float | None:
        """There is more output, or none for a while; how many seconds to call again after."""
        self._is_due = self._is_due or piece != ""
        wait_s = self._next_at - self._clock()
        if self._is_due and wait_s > 0:
            return wait_s
        self.flush()
        return None

    def flush(self) -> None:
        """Report now what was not reported yet."""
        if self._is_due:
            self._is_due = False
            self._next_at = self._clock() + UPDATE_S
            cut = self._output.cut()
            details = _details(self._output, cut)
            self._call.report({"content": [text(cut.text)], "details": details})


def _outcome(output: ShellOutput, end: Exit, timeout_s: float | None, took_s: float) -> Outcome:
    cut = output.cut()
    details = _details(output, cut)
    shown = cut.text + _notice(output, cut)
    if end.cancelled:
        raise ToolError(_with_status(shown, "Command aborted"), details)
    if end.timed_out:
        status = f"Command timed out after {_number(timeout_s)} seconds"
        raise ToolError(_with_status(shown, status), details)
    shown = shown or "(no output)"
    if end.code != 0:
        shown = _with_status(shown, f"Command exited with code {end.code}")
    whole, is_cut = output.whole()
    structured = {"output": whole, "truncated": is_cut}
    if is_cut and output.log_path:
        structured["full_output_path"] = output.log_path
    structured["exit_code"] = end.code
    structured["wall_time_seconds"] = _number(round(took_s, 1))
    return Outcome([text(shown)], details or None, structured, is_error=end.code != 0)


def _with_status(shown: str, status: str) -> str:
    return f"{shown}\n\n{status}" if shown else status


def _notice(output: ShellOutput, cut: truncate.Cut) -> str:
    """What was left out, and where it is; "" if nothing was."""
    if cut.by is None:
        return ""
    size = truncate.size_text(truncate.MAX_BYTES)
    if cut.partial:
        line = truncate.size_text(output.line_size)
        what = (
            f"Showing last {truncate.size_text(cut.kept_size)} of line {cut.lines} (line is {line})"
        )
    else:
        limit = f" ({size} limit)" if cut.by == "bytes" else ""
        first = cut.lines - cut.kept_lines + 1
        what = f"Showing lines {first}-{cut.lines} of {cut.lines}{limit}"
    return f"\n\n[{what}. {_where(output)}]"


def _where(output: ShellOutput) -> str:
    if not output.log_problem:
        return f"Full output: {output.log_path}"
    if output.log_path is None:
        return f"The full output could not be saved: {output.log_problem}"
    return f"Only the beginning could be saved in {output.log_path}: {output.log_problem}"


def _details(output: ShellOutput, cut: truncate.Cut) -> dict[str, Any]:
    if cut.by is None:
        return {}
    details = {"truncation": truncate.details(cut)}
    if output.log_path is not None:
        details["fullOutputPath"] = output.log_path
    return details


def _number(value: float | None) -> float | int | None:
    """A number as JSON of other programs has it: 1 and not 1.0."""
    return int(value) if value is not None and value == int(value) else value
