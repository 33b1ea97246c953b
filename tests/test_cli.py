"""The program as a whole: print and JSON mode, its inputs, outputs and exit status."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import time

import pytest

from pi.errors import EXIT_NO_READER
from tests import launch
from tests.fakeprovider import models_config

CHAT = ("--model", "fake-openai/fake-1")
CLAUDE = ("--model", "fake-anthropic/fake-1")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def said(provider, at=-1):
    """The user texts of a recorded request."""
    return provider.model_requests[at].conversation.user_texts


def entries(home):
    """The entries of the only session file, header first."""
    (path,) = home.session_files()
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# --- print mode ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [CHAT, CLAUDE])
def test_the_answer_goes_to_stdout(run_pi, provider, model):
    provider.reply("Hello\nthere ")
    done = run_pi(*model, "-p", "hi")
    assert (done.code, done.stdout, done.stderr) == (0, "Hello\nthere \n", "")
    assert said(provider) == ["hi"]


def test_only_the_text_blocks_of_the_last_message_are_printed(run_pi, provider, agent_home):
    (agent_home.project / "a.txt").write_text("content of a")
    provider.reply(
        {"thinking": "hm", "text": "first", "calls": [
            {"name": "read", "arguments": {"path": "a.txt"}}]},
        {"blocks": [{"type": "text", "text": "one"}, {"type": "text", "text": "two\n"}]},
    )  # fmt: skip
    done = run_pi("--model", "fake-anthropic/fake-think", "-p", "hi")
    assert (done.code, done.stdout) == (0, "one\ntwo\n\n")
    provider.assert_requests(2)


def test_redirected_stdout_is_enough_for_print_mode(run_pi, provider):
    provider.reply("yes")
    assert run_pi(*CHAT, "hi").stdout == "yes\n"


def test_an_error_goes_to_stderr_and_the_status(run_pi, provider):
    provider.reply({"error": "openai/not_found"})
    done = run_pi(*CHAT, "-p", "hi")
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.startswith("404 Not Found: ")
    assert done.stderr.count("\n") == 1


def test_refused_credentials_have_their_own_status(run_pi, provider):
    provider.reply({"error": "openai/auth"})
    done = run_pi(*CHAT, "-p", "hi")
    assert done.code == 3
    assert "401" in done.stderr


def test_an_answer_cut_at_its_length_is_printed_and_told(run_pi, provider):
    provider.reply({"text": "half", "stop": "length"})
    done = run_pi(*CHAT, "-p", "hi")
    assert (done.code, done.stdout) == (1, "half\n")
    assert "output token limit" in done.stderr


def test_several_prompts_run_in_turn_and_the_last_decides(run_pi, provider):
    provider.reply({"error": "openai/not_found"}, "fine")
    done = run_pi(*CHAT, "-p", "one", "two")
    assert (done.code, done.stdout) == (0, "fine\n")
    assert said(provider) == ["one", "two"]


def test_nothing_to_say_sends_nothing(run_pi, provider):
    done = run_pi(*CHAT, "-p")
    assert (done.code, done.stdout) == (0, "")
    assert provider.model_requests == []


def test_stdin_files_and_message_become_one_prompt(run_pi, provider, agent_home):
    (agent_home.project / "a.txt").write_bytes(b"\xef\xbb\xbfalpha\r\n")
    (agent_home.project / "b").write_bytes(b"be\xffta")
    (agent_home.project / "empty").write_bytes(b"")
    provider.reply("ok")
    run_pi(*CHAT, "-p", "@a.txt", "@b", "@empty", "hello", "next", stdin="  piped\n\n")
    a, b = (agent_home.project / name for name in ("a.txt", "b"))
    assert said(provider, 0) == [
        f'piped<file name="{a}">\nalpha\r\n\n</file>\n<file name="{b}">\nbe\ufffdta\n</file>\nhello'
    ]
    assert len(provider.model_requests) == 2


def test_white_space_on_stdin_counts_as_nothing(run_pi, provider):
    run_pi(*CHAT, "-p", stdin=" \n\t ")
    assert provider.model_requests == []


def test_an_image_file_is_attached_whatever_its_name(run_pi, provider, agent_home):
    agent_home.write("models.json", models_config(provider, input=["text", "image"]))
    (agent_home.project / "picture.txt").write_bytes(PIXEL)
    provider.reply("ok")
    run_pi(*CHAT, "-p", "@picture.txt", "look")
    (message,) = [m for m in provider.last.body["messages"] if m["role"] == "user"]
    kinds = [part["type"] for part in message["content"]]
    assert kinds == ["text", "image_url"]
    url = message["content"][1]["image_url"]["url"]
    assert url == "data:image/png;base64," + base64.b64encode(PIXEL).decode()


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["-Z"], 2, "Unknown option: -Z"),
        (["--frobnicate", "x", "--other"], 2, "Unknown options: --frobnicate, --other"),
        (["--mode", "xml", "hi"], 2, 'Invalid mode "xml"'),
        (["--mode", "rpc", "@x"], 2, "@file arguments are not supported in RPC mode"),
        (["--provider", "openai", "-p", "hi"], 2, "--provider needs --model"),
        (["--api-key", "k", "-p", "hi"], 2, "--api-key needs a model"),
        (["--name", "  ", *CHAT, "-p", "hi"], 2, "--name requires a value"),
        (["--tools", "read,-bash", *CHAT, "-p", "hi"], 2, "cannot be mixed"),
        (["--model", "nobody/x", "-p", "hi"], 3, "nobody/x"),
        (["--model", "zzzz", "-p", "hi"], 3, "zzzz"),
        ([*CHAT, "-p", "@missing.txt"], 2, "File not found: "),
        ([*CHAT, "-p", "@."], 2, "Not a file: "),
        ([*CHAT, "--fork", "x", "-c", "-p", "hi"], 2, "--fork cannot be combined with --continue"),
        ([*CHAT, "--session-id", "a/b", "-p", "hi"], 2, "ession id"),
        ([*CHAT, "--session", "nothere", "-p", "hi"], 1, "No session found matching 'nothere'"),
    ],
)
def test_wrong_command_lines(run_pi, provider, words, code, expected):
    done = run_pi(*words)
    assert (done.code, done.stdout) == (code, "")
    assert expected in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert provider.model_requests == []


def test_no_model_at_all_says_the_ways_to_go_on(run_pi, agent_home):
    (agent_home.agent / "models.json").unlink()
    variables = ("OLLAMA_HOST", "LLAMA_BASE_URL", "VLLM_BASE_URL", "LMSTUDIO_BASE_URL")
    unused = dict.fromkeys(variables, "http://127.0.0.1:9")
    done = run_pi("-p", "hi", env=unused)
    assert (done.code, done.stdout) == (3, "")
    for way in ("ANTHROPIC_API_KEY", "auth", "local", "--model demo"):
        assert way in done.stderr


def test_an_unknown_thinking_level_is_only_a_warning(run_pi, provider):
    provider.reply("ok")
    done = run_pi(*CHAT, "--thinking", "huge", "-p", "hi")
    assert (done.code, done.stdout) == (0, "ok\n")
    assert "huge" in done.stderr
    assert done.stderr.startswith("Warning: ")


def test_the_demo_model_works_without_anything(run_pi, agent_home):
    (agent_home.agent / "models.json").unlink()
    (agent_home.project / "README.md").write_text("# Title of the project\n")
    done = run_pi("--model", "demo", "-p", "What is here?")
    assert done.code == 0
    assert "Title of the project" in done.stdout
    assert "no AI" in done.stdout


# --- JSON mode -----------------------------------------------------------------------------------


def test_json_mode_prints_the_header_and_every_event(run_pi, provider, agent_home):
    (agent_home.project / "a.txt").write_text("content\n")
    provider.reply(
        {"text": "look", "calls": [{"id": "c1", "name": "read", "arguments": {"path": "a.txt"}}]},
        "done",
    )
    done = run_pi(*CHAT, "--mode", "json", "hi")
    assert (done.code, done.stderr) == (0, "")
    header, *events = done.events
    assert list(header) == ["type", "version", "id", "timestamp", "cwd"]
    assert header == entries(agent_home)[0]
    names = [event["type"] for event in events if event["type"] != "message_update"]
    turn = ["message_start", "message_end"]
    assert names == [
        "agent_start", "turn_start", *turn, *turn, *turn,
        "tool_execution_start", "tool_execution_end", *turn, "turn_end",
        "turn_start", *turn, "turn_end", "agent_end", "agent_settled",
    ]  # fmt: skip
    ends = [e["message"] for e in events if e["type"] == "message_end"]
    assert [m["role"] for m in ends] == [
        "system", "user", "assistant", "toolResult", "assistant",
    ]  # fmt: skip
    assert list(ends[2]) == [
        "role", "content", "api", "provider", "model", "usage", "stopReason", "timestamp",
        "responseId", "rawStopReason", "durationMs", "thinkingLevel",
    ]  # fmt: skip
    stored = [e["message"] for e in entries(agent_home) if e["type"] == "message"]
    assert stored == ends


@pytest.mark.parametrize(
    ("reply", "code"),
    [({"error": "openai/not_found"}, 1), ({"error": "openai/auth"}, 3),
     ({"text": "x", "stop": "length"}, 1), ("fine", 0)],
)  # fmt: skip
def test_json_mode_tells_failure_by_its_status(run_pi, provider, reply, code):
    provider.reply(reply)
    done = run_pi(*CHAT, "--mode", "json", "hi")
    assert done.code == code
    assert done.events[-1] == {"type": "agent_settled", "aborted": False}


def test_json_mode_without_prompt_prints_the_header_only(run_pi):
    done = run_pi(*CHAT, "--mode", "json")
    assert done.code == 0
    assert [event["type"] for event in done.events] == ["session"]


def test_lines_end_in_lf_only(run_pi, provider):
    provider.reply("a\u2028b\r\nc")
    done = run_pi(*CHAT, "--mode", "json", "hi")
    assert all(json.loads(line) for line in done.stdout.split("\n")[:-1])
    assert done.events[-2]["messages"][-1]["content"][0]["text"] == "a\u2028b\r\nc"


# --- sessions ------------------------------------------------------------------------------------


def test_going_on_with_another_wire_format(run_pi, provider, agent_home):
    provider.reply({"calls": [{"name": "bash", "arguments": {"command": "echo hi"}}]}, "first")
    run_pi("--model", "fake-openai/fake-think", "--thinking", "low", "-p", "one")
    provider.reply("second")
    done = run_pi("-c", *CLAUDE, "-p", "two")
    assert done.stdout == "second\n"
    assert provider.last.path.startswith("/v1/messages")
    assert said(provider) == ["one", "two"]
    assert len(agent_home.session_files()) == 1
    assert provider.problems == []


@pytest.mark.parametrize(
    ("answer", "code", "requests"),
    [("n\n", 0, 1), ("y\nand this", 0, 2), ("", 2, 1)],
)
def test_a_session_of_another_folder(
    run_pi, provider, agent_home, tmp_path, answer, code, requests
):
    provider.reply("one", "two")
    run_pi(*CHAT, "-p", "first")
    session_id = entries(agent_home)[0]["id"]
    other = tmp_path / "other"
    other.mkdir()
    elsewhere = launch.AgentHome(agent_home.home, agent_home.agent, other)
    words = ("--session", session_id[:13], "-p", "second")
    done = launch.run(elsewhere, *CHAT, *words, stdin=answer)
    assert done.code == code
    assert len(provider.model_requests) == requests
    if requests == 2:
        assert said(provider) == ["first", "and thissecond"]
        headers = [
            json.loads(p.read_text("utf-8").split("\n")[0]) for p in agent_home.session_files()
        ]
        assert {header["cwd"] for header in headers} == {str(agent_home.project), str(other)}
        assert sum("parentSession" in header for header in headers) == 1


def test_a_session_that_goes_on_keeps_its_tools(run_pi, provider):
    provider.reply("1", "2", "3")
    for words in (["--tools", "read,grep"], ["-c"], ["-c", "-xt", "read"]):
        assert run_pi(*CHAT, *words, "-p", "hi").code == 0
    tools = [request.conversation.tools for request in provider.model_requests]
    assert [sorted(names) for names in tools] == [["grep", "read"], ["grep", "read"], ["grep"]]


def test_no_session_leaves_nothing(run_pi, provider, agent_home):
    provider.reply("ok")
    run_pi(*CHAT, "--no-session", "-p", "hi")
    assert agent_home.session_files() == []


def test_a_name_comes_first_in_the_file(run_pi, provider, agent_home):
    provider.reply("ok")
    run_pi(*CHAT, "--name", " my\nname ", "-p", "hi")
    assert [entry["type"] for entry in entries(agent_home)][:4] == [
        "session", "session_info", "model_change", "thinking_level_change",
    ]  # fmt: skip
    assert entries(agent_home)[1]["name"] == "my name"


def test_modes_of_files(run_pi, provider, agent_home):
    provider.reply("ok")
    run_pi(*CHAT, "-p", "hi")
    (path,) = agent_home.session_files()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_children_know_the_session(run_pi, provider, agent_home):
    command = (
        "echo $PI_SESSION_ID,$PI_SESSION_FILE,$PI_PROVIDER,$PI_MODEL,$PI_REASONING_LEVEL,$AI_AGENT"
    )
    provider.reply({"calls": [{"name": "bash", "arguments": {"command": command}}]}, "ok")
    done = run_pi(*CHAT, "--mode", "json", "hi")
    (result,) = [e["result"] for e in done.events if e["type"] == "tool_execution_end"]
    (path,) = agent_home.session_files()
    session_id = done.events[0]["id"]
    assert result["content"][0]["text"] == f"{session_id},{path},fake-openai,fake-1,off,pi\n"


# --- trouble -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["settings.json", "auth.json"])
def test_a_broken_configuration_file_is_one_warning(run_pi, provider, agent_home, name):
    (agent_home.agent / name).write_text('{"broken": ')
    provider.reply("ok")
    done = run_pi(*CHAT, "-p", "hi")
    assert (done.code, done.stdout) == (0, "ok\n")
    assert done.stderr.count("\n") == 1
    assert name in done.stderr
    assert (agent_home.agent / name).read_text() == '{"broken": '


def test_a_broken_models_json_is_reported_and_does_not_stop_the_demo(run_pi, agent_home):
    (agent_home.agent / "models.json").write_text("[1, 2")
    done = run_pi("--model", "demo", "-nt", "-p", "hi")
    assert done.code == 0
    assert "models.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_page_instead_of_a_stream_is_one_line(run_pi, provider):
    provider.reply({"text": "x", "fault": "html-200"})
    done = run_pi(*CHAT, "-p", "hi")
    assert done.code == 1
    assert "HTML page" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_leaves_ends_the_run_quietly(agent_home, provider):
    provider.reply({"text": "word " * 2000})
    process = launch.start(agent_home, *CHAT, "--mode", "json", "hi")
    try:
        process.stdin.close()
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == EXIT_NO_READER
        assert process.stderr.read() == b""
    finally:
        launch.end(process)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_ends_the_run_in_order(agent_home, provider, number, code):
    provider.reply({"text": "some words here", "fault": {"hold_after_records": 2}})
    process = launch.start(agent_home, *CHAT, "--mode", "json", "hi")
    try:
        process.stdin.close()
        for line in process.stdout:
            if b"text_delta" in line:
                break
        process.send_signal(number)
        rest = [json.loads(line) for line in process.stdout]
        assert process.wait(20) == code
        assert rest[-1] == {"type": "agent_settled", "aborted": True}
        last = entries(agent_home)[-1]["message"]
        assert (last["role"], last["stopReason"]) == ("assistant", "aborted")
        assert last["content"][0]["text"]
    finally:
        launch.end(process)


def test_a_signal_kills_the_shell_command_that_runs(agent_home, provider, tmp_path):
    mark = tmp_path / "pid"
    command = f"echo $$ > {mark}; sleep 60"
    provider.reply({"calls": [{"name": "bash", "arguments": {"command": command}}]}, "never")
    process = launch.start(agent_home, *CHAT, "-p", "hi")
    try:
        process.stdin.close()
        deadline = time.monotonic() + 20
        while not (mark.exists() and mark.read_text().strip()) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.terminate()
        assert process.wait(20) == 143
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.read_text()), 0)
    finally:
        launch.end(process)


def test_waiting_for_stdin_can_be_interrupted(agent_home):
    process = launch.start(agent_home, *CHAT, "-p", "hi")
    try:
        time.sleep(0.3)  # stdin stays open and silent
        process.terminate()
        assert process.wait(10) == 143
    finally:
        launch.end(process)


@pytest.mark.parametrize("redirect", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_survived(agent_home, provider, redirect, tmp_path):
    provider.reply("ok")
    words = " ".join(f"'{word}'" for word in launch.command())
    script = f"{words} --model fake-openai/fake-1 -p hi {redirect}; echo $? > {tmp_path}/status"
    subprocess.run(
        ["sh", "-c", script],
        cwd=agent_home.project,
        env=launch.environment(agent_home),
        check=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    assert (tmp_path / "status").read_text() in ("0\n", f"{EXIT_NO_READER}\n")
    assert len(entries(agent_home)) == 6
    for entry in entries(agent_home):
        assert isinstance(entry, dict)


def test_a_read_only_home_is_one_clear_line(agent_home, provider):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    provider.reply("ok")
    agent_home.agent.chmod(0o500)
    try:
        done = launch.run(agent_home, *CHAT, "-p", "hi")
    finally:
        agent_home.agent.chmod(0o700)
    assert done.code == 1
    assert done.stderr.count("\n") == 1


def test_list_models(run_pi):
    done = run_pi("--list-models", "fake-1")
    assert done.code == 0
    assert done.stdout.splitlines()[0].split() == [
        "provider", "model", "context", "max-out", "thinking", "images",
    ]  # fmt: skip
    assert "fake-openai" in done.stdout
    nothing = run_pi("--list-models", "zzzzz")
    assert nothing.code == 0
    assert "zzzzz" in nothing.stdout
