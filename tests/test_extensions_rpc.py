"""Extensions over RPC: commands, dialogs, faults, other sessions, the end."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.extensionkit import LIFE, noted, write
from tests.rpckit import Rpc

MODEL = ("--model", "fake-openai/fake-1")


@pytest.fixture
def rpc(agent_home):
    running = []

    def start(*words):
        running.append(Rpc(agent_home, *MODEL, *words))
        return running[-1].__enter__()

    yield start
    for each in running:
        each.__exit__()


def prompt(rpc, message, **fields):
    return rpc.call("prompt", message=message, **fields)


def disposition(response):
    assert response["success"], response
    return response["data"]["disposition"]


def test_commands_are_listed_before_templates(rpc, agent_home):
    path = write(agent_home, "life.py", LIFE)
    source = "def extend(pi):\n    pi.register_command('hello', lambda args: None)\n"
    other = write(agent_home, "other.py", source)
    (agent_home.agent / "prompts").mkdir()
    (agent_home.agent / "prompts" / "say.md").write_text("Say $1.")
    commands = rpc().call("get_commands")["data"]["commands"]
    assert [c["name"] for c in commands] == ["hello:1", "boom", "hello:2", "say"]
    base = str(agent_home.agent)
    info = {"source": "auto", "scope": "user", "origin": "top-level", "baseDir": base}
    assert commands[0] == {
        "name": "hello:1",
        "description": "Hello",
        "source": "extension",
        "sourceInfo": {"path": str(path), **info},
    }
    assert "description" not in commands[2]
    assert commands[2]["sourceInfo"]["path"] == str(other)


def test_a_command_is_handled_when_it_has_ended(rpc, agent_home):
    write(agent_home, "life.py", LIFE)
    client = rpc()
    assert disposition(prompt(client, "/hello you")) == "handled"
    shown = next(r for r in client.records if r["type"] == "extension_ui_request")
    assert (shown["method"], shown["message"], shown["notifyType"]) == (
        "notify",
        "Hello you",
        "info",
    )
    assert client.finish() == 0
    assert noted(agent_home)[-1] == "session_shutdown quit"


def test_a_fault_is_an_event(rpc, agent_home):
    path = write(agent_home, "life.py", LIFE)
    client = rpc()
    assert disposition(prompt(client, "/boom")) == "handled"
    fault = next(r for r in client.records if r["type"] == "extension_error")
    assert (fault["extensionPath"], fault["event"]) == (str(path), "command")
    assert fault["error"].startswith("ValueError: kaboom (life.py:")
    assert client.finish() == 0
    assert client.stderr == b""


def test_a_short_command_happens_before_what_comes_next(rpc, agent_home):
    write(
        agent_home,
        "level.py",
        """
        def extend(pi):
            @pi.command
            def level(args, ctx):
                pi.set_session_name(args)
        """,
    )
    client = rpc()
    for name in ("one", "two"):
        client.send({"id": name, "type": "prompt", "message": f"/level {name}"})
        client.send({"id": f"after {name}", "type": "get_state"})
    ids = ("one", "after one", "two", "after two")
    found = {record["id"]: record for record in (client.event("response") for _ in ids)}
    assert found["after one"]["data"]["sessionName"] == "one"
    assert found["after two"]["data"]["sessionName"] == "two"


@pytest.mark.parametrize("verb", ["steer", "follow_up"])
def test_a_command_cannot_be_queued(rpc, agent_home, verb):
    write(agent_home, "life.py", LIFE)
    response = rpc().call(verb, message="/hello you")
    assert response["success"] is False
    assert "/hello" in response["error"]
    assert not any(line.startswith("hello") for line in noted(agent_home))


ASK = """
    def extend(pi):
        @pi.command
        def ask(args, ctx):
            answers = [ctx.ui.confirm("Sure?", "Really?"), ctx.ui.select("Which?", ["a", "b"]),
                       ctx.ui.input("Name?", "your name"), ctx.ui.editor("Text?", "so far"),
                       ctx.ui.confirm("Quick?", "", timeout_ms=20), ctx.ui.custom(object())]
            pi.append_entry("answers", answers)
        pi.on("ui_prompt_start", lambda event: pi.append_entry("waits", event.kind))
