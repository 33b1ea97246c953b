"""How the services that speak OpenAI's Responses API differ: switches, read from a model.

`DEFAULTS` is the protocol as any service takes it, with what only some offer turned off; two wire
formats start elsewhere (`_BY_FORMAT`). A model's own `compat` goes over that, switch by switch, but
for what a wire format does not have at all (`_FIXED`).
Source: the reference's models-configuration page, "openai-responses", and the requests it sends.

    switches = switches_of(model)
    switches["supportsAdditionalTools"]      True: tools may be declared anywhere in the input
"""

from __future__ import annotations

from pi.providers.compat import own_switches
from pi.providers.openrouter import is_openrouter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Model

DEFAULTS: dict[str, Any] = {
    "supportsDeveloperRole": True,
    "supportsMaxOutputTokens": True,
    "supportsStrictMode": False,
    "supportsOpenAIGrammarTools": False,
    "supportsAdditionalTools": False,
    "supportsToolSearch": False,
    "supportsMidConvoSystemMessages": False,
    "supportsMidConvoEffort": False,
    "supportsExplicitPromptCacheMode": False,
    "supportsLongCacheRetention": True,
    "promptCacheKeyMode": "auto",
    "sessionAffinityFormat": "openai",
}

_BY_FORMAT = {
    "azure-openai-responses": {"supportsStrictMode": True},
    "openai-codex-responses": {"supportsStrictMode": True},
}

_FIXED: dict[str, dict[str, Any]] = {
    "azure-openai-responses": {
        "supportsMidConvoEffort": False,
        "supportsExplicitPromptCacheMode": False,
        "supportsLongCacheRetention": False,
        "sessionAffinityFormat": "none",
    },
    "openai-codex-responses": {"supportsMidConvoEffort": False},
}


def switches_of(model: Model) -> dict[str, Any]:
    """All switches of a model."""
    api = model["api"]
    switches = {**DEFAULTS, **_BY_FORMAT.get(api, {})}
    if is_openrouter(model):
        switches["sessionAffinityFormat"] = "openrouter"
    return {**switches, **own_switches(model, DEFAULTS), **_FIXED.get(api, {})}
