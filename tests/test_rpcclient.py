"""The RPC client: against the program itself, and against ends and answers that it never gives."""

from __future__ import annotations

import os
import sys

import pytest

import pi
from pi.events import AgentSettled, AgentStart, MessageEnd, ShellUpdate, ToolStart
from pi.messages import text_of
from pi.rpcclient import Dialog, Record, RpcClient, RpcError
from tests import launch
from tests.extensionkit import write


@pytest.fixture
def home(tmp_path):
    return launch.make_home(tmp_path)


@pytest.fixture
def start(home):
    """Starts clients of the `pi` under test, or of a script; closes them in the end."""
    clients = []

    def start_one(*words, script=None, **options):
        if script is not None:
            options["command"] = [sys.executable, "-c", script]
        else:
            options["command"] = launch.command()
            words = ("--model", "demo", "--no-session", *words)
        environ = launch.environment(home)
        clients.append(RpcClient(*words, cwd=str(home.project), environ=environ, **options))
        return clients[-1]

    yield start_one
    for client in clients:
        client.close()


def test_events_are_those_of_a_conversation(start, home):
    client = start()
    run = client.prompt("run `echo hello`")
    over_rpc = list(run)
    answer = run.answer()
    environ = launch.environment(home)
    with pi.create(model="demo", keep=False, environ=environ, cwd=str(home.project)) as here:
        own = list(here.prompt("run `echo hello`"))
    assert [type(event) for event in over_rpc] == [type(event) for event in own]
    assert [e.arguments for e in over_rpc if isinstance(e, ToolStart)] == [
        {"command": "echo hello"}
    ]
    assert "    hello" in str(answer)
    assert answer.messages == [e.message for e in over_rpc if isinstance(e, MessageEnd)]
    assert answer.usage["output"] > 0
    assert client.close() == 0


def test_a_command_of_an_extension_has_no_answer(start, home):
    source = """
        def extend(pi):
            @pi.command
            def pick(args, ctx):
                pi.set_session_name(ctx.ui.select("Which?", ["a", args]))
                if not ctx.ui.confirm("Sure?"):
                    raise ValueError("not sure")
    """
    write(home, "pick.py", source)
    asked = []

    def answer(dialog):
        asked.append(dialog.method)
        return "b" if dialog.method == "select" else True

    client = start(on_question=answer)
    assert client.ask("/pick b").messages == []
    assert list(client.prompt("/pick b")) == []
    assert asked == ["select", "confirm"] * 2
    assert client.call("get_state")["sessionName"] == "b"
    assert len(client.ask("hi").messages) > 1


def test_commands_give_their_data_or_raise(start):
    client = start()
    assert client.call("get_state")["model"]["id"] == "demo"
    assert client.call("set_thinking_level", level="low") is None
    for name, fields, words in (
        ("sing", {}, "sing: Unknown command"),
        ("set_model", {"provider": "x", "modelId": "y"}, "set_model: Model not found: x/y"),
        ("bash", {}, "bash: command is missing"),
    ):
        with pytest.raises(RpcError, match=words):
            client.call(name, **fields)
    assert client.call("get_state")["thinkingLevel"] == "low"


def test_steering_aborting_and_leaving_the_loop(start, home):
    client = start()
    waiting = "until [ -e go ]; do sleep 0.01; done"
    commands = []
    for event in client.prompt(f"run `{waiting}`"):
        if isinstance(event, ToolStart):
            commands.append(event.arguments["command"])
            if len(commands) == 1:
                client.follow_up("run `echo three`")
                client.steer("run `echo two`")
                with pytest.raises(RpcError, match="working"):
                    client.prompt("not now")
                (home.project / "go").write_text("")
    assert commands == [waiting, "echo two", "echo three"]
    for event in client.prompt("run `sleep 30`"):
        if isinstance(event, ToolStart):
            break
    messages = client.call("get_messages")["messages"]
    assert messages[-1]["stopReason"] == "aborted"
    words = [text_of(m) for m in messages if m["role"] == "user"]
    assert [word.strip("`").split("`")[1] for word in words] == [*commands, "sleep 30"]
    client.abort()
    assert "hello" in client.ask("run `echo hello`").text


