"""`pi doctor` as a program: broken homes, secrets, nothing sent; and its live check."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from contextlib import suppress

import pytest

from pi import runtime
from pi.doctor import live
from pi.doctor.examine import SECTIONS
from pi.doctor.report import Section
from pi.doctor.subject import Subject
from tests import launch
from tests.fakeprovider.client_config import KEY


@pytest.fixture
def home(tmp_path):
    return launch.make_home(tmp_path)


WATCH = """
import sys
sys.path.insert(0, {root!r})
from pi.__main__ import main
seen = []
def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.fork", "os.posix_spawn")):
        seen.append(event)
sys.addaudithook(watch)
status = main(["doctor"])
sys.stdout.flush()
sys.stderr.write(repr(seen))
"""


def test_nothing_is_sent_and_nothing_is_run(home):
    home.write("auth.json", {"groq": {"type": "api_key", "key": "!touch ran"}}).chmod(0o600)
    home.write("settings.json", {"packages": ["npm:@acme/none"], "defaultProvider": "ollama"})
    done = run_script(home, WATCH)
    assert done.stderr.endswith("[]"), done.stderr
    assert done.stdout.count("npm:@acme/none: is not installed") == 1
    assert not (home.project / "ran").exists()


def test_a_healthy_home(home):
    home.write("auth.json", {"xai": {"type": "api_key", "key": KEY}}).chmod(0o600)
    done = launch.run(home, "doctor")
    assert done.code == 0, done.stdout
    assert done.stdout.startswith("Program\n  version ")
    assert "key            xai  (auth.json)" in done.stdout
    assert done.stderr == ""
    told = json.loads(launch.run(home, "doctor", "--json").stdout)
    assert told["ok"] is True
    assert [each["name"] for each in told["sections"]] == [
        name for name in SECTIONS if name != "live"
    ]


def test_secrets_are_never_shown(home):
    home.write("auth.json", {"xai": {"type": "api_key", "key": KEY}}).chmod(0o600)
    home.write(
        "settings.json",
        {"httpProxy": "http://me:hunter2@proxy:1", "shellCommandPrefix": f"export X={KEY}"},
    )
    env = {"GROQ_API_KEY": "gsk_secret-in-environment", "HTTPS_PROXY": "http://me:hunter3@p:1"}
    for words in (("doctor",), ("doctor", "--json")):
        done = launch.run(home, *words, env=env)
        for secret in (KEY, "hunter2", "hunter3", "gsk_secret-in-environment"):
            assert secret not in done.stdout + done.stderr
        assert "[secret]" in done.stdout


@pytest.mark.parametrize("name", ["settings.json", "models.json", "auth.json", "trust.json"])
@pytest.mark.parametrize("content", ["{", "[]", "\x00", '{"a":' * 5000])
def test_a_broken_file_is_a_problem_and_no_traceback(home, name, content):
    (home.agent / name).write_text(content)
    done = launch.run(home, "doctor")
    assert done.code == 1
    assert f"problem: {home.agent}/{name}: " in done.stdout
    assert done.stderr == ""
    assert "Traceback" not in done.stdout
    assert "could not be looked at" not in done.stdout


@pytest.mark.parametrize("name", ["settings.json", "models.json", "auth.json", "trust.json"])
def test_folders_where_files_should_be(home, name):
    (home.agent / name).mkdir()
    done = launch.run(home, "doctor")
    assert (done.code, done.stderr) == (1, "")
    assert f"{home.agent}/{name}" in done.stdout
    assert "could not be looked at" not in done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_agent_folder_that_cannot_be_read(home):
    home.agent.chmod(0)
    try:
        done = launch.run(home, "doctor")
    finally:
        home.agent.chmod(0o700)
    assert (done.code, done.stderr) == (1, "")
    assert f"problem: {home.agent}" in done.stdout


WITHOUT_SSL = """
import sys
sys.modules["ssl"] = sys.modules["_ssl"] = None
sys.path.insert(0, {root!r})
from pi.__main__ import main
sys.exit(main(["doctor"]))
"""


def run_script(home, script):
    return subprocess.run(
        [sys.executable, "-c", script.format(root=str(launch.ROOT))],
        env=launch.environment(home, {"PI_OFFLINE": None}),
        cwd=home.project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_ssl(home):
    done = run_script(home, WITHOUT_SSL)
    assert done.returncode == 1
    assert "problem: this Python has no module ssl" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("doctor", "--help"), 0, "Usage:"),
        (("doctor", "anthropic"), 2, "takes no words but after --live"),
        (("doctor", "--what"), 2, "Unknown option: --what"),
    ],
)
def test_the_command_line(home, words, code, said):
    done = launch.run(home, *words)
    assert done.code == code
    assert said in done.stdout + done.stderr


# --- live ----------------------------------------------------------------------------------------


def asked(home, *names):
    found = Subject({"HOME": str(home.home)}, str(home.project), [*names])
    part = Section("live", "Live")
    live.examine(found, part)
    return part


def test_a_live_check_is_one_short_request(agent_home, provider):
    provider.reply("ok")
    part = asked(agent_home, "fake-openai")
    assert part.findings == []
    answers = [fact for fact in part.facts if fact.label == "fake-openai"]
    assert answers[0].value == "answers"
    assert "fake-1" in answers[0].note
    assert "$0.0" in answers[0].note
    assert len(provider.requests) == 1
    body = provider.requests[0].body
    assert body["max_completion_tokens"] == live.MOST_TOKENS
    assert "tools" not in body


def test_a_live_check_tells_what_failed(agent_home, provider):
    provider.reply({"error": "anthropic/auth"})
    part = asked(agent_home, "fake-anthropic", "nobody")
    assert [each.text.split(":")[0] for each in part.problems] == [
        "there is no provider nobody", "fake-anthropic"
    ]  # fmt: skip
    assert KEY not in repr([each.text for each in part.problems])


def test_a_live_check_of_a_server_that_is_not_there(home):
    home.write(
        "models.json",
        {
            "providers": {
                "mine": {
                    "baseUrl": "http://127.0.0.1:9/v1",
                    "api": "openai-completions",
                    "apiKey": "k",
                    "models": [{"id": "m"}],
                }
            }
        },
    )
    part = asked(home, "mine")
    assert "refused" in part.problems[0].text


def test_which_model_is_asked(agent_home):
    def asked_model(settings):
        agent_home.write("settings.json", settings)
        configured = Subject({"HOME": str(agent_home.home)}, str(agent_home.project)).configured
        return [
            live.usual(name, configured.models, configured.settings)["id"]
            for name in ("fake-openai", "groq")
        ]

    groq = asked_model({})[1]
    assert asked_model({}) == ["fake-1", groq]
    assert groq == json.loads(runtime.read_data("providers.json"))["groq"]["default"]
    chosen = {"defaultProvider": "fake-openai", "defaultModel": "fake-think"}
    assert asked_model(chosen) == ["fake-think", groq]
    assert asked_model({**chosen, "defaultModel": "gone"}) == ["fake-1", groq]


def test_on_a_terminal(home):
    env = launch.environment(home, {"TERM": "xterm-256color", "TMUX": "x", "SSH_TTY": "y"})
    words = [*launch.command(), "doctor"]
    child, master = pty.fork()
    if child == 0:
        os.chdir(home.project)
        os.execve(shutil.which(words[0]) or words[0], words, env)
    data = b""
    answered = False
    with suppress(OSError):  # what a terminal says when the other end is gone
        while part := os.read(master, 65536):
            data += part
            if not answered and b"\x1b[c" in data:
                answered = True
                os.write(master, b"\x1b]11;rgb:fd/f6/e3\x1b\\\x1b[?62c")
    os.close(master)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    told = data.decode()
    assert "\x1b[38;5;3mTerminal\x1b[39m" in told
    assert "terminal       input, output, errors" in told
    assert "appearance     light" in told
    assert "it reports background #fdf6e3" in told
    assert "within         tmux" in told
    assert "over           ssh" in told
    assert "\x1b[38;5;1mproblem:\x1b[39m no provider has a key" in told
