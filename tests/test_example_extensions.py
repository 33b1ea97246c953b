"""The examples of extensions: each is run as its users run it, against the fake provider."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import time

import pytest

from tests.fakeprovider import FakeProvider
from tests.launch import ROOT
from tests.rpckit import PATIENCE_S, Rpc

FOLDER = ROOT / "examples" / "extensions"
EXAMPLES = sorted(
    path
    for path in FOLDER.iterdir()
    if path.suffix == ".py" or (path.is_dir() and path.stem[0] != "_")
)
CHAT = ("--model", "fake-openai/fake-1")
LONGEST = 120
REQUEST = "extension_ui_request"


def entry_of(path):
    """The file that has `extend`."""
    if path.suffix == ".py":
        return path
    manifest = path / "package.json"
    if manifest.is_file():
        return path / json.loads(manifest.read_text())["pi"]["extensions"][0]
    return path / "__init__.py"


def test_every_example_is_tested_short_and_introduced():
    tested = set(
        re.findall(
            r'\b(?:pi|rpc)\("(\w+)"', (ROOT / "tests" / "test_example_extensions.py").read_text()
        )
    )
    assert {path.stem for path in EXAMPLES} == tested
    assert len(EXAMPLES) >= 20
    for path in EXAMPLES:
        text = entry_of(path).read_text()
        assert len(text.splitlines()) <= LONGEST, path
        about = ast.get_docstring(ast.parse(text))
        assert about.split("\n")[0].endswith("."), path
        assert f"pi -e examples/extensions/{path.name}" in about, path


def git(folder, *words):
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def repository(agent_home):
    folder = agent_home.project
    (folder / "a.txt").write_text("one\n")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        git(folder, *words)
    for key, value in (("user.name", "A"), ("user.email", "a@b")):
        git(folder, "config", key, value)
    return folder


@pytest.fixture
def pi(run_pi):
    """pi(example, *arguments) -> Finished, with nothing on stderr but what is expected."""

    def run(name, *words, model=CHAT, stderr="", **options):
        path = FOLDER / name if (FOLDER / name).is_dir() else FOLDER / f"{name}.py"
        done = run_pi("-e", str(path), *model, *words, **options)
        assert done.stderr == stderr, done.stderr
        return done

    return run


@pytest.fixture
def rpc(agent_home):
    """rpc(example, *arguments) -> a running Rpc."""
    running = []

    def start(name, *words, model=CHAT, env=None):
        path = FOLDER / name if (FOLDER / name).is_dir() else FOLDER / f"{name}.py"
        running.append(Rpc(agent_home, "-e", str(path), *model, *words, env=env))
        return Talk(running[-1])

    yield start
    for each in running:
        each.__exit__()


class Talk:
    """A running RPC process in which a record may be waited for after it has come."""

    def __init__(self, running):
        self.rpc = running
        self.call = running.call
        self._taken = set()

    def record(self, accepts):
        """The first record that is accepted and was not given before."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for at, record in enumerate(self.rpc.records):
                if at not in self._taken and accepts(record):
                    self._taken.add(at)
                    return record
            time.sleep(0.01)
        raise AssertionError(f"no such record; {self.rpc.told()}")

    def event(self, name):
        return self.record(lambda record: record["type"] == name)

    def asked(self, method):
        """A request of an extension to the user."""
        return self.record(lambda r: r["type"] == REQUEST and r["method"] == method)

    def told(self):
        """The text of the next notice."""
        return self.asked("notify")["message"]

    def answer(self, method, **fields):
        """Wait for a question and answer it; returns the question."""
        question = self.asked(method)
        self.rpc.send({"type": "extension_ui_response", "id": question["id"], **fields})
        return question

    def send(self, name, **fields):
        """Send a command that is not waited for; returns what waits for its response."""
        call_id = f"{name}-{len(self._taken)}"
        self.rpc.send({"id": call_id, "type": name, **fields})
        return lambda: self.record(lambda r: r.get("id") == call_id)["data"]

    def ask(self, message):
        self.send("prompt", message=message)

    def settle(self, message):
        self.ask(message)
        self.event("agent_settled")


def bash(command):
    return {"calls": [{"name": "bash", "arguments": {"command": command}}]}


