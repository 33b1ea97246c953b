"""Extensions in print and JSON mode: the program from outside, with real extension files."""

from __future__ import annotations

import json
import signal
import sys

import pytest

from tests import launch
from tests.extensionkit import LIFE, noted, write

MODEL = ("--model", "fake-openai/fake-1")


@pytest.fixture
def pi(run_pi):
    return lambda *words, **options: run_pi(*MODEL, *words, **options)


def test_the_order_of_a_life(pi, provider, agent_home):
    write(agent_home, "life.py", LIFE)
    provider.reply("Hello")
    done = pi("-p", "hi")
    assert (done.code, done.stdout, done.stderr) == (0, "Hello\n", "")
    assert noted(agent_home) == [
        "extend",
        "session_start startup",
        "resources_discover startup",
        "input interactive",
        "before_agent_start",
        "agent_start",
        "turn_start",
        *["message_start", "message_end"] * 2,
        "context",
        *["message_start", "message_end"],
        "turn_end",
        "agent_end",
        "agent_before_settle",
        "agent_settled",
        "session_shutdown quit",
    ]


def test_a_command_sends_nothing(pi, provider, agent_home):
    write(agent_home, "life.py", LIFE)
    done = pi("-p", "/hello  big world ")
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    assert "hello ' big world ' idle=True mode=print ui=False" in noted(agent_home)
    assert not any(line.startswith(("input", "agent")) for line in noted(agent_home))
    provider.assert_requests(0)


def test_a_text_that_is_no_command_is_a_prompt(pi, provider, agent_home):
    write(agent_home, "life.py", LIFE)
    provider.reply("what?")
    assert pi("-p", "/hellooo you").stdout == "what?\n"
    assert provider.last.conversation.last_user_text == "/hellooo you"


@pytest.mark.parametrize("mode", ["text", "json"])
def test_a_command_that_fails_is_one_line(pi, agent_home, mode):
    path = write(agent_home, "life.py", LIFE)
    done = pi("--mode", mode, "-p", "/boom")
    assert done.code == 0
    assert done.stderr == (
        f"Extension error ({path}): command: ValueError: kaboom (life.py:{_line('kaboom')})\n"
    )
    assert [event["type"] for event in done.events] == (["session"] if mode == "json" else [])


def _line(words):
    return next(at for at, line in enumerate(LIFE.splitlines(), 1) if words in line)


def test_a_handler_that_fails_costs_nothing_else(pi, provider, agent_home):
    write(agent_home, "a_bad.py", "def extend(pi):\n    pi.on('input', lambda event: 1 / 0)\n")
    write(
        agent_home,
        "b_good.py",
        """
        def extend(pi):
            @pi.on("input")
            def shout(event):
                return {"action": "transform", "text": event.text.upper()}
        """,
    )
    provider.reply("ok")
    done = pi("-p", "hi")
    assert (done.code, done.stdout) == (0, "ok\n")
    assert "input: ZeroDivisionError: division by zero (a_bad.py:2)" in done.stderr
    assert "Traceback" not in done.stderr
    assert provider.last.conversation.last_user_text == "HI"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def extend(pi:\n", "SyntaxError"),
        ("def extend(pi):\n    raise TypeError('no')\n", "TypeError: no (broken.py:2)"),
        ("x = 1\n", "no function extend"),
        ("import nowhere_to_be_found\n", "nowhere_to_be_found"),
        ("async def extend(pi):\n    pass\n", "coroutine"),
    ],
)
def test_a_broken_file_is_one_warning(pi, provider, agent_home, source, said):
    path = write(agent_home, "broken.py", source)
    write(agent_home, "life.py", LIFE)
    provider.reply("ok")
    done = pi("-p", "hi")
    assert (done.code, done.stdout) == (0, "ok\n")
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"Warning: {path}: the extension is not loaded: ")
    assert said in lines[0]
    assert "session_start startup" in noted(agent_home)


def test_what_the_command_line_names_has_to_be_there(pi, provider, tmp_path):
    done = pi("-e", str(tmp_path / "nope.py"), "-p", "hi")
    assert done.code != 0
    assert "nope.py" in done.stderr
    provider.assert_requests(0)


