"""What becomes of child processes when pi ends, in whatever way."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pi.proc import group
from tests.prockit import is_alive, sweep, wait_until

PI = """
import os, sys, threading, time
sys.path.insert(0, sys.argv[1])
from pi import proc
from pi.cancel import CancelToken

def run(command):
    proc.run_shell(command, cwd="/", env=os.environ, token=CancelToken(), on_output=show)

def show(data):
    os.write(1, data)

run("sleep 300 >/dev/null & echo background $!")
for command in (
    "echo plain $$; sleep 301",
    "echo stubborn $$; trap '' TERM INT HUP; sleep 302; sleep 303",
    "timeout 300 sh -c 'echo own-group $$; sleep 304; true'; true",
    "set -m; (echo job $BASHPID; sleep 305; true) & wait",
):
    threading.Thread(target=run, args=(command,), daemon=True).start()
sys.stdin.readline()
exec(sys.argv[2])
"""

ALL = {"background", "plain", "stubborn", "own-group", "job"}


def watchdogs_of(pid: int) -> list[int]:
    """The child processes of `pid` that are watchdogs."""
    with open(f"/proc/{pid}/task/{pid}/children") as stream:
        children = [int(child) for child in stream.read().split()]
    return [child for child in children if "~*)" in _command_line(child)]


def _command_line(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline") as stream:
        return stream.read()


class Session:
    """A Python process that runs commands as pi does; `last_words` is how it ends."""

    def __init__(self, last_words: str) -> None:
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.process = subprocess.Popen(
            [sys.executable, "-c", PI, root, last_words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        lines = [self.process.stdout.readline().split() for _ in ALL]
        self.pids = {name: int(pid) for name, pid in lines}
        self.watchdogs = watchdogs_of(self.process.pid)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in (self.process.pid, *self.pids.values()):
            sweep(pid)
        self.process.communicate()

    def tell(self, line: str) -> None:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def end(self) -> int:
        """Let it say its last words; its exit code."""
        self.tell("go")
        return self.process.wait(10)

    def living(self) -> set[str]:
        return {name for name, pid in self.pids.items() if is_alive(pid)}


WAYS = [
    # last words, exit code, who lives on
    ("sys.exit(7)", 7, {"background"}),
    ("raise ValueError", 1, {"background"}),
    ("proc.kill_all(background=False); sys.exit(7)", 7, {"background"}),
    ("proc.kill_all(background=True); sys.exit(143)", 143, set()),
    ("os._exit(9)", 9, set()),
    ("os.kill(os.getpid(), 9)", -9, set()),
    ("os.killpg(0, 9)", -9, set()),
    ("os.kill(os.getpid(), 15)", -15, set()),
    ("os.abort()", -6, set()),
]


@pytest.mark.parametrize(("last_words", "code", "living"), WAYS)
def test_who_lives_on(last_words, code, living):
    with Session(last_words) as session:
        assert len(session.watchdogs) == 1
        assert session.living() == ALL
        assert session.end() == code
        assert wait_until(lambda: session.living() == living), session.living()
        assert wait_until(lambda: not is_alive(session.watchdogs[0]))
        assert session.living() == living


def test_interrupting_the_terminals_group_leaves_the_watchdog_on_its_post():
    ignore = "import signal; signal.signal(2, signal.SIG_IGN); os.killpg(0, 2); time.sleep(0.1); "
    with Session(ignore + "os.kill(os.getpid(), 9)") as session:
        assert session.end() == -9
        assert wait_until(lambda: session.living() == set())


def test_a_watchdog_that_was_killed_is_replaced():
    with Session("run('true'); os.kill(os.getpid(), 9)") as session:
        os.kill(session.watchdogs[0], 9)
        assert wait_until(lambda: not is_alive(session.watchdogs[0]))
        assert session.end() == -9
        assert wait_until(lambda: session.living() == set())


FORK = """
pid = os.fork()
if pid == 0:
    sys.exit(0)
os.waitpid(pid, 0)
os.write(1, b"forked\\n")
sys.stdin.readline()
"""


def test_the_end_of_a_forked_copy_ends_nothing():
    with Session(FORK) as session:
        session.tell("go")
        assert session.process.stdout.readline() == "forked\n"
        assert not wait_until(lambda: session.living() != ALL, timeout_s=0.1)
        session.tell("go")
        assert session.process.wait(10) == 0
        assert wait_until(lambda: session.living() == {"background"})


def test_a_number_that_was_given_to_somebody_else_is_left_alone(monkeypatch):
    """A background session whose number is that of a living process is not ours any more."""
    other = subprocess.Popen(["sleep", "20"], start_new_session=True)
    try:
        monkeypatch.setitem(group._sessions, other.pid, "~")
        group.kill_all(background=True)
        assert other.poll() is None
        group.settle(0x7FFFFFF0, held=False)
        assert other.pid not in group.living()
    finally:
        other.kill()
        other.wait()