"""


def test_dialogs(rpc, agent_home):
    write(agent_home, "ask.py", ASK)
    client = rpc()
    client.send({"id": "p", "type": "prompt", "message": "/ask"})
    for method, answer in (
        ("confirm", {"confirmed": True}),
        ("select", {"value": "b"}),
        ("input", {"cancelled": True}),
        ("editor", {"value": "so far\nso good"}),
    ):
        asked = client.event("extension_ui_request")
        assert asked["method"] == method
        client.send({"type": "extension_ui_response", "id": asked["id"], **answer})
    client.wait(lambda record: record.get("id") == "p")
    entries = client.call("get_entries")["data"]["entries"]
    assert [e["data"] for e in entries if e.get("customType") == "answers"] == [
        [True, "b", None, "so far\nso good", False, None]
    ]
    waits = [e["data"] for e in entries if e.get("customType") == "waits"]
    assert waits == ["confirm", "select", "input", "editor", "confirm", "custom"]


def test_a_gate_that_asks_the_user(rpc, provider, agent_home):
    write(
        agent_home,
        "gate.py",
        """
        def extend(pi):
            @pi.on("tool_call")
            def gate(event, ctx):
                if not ctx.ui.confirm("Run it?", event.input["command"]):
                    return {"block": True, "reason": "the user said no"}
        """,
    )
    for said, expected in ((True, "hello"), (False, "the user said no")):
        provider.reply({"calls": [{"name": "bash", "arguments": {"command": "echo hello"}}]}, "ok")
        client = rpc("--no-session")
        assert disposition(prompt(client, "hi")) == "started"
        asked = client.event("extension_ui_request")
        assert asked["message"] == "echo hello"
        client.send({"type": "extension_ui_response", "id": asked["id"], "confirmed": said})
        ended = client.event("tool_execution_end")
        assert ended["result"]["content"][0]["text"].strip() == expected
        client.event("agent_settled")
        assert client.finish() == 0


def test_an_abort_ends_a_dialog_and_refuses_the_call(rpc, provider, agent_home):
    write(
        agent_home,
        "gate.py",
        """
        def extend(pi):
            pi.on("tool_call", lambda event, ctx: {"block": not ctx.ui.confirm("Run it?", "")})
        """,
    )
    provider.reply({"calls": [{"name": "bash", "arguments": {"command": "touch made"}}]})
    client = rpc()
    prompt(client, "hi")
    client.event("extension_ui_request")
    client.call("abort")
    assert any(r["type"] == "agent_settled" and r["aborted"] for r in client.records)
    assert not (agent_home.project / "made").exists()


INPUT = """
    def extend(pi):
        @pi.on("input")
        def hear(event, ctx):
            pi.append_entry("heard", [event.text, event.source, event.streaming_behavior])
            if event.text == "ping":
                return {"action": "handled"}
            if event.text.startswith("?"):
                return {"action": "transform", "text": "briefly: " + event.text[1:]}
"""


def heard(client):
    entries = client.call("get_entries")["data"]["entries"]
    return [e["data"] for e in entries if e.get("customType") == "heard"]


def test_input_is_handled_changed_and_queued(rpc, provider, agent_home):
    write(agent_home, "input.py", INPUT)
    client = rpc()
    assert disposition(prompt(client, "ping")) == "handled"
    provider.reply({"text": "slowly", "fault": {"hold_after_records": 1}}, "later", "last")
    assert disposition(prompt(client, "?why")) == "started"
    provider.wait_for_requests(1)
    assert prompt(client, "no way")["success"] is False  # it does not say how it is queued
    assert disposition(client.call("steer", message="ping")) == "handled"
    assert disposition(client.call("steer", message="?how")) == "queued"
    assert disposition(prompt(client, "after", streamingBehavior="followUp")) == "queued"
    provider.release()
    client.event("agent_settled")
    asked = [r.conversation.last_user_text for r in provider.model_requests]
    assert asked == ["briefly: why", "briefly: how", "after"]
    assert heard(client) == [
        ["ping", "rpc", None],
        ["?why", "rpc", None],
        ["no way", "rpc", None],
        ["ping", "rpc", "steer"],
        ["?how", "rpc", "steer"],
        ["after", "rpc", "followUp"],
    ]


def test_a_command_runs_while_a_run_goes_on(rpc, provider, agent_home):
    write(agent_home, "life.py", LIFE)
    client = rpc()
    provider.reply({"text": "slowly", "fault": {"hold_after_records": 1}})
    prompt(client, "hi")
    provider.wait_for_requests(1)
    assert disposition(prompt(client, "/hello you")) == "handled"
    assert "hello 'you' idle=False mode=rpc ui=True" in noted(agent_home)
    provider.release()
    client.event("agent_settled")


MESSAGES = """
    def extend(pi):
        @pi.command
        def send(args, ctx):
            how, _, trigger = args.partition(" ")
            pi.send_message({"customType": "x", "content": how, "display": True},
                            deliver_as=None if how in ("now", "stored") else how,
                            trigger_turn={"yes": True, "no": False}.get(trigger))
