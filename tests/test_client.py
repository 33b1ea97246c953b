"""Failures as the client passes them on: never with the credential in them."""

from __future__ import annotations

import json

import pytest

from pi.request import Request
from tests.fakeprovider import models_config
from tests.fakeprovider.client_config import KEY

ECHO = {"error": {"message": f"Incorrect API key provided: {KEY}.", "code": "invalid_api_key"}}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 401, "body": json.dumps(ECHO), "content_type": "application/json"},
        {"body": json.dumps(ECHO), "content_type": "application/json"},
        {"body": f"data: {json.dumps(ECHO)}\n\n", "content_type": "text/event-stream"},
    ],
)
def test_a_key_that_the_provider_repeats_is_masked(run_pi, provider, agent_home, fault):
    agent_home.write("models.json", models_config(provider))
    provider.reply({"text": "never", "fault": fault})
    done = run_pi("--model", "fake-openai/fake-1", "--mode", "json", "-p", "hi")
    assert done.code == 3, done.stderr
    assert "Incorrect API key provided: [secret]" in done.stdout
    assert KEY not in done.stdout + done.stderr
    files = [path for path in agent_home.home.rglob("*.jsonl") if KEY in path.read_text()]
    assert files == []


def test_the_secrets_of_a_request():
    headers = {"Authorization": "Bearer one", "x-api-key": "two", "accept": "a/b", "cookie": ""}
    assert Request("https://x", headers, b"").secrets() == ["one", "two"]
