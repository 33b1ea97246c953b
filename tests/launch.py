"""Running `pi` from tests: the command, a clean environment, one run from start to end.

    PI_TEST_COMMAND="dist/pi/pi" pytest tests/test_cli.py      the same tests, another artefact

Without it, `pi.py` of this tree runs on the interpreter that runs the tests. A command that begins
with a path relative to the repository root is taken from there.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class AgentHome(Value):
    """Where a `pi` under test lives; all below one temporary folder."""

    home: Path  # HOME
    agent: Path  # the agent directory, ~/.pi/agent
    project: Path  # the working directory

    def write(self, name: str, value: Any) -> Path:
        """Write a JSON file of the agent directory, such as "settings.json"."""
        path = self.agent / name
        path.write_text(json.dumps(value, indent=2), "utf-8")
        return path

    def session_files(self) -> list[Path]:
        """The session files, oldest name first."""
        return sorted((self.agent / "sessions").rglob("*.jsonl"))


class Finished(Value):
    """A run that ended by itself. A negative `code` is the signal that ended it."""

    code: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of stdout as JSON: what JSON mode prints."""
        return [json.loads(line) for line in self.stdout.split("\n") if line]


def make_home(folder: Path) -> AgentHome:
    """An empty agent home below `folder`."""
    home = AgentHome(folder / "home", folder / "home/.pi/agent", folder / "project")
    for path in (home.agent, home.project, folder / "tmp"):
        path.mkdir(parents=True)
    return home


def command() -> list[str]:
    """The words that start the `pi` under test."""
    words = shlex.split(os.environ.get("PI_TEST_COMMAND", ""))
    if not words:
        return [sys.executable, str(ROOT / "pi.py")]
    at_root = ROOT / words[0]
    return [str(at_root) if at_root.is_file() else words[0], *words[1:]]


def environment(home: AgentHome, extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """All a run may see: nothing is inherited but PATH. A value of None removes a variable."""
    base = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home.home),
        "TMPDIR": str(home.home.parent / "tmp"),
        "LANG": "C.UTF-8",
        "PI_OFFLINE": "1",
    }
    merged = {**base, **(extra or {})}
    return {name: value for name, value in merged.items() if value is not None}


def start(
    home: AgentHome,
    *arguments: str,
    env: Mapping[str, str | None] | None = None,
    program: Sequence[str] | None = None,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start `pi`, or another `program`, in a process group of its own, with pipes.

    `options` go to Popen. The caller ends it with `end`.
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [*(program or command()), *arguments],
        env=environment(home, env),
        start_new_session=True,
        **{"cwd": home.project, **pipes, **options},
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a process group, and close the pipes."""
    with suppress(ProcessLookupError):  # nothing may be left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def run(
    home: AgentHome,
    *arguments: str,
    stdin: str | bytes = b"",
    env: Mapping[str, str | None] | None = None,
    timeout_s: float = 30,
) -> Finished:
    """Run `pi` to its end. Raises AssertionError, with what it printed, when it takes longer."""
    process = start(home, *arguments, env=env)
    data = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        out, err = process.communicate(data, timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(
            f"pi {shlex.join(arguments)} did not end within {timeout_s} s\n"
            f"stdout: {out[-2000:]!r}\nstderr: {err[-2000:]!r}"
        ) from None
    finally:
        end(process)
    return Finished(process.returncode, out.decode(), err.decode("utf-8", "replace"))
