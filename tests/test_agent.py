"""The agent behind RPC and the screen: what it tells when, and how another session takes over."""

from __future__ import annotations

import os
import threading

import pytest

from pi import flags
from pi.agent import adjust, succession
from pi.agent.agent import Agent
from pi.assembly.assembly import open_conversation
from pi.assembly.configuration import open_configuration
from pi.errors import PiError, SessionError
from pi.events import AgentSettled, AgentStart, SessionInfoChanged, ShellUpdate
from pi.messages import text_of
from pi.providers.thinking import levels


@pytest.fixture
def opened(tmp_path):
    """Opens agents over the demo model; closes them in the end."""
    agents = []
    (tmp_path / "project").mkdir()

    def open_agent(*words):
        environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
        configured = open_configuration(environ, str(tmp_path / "project"))
        arguments = flags.parse(["--model", "demo", *words])
        conversation = open_conversation(configured, arguments, pytest.fail)
        agents.append(Agent(configured, arguments, conversation))
        return agents[-1]

    yield open_agent
    for agent in agents:
        agent.close()


@pytest.fixture
def agent(opened):
    return opened()


def ask(agent, message="hi", **fields):
    """Prompt, and wait for the end; returns what was told, events and dispositions in order."""
    told = []
    undo = agent.subscribe(told.append)
    agent.prompt(message, accepted=told.append, refused=told.append, **fields)
    agent.wait()
    undo()
    return told


def said(agent):
    return [text_of(m) for m in agent.session.messages() if m["role"] == "user"]


def test_acceptance_comes_before_the_first_event_and_settling_is_the_last(agent):
    told = ask(agent)
    assert told[0] == "started"
    assert isinstance(told[1], AgentStart)
    assert told[-1] == AgentSettled(False)
    assert agent.is_idle
    assert not agent.is_streaming


def test_an_agent_that_was_closed_takes_nothing(agent):
    agent.close()
    for verb in (
        lambda: agent.prompt("x", accepted=pytest.fail, refused=pytest.fail),
        lambda: succession.new_session(agent),
        agent.compaction,
    ):
        with pytest.raises(PiError, match="shutting down"):
            verb()


def test_a_prompt_from_the_listener_of_the_end_starts_the_next_run(agent):
    told = []

    def go_on(event):
        if isinstance(event, AgentSettled) and told.count("started") < 3:
            agent.prompt("more", accepted=told.append, refused=told.append)

    agent.subscribe(go_on)
    agent.prompt("first", accepted=told.append, refused=told.append)
    while not agent.is_idle:
        agent.wait()
    assert told == ["started"] * 3
    assert said(agent) == ["first", "more", "more"]


def test_listeners_stay_when_another_session_takes_over(agent):
    ask(agent, "one")
    heard = []
    agent.subscribe(heard.append)
    old = agent.conversation
    succession.new_session(agent, parent="/elsewhere.jsonl")
    assert agent.conversation is not old
    assert agent.session.header["parentSession"] == "/elsewhere.jsonl"
    ask(agent, "two")
    assert said(agent) == ["two"]
    assert heard.count(AgentSettled(False)) == 1
    with pytest.raises(SessionError):
        old.harness.session.append("custom", customType="x")


def test_a_session_that_cannot_be_opened_leaves_the_old_one_at_work(agent, tmp_path):
    ask(agent, "one")
    before = agent.conversation
    (tmp_path / "notes.txt").write_text("hello\n")
    for verb in (
        lambda: succession.switch_to(agent, str(tmp_path / "notes.txt")),
        lambda: succession.fork(agent, "00000000"),
        lambda: succession.fork(agent, agent.session.leaf_id),
    ):
        with pytest.raises(SessionError):
            verb()
    assert agent.conversation is before
    ask(agent, "two")
    assert said(agent) == ["one", "two"]


def test_sessions_that_take_over_at_the_same_time_do_so_in_turn(agent):
    ask(agent, "one")
    threads = [threading.Thread(target=succession.clone, args=(agent,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert said(agent) == ["one"]
    ask(agent, "two")
    assert said(agent) == ["one", "two"]


def test_a_clone_of_what_is_not_stored_yet_is_refused(agent, opened):
    with pytest.raises(SessionError, match="not on disk yet"):
        succession.clone(agent)
    memory = opened("--no-session")
    succession.clone(memory)
    assert memory.session.path is None


def test_going_back_to_the_session_in_use_reads_what_the_aborted_run_wrote(agent):
    ask(agent, "one")
    path = agent.session.path
    succession.switch_to(agent, path)
    assert (agent.session.path, said(agent)) == (path, ["one"])


def test_the_name_and_what_can_be_forked(agent):
    heard = []
    agent.subscribe(heard.append)
    adjust.set_name(agent, " a\nb ")
    assert heard == [SessionInfoChanged("a b")]
    ask(agent, "one")
    ((entry_id, words),) = succession.fork_points(agent)
    assert words == "one"
    assert succession.fork(agent, entry_id) == "one"
    assert said(agent) == []


def test_commands_of_the_user_end_with_the_session_they_belong_to(agent):
    ask(agent, "one")
    heard = []
    started = threading.Event()
    agent.subscribe(lambda event: (heard.append(event), started.set()))
    run = agent.shell.start("echo on; sleep 60", call_id=7)
    results = []
    thread = threading.Thread(target=lambda: results.append(run()))
    thread.start()
    assert started.wait(10)
    assert heard == [ShellUpdate(7, "on\n")]
    session = agent.session
    succession.new_session(agent)
    thread.join(10)
    assert results == [{"output": "on\n", "cancelled": True, "truncated": False}]
    last = session.messages()[-1]
    assert (last["role"], last["command"]) == ("bashExecution", "echo on; sleep 60")
    assert agent.session.messages() == []


def test_a_command_that_cannot_start_is_an_error_and_not_stored(agent):
    before = agent.session.leaf_id
    with pytest.raises(PiError, match="NUL"):
        agent.shell.start("a\0b")()
    assert agent.session.leaf_id == before
    agent.shell.wait(1)


def test_levels_go_round_and_what_the_model_lacks_becomes_the_nearest(agent):
    found = levels(agent.harness.model)
    adjust.set_level(agent, found[-1])
    assert [adjust.cycle_level(agent) for _ in found] == found
    adjust.set_level(agent, "max")
    assert agent.harness.thinking == found[-1]
    adjust.set_level(agent, "no such level")
    assert agent.harness.thinking == "off"
    assert agent.session.thinking_level() == "off"
    with pytest.raises(PiError, match="Model not found: a/b"):
        adjust.set_model(agent, "a", "b")
