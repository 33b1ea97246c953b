"""What a client needs to talk to the fake provider: a `models.json`.

    provider            model        speaks
    fake-openai         fake-1       openai-completions
                        fake-think   the same, with thinking
    fake-anthropic      fake-1       anthropic-messages
                        fake-think   the same, with thinking

Prices are round, so that costs can be checked by eye: a million tokens cost 1 dollar of input, 2 of
output, 0.1 of cache reads, 1.25 of cache writes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.fakeprovider.server import FakeProvider

KEY = "sk-fake-key-0123456789"
COST = {"input": 1, "output": 2, "cacheRead": 0.1, "cacheWrite": 1.25}
PROVIDERS = {"fake-openai": "openai-completions", "fake-anthropic": "anthropic-messages"}
"""Provider id -> wire format. A new format is a new row."""


def models_config(fake: FakeProvider, **model: Any) -> dict[str, Any]:
    """A `models.json`; `model` are further fields of every model, for example `contextWindow`."""
    return {
        "providers": {
            name: {
                "baseUrl": fake.base_url(api),
                "api": api,
                "apiKey": KEY,
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
