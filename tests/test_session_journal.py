"""After a crash in the middle of a tool call: nothing runs again, and the model is told."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from pi.providers.handover import NO_RESULT
from tests import launch
from tests.sessionkit import lines_of

COMMAND = "echo ran >> count; echo $$ > running; exec sleep 60"
CALL = {"name": "bash", "arguments": {"command": COMMAND}}


def wait_for(path, process) -> None:
    give_up = time.monotonic() + 20
    while not (path.exists() and path.read_text().endswith("\n")):
        assert process.poll() is None, "pi ended before the call began"
        assert time.monotonic() < give_up
        time.sleep(0.02)


def kill_in_call(home) -> None:
    """Start a conversation and kill pi as soon as its command runs; the command too."""
    words = ("--model", "fake-openai/fake-1", "-p", "begin")
    process = launch.start(home, *words, stdin=subprocess.DEVNULL)
    try:
        wait_for(home.project / "running", process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    finally:
        launch.end(process)
        if (home.project / "running").exists():
            os.kill(int((home.project / "running").read_text()), signal.SIGKILL)


@pytest.mark.parametrize("others", [0, 1])
def test_a_call_cut_off_by_a_crash_is_of_unknown_outcome_and_never_repeated(
    agent_home, provider, run_pi, others
):
    done = {"name": "bash", "arguments": {"command": "echo other >> others"}}
    provider.reply({"calls": [*[done] * others, CALL]})
    kill_in_call(agent_home)
    (path,) = agent_home.session_files()
    stored = [found["message"] for found in lines_of(path)[1:] if found["type"] == "message"]
    assert [message["role"] for message in stored] == ["system", "user", "assistant"]
    assert len([b for b in stored[2]["content"] if b["type"] == "toolCall"]) == 1 + others

    provider.reply("I see.")
    finished = run_pi("-c", "-p", "go on")
    assert (finished.code, finished.stdout) == (0, "I see.\n")
    sent = provider.model_requests[-1].body["messages"]
    assert [message["role"] for message in sent][1:] == [
        "user",
        "assistant",
        *["tool"] * (1 + others),
        "user",
    ]
    results = [message["content"] for message in sent if message["role"] == "tool"]
    assert results == [NO_RESULT] * (1 + others)
    assert "unknown" in NO_RESULT
    assert (agent_home.project / "count").read_text() == "ran\n"
    if others:
        assert (agent_home.project / "others").read_text() == "other\n"
    roles = [e["message"]["role"] for e in lines_of(path)[1:] if e["type"] == "message"]
    assert roles == ["system", "user", "assistant", "user", "assistant"]