"""


def test_messages_of_extensions_are_delivered_as_they_say(rpc, provider, agent_home):
    write(agent_home, "messages.py", MESSAGES)
    client = rpc()
    prompt(client, "/send stored")
    prompt(client, "/send nextTurn")
    provider.reply({"text": "slowly", "fault": {"hold_after_records": 1}}, "b", "c", "d")
    prompt(client, "hi")
    provider.wait_for_requests(1)
    prompt(client, "/send followUp")
    prompt(client, "/send steer")
    prompt(client, "/send now no")
    queues = client.call("get_state")["data"]["pendingMessageCount"]
    provider.release()
    client.event("agent_settled")
    prompt(client, "/send now yes")
    client.event("agent_settled")
    entries = client.call("get_entries")["data"]["entries"]
    kinds = [
        e["content"] if e["type"] == "custom_message" else e["message"]["role"]
        for e in entries
        if e["type"] in ("custom_message", "message")
    ]
    assert kinds == [
        "stored", "system", "user", "nextTurn", "assistant", "now", "steer", "assistant",
        "followUp", "assistant", "now", "assistant",
    ]  # fmt: skip
    assert queues == 2


def test_a_user_message_that_does_not_say_how_it_waits_is_refused(rpc, provider, agent_home):
    write(
        agent_home,
        "say.py",
        """
        def extend(pi):
            pi.register_command("say", lambda args: pi.send_user_message("more"))
        """,
    )
    client = rpc()
    provider.reply({"text": "slowly", "fault": {"hold_after_records": 1}})
    prompt(client, "hi")
    provider.wait_for_requests(1)
    prompt(client, "/say")
    fault = next(r for r in client.records if r["type"] == "extension_error")
    assert "queue" in fault["error"]
    provider.release()
    client.event("agent_settled")


@pytest.mark.parametrize(
    ("verb", "fields", "told"),
    [
        ("new_session", {}, "session_before_switch new"),
        ("switch_session", {"sessionPath": "other.jsonl"}, "session_before_switch resume"),
        ("clone", {}, "session_before_fork at"),
        ("fork", None, "session_before_fork before"),
    ],
)
def test_an_extension_keeps_the_session(rpc, provider, agent_home, verb, fields, told):
    write(agent_home, "life.py", LIFE)
    write(
        agent_home,
        "stay.py",
        """
        def extend(pi):
            for name in ("session_before_switch", "session_before_fork"):
                pi.on(name, lambda event: {"cancel": True})
        """,
    )
    provider.reply("ok")
    client = rpc()
    prompt(client, "hi")
    client.event("agent_settled")
    before = client.call("get_state")["data"]["sessionId"]
    if fields is None:
        fields = {"entryId": client.call("get_fork_messages")["data"]["messages"][0]["entryId"]}
    assert client.call(verb, **fields)["data"] == {"cancelled": True}
    assert client.call("get_state")["data"]["sessionId"] == before
    assert noted(agent_home)[-1] == told
    assert disposition(prompt(client, "/hello still here")) == "handled"


@pytest.mark.parametrize(
    ("verb", "reason"), [("new_session", "new"), ("clone", "fork"), ("fork", "fork")]
)
def test_another_session_has_extensions_of_its_own(rpc, provider, agent_home, verb, reason):
    write(agent_home, "life.py", LIFE)
    provider.reply("ok")
    client = rpc()
    prompt(client, "hi")
    client.event("agent_settled")
    fields = {}
    if verb == "fork":
        fields = {"entryId": client.call("get_fork_messages")["data"]["messages"][0]["entryId"]}
    assert client.call(verb, **fields)["data"]["cancelled"] is False
    lines = noted(agent_home)
    at = lines.index(f"session_shutdown {reason}")
    assert lines[at + 1 :] == ["extend", f"session_start {reason}", "resources_discover startup"]
    assert disposition(prompt(client, "/hello you")) == "handled"


def test_names_and_models_are_told(rpc, agent_home):
    write(agent_home, "life.py", LIFE)
    client = rpc()
    client.call("set_session_name", name=" My  work ")
    client.call("set_model", provider="fake-openai", modelId="fake-think")
    client.finish()
    lines = noted(agent_home)
    assert "session_info_changed My  work" in lines
    assert "model_select set" in lines


BASH = """
    def extend(pi):
        @pi.on("user_bash")
        def run(event, ctx):
            if event.command == "brought":
                return {"result": {"output": "from afar", "exitCode": 4}}
            if event.command == "elsewhere":
                return {"operations": Far()}
            if event.command == "broken":
                return event.nothing

    class Far:
        def exec(self, command, cwd, options):
            options["on_data"](f"{command} in ".encode())
            options["on_data"](cwd.rpartition("/")[2])
            return {"exitCode": 7}