def test_subscribers_see_what_belongs_to_no_run(start):
    client = start()
    seen = []
    undo = client.subscribe(seen.append)
    assert client.call("bash", command="echo hello")["exitCode"] == 0
    undo()
    assert [e.delta for e in seen if isinstance(e, ShellUpdate)] == ["hello\n"]


def test_a_failed_answer_is_raised(start):
    client = start()
    client.call("get_state")
    run = client.prompt("run `sleep 30`")
    client.close()
    with pytest.raises(pi.PiError):
        run.answer()


def test_a_program_that_does_not_start(start, home):
    with pytest.raises(pi.PiError, match="Cannot run /no/such/program"):
        RpcClient(command=["/no/such/program"], cwd=str(home.project))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import sys; sys.exit(7)", "prompt: pi has ended with status 7$"),
        (
            "print('hello', flush=True); input()",
            "ended with .*could not be handled: JSONDecodeError",
        ),
        ("print('[]', flush=True); input()", "ValueError: a record is an object"),
        ("print('[' * 100000, flush=True); input()", "could not be handled: RecursionError"),
    ],
)
def test_a_program_that_is_no_pi(start, script, words):
    client = start(script=script)
    with pytest.raises(RpcError, match=words):
        client.ask("hi")
    with pytest.raises(RpcError, match="ended with"):
        client.call("get_state")
    client.close()
    client.close()


FAKE = """
import json, sys

def tell(**record):
    print(json.dumps(record), flush=True)

for line in sys.stdin:
    command = json.loads(line)
    if command["type"] == "extension_ui_response":
        tell(type="answered", answer=command)
        tell(type="agent_settled", aborted=False)
        continue
    if command["type"] == "die":
        sys.exit(5)
    tell(type="response", id="nobody's", command="x", success=True)
    tell(type="response", id=command["id"], command="x", success=True, data=command)
    if command["type"] == "prompt":
        tell(type="agent_start")
        tell(type="extension_ui_request", id="9", method=command["message"], title="Sure?")
"""


@pytest.mark.parametrize(
    ("method", "value", "answer"),
    [
        ("confirm", True, {"confirmed": True}),
        ("select", "b", {"value": "b"}),
        ("input", None, {"cancelled": True}),
    ],
)
def test_questions_are_answered(start, method, value, answer):
    asked = []

    def on_question(dialog):
        asked.append(dialog)
        return value

    client = start(script=FAKE, on_question=on_question)
    dialog = Dialog("9", method, {"title": "Sure?"})
    response = {"type": "extension_ui_response", "id": "9", **answer}
    assert list(client.prompt(method)) == [
        AgentStart(),
        dialog,
        Record({"type": "answered", "answer": response}),
        AgentSettled(False),
    ]
    assert asked == [dialog]


def test_an_end_in_the_middle_of_a_run_is_told(start):
    client = start(script=FAKE)
    run = client.prompt("notify")
    events = iter(run)
    assert next(events) == AgentStart()
    assert next(events).method == "notify"
    with pytest.raises(RpcError, match="die: pi has ended with status 5"):
        client.call("die")
    with pytest.raises(RpcError, match="ended with status 5"):
        next(events)
    with pytest.raises(RpcError, match="ended with status 5"):
        run.answer()


def test_a_subscriber_that_fails_ends_the_client_and_says_so(start):
    client = start(script=FAKE)
    client.subscribe(lambda event: 1 // 0)
    with pytest.raises(RpcError, match="ZeroDivisionError"):
        client.ask("notify")


def test_texts_travel_whole(start):
    client = start(script=FAKE)
    words = "é\u2028\U0001f600" * 50_000
    assert client.call("echo", text=words)["text"] == words
    assert client.call("echo", text="\ud83c")["text"] == "\ufffd"


def test_nothing_is_left_open(start):
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    client = start(script=FAKE)
    client.call("x")
    client.close()
    del client
    start(script="pass").close()
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after - before <= 4  # the two ends that wait to be collected with their clients
