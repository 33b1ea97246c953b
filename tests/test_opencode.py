"""The headers OpenCode's gateway gets, in every wire format."""

from __future__ import annotations

import pytest

from pi.providers.opencode import opencode_headers
from pi.request import Options
from tests.fakeprovider import models_config

BOTH = {"x-opencode-client": "pi", "x-opencode-session": "s1"}


@pytest.mark.parametrize(
    ("model", "headers"),
    [
        ({"provider": "opencode"}, BOTH),
        ({"provider": "opencode-go", "baseUrl": "http://127.0.0.1/v1"}, BOTH),
        ({"provider": "mine", "baseUrl": "https://opencode.ai/zen/v1"}, BOTH),
        ({"provider": "mine", "baseUrl": "https://opencode.ai.example/v1"}, {}),
        ({"provider": "mine", "baseUrl": "http://[opencode.ai"}, {}),
        ({"provider": "mine", "baseUrl": 5}, {}),
        ({"provider": "mine"}, {}),
    ],
)
def test_who_gets_them(model, headers):
    assert opencode_headers(model, Options(session_id="s1")) == headers


@pytest.mark.parametrize("cache", ["none", "short", "long"])
def test_the_session_is_named_whatever_is_cached(cache):
    headers = opencode_headers({"provider": "opencode"}, Options(session_id="a\r\nb", cache=cache))
    assert headers["x-opencode-session"] == "a__b"


def test_without_a_session():
    assert opencode_headers({"provider": "opencode"}, Options()) == {"x-opencode-client": "pi"}


@pytest.mark.parametrize("name", ["fake-openai", "fake-anthropic", "fake-responses", "fake-google"])
def test_a_run_sends_them_in_each_format(run_pi, provider, agent_home, name):
    entry = models_config(provider)["providers"][name]
    agent_home.write("models.json", {"providers": {"opencode-go": entry}})
    provider.reply({"text": "fine"})
    done = run_pi("--model", "opencode-go/fake-1", "--session-id", "s1", "-p", "hi")
    assert (done.code, done.stdout) == (0, "fine\n"), done.stderr
    (request,) = provider.model_requests
    sent = {key.lower(): value for key, value in request.headers.items()}
    assert {key: sent.get(key) for key in BOTH} == BOTH