"""


@pytest.mark.parametrize(
    ("command", "output", "code"),
    [
        ("brought", "from afar", 4),
        ("elsewhere", "elsewhere in project", 7),
        ("echo here", "here\n", 0),
    ],
)
def test_commands_of_the_user_go_where_an_extension_says(rpc, agent_home, command, output, code):
    write(agent_home, "bash.py", BASH)
    data = rpc().call("bash", command=command)["data"]
    assert (data["output"], data["exitCode"], data["cancelled"]) == (output, code, False)


def test_a_command_of_the_user_is_not_run_when_the_handler_fails(rpc, agent_home):
    write(agent_home, "bash.py", BASH.replace("event.nothing", "event.nothing()"))
    client = rpc()
    data = client.call("bash", command="broken")["data"]
    assert data["exitCode"] == 1
    assert any(r["type"] == "extension_error" for r in client.records)


def test_an_extension_may_end_pi(rpc, agent_home):
    write(
        agent_home,
        "quit.py",
        "def extend(pi):\n    pi.register_command('quit', lambda args, ctx: ctx.shutdown())\n",
    )
    write(agent_home, "life.py", LIFE)
    client = rpc()
    assert disposition(prompt(client, "/quit")) == "handled"
    assert client.ended() == 0
    assert noted(agent_home)[-1] == "session_shutdown quit"


def test_questions_before_the_first_command(rpc, agent_home):
    write(
        agent_home,
        "begin.py",
        """
        def extend(pi):
            @pi.on("session_start")
            def begin(event, ctx):
                pi.append_entry("chosen", ctx.ui.select("Which?", ["a", "b"]))
        """,
    )
    client = rpc()
    asked = client.event("extension_ui_request")
    client.send({"id": "s", "type": "get_entries"})
    client.send({"type": "extension_ui_response", "id": asked["id"], "value": "b"})
    found = client.wait(lambda record: record.get("id") == "s")["data"]["entries"]
    assert [e["data"] for e in found if e.get("customType") == "chosen"] == ["b"]


def test_a_question_about_trust(rpc, agent_home):
    write(agent_home, ".pi/extensions/life.py", LIFE, project=True)
    write(
        agent_home,
        "trust.py",
        """
        def extend(pi):
            pi.on("project_trust", lambda event, ctx: {
                "trusted": "yes" if ctx.ui.confirm("Trust?", event.cwd) else "no"})
        """,
    )
    client = rpc()
    asked = client.event("extension_ui_request")
    assert asked["message"] == str(agent_home.project)
    client.send({"type": "extension_ui_response", "id": asked["id"], "confirmed": True})
    client.call("get_state")
    assert noted(agent_home)[:2] == ["extend", "session_start startup"]


@pytest.mark.parametrize("end", ["eof", "SIGTERM", "SIGHUP"])
def test_every_end_is_told(rpc, agent_home, end):
    write(agent_home, "life.py", LIFE)
    client = rpc()
    client.call("get_state")
    if end == "eof":
        assert client.finish() == 0
    else:
        number = getattr(signal, end)
        os.kill(client.process.pid, number)
        assert client.ended() == 128 + number
    assert noted(agent_home)[-1] == "session_shutdown quit"


def test_a_command_that_hangs_ends_with_an_abort(rpc, agent_home):
    write(
        agent_home,
        "hang.py",
        """
        def extend(pi):
            @pi.command
            def hang(args, ctx):
                ctx.ui.notify("here")
                ctx.token.sleep(60)
        """,
    )
    client = rpc()
    client.send({"id": "p", "type": "prompt", "message": "/hang"})
    client.event("extension_ui_request")
    client.send({"id": "a", "type": "abort"})
    responses = {record["id"]: record for record in (client.event("response") for _ in "pa")}
    assert disposition(responses["p"]) == "handled"
    assert responses["a"]["success"]


def test_a_listener_that_hangs_while_nothing_runs_ends_with_an_abort(rpc, agent_home):
    write(
        agent_home,
        "hang.py",
        """
        def extend(pi):
            @pi.on("model_select")
            def hang(event, ctx):
                ctx.ui.notify("here")
                while True:
                    pi.exec("sleep", ["60"])
        """,
    )
    client = rpc()
    chosen = {"provider": "fake-openai", "modelId": "fake-think"}
    client.send({"id": "m", "type": "set_model", **chosen})
    client.event("extension_ui_request")
    client.send({"id": "a", "type": "abort"})
    responses = {record["id"]: record for record in (client.event("response") for _ in "ma")}
    assert responses["m"]["success"]
    assert responses["m"]["data"]["id"] == "fake-think"
    assert responses["a"]["success"]


def test_the_end_of_input_while_extensions_begin(rpc, agent_home):
    write(
        agent_home,
        "begin.py",
        """
        def extend(pi):
            pi.on("session_start", lambda event, ctx: ctx.token.sleep(60))
        """,
    )
    client = rpc()
    client.send({"id": "s", "type": "get_state"})
    assert client.finish() == 0
    assert json.loads(client.lines[-1])["id"] == "s"


def test_a_session_that_cannot_take_over_leaves_the_extensions_at_work(rpc, agent_home):
    write(agent_home, "life.py", LIFE)
    client = rpc()
    before = client.call("get_state")["data"]["sessionId"]
    agent_home.write("settings.json", {"compaction": {"reserveTokens": -1}})
    response = client.call("new_session")
    assert response["success"] is False
    assert "reserveTokens" in response["error"]
    assert client.call("get_state")["data"]["sessionId"] == before
    lines = noted(agent_home)
    at = lines.index("session_shutdown new")
    assert lines[at + 1 :] == ["extend", "session_start reload", "resources_discover reload"]
    assert disposition(prompt(client, "/hello you")) == "handled"


def test_an_extension_that_registers_a_provider_while_pi_runs(rpc, provider, agent_home):
    write(
        agent_home,
        "acme.py",
        f"""
        def extend(pi):
            @pi.command
            def acme(args, ctx):
                pi.register_provider("acme", {{
                    "baseUrl": {provider.base_url("openai-completions")!r},
                    "apiKey": "k", "api": "openai-completions",
                    "models": [{{"id": "acme-1", "name": "Acme One"}}]}})
                ctx.ui.notify(str(pi.set_model("acme/acme-1")))
        """,
    )
    provider.reply("from acme")
    client = rpc()
    assert client.call("set_model", provider="acme", modelId="acme-1")["success"] is False
    prompt(client, "/acme")
    assert client.call("get_state")["data"]["model"]["id"] == "acme-1"
    prompt(client, "hi")
    client.event("agent_settled")
    assert client.call("get_last_assistant_text")["data"]["text"] == "from acme"
    names = [m["id"] for m in client.call("get_available_models")["data"]["models"]]
    assert "acme-1" in names


def test_a_run_goes_on_while_another_session_is_asked_for(rpc, provider, agent_home):
    write(
        agent_home,
        "ask.py",
        """
        def extend(pi):
            pi.on("session_before_switch",
                  lambda event, ctx: {"cancel": not ctx.ui.confirm("Leave?", event.reason)})
        """,
    )
    client = rpc()
    provider.reply({"text": "slowly", "fault": {"hold_after_records": 1}})
    prompt(client, "hi")
    provider.wait_for_requests(1)
    client.send({"id": "n", "type": "new_session"})
    asked = client.event("extension_ui_request")
    assert (asked["title"], asked["message"]) == ("Leave?", "new")
    client.send({"type": "extension_ui_response", "id": asked["id"], "confirmed": False})
    left = client.wait(lambda record: record.get("id") == "n")
    assert left["data"] == {"cancelled": True}
    provider.release()
    assert client.event("agent_settled")["aborted"] is False