def call(tool, **arguments):
    return {"calls": [{"name": tool, "arguments": arguments}]}


def results(provider):
    return [text for _, text in provider.model_requests[-1].conversation.results]


def system(provider, at=-1):
    return provider.model_requests[at].conversation.system


def entries(home, at=-1):
    lines = home.session_files()[at].read_text().splitlines()
    return [json.loads(line) for line in lines]


def settings(home, **own):
    home.write("settings.json", {"extensionSettings": own})


# --- gates ---------------------------------------------------------------------------------------


def test_permission_gate_refuses_where_nobody_can_be_asked(pi, provider, agent_home):
    keep = agent_home.project / "keep"
    keep.mkdir()
    provider.reply(bash("rm -rf keep"), "I did not.")
    assert pi("permission_gate", "-p", "clean up").stdout == "I did not.\n"
    assert keep.is_dir()
    assert results(provider) == ["Not run: it deletes files, and nobody is here to ask."]


def test_permission_gate_asks(rpc, provider, agent_home):
    running = rpc("permission_gate")
    (agent_home.project / "keep").mkdir()
    provider.reply(bash("ls"), bash("rm -r keep"), bash("rm -r keep; echo gone"), "done")
    running.ask("clean up")
    question = running.answer("select", value="No")
    assert question["title"] == "This deletes files:\n\nrm -r keep"
    running.answer("select", value="Run it")
    running.event("agent_settled")
    assert not (agent_home.project / "keep").exists()
    assert results(provider)[1:] == ["The user did not allow it: it deletes files.", "gone\n"]


def test_protected_paths(pi, provider, agent_home):
    project = agent_home.project
    (project / "sub").mkdir()
    (project / "link").symlink_to(project / ".env")
    provider.reply(
        call("write", path="sub/../.env", content="X=1"),
        call("write", path="link", content="X=1"),
        call("write", path="fine.txt", content="ok"),
        "done",
    )
    pi("protected_paths", "-p", "write")
    assert not (project / ".env").exists()
    assert (project / "fine.txt").read_text() == "ok"
    first, second, third = results(provider)
    assert first == "sub/../.env is protected (.env): leave it as it is."
    assert second == "link is protected (.env): leave it as it is."
    assert "protected" not in third


def test_protected_paths_can_be_set(pi, provider, agent_home):
    settings(agent_home, protected_paths={"names": ["*.lock"]})
    provider.reply(
        call("write", path="x.lock", content=""), call("write", path=".env", content="a"), "ok"
    )
    pi("protected_paths", "-p", "write")
    assert not (agent_home.project / "x.lock").exists()
    assert (agent_home.project / ".env").exists()


def test_dirty_repo_guard(rpc, repository):
    running = rpc("dirty_repo_guard")
    assert running.call("new_session")["data"] == {"cancelled": False}
    (repository / "a.txt").write_text("two\n")
    done = running.send("new_session")
    question = running.answer("confirm", confirmed=False)
    assert question["message"] == "1 file is not committed. Begin a new session all the same?"
    assert done() == {"cancelled": True}


# --- tools ---------------------------------------------------------------------------------------


def test_todo_follows_the_branch(rpc, provider, agent_home):
    running = rpc("todo")
    provider.reply(
        call("todo", action="add", text="write"),
        call("todo", action="add", text="test"),
        "two",
        call("todo", action="done", number=1),
        call("todo", action="done", number=7),
        "one left",
    )
    running.settle("make a list")
    running.settle("do the first")
    assert results(provider)[1] == "[ ] 1. write\n[ ] 2. test"
    assert results(provider)[2] == "[x] 1. write\n[ ] 2. test"
    assert results(provider)[3] == "there is no item 7; there are 2"
    messages = running.call("get_fork_messages")["data"]["messages"]
    assert running.call("fork", entryId=messages[1]["entryId"])["data"]["cancelled"] is False
    running.ask("/todos")
    assert running.told() == "[ ] 1. write\n[ ] 2. test"