def test_no_extensions_leaves_those_of_the_command_line(pi, provider, agent_home, tmp_path):
    write(agent_home, "life.py", LIFE)
    own = tmp_path / "own.py"
    own.write_text("def extend(pi):\n    pi.register_command('own', lambda args: None)\n")
    provider.reply("ok")
    assert pi("-ne", "-e", str(own), "-p", "/own", "/hello").stdout == "ok\n"
    assert noted(agent_home) == []
    assert provider.last.conversation.last_user_text == "/hello"


# --- what the model is told, and may do -----------------------------------------------------------

TOOL = """
    def extend(pi):
        pi.register_tool(
            name="greet",
            label="Greet",
            description="Greets somebody.",
            prompt_snippet="greets people",
            parameters={"type": "object", "properties": {"who": {"type": "string"}},
                        "required": ["who"]},
            execute=greet,
        )

    def greet(params, ctx):
        ctx.report("thinking")
        text = f"Hello {params['who']}"
        return {"content": [{"type": "text", "text": text}], "details": {"n": 1}}
"""


def test_a_tool_is_declared_called_and_answered(pi, provider, agent_home):
    write(agent_home, "greet.py", TOOL)
    provider.reply({"calls": [{"name": "greet", "arguments": {"who": "Ann"}}]}, "done")
    done = pi("--mode", "json", "-p", "hi")
    assert done.code == 0
    system = next(e for e in done.events if e["type"] == "message_start")["message"]
    assert "greet" in [tool["name"] for tool in system["toolsAdded"]]
    assert "- greet: greets people" in system["sections"]["tools"]
    ended = next(e for e in done.events if e["type"] == "tool_execution_end")
    assert ended["result"] == {
        "content": [{"type": "text", "text": "Hello Ann"}],
        "details": {"n": 1},
    }
    assert any(e["type"] == "tool_execution_update" for e in done.events)
    provider.assert_requests(2)


@pytest.mark.parametrize(
    ("words", "has_greet"),
    [
        ((), True),
        (("-nbt",), True),
        (("-nt",), False),
        (("--tools", "read"), False),
        (("--tools", "read,greet"), True),
        (("-xt", "greet"), False),
        (("--tools", "-greet"), False),
    ],
)
def test_flags_for_tools_count_for_those_of_extensions(pi, provider, agent_home, words, has_greet):
    write(agent_home, "greet.py", TOOL)
    provider.reply("ok")
    pi(*words, "-p", "hi")
    assert ("greet" in provider.last.conversation.tools) is has_greet


def test_a_tool_with_the_name_of_a_builtin_one_takes_its_place(pi, provider, agent_home):
    write(
        agent_home,
        "wrap.py",
        """
        def extend(pi):
            @pi.on("session_start")
            def begin(event, ctx):
                inner = pi.builtin_tool("read")
                pi.register_tool(
                    name="read", description="Reads loudly.", parameters=inner.parameters,
                    execute=lambda params: "LOUD " + params["path"],
                )
        """,
    )
    provider.reply({"calls": [{"name": "read", "arguments": {"path": "a.txt"}}]}, "done")
    done = pi("--mode", "json", "-p", "hi")
    ended = next(e for e in done.events if e["type"] == "tool_execution_end")
    assert ended["result"]["content"][0]["text"] == "LOUD a.txt"


def test_a_tool_of_the_middle_of_a_run_is_there_for_the_next_request(pi, provider, agent_home):
    write(
        agent_home,
        "late.py",
        """
        SCHEMA = {"type": "object", "properties": {}}

        def extend(pi):
            def find(params):
                pi.register_tool(name="late", description="Came late.", parameters=SCHEMA,
                                 execute=lambda params: "late indeed")
                return "found"
            pi.register_tool(name="find_tools", description="Finds tools.", parameters=SCHEMA,
                             execute=find)
        """,
    )
    provider.reply(
        {"calls": [{"name": "find_tools", "arguments": {}}]},
        {"calls": [{"name": "late", "arguments": {}}]},
        "done",
    )
    done = pi("--mode", "json", "-p", "hi")
    added = [
        [tool["name"] for tool in e["message"].get("toolsAdded", ())]
        for e in done.events
        if e["type"] == "message_end" and e["message"]["role"] == "system"
    ]
    assert added[1:] == [["late"]]
    texts = [
        e["result"]["content"][0]["text"] for e in done.events if e["type"] == "tool_execution_end"
    ]
    assert texts == ["found", "late indeed"]
    assert "late" not in provider.model_requests[0].conversation.tools
    assert "late" in provider.model_requests[1].conversation.tools


