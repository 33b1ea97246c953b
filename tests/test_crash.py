"""kill -9 of the program at random moments of a conversation with tools, then going on with -c.

What a disk or a half-written line can do to a session is tests/test_session_crash.py's; here real
processes talk to a provider and run commands.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from pathlib import Path

import pytest

from tests import launch
from tests.prockit import wait_until

KILLS = 300 if os.environ.get("PI_TEST_LONG") == "1" else 10
MODELS = ("fake-openai/fake-1", "fake-anthropic/fake-1")
ROUNDS = 3
MOST_LINES = 250  # a whole conversation has 226; the last command waits to be killed


def called(*calls):
    return {
        "thinking": "some thoughts about it",
        "text": "A few words before the calls.",
        "calls": [{"name": name, "arguments": arguments} for name, arguments in calls],
    }


def conversation(mark):
    """Some rounds of quick tools, then a command that lasts, with a child of its own."""
    lasting = f"export {mark}; sleep 300 & sleep 300; wait"
    rounds = [
        called(
            (
                "bash",
                {"command": f"export {mark}; for i in 1 2 3; do echo {at}.$i; sleep .01; done"},
            ),
            ("write", {"path": f"made-{at}.txt", "content": f"round {at}\n"}),
            ("read", {"path": f"made-{at - 1}.txt"}),
        )
        for at in range(ROUNDS)
    ]
    return [*rounds, called(("bash", {"command": lasting}), ("bash", {"command": lasting}))]


def processes_with(mark):
    """Ids of living processes with this variable in their environment."""
    names = Path("/proc").glob("[0-9]*/environ")
    return [int(path.parent.name) for path in names if mark in environment_of(path)]


def environment_of(path):
    try:
        return path.read_text("utf-8", "replace").split("\0")
    except OSError:  # it has just ended, or is not ours
        return []


def killed_run(home, model, line, after_s):
    """The events of a run that is killed `after_s` after it printed `line` lines, as far as whole.

    A run that prints nothing for a second is killed then: it waits for the command that lasts.
    """
    process = launch.start(home, "--model", model, "--mode", "json", "go")
    kill = threading.Event()
    out = []

    def read():
        for number, text in enumerate(process.stdout, 1):
            out.append(text)
            if number == line:
                kill.set()

    reader = threading.Thread(target=read)
    try:
        process.stdin.close()
        reader.start()
        seen = -1
        while not kill.wait(1) and (not out or len(out) > seen):
            seen = len(out)
        if after_s:
            kill.clear()
            kill.wait(after_s)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
        reader.join(10)
        assert not reader.is_alive(), "something still holds the output open"
    finally:
        launch.end(process)
    return [json.loads(text) for text in out if text.endswith(b"\n")]


def messages_of(home):
    """Every message in the session files, and the entries there."""
    files = home.session_files()
    assert len(files) <= 1
    lines = [json.loads(text) for path in files for text in path.read_bytes().split(b"\n") if text]
    ids = [line["id"] for line in lines]
    assert len(set(ids)) == len(ids)
    return lines, [line["message"] for line in lines if line["type"] == "message"]


def unanswered(turns):
    """Ids of calls without a result directly after them."""
    lacking = []
    for at, turn in enumerate(turns):
        given = set()
        for later in turns[at + 1 :]:
            if not later.results:
                break
            given |= {call_id for call_id, _ in later.results}
        lacking += [call_id for call_id, _, _ in turn.calls if call_id not in given]
    return lacking


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_run_loses_nothing_and_leaves_nothing(agent_home, provider, seed):
    chance = random.Random(seed)
    mark = f"PI_CRASH_TEST={os.getpid()}.{seed}"
    model = MODELS[seed % 2]
    provider.reply(*conversation(mark))
    events = killed_run(
        agent_home, model, chance.randrange(MOST_LINES), chance.choice((0, 0, 0.003, 0.02, 0.1))
    )

    assert wait_until(lambda: not processes_with(mark), 10), "the commands outlive the program"
    announced = [event["message"] for event in events if event["type"] == "message_end"]
    entries, messages = messages_of(agent_home)
    assert [message for message in messages if message in announced] == announced
    assert len(messages) <= len(announced) + 1, "at most one was stored and not yet announced"

    asked = len(provider.model_requests)
    provider.use(["fine"])
    done = launch.run(agent_home, "--model", model, "-c", "-p", "go on")
    assert (done.code, done.stdout) == (0, "fine\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert len(provider.model_requests) == asked + 1
    turns = provider.last.conversation.turns
    assert unanswered(turns) == []
    assert provider.last.conversation.last_user_text == "go on"
    calls = [block for message in messages if message["role"] == "assistant"
             for block in message["content"] if block["type"] == "toolCall"]  # fmt: skip
    assert sum(len(turn.calls) for turn in turns) == len(calls)

    later, _ = messages_of(agent_home)
    assert later[: len(entries)] == entries
    assert [entry["message"]["role"] for entry in later[-2:]] == ["user", "assistant"]
    if entries:
        parents = {entry["id"]: entry["parentId"] for entry in later[1:]}
        leaf = later[-1]["id"]
        branch = []
        while leaf:
            branch.append(leaf)
            leaf = parents[leaf]
        assert branch[::-1] == [entry["id"] for entry in later[1:]], "it went on where it ended"
