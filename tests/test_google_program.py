"""Google's models through the whole program: tools, thinking, pictures, other models in between."""

from __future__ import annotations

import base64
import json

import pytest

from tests.fakeprovider import models_config
from tests.rawserver import RawServer, answering, reply

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
NEW = "google/gemini-3-flash-preview"
OLD = "google/gemini-2.5-pro"
KEY = "AIza-a-key-of-google"
SIGNATURE = base64.b64encode(b"a signature").decode()


@pytest.fixture
def pi(run_pi, provider, agent_home):
    """A function that runs pi with the catalogue's Google models at the fake provider."""
    config = models_config(provider, input=["text", "image"])
    for name, api in (("google", "google-generative-ai"), ("google-vertex", "google-vertex")):
        config["providers"][name] = {"baseUrl": provider.base_url(api)}
    agent_home.write("models.json", config)

    def run(model, *arguments, **variables):
        env = {"GEMINI_API_KEY": KEY, **variables}
        return run_pi("--model", model, *arguments, env=env)

    return run


def parts_of(request, kind):
    return [part for turn in request.body["contents"] for part in turn["parts"] if kind in part]


def test_tools_thinking_and_a_picture(pi, provider, agent_home):
    (agent_home.project / "a.txt").write_text("content of a")
    (agent_home.project / "p.png").write_bytes(PIXEL)
    calls = [
        {"name": "read", "arguments": {"path": "a.txt"}, "thoughtSignature": SIGNATURE},
        {"name": "read", "arguments": {"path": "p.png"}},
    ]
    provider.reply(
        {"thinking": "I should read.", "text": "Reading.", "calls": calls},
        {"text": "done", "usage": {"input": 7, "output": 3, "cacheRead": 5, "reasoning": 1}},
    )
    done = pi(NEW, "--thinking", "high", "--mode", "json", "@p.png", "look")
    assert (done.code, done.stderr) == (0, "")
    provider.assert_requests(2)
    first, second = provider.model_requests
    assert first.path == "/v1beta/models/gemini-3-flash-preview:streamGenerateContent"
    assert (first.query, first.headers["x-goog-api-key"]) == ("alt=sse", KEY)
    thinking = first.body["generationConfig"]["thinkingConfig"]
    assert thinking == {"includeThoughts": True, "thinkingLevel": "HIGH"}
    assert first.conversation.turns[0].images == 1
    assert [part.get("thoughtSignature") for part in parts_of(second, "functionCall")] == [
        SIGNATURE,
        None,
    ]
    assert second.conversation.results[0][1] == "content of a"
    assert second.conversation.turns[-1].images == 1
    last = [event for event in done.events if event["type"] == "message_end"][-1]["message"]
    usage = last["usage"]
    assert [usage[key] for key in ("input", "output", "cacheRead", "reasoning")] == [7, 3, 5, 1]
    kept = "".join(path.read_text("utf-8") for path in agent_home.session_files())
    assert KEY not in done.stdout + done.stderr + kept


def test_a_conversation_moves_from_model_to_model(pi, provider):
    """There and back: signatures go to the model that made them, and to no other."""
    call = {"name": "bash", "arguments": {"command": "echo moved"}}
    models = ("fake-openai/fake-think", NEW, "fake-anthropic/fake-think", OLD, NEW)
    for number, model in enumerate(models):
        provider.reply({"thinking": f"thought {number}", "calls": [call]}, f"answer {number}")
        more = ["-c"] if number else []
        done = pi(model, "-p", *more, "--thinking", "low", f"question {number}")
        assert (done.code, done.stdout, done.stderr) == (0, f"answer {number}\n", "")
    provider.assert_requests(10)
    last, before = provider.model_requests[-1], provider.model_requests[-3]
    assert last.conversation.user_texts == [f"question {number}" for number in range(5)]
    assert [text.strip() for _, text in last.conversation.results] == ["moved"] * 5
    signed = ["thoughtSignature" in part for part in parts_of(last, "functionCall")]
    assert signed == [False, True, False, False, True]
    assert [part["text"] for part in parts_of(last, "thought")] == ["thought 1", "thought 4"]
    assert all("id" in part["functionCall"] for part in parts_of(last, "functionCall"))
    assert not any("id" in part["functionCall"] for part in parts_of(before, "functionCall"))


def test_a_wait_that_the_service_asks_for(pi, provider, agent_home):
    agent_home.write("settings.json", {"retry": {"baseDelayMs": 1}})
    provider.reply({"error": "google/rate_limit"}, "ok")
    done = pi(NEW, "--mode", "json", "--no-session", "hi")
    starts = [event for event in done.events if event["type"] == "auto_retry_start"]
    assert done.code == 0
    assert [start["delayMs"] >= 1000 for start in starts] == [True]


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [("google/auth", 3, "API key not valid"), ("google/quota", 1, "exceeded your current quota")],
)
def test_failures_that_are_not_tried_again(pi, provider, error, code, says):
    provider.reply({"error": error})
    done = pi(NEW, "-p", "--no-session", "hi")
    assert (done.code, done.stdout) == (code, "")
    assert says in done.stderr
    assert "{" not in done.stderr
    provider.assert_requests(1)


def test_the_machines_credentials(pi, provider, agent_home, run_pi):
    """A user's file: its token is asked for once a run, and none of it is ever seen."""
    token = json.dumps({"access_token": "ya29.secret", "expires_in": 3599}).encode()
    provider.reply({"calls": [{"name": "ls", "arguments": {}}]}, "done")
    with RawServer(answering(reply(token))) as server:
        info = {
            "type": "authorized_user",
            "client_id": "the-client",
            "client_secret": "client-secret",
            "refresh_token": "refresh-secret",
            "token_uri": server.url,
        }
        path = agent_home.write("adc.json", info)
        variables = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(path),
            "GOOGLE_CLOUD_PROJECT": "p",
            "GOOGLE_CLOUD_LOCATION": "us-central1",
        }
        listed = run_pi("--list-models", "google-vertex", env=variables)
        assert "gemini-2.5-flash" in listed.stdout
        assert server.requests == []
        done = pi("google-vertex/gemini-2.5-flash", "--mode", "json", "hi", **variables)
        assert (done.code, done.stderr) == (0, "")
        assert len(server.requests) == 1
    for request in provider.model_requests:
        assert request.headers["authorization"] == "Bearer ya29.secret"
        assert "x-goog-api-key" not in request.headers
    kept = "".join(path.read_text("utf-8") for path in agent_home.session_files())
    everything = done.stdout + done.stderr + kept
    secrets = ("ya29.secret", "client-secret", "refresh-secret")
    assert not [secret for secret in secrets if secret in everything]