def test_a_gate_refuses_a_call(pi, provider, agent_home):
    write(
        agent_home,
        "gate.py",
        """
        def extend(pi):
            @pi.on("tool_call")
            def gate(event, ctx):
                if "rm" in event.input.get("command", ""):
                    return {"block": True, "reason": "not here"}
        """,
    )
    provider.reply({"calls": [{"name": "bash", "arguments": {"command": "rm -rf x"}}]}, "done")
    done = pi("--mode", "json", "-p", "hi")
    ended = next(e for e in done.events if e["type"] == "tool_execution_end")
    assert ended["isError"] is True
    assert ended["result"]["content"][0]["text"] == "not here"


def test_a_gate_that_fails_is_closed(pi, provider, agent_home):
    write(agent_home, "gate.py", "def extend(pi):\n    pi.on('tool_call', lambda event: event.x)\n")
    provider.reply({"calls": [{"name": "bash", "arguments": {"command": "touch made"}}]}, "done")
    done = pi("--mode", "json", "-p", "hi")
    ended = next(e for e in done.events if e["type"] == "tool_execution_end")
    assert ended["isError"] is True
    assert not (agent_home.project / "made").exists()


def test_a_message_for_the_run_is_stored_after_the_users(pi, provider, agent_home):
    write(
        agent_home,
        "context.py",
        """
        def extend(pi):
            pi.on("before_agent_start", lambda event: {
                "message": {"customType": "facts", "content": "It is Tuesday.", "display": False}})
        """,
    )
    provider.reply("ok")
    pi("-p", "hi")
    entries = [json.loads(line) for line in agent_home.session_files()[0].read_text().splitlines()]
    assert [e["type"] for e in entries[-3:]] == ["message", "custom_message", "message"]
    assert entries[-2]["content"] == "It is Tuesday."
    assert "It is Tuesday." in provider.last.conversation.last_user_text


# --- flags ---------------------------------------------------------------------------------------

FLAGS = """
    def extend(pi):
        pi.register_flag("plan", type="boolean", default=False, description="Plan first")
        pi.register_flag("colour", type="string", default="red", description="Which one")
        pi.on("session_start", lambda event, ctx: ctx.ui.notify("") or print(
            "flags", pi.get_flag("plan"), pi.get_flag("colour")))
"""


@pytest.mark.parametrize(
    ("words", "flags", "asked"),
    [
        (("-p", "hi"), "False red", "hi"),
        (("--plan", "--colour", "blue", "-p", "hi"), "True blue", "hi"),
        (("--colour=green", "-p", "hi", "--plan=false"), "False green", "hi"),
        (("--plan", "hi", "-p"), "True red", "hi"),  # it takes no value: the word is a prompt
    ],
)
def test_flags_of_extensions(pi, provider, agent_home, words, flags, asked):
    write(agent_home, "flags.py", FLAGS)
    provider.reply("ok")
    done = pi(*words)
    assert (done.code, done.stdout, done.stderr) == (0, "ok\n", f"flags {flags}\n")
    assert provider.last.conversation.last_user_text == asked


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--plam", "-p", "hi"), "Error: Unknown option: --plam\n"),
        (("--plan=x", "-p", "hi"), "Error: Option --plan takes no value\n"),
        (("-p", "hi", "--colour"), "Error: Option --colour requires a value (VALUE)\n"),
    ],
)
def test_flags_that_are_wrong(pi, provider, agent_home, words, said):
    write(agent_home, "flags.py", FLAGS)
    done = pi(*words)
    assert (done.code, done.stdout, done.stderr) == (2, "", said)
    assert agent_home.session_files() == []
    provider.assert_requests(0)


def test_the_help_page_has_them(pi, agent_home):
    write(agent_home, "flags.py", FLAGS)
    page = pi("--help").stdout
    assert "--plan" in page
    assert "Plan first" in page
    assert "--colour VALUE" in page


# --- sessions, and work that a command begins ----------------------------------------------------


