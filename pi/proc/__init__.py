"""Child processes: the only place that starts any.

    run_shell("make", cwd=cwd, env=env, token=token, on_output=print)
                                                  Exit(code=2, signal=None, ...)
    capture(["git", "status"], timeout_s=5)       Captured(code=0, stdout=b"On branch...", ...)
    find_shell(None, os.environ)                  "/bin/bash"

A child gets a session of its own (no terminal, no Ctrl+C of ours), an empty standard input and,
from `run_shell`, one pipe for stdout and stderr, so that output comes in the order it was written.
It is over when its first process has ended and its output is at the end or was silent for a
moment: children left in the background do not hold it. Everything in its session is killed, at
once and without grace, when the token fires, when the time is over, and when pi ends in whatever
way (`pi.proc.group` tells how, and what is out of reach).

While pi lives, the output of children left in the background goes on being read, so that they do
not die of a closed pipe. After a normal end of pi they live on until they write to it.
"""

from __future__ import annotations

import os
import threading
import time

from pi.cancel import CancelToken
from pi.proc import group
from pi.proc.run import Pipe, Run
from pi.proc.spawn import StartError
from pi.text.unicode import clean
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from pi.proc.run import Sink

__all__ = [
    "Captured",
    "Exit",
    "StartError",
    "capture",
    "find_program",
    "find_shell",
    "kill_all",
    "run_shell",
]

_CHUNK = 1 << 16
_ARGUMENT_MAX = 100_000
"""Bytes of a command that are passed as an argument; Linux takes 131071 in one, macOS more."""

_LATE_PAUSE_S = 0.01

kill_all = group.kill_all


class Exit(Value):
    """How a command ended.

    `code` is its exit code, 128 + n for death by signal n (then `signal` is n). It is None if the
    token had fired before it was started, or if it was killed but did not end.
    """

    code: int | None
    signal: int | None = None
    timed_out: bool = False
    cancelled: bool = False


class Captured(Value):
    """What a program wrote; `code` as in Exit. `truncated`: stopped, for it wrote too much."""

    code: int | None
    stdout: bytes
    stderr: bytes
    timed_out: bool = False
    truncated: bool = False
    cancelled: bool = False


def run_shell(  # noqa: PLR0913 - all but the command have names
    command: str,
    *,
    cwd: str,
    env: Mapping[str, str],
    token: CancelToken,
    on_output: Sink,
    timeout_s: float | None = None,
    shell: str | None = None,
    on_late: Callable[[bytes], object] | None = None,
) -> Exit:
    """Run a shell command to its end and hand over its output as it comes.

    `on_output` gets chunks on the calling thread. If it returns a number, it is called with b""
    after that many seconds without output. `on_late` gets, on a thread of its own, what children
    in the background write after the end, and at last b"", when the pipe is closed for good.
    `shell` None is the result of `find_shell`.
    Raises StartError if the command cannot be started; whatever `on_output` raises kills it.
    """
    if token.cancelled:
        return Exit(None, cancelled=True)
    run, pipe = Run(token, timeout_s), Pipe()
    try:
        arguments, file = _script(command)
        argv = [shell or find_shell(None, env), *arguments]
        run.start(argv, (pipe.write_end, pipe.write_end), cwd, env, keep=file)
        pipe.close_write()
        run.serve({pipe.read_end: on_output})
    finally:
        if run.open and not run.killed:
            threading.Thread(target=_read_on, args=(pipe, on_late), daemon=True).start()
        elif on_late is not None:
            on_late(b"")
    code, signal = _codes(run.code)
    return Exit(code, signal, timed_out=run.timed_out, cancelled=run.cancelled)


