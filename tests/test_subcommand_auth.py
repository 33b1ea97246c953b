"""`pi auth` as a program: what it prints, what it stores, its exit status."""

from __future__ import annotations

import json
import stat
import time

import pytest

HOUR_MS = 3_600_000


def login(lasts_ms):
    expires = time.time() * 1000 + lasts_ms
    return {"type": "oauth", "access": "tok-1", "refresh": "r", "expires": expires}


STORED = {"anthropic": login(HOUR_MS), "groq": {"type": "api_key", "key": "gk-1"}}
OWN = {
    "providers": {
        "mock": {
            "baseUrl": "http://mock/v1",
            "api": "openai-completions",
            "apiKey": "!printf own-1",
            "models": [{"id": "one"}],
        },
        "lost": {
            "baseUrl": "http://lost/v1",
            "api": "openai-completions",
            "apiKey": "!false",
            "models": [{"id": "two"}],
        },
    }
}


@pytest.fixture
def auth(run_pi, agent_home):
    agent_home.write("auth.json", STORED)
    agent_home.write("models.json", OWN)

    def run(line, **options):
        return run_pi("auth", *line.split(), env={"OPENAI_API_KEY": "sk-env"}, **options)

    return run


@pytest.mark.parametrize(
    ("line", "code", "out"),
    [
        ("check --provider openai", 0, "ready"),
        ("check --provider OpenAI", 0, "ready"),
        ("check --provider openai --credentials", 0, "sk-env"),
        ("check --provider mock --credentials", 0, "own-1"),
        ("check --model mock/one", 0, "ready"),
        ("check --model nothing-like-it", 2, "invalid"),
        ("check --provider cerebras", 1, "not_ready"),
        ("check --provider cerebras --credentials", 1, "not_ready"),
        ("check --provider nope", 1, "not_ready"),
        ("print-api-key --provider openai", 0, "sk-env"),
        ("print-api-key --provider=groq", 0, "gk-1"),
        ("print-api-key --model mock/one", 0, "own-1"),
        ("print-bearer-token --provider anthropic", 0, "tok-1"),
        ("print-bearer-token --provider anthropic --min-expiry 30m", 0, "tok-1"),
    ],
)
def test_answers(auth, line, code, out):
    done = auth(line)
    assert (done.code, done.stdout, done.stderr) == (code, f"{out}\n", "")


@pytest.mark.parametrize(
    ("line", "code", "result"),
    [
        ("--provider openai", 0, {"status": "ready", "provider": "openai", "authType": "api_key"}),
        (
            "--provider anthropic --credentials",
            0,
            {
                "status": "ready",
                "provider": "anthropic",
                "authType": "oauth",
                "credentials": "tok-1",
            },
        ),
        (
            "--provider cerebras",
            1,
            {
                "status": "not_ready",
                "provider": "cerebras",
                "reason": "credentials_not_configured",
            },
        ),
        (
            "--provider nope",
            1,
            {"status": "not_ready", "provider": "nope", "reason": "provider_not_found"},
        ),
        ("--model zzz", 2, {"status": "invalid", "provider": "zzz", "reason": "invalid_state"}),
    ],
)
def test_check_as_json(auth, line, code, result):
    done = auth(f"check --json {line}")
    assert (done.code, json.loads(done.stdout)) == (code, result)


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("check", 2, "which one?"),
        ("check extra", 2, '"extra"'),
        ("check --bogus", 2, "Unknown option: --bogus"),
        ("check --provider", 2, "requires a value"),
        ("frobnicate", 2, 'Unknown auth command "frobnicate"; there are: check'),
        ("print-api-key --provider cerebras", 1, "no key is set up for cerebras"),
        ("print-api-key --provider anthropic", 1, "has a login"),
        ("print-api-key --provider nope", 1, 'no provider "nope"; there are: amazon-bedrock'),
        ("print-api-key --model zzz", 1, 'no model matches "zzz"'),
        ("print-api-key --provider lost", 3, "command failed"),
        ("print-bearer-token --provider groq", 1, "has no login"),
        ("print-bearer-token --provider anthropic --min-expiry 2h", 1, "does not last"),
        ("print-bearer-token --provider anthropic --min-expiry 2", 2, "not a duration"),
        ("logout", 2, "name one provider"),
        ("logout nope", 1, 'no provider "nope"'),
        ("login openai-codex", 1, "takes no key"),
    ],
)
def test_what_is_wrong_is_one_line(auth, line, code, why):
    done = auth(line)
    assert (done.code, done.stdout) == (code, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert "tok-1" not in done.stderr


def test_a_key_that_cannot_be_had_is_not_ready(auth):
    done = auth("check --json --provider lost")
    assert (done.code, json.loads(done.stdout)["reason"]) == (1, "credentials_not_usable")
    assert "command failed" in done.stderr


def test_a_login_that_is_over(auth, agent_home):
    agent_home.write("auth.json", {"anthropic": login(-HOUR_MS)})
    assert auth("check --provider anthropic").stdout == "not_ready\n"
    assert auth("check --provider anthropic --no-refresh").stdout == "ready\n"


def test_a_broken_file_is_invalid_and_stays(auth, agent_home):
    path = agent_home.agent / "auth.json"
    path.write_text("{broken")
    done = auth("check --provider openai")
    assert (done.code, done.stdout) == (2, "invalid\n")
    assert f"{path}: not valid JSON" in done.stderr
    assert auth("logout groq").code == 2
    assert auth("login groq", stdin="k\n").code == 2
    assert path.read_text() == "{broken"


@pytest.mark.parametrize("key", ["sk-new", "!not a command", "a$HOME$$b"])
def test_login_stores_a_key_that_stands_for_itself(auth, agent_home, key):
    done = auth("login cerebras", stdin=f"{key}\n")
    assert (done.code, done.stderr) == (0, "")
    assert key not in done.stdout
    assert auth("print-api-key --provider cerebras").stdout == f"{key}\n"
    path = agent_home.agent / "auth.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["groq"] == STORED["groq"]


@pytest.mark.parametrize("key", ["", "\n", "two\tparts\n", "schlüssel\n"])
def test_login_refuses_what_is_no_key(auth, agent_home, key):
    before = (agent_home.agent / "auth.json").read_bytes()
    assert auth("login cerebras", stdin=key).code == 2
    assert (agent_home.agent / "auth.json").read_bytes() == before


def test_logout_forgets_and_may_be_repeated(auth, agent_home):
    assert auth("logout groq").stdout == "Forgot what was stored for Groq.\n"
    again = auth("logout groq")
    assert again.code == 0
    assert "Nothing is stored for Groq" in again.stdout
    assert list(json.loads((agent_home.agent / "auth.json").read_text())) == ["anthropic"]


@pytest.mark.parametrize("line", ["", "--help", "check --help", "-h"])
def test_help(auth, line):
    done = auth(line)
    assert done.code == 0
    assert "pi auth check" in done.stdout
