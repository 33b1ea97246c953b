"""The account a ChatGPT sign-in is for."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest

from pi.auth.apply import apply
from pi.auth.chatgpt import account_of
from pi.auth.credential import Credential
from pi.errors import NoModelError
from pi.request import Request

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
