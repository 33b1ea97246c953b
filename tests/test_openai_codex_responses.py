"""Requests to the ChatGPT service that are no case in `tests/wire/openai-codex-responses`."""

from __future__ import annotations

import pytest

from pi.providers import openai_codex_responses
from pi.request import Context, Options

MODEL = {"provider": "openai-codex", "id": "m", "api": "openai-codex-responses"}


def request(options=None, **model):
    context = Context("", [], [{"role": "user", "content": "hi", "timestamp": 1}])
    return openai_codex_responses.encode({**MODEL, **model}, context, options or Options())


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (None, "https://chatgpt.com/backend-api/codex/responses"),
        ("", "https://chatgpt.com/backend-api/codex/responses"),
        ("https://chatgpt.com/backend-api/", "https://chatgpt.com/backend-api/codex/responses"),
        ("https://p.example/x/codex", "https://p.example/x/codex/responses"),
        ("https://p.example/x/codex/responses", "https://p.example/x/codex/responses"),
        ("https://p.example/v1?y=1", "https://p.example/v1/codex/responses?y=1"),
    ],
)
def test_addresses(base, url):
    assert request(baseUrl=base).url == url


def test_instructions_are_never_empty():
    assert b'"instructions":"Help' in request().body


def test_free_form_fields_are_not_sent():
    options = Options(max_tokens=5, sampling={"top_p": 0.5})
    body = request(options, samplingParams={"top_k": 3}, maxTokens=100).body
    assert not [name for name in (b"top_p", b"top_k", b"max_output_tokens") if name in body]


def test_a_long_session_id_is_cut_in_headers_too():
    sent = request(Options(session_id="s" * 70)).headers
    assert sent["session-id"] == sent["x-client-request-id"] == "s" * 64
    assert "session-id" not in request(Options(session_id="s", cache="none")).headers
