"""What a client needs to talk to the fake provider: a `models.json`.

    provider            model        speaks
    fake-openai         fake-1       openai-completions
                        fake-think   the same, with thinking
    fake-anthropic      fake-1       anthropic-messages
                        fake-think   the same, with thinking
    fake-mistral        fake-1       mistral-conversations
                        fake-think   the same, with thinking
    fake-responses      fake-1       openai-responses
                        fake-think   the same, with thinking
    fake-azure          fake-1       azure-openai-responses
                        fake-think   the same, with thinking
    fake-codex          fake-1       openai-codex-responses
                        fake-think   the same, with thinking
    fake-bedrock        fake-1       bedrock-converse-stream
                        fake-think   the same, with thinking
    fake-google         fake-1       google-generative-ai
                        fake-think   the same, with thinking
    fake-vertex         fake-1       google-vertex
                        fake-think   the same, with thinking

Prices are round, so that costs can be checked by eye: a million tokens cost 1 dollar of input, 2 of
output, 0.1 of cache reads, 1.25 of cache writes.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.fakeprovider.server import FakeProvider


def sign_in_token(account: str) -> str:
    """A token like that of a ChatGPT sign-in, which names an account. Its signature is none."""
    claims = json.dumps({"https://api.openai.com/auth": {"chatgpt_account_id": account}})
    return f"e30.{urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.fake"


KEY = "sk-fake-key-0123456789"
ACCOUNT = "fake-account"
TOKEN = sign_in_token(ACCOUNT)
COST = {"input": 1, "output": 2, "cacheRead": 0.1, "cacheWrite": 1.25}
PROVIDERS = {
    "fake-openai": "openai-completions",
    "fake-anthropic": "anthropic-messages",
    "fake-mistral": "mistral-conversations",
    "fake-responses": "openai-responses",
    "fake-azure": "azure-openai-responses",
    "fake-codex": "openai-codex-responses",
    "fake-bedrock": "bedrock-converse-stream",
    "fake-google": "google-generative-ai",
    "fake-vertex": "google-vertex",
}
"""Provider id -> wire format. A new format is a new row."""


def models_config(fake: FakeProvider, **model: Any) -> dict[str, Any]:
    """A `models.json`; `model` are further fields of every model, for example `contextWindow`."""
    return {
        "providers": {
            name: {
                "baseUrl": fake.base_url(api),
                "api": api,
                "apiKey": TOKEN if api == "openai-codex-responses" else KEY,
                "models": [
                    {"id": "fake-1", "name": "Fake One", "cost": COST, **model},
                    {
                        "id": "fake-think",
                        "name": "Fake Thinker",
                        "reasoning": True,
                        "cost": COST,
                        **model,
                    },
                ],
            }
            for name, api in PROVIDERS.items()
        }
    }