def test_question_is_answered_by_the_user(rpc, provider):
    running = rpc("question")
    provider.reply(call("question", question="Which?", options=["MIT", "BSD"]), "noted")
    running.ask("choose")
    question = running.answer("select", value="Something else ...")
    assert question["options"] == ["MIT", "BSD", "Something else ..."]
    running.answer("input", value="Apache")
    running.event("agent_settled")
    assert results(provider) == ["The user answered: Apache"]


def test_question_without_a_user_is_an_error_the_model_can_act_on(pi, provider):
    provider.reply(call("question", question="Which?", options=[]), "MIT then")
    assert pi("question", "-p", "choose").stdout == "MIT then\n"
    assert results(provider)[0].startswith("Nobody is here to ask")


def test_structured_output_ends_the_run(pi, provider, agent_home):
    findings = [{"file": "a.py", "line": 3, "message": "unused"}]
    provider.reply(call("report", title="Faults", findings=findings), "never asked for")
    done = pi("structured_output", "--report", "out.json", "--mode", "json", "-p", "look")
    assert len(provider.model_requests) == 1
    written = json.loads((agent_home.project / "out.json").read_text())
    assert written == {"title": "Faults", "findings": findings}
    (end,) = [event for event in done.events if event["type"] == "tool_execution_end"]
    assert end["result"]["structuredContent"] == written


def test_dynamic_tools_are_told_of_when_they_are_found(pi, provider):
    provider.reply(call("find_tools", query="what time is it"), call("utc_time"), "late")
    assert pi("dynamic_tools", "-p", "time?").stdout == "late\n"
    first, second, third = (request.conversation.tools for request in provider.model_requests)
    assert "utc_time" not in first
    assert "utc_time" in second
    assert "new_uuid" not in third
    assert results(provider)[0] == "Active now: utc_time"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d [\d:]{8}", results(provider)[1])


def test_dynamic_tools_command(rpc, provider):
    running = rpc("dynamic_tools")
    running.ask("/tools new_uuid")
    assert "* new_uuid" in running.told().splitlines()
    provider.reply("ok")
    running.settle("hi")
    assert "new_uuid" in provider.model_requests[-1].conversation.tools


def test_subagent_hands_back_only_the_answer(pi, provider, agent_home):
    (agent_home.project / "note.txt").write_text("the answer is 42")
    provider.reply(
        call("subagent", agent="scout", task="what is in note.txt?"),
        call("read", path="note.txt"),
        "It says 42.",
        "The scout says 42.",
    )
    done = pi("subagent", "--mode", "json", "-p", "find out")
    requests = provider.model_requests
    assert "You are a scout." in system(provider, 1)
    assert requests[1].conversation.last_user_text == "what is in note.txt?"
    assert "subagent" not in requests[1].conversation.tools
    assert results(provider) == ["It says 42."]
    updates = [e for e in done.events if e["type"] == "tool_execution_update"]
    assert updates[-1]["partialResult"]["details"]["steps"] == ['read {"path": "note.txt"}']
    (end,) = [e for e in done.events if e["type"] == "tool_execution_end"]
    assert end["result"]["details"]["model"] == "fake-1"


def test_subagent_ends_with_the_run(rpc, provider):
    running = rpc("subagent")
    provider.reply(
        call("subagent", agent="worker", task="hang"),
        {"text": "a b c d", "fault": {"hold_after_records": 2}},
    )
    running.ask("go")
    running.event("tool_execution_start")
    while len(provider.model_requests) < 2:
        running.call("get_state")
    running.call("abort")
    assert running.event("agent_settled")["aborted"] is True