def test_work_that_a_command_begins_is_waited_for(pi, provider, agent_home):
    write(
        agent_home,
        "kick.py",
        """
        def extend(pi):
            @pi.command("kick", description="Begin")
            def kick(args, ctx):
                pi.send_user_message("asked by a command")
        """,
    )
    provider.reply("answered")
    done = pi("-p", "/kick")
    assert (done.code, done.stdout) == (0, "answered\n")
    assert provider.last.conversation.last_user_text == "asked by a command"


def test_a_new_session_from_a_command(pi, provider, agent_home):
    write(agent_home, "life.py", LIFE)
    write(
        agent_home,
        "next.py",
        """
        def extend(pi):
            @pi.command
            def go(args, ctx):
                def then(ctx):
                    ctx.send_user_message("in the other one")
                print(ctx.new_session(with_session=then))
                try:
                    pi.get_session_name()
                except Exception as error:
                    print(type(error).__name__)
        """,
    )
    provider.reply("one", "two")
    done = pi("-p", "first", "/go")
    assert (done.code, done.stdout) == (0, "two\n")
    assert done.stderr.splitlines() == ["{'cancelled': False}", "ExtensionError"]
    assert len(agent_home.session_files()) == 2
    assert [m["role"] for m in provider.last.body["messages"]] == ["system", "user"]
    lines = noted(agent_home)
    at = lines.index("session_before_switch new")
    assert lines[at : at + 5] == [
        "session_before_switch new",
        "session_shutdown new",
        "extend",
        "session_start new",
        "resources_discover startup",
    ]


def test_a_reload_from_a_command(pi, provider, agent_home):
    life = write(agent_home, "life.py", LIFE)
    write(
        agent_home,
        "again.py",
        f"""
        def extend(pi):
            @pi.command
            def again(args, ctx):
                with open({str(life)!r}, "a") as file:
                    file.write("def hello(args, ctx):\\n    note('new hello')\\n")
                ctx.reload()
        """,
    )
    provider.reply("one", "two")
    done = pi("-p", "first", "/again", "/hello", "second")
    assert (done.code, done.stdout, done.stderr) == (0, "two\n", "")
    lines = noted(agent_home)
    at = lines.index("session_shutdown reload")
    assert lines[at + 1 : at + 5] == [
        "extend",
        "session_start reload",
        "resources_discover reload",
        "new hello",
    ]
    assert len(agent_home.session_files()) == 1
    assert [m["role"] for m in provider.last.body["messages"]][1:] == ["user", "assistant", "user"]


def test_skills_and_templates_that_extensions_name(pi, provider, agent_home):
    (agent_home.home / "more").mkdir()
    (agent_home.home / "more" / "say.md").write_text("Say $1 twice.")
    write(
        agent_home,
        "more.py",
        f"""
        def extend(pi):
            pi.on("resources_discover", lambda event: {{
                "promptPaths": [{str(agent_home.home / "more")!r}], "skillPaths": ["/nowhere"]}})
        """,
    )
    provider.reply("ok")
    done = pi("-p", "/say cheese")
    assert done.stdout == "ok\n"
    assert done.stderr == "Warning: /nowhere: does not exist (skills)\n"
    assert provider.last.conversation.last_user_text == "Say cheese twice."


# --- models --------------------------------------------------------------------------------------


def test_a_provider_of_an_extension_is_there_before_a_model_is_chosen(run_pi, provider, agent_home):
    write(
        agent_home,
        "acme.py",
        f"""
        def extend(pi):
            pi.register_provider("acme", {{
                "baseUrl": {provider.base_url("openai-completions")!r},
                "apiKey": "k-acme-123456",
                "api": "openai-completions",
                "models": [{{"id": "acme-1", "name": "Acme One", "reasoning": False,
                             "input": ["text"], "contextWindow": 128000, "maxTokens": 4096,
                             "cost": {{"input": 0, "output": 0, "cacheRead": 0,
                                       "cacheWrite": 0}}}}],
            }})
        """,
    )
    provider.reply("from acme")
    done = run_pi("--model", "acme/acme-1", "-p", "hi")
    assert (done.code, done.stdout, done.stderr) == (0, "from acme\n", "")
    assert provider.last.headers["authorization"] == "Bearer k-acme-123456"
    assert "acme-1" in run_pi("--list-models", "acme").stdout


