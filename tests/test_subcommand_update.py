"""`pi update --models` as a program."""

from __future__ import annotations

import json

import pytest

LIST = {
    "groq": {
        "models": {
            "gpt-99-nova": {
                "name": "GPT-99 Nova",
                "tool_call": True,
                "reasoning": True,
                "limit": {"context": 7_000_000, "output": 1000},
                "cost": {"input": 1, "output": 2},
            }
        }
    },
    "unheard-of": {"models": {"x": {"tool_call": True}}},
}
KEY = {"GROQ_API_KEY": "k"}
ONLINE = {"PI_OFFLINE": None}


def test_a_newer_list_from_an_address(run_pi, httpserver, agent_home):
    httpserver.expect_oneshot_request("/api.json").respond_with_json(LIST)
    address = httpserver.url_for("/api.json")
    done = run_pi("update", "--models", env={**ONLINE, "PI_MODELS_URL": address})
    assert (done.code, done.stderr) == (0, "")
    assert "of 1 providers, 1 of them new" in done.stdout
    shown = run_pi("--list-models", "nova", env=KEY).stdout
    assert "gpt-99-nova" in shown
    assert "7M" in shown
    assert [path.name for path in (agent_home.agent / "catalog").iterdir()] == ["groq.json"]


def test_a_newer_list_from_a_file(run_pi, agent_home):
    (agent_home.project / "list.json").write_text(json.dumps({"providers": LIST}))
    done = run_pi("update", "--models", "--from", "list.json", "--", env={"PI_OFFLINE": "1"})
    assert (done.code, done.stderr) == (0, "")
    assert run_pi("auth", "check", "--model", "gpt-99-nova", env=KEY).stdout == "ready\n"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, "<html>", "is no list of models"),
        (200, "[" * 100_000, "is no list of models"),
        (
            200,
            '{"unheard-of": {"models": {"x": {"tool_call": true}}}}',
            "no provider that pi knows",
        ),
        (404, "", "answered 404"),
    ],
    ids=["html", "deep", "others", "missing"],
)
def test_a_bad_answer_changes_nothing(run_pi, httpserver, agent_home, status, body, why):
    httpserver.expect_request("/").respond_with_data(body, status=status)
    done = run_pi("update", "--models", "--from", httpserver.url_for("/"), env=ONLINE)
    assert (done.code, done.stdout) == (1, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (agent_home.agent / "catalog").exists()


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--from", "x.json"), 2, "pi update --models"),
        (("--models", "x"), 2, "pi update --models"),
        (("--models", "--from", "missing.json"), 1, "missing.json"),
        (("--models", "--from", "http://127.0.0.1:9/x"), 1, "could not be fetched"),
        (("--models",), 1, "PI_OFFLINE is set"),
    ],
)
def test_what_is_wrong_is_one_line(run_pi, words, code, why):
    offline = {"PI_OFFLINE": "1"} if words == ("--models",) else ONLINE
    done = run_pi("update", *words, env=offline)
    assert (done.code, done.stdout) == (code, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
