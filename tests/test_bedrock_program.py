"""Bedrock through the whole program: signed requests, binary frames, other models in between."""

from __future__ import annotations

import base64
import json

import pytest

from tests.fakeprovider import models_config
from tests.fakeprovider.formats.bedrock_check import ACCESS_KEY, SECRET_KEY

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
KEYS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
MODEL = "amazon-bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.fixture
def bedrock(run_pi, provider, agent_home):
    """A function that runs pi with the catalogue's Bedrock at the fake provider."""
    config = models_config(provider)
    config["providers"]["amazon-bedrock"] = {"baseUrl": provider.url}
    agent_home.write("models.json", config)

    def run(*arguments, model=MODEL, **variables):
        return run_pi("--model", model, *arguments, env={**KEYS, **variables})

    return run


def signed_for(request):
    return request.headers["authorization"].split()[1].split("/")[2:4]


def test_a_signed_request_with_tool_thinking_and_image(bedrock, provider, agent_home):
    (agent_home.project / "a.txt").write_text("content of a")
    (agent_home.project / "p.png").write_bytes(PIXEL)
    provider.reply(
        {"thinking": "I should read.", "signature": "c2ln", "text": "Reading.", "calls": [
            {"name": "read", "arguments": {"path": "a.txt"}},
            {"name": "read", "arguments": {"path": "p.png"}}]},
        {"text": "done", "usage": {"input": 7, "output": 3, "cacheRead": 5, "cacheWrite": 2}},
    )  # fmt: skip
    done = bedrock("--thinking", "high", "--mode", "json", "@p.png", "look", AWS_REGION="eu-west-3")
    assert (done.code, done.stderr) == (0, "")
    provider.assert_requests(2)
    first, second = provider.model_requests
    assert first.path == "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream"
    assert [signed_for(request) for request in (first, second)] == [["eu-west-3", "bedrock"]] * 2
    assert first.body["additionalModelRequestFields"]["thinking"]["type"] == "enabled"
    assert first.conversation.turns[0].images == 1
    assert second.conversation.turns[-1].images == 1
    assert second.conversation.last_results[0][1] == "content of a"
    thought = second.body["messages"][1]["content"][0]["reasoningContent"]["reasoningText"]
    assert thought == {"text": "I should read.", "signature": "c2ln"}
    last = [event for event in done.events if event["type"] == "message_end"][-1]["message"]
    assert (last["content"], last["stopReason"]) == ([{"type": "text", "text": "done"}], "stop")
    usage = last["usage"]
    assert [usage[key] for key in ("input", "output", "cacheRead", "cacheWrite")] == [7, 3, 5, 2]
    secrets = (SECRET_KEY, first.headers["authorization"])
    kept = "".join(path.read_text("utf-8") for path in agent_home.session_files())
    assert not [secret for secret in secrets if secret in done.stdout + done.stderr + kept]


def test_a_conversation_moves_from_model_to_model(bedrock, provider):
    """Chat completions, Bedrock, Anthropic, Bedrock: calls and results go along each time."""
    call = {"name": "bash", "arguments": {"command": "echo moved"}}
    models = ("fake-openai/fake-think", MODEL, "fake-anthropic/fake-think", MODEL)
    for number, model in enumerate(models):
        provider.reply({"thinking": f"thought {number}", "calls": [call]}, f"answer {number}")
        more = ["-c"] if number else []
        done = bedrock("-p", *more, "--thinking", "low", f"question {number}", model=model)
        assert (done.code, done.stdout, done.stderr) == (0, f"answer {number}\n", "")
    provider.assert_requests(8)
    last = provider.model_requests[-1]
    assert last.conversation.user_texts == [f"question {number}" for number in range(4)]
    assert [text.strip() for _, text in last.conversation.results] == ["moved"] * 4
    sent = json.dumps(last.body)
    assert "thought 3" in sent
    assert "thought 2" not in json.dumps(
        [block for block in _blocks(last.body) if "reasoningContent" in block]
    )


def _blocks(body):
    return [block for message in body["messages"] for block in message["content"]]


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"AWS_BEARER_TOKEN_BEDROCK": "bedrock-key"}, "Bearer bedrock-key"),
        ({"AWS_BEDROCK_SKIP_AUTH": "1"}, None),
    ],
)
def test_without_a_signature(bedrock, provider, variables, header):
    provider.reply("ok")
    done = bedrock("-p", "hi", **variables)
    assert (done.code, done.stdout) == (0, "ok\n")
    assert provider.last.headers.get("authorization") == header


def test_a_wrong_key_is_refused_in_one_line(bedrock, provider):
    provider.reply("never")
    done = bedrock("-p", "hi", AWS_SECRET_ACCESS_KEY="wrong/secret")
    assert (done.code, done.stdout) == (3, "")
    assert "InvalidSignatureException" in done.stderr
    assert "wrong/secret" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert len(provider.model_requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        "cut-mid-record",
        "no-end-marker",
        "corrupt-record",
        "reset-mid-stream",
        "stream-error",
        "html-502",
    ],
)
def test_what_breaks_off_is_asked_again(bedrock, provider, agent_home, fault):
    agent_home.write("settings.json", {"retry": {"baseDelayMs": 1}})
    provider.fail(fault=fault, first=1)
    provider.reply("one two three four")
    done = bedrock("-p", "hi")
    assert (done.code, done.stdout) == (0, "one two three four\n")
    provider.assert_requests(2)