def capture(  # noqa: PLR0913 - all but the command have names
    command: Sequence[str] | str,
    *,
    timeout_s: float | None,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    input: bytes | None = None,  # noqa: A002 - as subprocess names it
    token: CancelToken | None = None,
    limit: int = 1 << 20,
    is_patient: bool = False,
) -> Captured:
    """Run a program, or a shell command if it is a string, and return what it wrote.

    It is stopped when it has written more than `limit` bytes to stdout or to stderr.
    Raises StartError if it cannot be started, Cancelled when the token fires; for a caller that
    `is_patient`, that is told, with what it wrote until then.
    """
    token = token or CancelToken()
    token.check()
    argv = [find_shell(None, env or os.environ), "-c", command]
    if not isinstance(command, str):
        argv = list(command)
    run = Run(token, timeout_s)
    out, err, feed = Pipe(), Pipe(), Pipe() if input is not None else None
    stdin = feed.read_end if feed else None
    run.start(argv, (out.write_end, err.write_end), cwd, env, stdin=stdin)
    for pipe in (out, err):
        pipe.close_write()
    if feed:
        feed.close_read()
    stdout, stderr = _Buffer(limit, run), _Buffer(limit, run)
    run.serve({out.read_end: stdout.take, err.read_end: stderr.take}, feed, input or b"")
    if not is_patient:
        token.check()
    return Captured(
        _codes(run.code)[0],
        bytes(stdout.data),
        bytes(stderr.data),
        timed_out=run.timed_out,
        truncated=stdout.full or stderr.full,
        cancelled=run.cancelled,
    )


def find_shell(custom: str | None, environ: Mapping[str, str]) -> str:
    """The shell for commands: the configured one, /bin/bash, a bash on PATH, or sh.

    `custom` may begin with ~. Raises StartError if it is not there.
    """
    if custom:
        home = environ.get("HOME") or os.path.expanduser("~")
        path = home + custom[1:] if custom == "~" or custom.startswith("~/") else custom
        found = find_program(path, environ)
        if found is None:
            raise StartError(f"shellPath {custom!r}: no such program; mend or remove the setting")
        return found
    if os.access("/bin/bash", os.X_OK):
        return "/bin/bash"
    return find_program("bash", environ) or "/bin/sh"


def find_program(name: str, environ: Mapping[str, str]) -> str | None:
    """The path of an executable file: on PATH, or `name` itself if it has a slash."""
    folders = [""] if "/" in name else environ.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


class _Buffer:
    """The sink of `capture`: keeps what comes, up to a limit."""

    def __init__(self, limit: int, run: Run) -> None:
        self.data = bytearray()
        self.full = False
        self._limit = limit
        self._run = run

    def take(self, chunk: bytes) -> None:
        """Keep what there is room for; more than that ends the program."""
        room = self._limit - len(self.data)
        self.data += chunk[:room]
        if len(chunk) > room:
            self.full = True
            self._run.stop()


def _script(command: str) -> tuple[list[bytes | str], BinaryIO | None]:
    """The shell's arguments for a command, and the file they name if it is a long one."""
    text = clean(command).encode()
    if b"\0" in text:
        raise StartError("Invalid command: it has a NUL character, which no shell can take")
    if len(text) <= _ARGUMENT_MAX:
        return ["-c", text], None
    from tempfile import TemporaryFile  # noqa: PLC0415 - for very long commands only

    file = TemporaryFile()  # noqa: SIM115 - closed when the shell has it
    file.write(text)
    file.seek(0)  # also flushes; some systems share the position with /dev/fd
    return [f"/dev/fd/{file.fileno()}"], file


def _codes(code: int | None) -> tuple[int | None, int | None]:
    """Exit code and signal, as shells count them, of a `Popen.returncode`."""
    return (128 - code, -code) if code is not None and code < 0 else (code, None)


def _read_on(pipe: Pipe, on_late: Callable[[bytes], object] | None) -> None:
    """Read what children in the background write, slowly if it is much, until the last is gone."""
    while data := os.read(pipe.read_end, _CHUNK):
        if on_late is not None:
            on_late(data)
        if len(data) == _CHUNK:
            time.sleep(_LATE_PAUSE_S)
    if on_late is not None:
        on_late(b"")
