"""Child processes: output, ends, limits and stops. What outlives whom is in test_proc_group."""

from __future__ import annotations

import os
import threading
import time

import pytest

from pi import proc
from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.proc import Captured, Exit, StartError, group
from tests.prockit import is_alive, wait_until


class Shell:
    """Runs commands in a folder and keeps what they wrote."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.written = b""
        self.late: list[bytes] = []
        self.took_s = 0.0

    def run(self, command: str, **options) -> Exit:
        self.written = b""
        options.setdefault("on_output", self.take)
        options.setdefault("token", CancelToken())
        options.setdefault("env", os.environ)
        options.setdefault("cwd", self.folder)
        begin = time.monotonic()
        try:
            return proc.run_shell(command, on_late=self.late.append, **options)
        finally:
            self.took_s = time.monotonic() - begin

    def take(self, data: bytes) -> None:
        self.written += data


@pytest.fixture
def shell(tmp_path):
    return Shell(str(tmp_path))


ENDS = [
    ("true", Exit(0), b""),
    ("echo a; echo b >&2; echo c; exit 3", Exit(3), b"a\nb\nc\n"),
    ("kill -9 $$", Exit(137, 9), b""),
    ("kill -TERM $$", Exit(143, 15), b""),
    ("nosuchcommand 2>/dev/null", Exit(127), b""),
    ("cat; wc -c", Exit(0), b"0\n"),
    ("exec >&- 2>&-; sleep 0.02; exit 5", Exit(5), b""),
    ("printf 'a\\0b\\377'", Exit(0), b"a\0b\xff"),
    ("", Exit(0), b""),
]


@pytest.mark.parametrize(("command", "end", "written"), ENDS)
def test_how_a_command_ends_and_what_it_wrote(shell, command, end, written):
    assert shell.run(command) == end
    assert shell.written == written
    assert shell.late == [b""]
    assert group.living() == {}


def test_a_command_has_a_session_and_folder_of_its_own_and_no_terminal(shell):
    script = "pwd; ps -o pid=,pgid=,sid= -p $$; tty; ls /proc/self/fd | wc -l"
    shell.run(script, env={"PATH": os.environ["PATH"], "HOME": "/h"})
    folder, ids, tty, handles = shell.written.decode().splitlines()
    assert folder == shell.folder
    assert len(set(ids.split())) == 1
    assert ids.split()[0] != str(os.getsid(0))
    assert tty == "not a tty"
    assert handles == "4"  # three, and the folder that ls reads


def test_much_output_comes_complete(shell):
    shell.run("seq 1 200000")
    assert shell.written == b"".join(b"%d\n" % number for number in range(1, 200_001))


@pytest.mark.parametrize(
    "command", ["sleep 30", "trap '' TERM; sleep 30", "yes", "timeout 30 sleep 29; echo"]
)
def test_a_time_limit_kills(shell, command):
    end = shell.run(command, timeout_s=0.1)
    assert end == Exit(137, 9, timed_out=True)
    assert 0.1 <= shell.took_s < 1
    assert group.living() == {}


CANCELLED = {
    "a sleep": "echo $$; sleep 30",
    "that refuses to end": "echo $$; trap '' TERM INT HUP; sleep 30; sleep 30",
    "in a group of its own": "timeout 30 sh -c 'echo $$; sleep 29'; echo",
    "a job of job control": "set -m; (echo $BASHPID; sleep 30) & wait",
    "a flood": "echo $$; yes",
    "without output": "echo $$; exec >&- 2>&-; sleep 30",
    "that is stopped": "echo $$; kill -STOP $$",
}


@pytest.mark.parametrize("command", CANCELLED.values(), ids=CANCELLED)
def test_a_cancelled_command_dies_at_once_with_all_it_started(shell, command):
    token = CancelToken()
    cancelled_at = []

    def cancel_soon(data: bytes) -> None:
        shell.take(data[: 100 - len(shell.written)])
        if not cancelled_at and b"\n" in shell.written:
            cancelled_at.append(0.0)
            threading.Timer(0.03, cancel).start()

    def cancel():
        cancelled_at[0] = time.monotonic()
        token.cancel()

    end = shell.run(command, token=token, on_output=cancel_soon)
    assert time.monotonic() - cancelled_at[0] < 0.3
    assert end.cancelled
    assert end.code == 137
    pid = int(shell.written.split()[0])
    assert wait_until(lambda: not is_alive(pid))
    assert group.living() == {}


def test_a_token_that_fired_before_starts_nothing(shell):
    token = CancelToken()
    token.cancel()
    assert shell.run("touch made", token=token) == Exit(None, cancelled=True)
    assert os.listdir(shell.folder) == []


class TestBackground:
    """Children that a command leaves behind."""

    def test_they_do_not_hold_the_command(self, shell):
        assert shell.run("sleep 20 & echo $!") == Exit(0)
        pid = int(shell.written)
        assert 0.09 < shell.took_s < 1
        assert is_alive(pid)
        assert list(group.living().values()) == ["~"]
        group.kill_all(background=True)
        assert wait_until(lambda: not is_alive(pid))
        assert wait_until(lambda: shell.late == [b""])
        shell.run("true")
        assert group.living() == {}

    def test_what_they_write_soon_after_is_taken(self, shell):
        shell.run("(sleep 0.03; echo one; sleep 0.03; echo two; sleep 0.5; echo three) & echo zero")
        assert shell.written == b"zero\none\ntwo\n"
        assert wait_until(lambda: shell.late == [b"three\n", b""])

    def test_one_that_never_stops_writing_does_not_hold_it_either(self, shell, monkeypatch):
        monkeypatch.setattr(proc.run, "DRAIN_MAX_S", 0.2)
        assert shell.run("yes & echo $!", on_output=lambda data: None) == Exit(0)
        assert shell.took_s < 2
        group.kill_all(background=True)
        assert wait_until(lambda: bool(shell.late) and shell.late[-1] == b"")

    def test_one_that_left_the_session_does_not_hold_it(self, shell):
        shell.run("setsid sh -c 'echo $$; exec sleep 20' &")
        assert shell.took_s < 1
        os.kill(int(shell.written), 9)
        assert wait_until(lambda: shell.late == [b""])

    def test_cancelling_while_they_are_listened_to_kills_them(self, shell):
        token = CancelToken()
        timer = threading.Timer(0.05, token.cancel)
        timer.start()
        end = shell.run("sleep 20 & echo $!", token=token)
        assert end == Exit(0, cancelled=True)
        assert wait_until(lambda: not is_alive(int(shell.written)))

    def test_they_may_write_later_without_dying_of_it(self, shell):
        shell.run("(sleep 0.2; echo late; touch survived) & echo now")
        assert wait_until(lambda: os.path.exists(f"{shell.folder}/survived"))
        assert wait_until(lambda: shell.late == [b"late\n", b""])


def test_a_sink_is_called_again_when_it_asks_for_it(shell):
    calls = []

    def sink(data: bytes) -> float | None:
        calls.append((data, time.monotonic()))
        return 0.05 if data == b"a\n" else None

    shell.run("echo a; sleep 0.3; echo b", on_output=sink)
    assert [data for data, _ in calls] == [b"a\n", b"", b"b\n"]
    assert 0.04 < calls[1][1] - calls[0][1] < 0.2


def test_a_sink_that_raises_ends_the_command(shell):
    def sink(data: bytes) -> None:
        shell.take(data)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shell.run("echo $$; sleep 30", on_output=sink)
    assert wait_until(lambda: not is_alive(int(shell.written)))
    assert group.living() == {}


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("true", {"cwd": "/no/such/folder"}, "/no/such/folder: the folder does not exist"),
        ("true", {"shell": "/no/such/shell"}, "/no/such/shell: no such file"),
        ("a\0b", {}, "NUL character"),
        ("true", {"env": {"A": "x" * 5_000_000}, "shell": "/bin/sh"}, "rgument list too long"),
    ],
)
def test_what_cannot_be_started_is_said_in_one_line(shell, command, options, says):
    with pytest.raises(StartError) as caught:
        shell.run(command, **options)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert group.living() == {}


def test_a_command_too_long_for_an_argument_runs_all_the_same(shell):
    assert shell.run(f"x='{'é' * 300_000}'; echo ${{#x}}; cat; exit 4") == Exit(4)
    assert shell.written in (b"300000\n", b"600000\n")  # bash counts by locale
    assert shell.run("exit 6; " + "#" * 200_000, shell="/bin/sh") == Exit(6)


def test_a_lone_surrogate_in_a_command_is_replaced(shell):
    shell.run("printf '%s' '\ud83c!'")
    assert shell.written == "\ufffd!".encode()


class TestCapture:
    """Programs whose output is wanted as a whole."""

    def test_output_errors_and_input_are_apart(self):
        script = "cat; echo err >&2; exit 3"
        got = proc.capture(["sh", "-c", script], timeout_s=5, input=b"in" * 100_000)
        assert got == Captured(3, b"in" * 100_000, b"err\n")

    def test_a_string_is_a_shell_command(self):
        got = proc.capture("echo $A; pwd", timeout_s=5, cwd="/", env={"A": "b"})
        assert got.stdout == b"b\n/\n"

    def test_input_that_nobody_wants_is_no_error(self):
        assert proc.capture(["true"], timeout_s=5, input=b"x" * 500_000).code == 0
        assert proc.capture(["cat"], timeout_s=5, input=b"").stdout == b""

    def test_limits(self):
        got = proc.capture("yes", timeout_s=5, limit=1000)
        assert (len(got.stdout), got.truncated, got.timed_out) == (1000, True, False)
        got = proc.capture("yes >&2", timeout_s=5, limit=1000)
        assert (len(got.stderr), got.truncated) == (1000, True)
        got = proc.capture("printf 12345", timeout_s=5, limit=5)
        assert (got.stdout, got.truncated) == (b"12345", False)
        got = proc.capture("echo a; sleep 20", timeout_s=0.05)
        assert (got.code, got.stdout, got.timed_out) == (137, b"a\n", True)

    def test_a_cancelled_one_raises(self):
        token = CancelToken()
        threading.Timer(0.03, token.cancel).start()
        begin = time.monotonic()
        with pytest.raises(Cancelled):
            proc.capture("sleep 20", timeout_s=30, token=token)
        assert time.monotonic() - begin < 1
        with pytest.raises(Cancelled):
            proc.capture("true", timeout_s=30, token=token)

    def test_a_program_that_is_not_there(self):
        with pytest.raises(StartError, match="Cannot run nosuchprogram: no such file"):
            proc.capture(["nosuchprogram"], timeout_s=5)


class TestFindShell:
    """Which program runs commands."""

    def test_the_default_is_bash(self):
        assert proc.find_shell(None, {}) == "/bin/bash"

    def test_the_setting_may_begin_with_a_tilde_or_be_on_the_path(self, tmp_path):
        mine = tmp_path / "mysh"
        mine.write_text("#!/bin/sh\n")
        mine.chmod(0o755)
        environ = {"HOME": str(tmp_path), "PATH": f"/nowhere:{tmp_path}"}
        assert proc.find_shell("~/mysh", environ) == str(mine)
        assert proc.find_shell("mysh", environ) == str(mine)
        assert proc.find_shell(str(mine), {}) == str(mine)

    def test_a_setting_that_names_nothing_is_said(self, tmp_path):
        (tmp_path / "plain").write_text("")
        for wrong in ("/no/shell", "noshell", str(tmp_path / "plain"), str(tmp_path)):
            with pytest.raises(StartError, match="shellPath"):
                proc.find_shell(wrong, {"PATH": ""})
