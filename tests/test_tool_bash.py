"""The bash tool: results, progress, limits, environment, stops. Ends are in test_proc."""

from __future__ import annotations

import os
import stat
import threading
from itertools import pairwise

import pytest

from pi.cancel import CancelToken
from pi.errors import ToolError
from pi.tools import bash
from pi.tools.base import Call
from pi.tools.workspace import Workspace


class Bash:
    """The tool in a folder of its own; `reports` are its progress."""

    def __init__(self, folder: str, **options) -> None:
        self.folder = folder
        environ = {"PATH": os.environ["PATH"], "TMPDIR": folder, **options.pop("environ", {})}
        self.space = Workspace(folder, environ=environ, **options)
        self.reports: list[dict] = []
        self.token = CancelToken()

    def __call__(self, command: str, **arguments):
        self.reports = []
        call = Call("1", self.token, self.reports.append)
        return bash.tool(self.space).run({"command": command, **arguments}, call)

    def fails(self, command: str, **arguments) -> ToolError:
        with pytest.raises(ToolError) as caught:
            self(command, **arguments)
        return caught.value

    @property
    def logs(self) -> list[str]:
        return [name for name in os.listdir(self.folder) if name.startswith("pi-bash-")]


@pytest.fixture
def run(tmp_path):
    return Bash(str(tmp_path))


@pytest.mark.parametrize(
    ("command", "text", "output", "code"),
    [
        ("echo hi", "hi\n", "hi\n", 0),
        ("true", "(no output)", "", 0),
        ("   ", "(no output)", "", 0),
        ("printf x", "x", "x", 0),
        ("echo a; exit 3", "a\n\n\nCommand exited with code 3", "a\n", 3),
        ("exit 4", "(no output)\n\nCommand exited with code 4", "", 4),
        ("kill -9 $$", "(no output)\n\nCommand exited with code 137", "", 137),
        ("printf 'a\\0\\377\\033[1m\\r\\n'", "a\0\ufffd\x1b[1m\r\n", "a\0\ufffd\x1b[1m\r\n", 0),
        ("printf '\\n\\n a \\n'", "\n\n a \n", "\n\n a \n", 0),
    ],
)
def test_a_short_result(run, command, text, output, code):
    outcome = run(command)
    assert [block["text"] for block in outcome.content] == [text]
    assert outcome.details is None
    assert outcome.is_error is (code != 0)
    structured = dict(outcome.structured)
    assert structured.pop("wall_time_seconds") >= 0
    assert structured == {"output": output, "truncated": False, "exit_code": code}
    assert run.reports[0] == {"content": []}
    assert run.logs == []


def test_progress_is_cumulative_and_not_too_often(tmp_path):
    run = Bash(str(tmp_path))
    run("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $i; sleep 0.02; done")
    assert run.reports[0] == {"content": []}
    texts = [report["content"][0]["text"] for report in run.reports[1:]]
    assert texts[0] == "1\n"
    assert texts[-1].endswith("\n12\n")
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert 3 <= len(texts) <= 7
    assert all(report["details"] == {} for report in run.reports[1:])


def test_progress_comes_also_when_the_output_pauses(run):
    reports = []

    def stop_when_complete(report):
        reports.append(report)
        if report["content"] and report["content"][0]["text"] == "a\nb\n":
            run.token.cancel()

    call = Call("1", run.token, stop_when_complete)
    with pytest.raises(ToolError, match="aborted"):
        bash.tool(run.space).run({"command": "echo a; sleep 0.03; echo b; sleep 20"}, call)
    assert len(reports) == 3


def test_many_lines(run):
    outcome = run("seq 1 2500; exit 3")
    (log,) = run.logs
    path = f"{run.folder}/{log}"
    shown, notice, status = outcome.content[0]["text"].rsplit("\n\n", 2)
    assert shown == "\n".join(map(str, range(501, 2501)))
    assert notice == f"[Showing lines 501-2500 of 2500. Full output: {path}]"
    assert status == "Command exited with code 3"
    with open(path) as stream:
        assert stream.read() == "".join(f"{number}\n" for number in range(1, 2501))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert len(log) == len("pi-bash-.log") + 16
    assert outcome.details["fullOutputPath"] == path
    assert outcome.details["truncation"]["content"] == shown
    assert outcome.details["truncation"]["truncatedBy"] == "lines"
    assert outcome.structured["output"] == "".join(f"{number}\n" for number in range(1, 2501))
    assert run.reports[-1]["details"] == outcome.details


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (
            "for i in $(seq 1000); do printf '%100s\\n' $i; done",
            "lines 495-1000 of 1000 (50.0KB limit)",
        ),
        ("head -c 70000 /dev/zero | tr '\\0' x", "last 50.0KB of line 1 (line is 68.4KB)"),
        (
            "echo a; head -c 70000 /dev/zero | tr '\\0' x; echo",
            "last 50.0KB of line 2 (line is 68.4KB)",
        ),
    ],
)
def test_many_bytes(run, command, what):
    outcome = run(command)
    notice = f"[Showing {what}. Full output: {run.folder}/{run.logs[0]}]"
    assert outcome.content[0]["text"].endswith(f"\n\n{notice}")
    assert outcome.details["truncation"]["truncatedBy"] == "bytes"