@pytest.fixture
def ssh(agent_home, tmp_path):
    """An `ssh` that runs its command on this machine; the environment that finds it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "ssh"
    script.write_text('#!/bin/sh\necho "$1" >> "$HOME/hosts"\nexec sh -c "$2"\n')
    script.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_ssh_tools_work_elsewhere(pi, provider, agent_home, tmp_path, ssh):
    there = tmp_path / "there"
    there.mkdir()
    (there / "a.txt").write_text("one\ntwo\nthree\n")
    provider.reply(
        call("read", path="a.txt", offset=2, limit=1),
        call("edit", path="a.txt", edits=[{"oldText": "two", "newText": "2"}]),
        call("write", path="sub/b.txt", content="new\n"),
        bash("pwd; exit 3"),
        "done",
    )
    pi("ssh_tools", "--ssh", f"me@host:{there}", "-p", "work there", env=ssh)
    assert (there / "a.txt").read_text() == "one\n2\nthree\n"
    assert (there / "sub/b.txt").read_text() == "new\n"
    assert list(agent_home.project.iterdir()) == []
    read, edit, write, shell = results(provider)
    assert (read, edit) == ("two\n", "Replaced 1 place(s) in a.txt")
    assert write == "Wrote 4 bytes to sub/b.txt"
    assert shell == f"{there}\n\n(exit status 3)"
    assert f"The tools work at me@host, in {there}, over ssh." in system(provider)
    assert set((agent_home.home / "hosts").read_text().split()) == {"me@host"}


def test_ssh_tools_do_nothing_without_the_flag(pi, provider, agent_home):
    provider.reply(call("write", path="here.txt", content="x"), "ok")
    pi("ssh_tools", "-p", "write")
    assert (agent_home.project / "here.txt").exists()


def test_with_deps_brings_its_dependency(pi, provider):
    provider.reply(call("make_slug", text="Grüße, Jürgen!"), "ok")
    pi("with_deps", "-p", "slug")
    assert results(provider) == ["grusse-jurgen"]


# --- what the model is told ----------------------------------------------------------------------


def test_plan_mode(rpc, provider, agent_home):
    running = rpc("plan_mode", "--plan")
    assert running.asked("setStatus")["statusText"] == "plan"
    provider.reply(bash("touch new"), bash("ls -A"), "1. touch new", bash("touch new"), "done")
    running.ask("make a file")
    question = running.answer("confirm", confirmed=True)
    assert question["title"] == "The plan is there"
    running.event("agent_settled")
    running.event("agent_settled")
    first = provider.model_requests[0].conversation
    assert "write" not in first.tools
    assert "You are in plan mode" in first.system
    last = provider.model_requests[-1].conversation
    assert "write" in last.tools
    assert "You are in plan mode" not in last.system
    assert last.last_user_text == "Carry out the plan."
    assert results(provider)[0] == "Plan mode: only commands that look are run."
    assert (agent_home.project / "new").exists()


def test_preset(rpc, provider, agent_home):
    agent_home.write(
        "presets.json",
        {
            "review": {
                "model": "fake-openai/fake-think",
                "thinking": "high",
                "tools": ["read"],
                "instructions": "Change nothing.",
            }
        },
    )
    running = rpc("preset", "--preset", "review")
    provider.reply("a", "b")
    running.settle("hi")
    state = running.call("get_state")["data"]
    assert (state["model"]["id"], state["thinkingLevel"]) == ("fake-think", "high")
    assert provider.model_requests[0].conversation.tools == ("read",)
    assert "Change nothing." in system(provider)
    running.ask("/preset nothing")
    assert running.told() == "Preset: review"
    assert running.told() == "There is no preset nothing; there are: review"
    assert running.send("prompt", message="/preset off")() == {"disposition": "handled"}
    running.settle("again")
    assert running.call("get_state")["data"]["model"]["id"] == "fake-1"
    assert "bash" in provider.model_requests[-1].conversation.tools
    assert "Change nothing." not in system(provider)


def test_rules_files(pi, provider, agent_home):
    folder = agent_home.project / ".pi/rules/deep"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("Write plainly.")
    (folder / "b.md").write_text("paths: parser, lexer\nThe parser is recursive.")
    (folder / "long.md").write_text("x" * 3000)
    provider.reply("a", "b", "c")
    pi("rules_files", "--approve", "-p", "hi")
    assert "Write plainly." in system(provider)
    assert ".pi/rules/deep/long.md: read it when it matters" in system(provider)
    assert "recursive" not in system(provider)
    pi("rules_files", "--approve", "-p", "mend the lexer")
    assert "The parser is recursive." in system(provider)
    pi("rules_files", "--no-approve", "-p", "hi")
    assert "Write plainly." not in system(provider)


def test_input_transform(rpc, provider):
    running = rpc("input_transform")
    provider.reply("Yes.")
    running.ask("ping")
    assert running.told() == "pong"
    running.settle("?quick is it late?")
    (request,) = provider.model_requests
    assert request.conversation.user_texts == ["Answer in one or two sentences: is it late?"]


def test_inline_bash(pi, provider):
    provider.reply("ok")
    pi("inline_bash", "-p", "what is !{echo $((40 + 2))} and !{false}?")
    said = provider.model_requests[0].conversation.last_user_text
    assert said == "what is 42 and \n(exit status 1)?"


def test_secret_redaction(pi, provider, agent_home):
    token = "ghp_" + "a1" * 12
    (agent_home.project / ".env").write_text(f"A=sk-{'b' * 20}\nB={token}\nC=harmless\n")
    provider.reply(call("read", path=".env"), bash("echo $MY_TOKEN"), "ok")
    pi("secret_redaction", "-p", "look", env={"MY_TOKEN": "hunter22-long"})
    read, shell = results(provider)
    assert read.splitlines()[:3] == ["A=[secret removed]", "B=[secret removed]", "C=harmless"]
    assert shell == "[secret removed]\n"
    assert token not in agent_home.session_files()[0].read_text()


# --- models --------------------------------------------------------------------------------------


def test_custom_provider(pi, agent_home):
    parrot = ("--model", "parrot/echo")
    assert pi("custom_provider", "-p", "say this", model=parrot).stdout.strip() == "say this"
    done = pi(
        "custom_provider",
        "--mode",
        "json",
        "--thinking",
        "high",
        "-p",
        "run: echo $((6*7))",
        model=parrot,
    )
    ends = [e["message"] for e in done.events if e["type"] == "message_end"]
    answers = [message for message in ends if message["role"] == "assistant"]
    assert [block["type"] for block in answers[0]["content"]] == ["thinking", "toolCall"]
    assert answers[-1]["content"][-1]["text"] == "It printed: 42"
    assert answers[-1]["usage"]["input"] > 0
    assert (answers[0]["provider"], answers[0]["api"]) == ("parrot", "parrot")
    listed = pi("custom_provider", "--list-models", "parrot", model=()).stdout.splitlines()
    assert listed[1].split() == ["parrot", "echo", "32K", "16.4K", "yes", "no"]


def test_discovered_provider(pi, agent_home):
    with FakeProvider(["hello"], local="vllm") as server:
        env = {"GATEWAY_URL": server.base_url("openai-completions"), "GATEWAY_KEY": "secret-key-1"}
        listed = pi("discovered_provider", "--list-models", "gateway", model=(), env=env)
        name = listed.stdout.splitlines()[1].split()[1]
        done = pi("discovered_provider", "-p", "hi", model=("--model", f"gateway/{name}"), env=env)
        assert done.stdout == "hello\n"
        (request,) = server.model_requests
        assert request.headers["x-team"] == "tools"
        assert request.has_key("secret-key-1")


def test_router(pi, provider, agent_home):
    own = {"small": "fake-openai/fake-1", "large": "fake-openai/fake-think"}
    settings(agent_home, router=own)
    auto = ("--model", "router/auto:low")
    provider.reply(bash("true"), "short", "long", {"error": "openai/rate_limit"}, "other")
    pi("router", "-p", "hi", model=auto)
    pi("router", "-c", "-p", "x" * 500, model=())
    models = [request.body["model"] for request in provider.model_requests]
    assert models == ["fake-1", "fake-1", "fake-think"]
    kept = entries(agent_home)
    choice = [e for e in kept if e["type"] == "model_change"]
    assert [(e["provider"], e["modelId"]) for e in choice] == [("router", "auto")]
    states = [e["data"]["state"] for e in kept if e.get("customType") == "pi.virtual-model-state"]
    assert states == [{"turns": 1, "last": "small"}, {"turns": 2, "last": "large"}]


def test_router_is_a_model_for_clients(rpc, provider, agent_home):
    settings(agent_home, router={"small": "fake-openai/fake-1"})
    running = rpc("router")
    listed = running.call("get_available_models")["data"]["models"]
    assert ("router", "auto") in [(model["provider"], model["id"]) for model in listed]
    assert running.call("set_model", provider="router", modelId="auto")["success"]
    provider.reply("ok")
    running.settle("hi")
    assert provider.model_requests[0].body["model"] == "fake-1"
    assert running.call("get_state")["data"]["model"]["id"] == "auto"


def test_model_status(rpc, provider):
    running = rpc("model_status")
    assert running.asked("setStatus")["statusText"].startswith("Fake One (off)")
    running.call("set_model", provider="fake-openai", modelId="fake-think")
    assert running.told() == "Model: fake-1 -> fake-think"
    provider.reply({"text": "ok", "usage": {"input": 64_000, "output": 1}})
    running.settle("hi")
    assert running.record(lambda r: "50%" in (r.get("statusText") or ""))


def test_provider_log(pi, provider, agent_home):
    provider.reply("hello")
    pi("provider_log", "--provider-log", "log.jsonl", "-p", "hi")
    lines = [
        json.loads(line) for line in (agent_home.project / "log.jsonl").read_text().splitlines()
    ]
    kinds = [line["kind"] for line in lines]
    assert kinds[:3] == ["headers", "request", "response"] or kinds[:3] == [
        "request",
        "headers",
        "response",
    ]
    found = {line["kind"]: line for line in lines}
    assert found["request"]["payload"]["model"] == "fake-1"
    assert found["response"]["status"] == 200
    assert kinds.count("record") > 2
    assert "sk-fake" not in (agent_home.project / "log.jsonl").read_text()


# --- sessions ------------------------------------------------------------------------------------


def test_custom_compaction(rpc, provider, agent_home):
    agent_home.write("settings.json", {"compaction": {"keepRecentTokens": 50}})
    (agent_home.project / "a.txt").write_text("words " * 50)
    running = rpc("custom_compaction")
    provider.reply(call("read", path="a.txt"), call("write", path="b.txt", content="x"), "y" * 400)
    running.settle("look and write")
    provider.reply("z" * 400, "By topic: all is well.")
    running.settle("go on")
    done = running.call("compact", customInstructions="the names")
    assert done["success"], done
    summary = done["data"]["summary"]
    assert summary.startswith("By topic: all is well.")
    assert "## Files that were changed\n\n- b.txt" in summary
    assert "## Files that were read\n\n- a.txt" in summary
    assert "Stress: the names" in provider.model_requests[-1].conversation.last_user_text
    (stored,) = [entry for entry in entries(agent_home) if entry["type"] == "compaction"]
    assert stored["fromHook"] is True


def test_custom_compaction_falls_back(rpc, provider, agent_home):
    agent_home.write("settings.json", {"compaction": {"keepRecentTokens": 50}})
    running = rpc("custom_compaction")
    provider.reply("y" * 400, "z" * 400, {"error": "openai/auth"}, *["pi's own summary"] * 2)
    running.settle("one " * 100)
    running.settle("two " * 100)
    done = running.call("compact")
    assert "pi's own summary" in done["data"]["summary"]
    assert (entries(agent_home)[-1]["type"], entries(agent_home)[-1]["fromHook"]) == (
        "compaction",
        False,
    )


def test_git_checkpoint_brings_files_back(rpc, provider, repository):
    running = rpc("git_checkpoint")
    provider.reply(call("write", path="a.txt", content="changed\n"), "done")
    running.settle("change it")
    assert (repository / "a.txt").read_text() == "changed\n"
    (message,) = running.call("get_fork_messages")["data"]["messages"]
    done = running.send("fork", entryId=message["entryId"])
    running.answer("confirm", confirmed=True)
    assert done()["cancelled"] is False
    assert (repository / "a.txt").read_text() == "one\n"
    assert f"refs/pi/{message['entryId']}" in git(repository, "show-ref")


def test_auto_commit_on_exit(pi, provider, repository):
    provider.reply(call("write", path="b.txt", content="new\n"), "Added b.txt\n\nas you asked")
    pi("auto_commit_on_exit", "-p", "add b.txt")
    assert git(repository, "log", "--format=%s").splitlines() == ["Added b.txt", "first"]
    assert git(repository, "status", "--porcelain") == ""


def test_session_name(rpc, provider):
    running = rpc("session_name")
    provider.reply("ok", "ok")
    running.settle("please look at the parser and tell me everything that is wrong with it")
    state = running.call("get_state")["data"]
    assert state["sessionName"] == "please look at the parser and tell me everything ..."
    running.ask("/session-name The parser")
    assert running.told() == "Session: The parser"
    running.settle("another")
    assert running.call("get_state")["data"]["sessionName"] == "The parser"


def test_bookmark(rpc, provider, agent_home):
    running = rpc("bookmark")
    running.ask("/bookmark")
    assert running.told() == "There is no answer yet"
    provider.reply("one")
    running.settle("hi")
    running.ask("/bookmark good point")
    assert running.told() == "Bookmarked: good point"
    running.ask("/bookmarks")
    assert running.told().endswith("  good point")
    running.ask("/unbookmark")
    assert running.told() == "Bookmark removed"
    labels = [e.get("label") for e in entries(agent_home) if e["type"] == "label"]
    assert labels == ["good point", None]


def test_handoff(rpc, provider, agent_home):
    running = rpc("handoff")
    provider.reply("We chose MIT.", "Go on with the tests: MIT was chosen.", "Testing.")
    running.settle("which license?")
    running.ask("/handoff write the tests")
    question = running.answer("editor", value="Write the tests. MIT was chosen.")
    assert question["prefill"] == "Go on with the tests: MIT was chosen."
    running.event("agent_settled")
    asked_for = provider.model_requests[1].conversation.last_user_text
    assert "Its goal: write the tests" in asked_for
    assert "[assistant] We chose MIT." in asked_for
    last = provider.model_requests[-1].conversation
    assert last.user_texts == ["Write the tests. MIT was chosen."]
    first, _ = agent_home.session_files()
    assert entries(agent_home)[0]["parentSession"] == str(first)


def test_reload_runtime(rpc, provider, agent_home):
    running = rpc("reload_runtime", "--approve")
    provider.reply(call("reload_runtime"), "hi again")
    late = agent_home.agent / "extensions/late.py"
    late.parent.mkdir()
    late.write_text('def extend(pi):\n    pi.register_command("late", lambda args, ctx: None)\n')
    running.ask("reload")
    running.event("agent_settled")
    for _ in range(100):
        names = [each["name"] for each in running.call("get_commands")["data"]["commands"]]
        if "late" in names:
            break
    assert "late" in names
    assert len(provider.model_requests) == 1


# --- the user ------------------------------------------------------------------------------------


def test_notify_runs_a_command_when_a_long_run_is_done(pi, provider, agent_home):
    command = ["sh", "-c", 'echo "$1" > told', "sh"]
    settings(agent_home, notify={"seconds": 0, "command": command})
    provider.reply("ok", "ok")
    pi("notify", "-p", "hi")
    assert (agent_home.project / "told").read_text() == "pi is done after 0 s\n"
    settings(agent_home, notify={"seconds": 60, "command": ["touch", "never"]})
    pi("notify", "-p", "hi")
    assert not (agent_home.project / "never").exists()


def test_rpc_demo_reaches_the_user_in_every_way(rpc):
    running = rpc("rpc_demo")
    assert running.asked("setTitle")["title"] == "pi: demo"
    assert running.asked("setStatus")["statusText"] == "ready"
    assert running.asked("setWidget")["widgetLines"] == ["Try /demo-ask, /demo-tell and /demo-form"]
    running.ask("/demo-ask")
    running.answer("select", value="red")
    running.answer("confirm", confirmed=True)
    running.answer("input", value="door")
    assert running.answer("editor", value="a door")["prefill"] == "door is red."
    assert running.asked("select")["timeout"] == 50
    told = running.told()
    assert told == "colour=red sure=True name=door text=a door late=None"
    running.ask("/demo-tell")
    assert [running.asked("notify")["notifyType"] for _ in range(3)] == [
        "info",
        "warning",
        "error",
    ]
    assert running.asked("setWidget")["widgetPlacement"] == "belowEditor"
    assert running.asked("set_editor_text")["text"] == "typed for you"


def test_rpc_demo_form_is_a_series_of_questions(rpc):
    running = rpc("rpc_demo")
    running.ask("/demo-form")
    running.answer("input", value="example.test")
    running.answer("input", value="8080")
    running.answer("select", value="udp")
    told = running.told()
    assert told == "form={'host': 'example.test', 'port': 8080, 'kind': 'udp'}"
