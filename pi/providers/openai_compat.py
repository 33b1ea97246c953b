"""How the services that speak Chat Completions differ: switches, and which service has which.

`DEFAULTS` is the protocol as OpenAI speaks it. `SERVICES` says what is different where, found by
the model's provider id or a part of its URL. A model's own `compat` has the last word, switch by
switch. `recoversTextToolCalls` is no matter of protocol: see `rescue`. Source: the reference's
models-configuration page, "openai-completions", and the requests it sends to each URL.

    switches = switches_of(model)
    switches["maxTokensField"]      "max_tokens"
"""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Model

DEFAULTS: dict[str, Any] = {
    "supportsStore": True,
    "supportsDeveloperRole": True,
    "supportsReasoningEffort": True,
    "supportsUsageInStreaming": True,
    "supportsFinishReason": True,
    "maxTokensField": "max_completion_tokens",
    "requiresToolResultName": False,
    "requiresAssistantAfterToolResult": False,
    "requiresNonNullAssistantContent": False,
    "requiresToolsWithToolHistory": False,
    "requiresThinkingAsText": False,
    "requiresReasoningContentOnAssistantMessages": False,
    "thinkingFormat": "openai",
    "chatTemplateKwargs": {},
    "chatTemplateArgs": {},
    "openRouterRouting": None,
    "vercelGatewayRouting": None,
    "zaiToolStream": False,
    "thinkingTokenBudgetField": None,
    "supportsThinkingTokenBudget": False,
    "supportsOpenAIGrammarTools": False,
    "supportsMidConvoSystemMessages": False,
    "supportsMidConvoToolAdditions": False,
    "supportsStrictMode": False,
    "cacheControlFormat": None,
    "sendSessionAffinityHeaders": False,
    "sessionAffinityFormat": "openai",
    "promptCacheKeyMode": "auto",
    "supportsLongCacheRetention": True,
    "vllmPriority": None,
    "recoversTextToolCalls": False,
}

_TYPES: dict[str, type] = {
    "openRouterRouting": dict,
    "vercelGatewayRouting": dict,
    "thinkingTokenBudgetField": str,
    "cacheControlFormat": str,
    "vllmPriority": int,
}
"""The types of switches that are off by default."""

_PLAIN = {"supportsStore": False, "supportsDeveloperRole": False}
_NO_EFFORT = {**_PLAIN, "supportsReasoningEffort": False}
_OLD_LIMIT = {**_NO_EFFORT, "maxTokensField": "max_tokens"}
_SHORT_CACHE = {**_OLD_LIMIT, "supportsLongCacheRetention": False}


class Service(Value):
    """A service: the provider ids and URL parts (lower case) it is known by, and its switches.

    `models` narrows a row to models whose id starts with this.
    """

    providers: tuple[str, ...]
    urls: tuple[str, ...]
    switches: dict[str, Any]
    models: str = ""


SERVICES = (
    Service(
        ("deepseek",),
        ("deepseek.com",),
        {
            **_PLAIN,
            "maxTokensField": "max_tokens",
            "thinkingFormat": "deepseek",
            "requiresReasoningContentOnAssistantMessages": True,
        },
    ),
    Service(("zai",), ("api.z.ai", "open.bigmodel.cn"), {**_OLD_LIMIT, "thinkingFormat": "zai"}),
    Service(
        ("openrouter",),
        ("openrouter.ai",),
        {
            "supportsDeveloperRole": False,
            "thinkingFormat": "openrouter",
            "sendSessionAffinityHeaders": True,
            "sessionAffinityFormat": "openrouter",
        },
    ),
    Service(("openrouter",), ("openrouter.ai",), {"supportsDeveloperRole": True}, models="openai/"),
    Service(
        ("openrouter",),
        ("openrouter.ai",),
        {"supportsDeveloperRole": True, "cacheControlFormat": "anthropic"},
        models="anthropic/",
    ),
    Service(
        ("together",),
        ("api.together.ai", "api.together.xyz"),
        {**_SHORT_CACHE, "thinkingFormat": "together"},
    ),
    Service(("ant-ling",), ("api.ant-ling.com",), {**_SHORT_CACHE, "thinkingFormat": "ant-ling"}),
    Service(("nvidia",), ("integrate.api.nvidia.com",), _SHORT_CACHE),
    Service(("cloudflare-ai-gateway",), ("gateway.ai.cloudflare.com",), _SHORT_CACHE),
    Service(
        ("cloudflare-workers-ai",),
        ("api.cloudflare.com",),
        {**_PLAIN, "supportsLongCacheRetention": False},
    ),
    Service(("moonshotai", "moonshotai-cn"), ("api.moonshot.",), _OLD_LIMIT),
    Service((), ("chutes.ai",), {**_PLAIN, "maxTokensField": "max_tokens"}),
    Service(("xai",), ("api.x.ai",), _NO_EFFORT),
    Service(("cerebras",), ("cerebras.ai",), _PLAIN),
    Service(("opencode",), ("opencode.ai",), _PLAIN),
    Service(
        ("ollama", "llama.cpp", "vllm", "sglang", "lmstudio"),
        ("://localhost", "://127.", "://[::1]"),
        {"recoversTextToolCalls": True},
    ),
)
"""Later rows go over earlier ones, so a narrower row comes after a wider one."""


def switches_of(model: Model) -> dict[str, Any]:
    """All switches of a model: the defaults, what its service changes, what it says itself.

    A null in a model's `compat`, or a value of another type than the switch has, counts as not
    said; unknown keys are passed over.
    """
    switches = dict(DEFAULTS)
    for service in SERVICES:
        if _is_at(service, model):
            switches.update(service.switches)
    own = model.get("compat")
    if isinstance(own, dict):
        switches.update({key: own[key] for key in DEFAULTS if _fits(key, own.get(key))})
    if switches["supportsThinkingTokenBudget"] and not switches["thinkingTokenBudgetField"]:
        switches["thinkingTokenBudgetField"] = "thinking_token_budget"
    return switches


def _fits(key: str, value: object) -> bool:
    expected = _TYPES.get(key) or type(DEFAULTS[key])
    return isinstance(value, expected) and (expected is bool or not isinstance(value, bool))


def url_has(model: Model, *parts: str) -> bool:
    """Whether a model's base URL has one of these parts (lower case)."""
    url = model.get("baseUrl")
    return isinstance(url, str) and any(part in url.lower() for part in parts)


def _is_at(service: Service, model: Model) -> bool:
    known = model.get("provider") in service.providers or url_has(model, *service.urls)
    return known and str(model.get("id", "")).startswith(service.models)
