"""Signals become a fired token, whatever the main thread does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# The main thread waits for a lock and is never woken by the signal itself, which goes to another
# thread: as when the signal comes just before the wait begins.
DEAF = """
import os, signal, sys, threading
sys.path.insert(0, sys.argv[1])
from pi.cancel import CancelToken
from pi.modes.signals import Interrupts

number = int(sys.argv[2])
token = CancelToken()
with Interrupts(token) as interrupts:
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    os.kill(os.getpid(), number)
    fired = token.wait(20)
    print(fired, interrupts.exit_code, token.reason, flush=True)
    if "twice" in sys.argv:
        os.kill(os.getpid(), number)
        threading.Event().wait(20)
print("after", signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler))
"""


def run(number, *words):
    return subprocess.run(
        [sys.executable, "-c", DEAF, str(ROOT), str(int(number)), *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_fires_the_token_even_when_the_main_thread_cannot_hear(number):
    done = run(number)
    assert done.stdout == f"True {128 + number} received {number.name}\nafter True\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_the_second_ends_the_process_at_once():
    done = run(signal.SIGTERM, "twice")
    assert done.returncode == 143
    assert "after" not in done.stdout
