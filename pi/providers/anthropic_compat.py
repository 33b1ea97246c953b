"""How the services that speak Anthropic Messages differ: switches, read from a model.

`DEFAULTS` is the protocol as Anthropic's own API speaks it, with what only some models offer turned
off. A model's own `compat` has the last word, switch by switch. Source: the reference's
models-configuration page, "anthropic-messages", and the requests it sends.

    switches = switches_of(model)
    switches["forceAdaptiveThinking"]      True: levels are efforts, not token budgets

One switch of that page is left out, `supportsMessageThreads`: requests are always sent whole, which
every service accepts.
"""

from __future__ import annotations

from pi.providers.compat import own_switches
from pi.providers.openrouter import is_openrouter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Model

DEFAULTS: dict[str, Any] = {
    "supportsEagerToolInputStreaming": True,
    "supportsLongCacheRetention": True,
    "supportsCacheControlOnTools": True,
    "supportsTemperature": True,
    "supportsStrictTools": False,
    "supportsMidConvoEffort": False,
    "supportsMidConvoSystemMessages": False,
    "supportsMidConvoToolChanges": False,
    "forceAdaptiveThinking": False,
    "allowEmptySignature": False,
    "sendSessionAffinityHeaders": False,
    "sessionAffinityFormat": "",
    "allowedFallbackModels": [],
}

_OPENROUTER = {"sendSessionAffinityHeaders": True, "sessionAffinityFormat": "openrouter"}


def switches_of(model: Model) -> dict[str, Any]:
    """All switches of a model: the defaults, what OpenRouter changes, what it says itself."""
    changes = _OPENROUTER if is_openrouter(model) else {}
    return {**DEFAULTS, **changes, **own_switches(model, DEFAULTS)}


def fallback_models(switches: dict[str, Any]) -> list[str]:
    """Ids of the models that may answer instead when the asked one refuses."""
    return [entry["model"] for entry in _fallbacks(switches)]


def fallback_prices(model: Model, served: str) -> dict[str, Any] | None:
    """The prices of the model that answered instead; None if it is none of a model's fallbacks."""
    for entry in _fallbacks(switches_of(model)):
        if entry["model"] == served and entry.get("provider") == model.get("provider"):
            return entry["cost"] if isinstance(entry.get("cost"), dict) else None
    return None


def _fallbacks(switches: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        entry
        for entry in switches["allowedFallbackModels"]
        if isinstance(entry, dict) and isinstance(entry.get("model"), str) and entry["model"]
    ]