def test_programs_get_the_beginning_and_the_end(run):
    structured = run("seq 1 400000").structured
    assert structured["truncated"] is True
    assert structured["full_output_path"] == f"{run.folder}/{run.logs[0]}"
    assert structured["output"].startswith("1\n2\n3\n")
    assert structured["output"].endswith("399999\n400000\n")
    assert len(structured["output"]) < 1_100_000
    assert "bytes left out" in structured["output"]


def test_a_log_that_cannot_be_written_does_not_stop_the_command(run):
    run.space.environ["TMPDIR"] = f"{run.folder}/missing"
    outcome = run("seq 1 2500")
    assert outcome.is_error is False
    notice = outcome.content[0]["text"].rpartition("\n\n")[2]
    assert notice.startswith(
        "[Showing lines 501-2500 of 2500. The full output could not be saved: ENOENT"
    )
    assert "fullOutputPath" not in outcome.details


def test_a_time_limit(run):
    error = run.fails("echo a; sleep 20", timeout=0.2)
    assert str(error) == "a\n\n\nCommand timed out after 0.2 seconds"
    assert not error.details
    assert str(run.fails("sleep 20", timeout=0.1)) == "Command timed out after 0.1 seconds"
    error = run.fails("seq 1 2500; sleep 20", timeout=0.2)
    assert str(error).endswith(f"{run.logs[0]}]\n\nCommand timed out after 0.2 seconds")
    assert error.details["truncation"]["totalLines"] == 2500
    assert run("echo in time", timeout=2147483.647).content[0]["text"] == "in time\n"


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), -0.0])
def test_a_time_limit_that_is_none(run, timeout):
    error = run.fails("touch made", timeout=timeout)
    assert str(error) == "Invalid timeout: must be a finite number of seconds"
    assert os.listdir(run.folder) == []


def test_numbers_are_written_as_json_has_them():
    assert [repr(bash._number(value)) for value in (1.0, 0.5, 0.0, 7)] == ["1", "0.5", "0", "7"]


def test_a_time_limit_beyond_reason(run):
    assert str(run.fails("true", timeout=1e9)).startswith("Invalid timeout: at most 2147483.647 s")


def test_an_aborted_command(run):
    threading.Timer(0.15, run.token.cancel).start()
    error = run.fails("echo part; sleep 20")
    assert str(error) == "part\n\n\nCommand aborted"
    assert str(run.fails("touch made")) == "Command aborted"
    assert os.listdir(run.folder) == []


def test_the_environment_of_a_command(tmp_path):
    variables = {"PI_SESSION_ID": "s1", "PI_MODEL": "m", "PI_SESSION_FILE": None}
    inherited = {"PI_SESSION_FILE": "old", "PYTHONPATH": "mine", "LC_TIME": "C", "LANG": "x"}
    run = Bash(str(tmp_path), environ=inherited, session_env=lambda: variables)
    lines = run("env").structured["output"].splitlines()
    got = dict(line.split("=", 1) for line in lines)
    assert (
        got.items()
        >= {
            "PI_SESSION_ID": "s1",
            "PI_MODEL": "m",
            "AI_AGENT": "pi",
            "PI_CODING_AGENT": "true",
            "PYTHONPATH": "mine",
            "LC_TIME": "C",
            "LANG": "x",
        }.items()
    )
    assert "PI_SESSION_FILE" not in got
    variables["PI_MODEL"] = "other"  # asked for at each command
    assert run("echo $PI_MODEL").structured["output"] == "other\n"


def test_prefix_and_shell(tmp_path):
    shell = tmp_path / "mysh"
    shell.write_text('#!/bin/sh\necho "mine: $*"\nexec /bin/sh "$@"\n')
    shell.chmod(0o755)
    prefix = "greet() { echo hello $1; }\nset -e"
    run = Bash(str(tmp_path), shell_path=str(shell), command_prefix=prefix)
    outcome = run("greet you; false; echo not reached")
    assert outcome.structured["output"].startswith(f"mine: -c {prefix}\ngreet you")
    assert outcome.structured["output"].endswith("hello you\n")
    assert outcome.structured["exit_code"] == 1


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (
            lambda run: setattr(run.space, "cwd", "/no/folder"),
            "/no/folder: the folder does not exist",
        ),
        (lambda run: setattr(run.space, "shell_path", "/no/shell"), "shellPath '/no/shell'"),
    ],
)
def test_what_cannot_be_started(run, spoil, says):
    spoil(run)
    assert says in str(run.fails("true"))
    assert says not in str(run.fails("a\0b")) or "shellPath" in says


def test_its_declaration(run):
    tool = bash.tool(run.space)
    assert tool.name == "bash"
    assert tool.parameters["required"] == ["command"]
    assert {name: rule["type"] for name, rule in tool.parameters["properties"].items()} == {
        "command": "string",
        "timeout": "number",
    }
    assert tool.snippet