def test_a_question_to_a_model_from_a_command(pi, provider, agent_home):
    write(
        agent_home,
        "ask.py",
        """
        def extend(pi):
            @pi.command
            def ask(args, ctx):
                answer = ctx.models.complete(ctx.model, args, system="Be brief.")
                print(answer["content"][0]["text"], answer["usage"]["cost"]["total"] > 0)
        """,
    )
    provider.reply({"text": "42", "usage": {"input": 10, "output": 5}})
    done = pi("-p", "/ask what is it?")
    assert (done.code, done.stdout, done.stderr) == (0, "", "42 True\n")
    assert provider.last.conversation.last_user_text == "what is it?"


def test_a_program_that_is_run(pi, agent_home):
    write(
        agent_home,
        "run.py",
        f"""
        import sys
        def extend(pi):
            @pi.command
            def go(args, ctx):
                ran = pi.exec({sys.executable!r}, ["-c", "print(1); import sys; sys.exit(3)"])
                print(ran.code, ran.stdout.strip(), ran.killed)
                ran = pi.exec({sys.executable!r}, ["-c", "import time; time.sleep(60)"],
                              timeout_ms=200)
                print(ran.killed, ran.code != 0)
                ran = pi.exec({sys.executable!r}, ["-c", "print('x' * 100000)"], max_buffer=10)
                print(len(ran.stdout), ran.truncated, ran.killed)
        """,
    )
    done = pi("-p", "/go")
    assert done.stderr.splitlines() == ["3 1 False", "True True", "10 True True"]


# --- trust ---------------------------------------------------------------------------------------


def test_the_project_has_a_say_only_when_it_is_trusted(pi, provider, agent_home):
    write(agent_home, ".pi/extensions/life.py", LIFE, project=True)
    provider.reply("one", "two", "three")
    assert "not loaded" in pi("-p", "hi").stderr
    assert noted(agent_home) == []
    assert pi("--untrusted", "-p", "hi").code == 0
    assert noted(agent_home) == []
    assert pi("--approve", "-p", "hi").stderr == ""
    assert noted(agent_home)[:2] == ["extend", "session_start startup"]


def test_extensions_of_the_user_may_decide_about_trust(pi, provider, agent_home):
    write(agent_home, ".pi/extensions/life.py", LIFE, project=True)
    write(
        agent_home,
        "trust.py",
        """
        def extend(pi):
            @pi.on("project_trust")
            def decide(event, ctx):
                print("asked about", event.cwd.endswith("project"), ctx.mode)
                return {"trusted": "yes"}
        """,
    )
    provider.reply("ok", "ok")
    done = pi("-p", "hi")
    assert (done.code, done.stderr) == (0, "asked about True print\n")
    assert noted(agent_home)[:2] == ["extend", "session_start startup"]
    assert not (agent_home.agent / "trust.json").exists()
    assert pi("--no-approve", "-p", "hi").stderr == ""  # a flag counts more: nobody is asked


def test_a_decision_that_is_remembered(pi, provider, agent_home):
    write(agent_home, ".pi/extensions/life.py", LIFE, project=True)
    write(
        agent_home,
        "trust.py",
        """
        def extend(pi):
            pi.on("project_trust", lambda event: {"trusted": "no", "remember": True})
        """,
    )
    provider.reply("ok")
    assert pi("-p", "hi").stderr == ""
    assert json.loads((agent_home.agent / "trust.json").read_text()) == {
        str(agent_home.project): False
    }
    assert noted(agent_home) == []


# --- stopping ------------------------------------------------------------------------------------


def test_a_signal_ends_a_command_and_shuts_down_in_order(agent_home):
    write(agent_home, "life.py", LIFE)
    write(
        agent_home,
        "wait.py",
        """
        import time
        def extend(pi):
            @pi.command
            def wait(args, ctx):
                print("waiting", flush=True)
                time.sleep(60)
        """,
    )
    process = launch.start(agent_home, *MODEL, "-p", "/wait")
    try:
        process.stdin.close()
        assert process.stderr.readline() == b"waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    finally:
        launch.end(process)
    assert noted(agent_home)[-1] == "session_shutdown quit"
