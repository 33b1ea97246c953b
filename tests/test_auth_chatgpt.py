"""The account a ChatGPT sign-in is for."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest

from pi.auth.apply import apply, locator
from pi.auth.chatgpt import account_of
from pi.auth.credential import Credential
from pi.errors import NoModelError
from pi.providers import openai_responses
from pi.request import Context, Options, Request

CLAIM = "https://api.openai.com/auth"


def token(claims, parts=3):
    text = json.dumps(claims) if not isinstance(claims, str) else claims
    middle = urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return ".".join(["e30", middle, "c2ln", "x"][:parts])


@pytest.mark.parametrize("account", ["acc", "a", "0f8b-43", "x" * 40])
def test_the_account_is_in_the_token(account):
    assert account_of(token({CLAIM: {"chatgpt_account_id": account}, "exp": 1})) == account


@pytest.mark.parametrize(
    "secret",
    [
        "sk-plain",
        "a.b.c",
        "a.\u00e9.c",
        "..",
        token({}),
        token({CLAIM: None}),
        token({CLAIM: {"chatgpt_account_id": ""}}),
        token({CLAIM: {"chatgpt_account_id": 5}}),
        token({CLAIM: {"chatgpt_account_id": "a\r\nx-other: b"}}),
        token("[" * 100_000),
        token({CLAIM: {"chatgpt_account_id": "acc"}}, parts=2),
    ],
)
def test_a_token_without_an_account_is_refused(secret):
    with pytest.raises(NoModelError, match="log in again") as caught:
        account_of(secret)
    assert secret not in str(caught.value)


def test_a_request_carries_token_and_account():
    secret = token({CLAIM: {"chatgpt_account_id": "acc"}})
    credential = Credential("openai-codex", "bearer", secret, "a test", {})
    request = Request("https://x/codex/responses", {}, b"{}", "chatgpt")
    sent = apply(request, credential).headers
    assert sent == {"Authorization": f"Bearer {secret}", "chatgpt-account-id": "acc"}
    own = apply(request, credential, {"ChatGPT-Account-Id": "configured"}).headers
    assert own["ChatGPT-Account-Id"] == "configured"
    assert "chatgpt-account-id" not in own


PUBLIC = {
    "provider": "openai",
    "id": "gpt",
    "api": "openai-responses",
    "baseUrl": "https://api.openai.com/v1",
    "maxTokens": 1000,
    "compat": {"supportsExplicitPromptCacheMode": True, "supportsStrictMode": True},
}


class Login:
    """Keys as far as `locator` asks them: who has a stored login."""

    def __init__(self, *providers):
        self.providers = providers

    def login(self, provider):
        return {"type": "oauth"} if provider in self.providers else None


def sent_fields(keys, **changes):
    model = locator(keys)({**PUBLIC, **changes})
    options = Options(session_id="s1", cache="long")
    body = json.loads(openai_responses.encode(model, Context("be", [], []), options).body)
    return {"max_output_tokens", "prompt_cache_options", "prompt_cache_key"} & body.keys()


def test_openai_gets_from_a_sign_in_what_it_takes():
    assert sent_fields(Login("openai")) == {"prompt_cache_key"}
    assert locator(Login("openai"))(PUBLIC)["compat"]["supportsStrictMode"] is True


@pytest.mark.parametrize(
    ("login", "changes"),
    [
        ("other", {}),
        ("openai", {"baseUrl": "https://proxy/v1"}),
        ("openai", {"provider": "mine"}),
    ],
)
def test_everybody_else_gets_all(login, changes):
    every = {"max_output_tokens", "prompt_cache_options", "prompt_cache_key"}
    assert sent_fields(Login(login), **changes) == every
