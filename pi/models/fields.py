"""The fields of `models.json`: their names and kinds. Source: the reference's models schema.

`PROVIDER` is an entry of `providers` without its models, `MODEL` an entry of `models`, `OVERRIDE`
one of `modelOverrides`. Fields nobody knows are kept: a newer format may use them.
"""

from __future__ import annotations

from pi.providers.thinking import LEVELS
from pi.settings.kind import (
    AMOUNT,
    BOOLEAN,
    NAME,
    NUMBER,
    OBJECT,
    POSITIVE,
    STRING,
    Kind,
    is_whole,
    list_of,
    map_of,
    one_of,
    record,
)

_AT_LEAST_ONE = Kind("a whole number of at least 1", lambda value: is_whole(value) and value >= 1)
_QUALITY = Kind("1 to 100", lambda value: is_whole(value) and 1 <= value <= 100)
_HEADERS = map_of(STRING, "strings")
_LEVEL_MAP = record(dict.fromkeys(LEVELS, STRING))
_PROMPT_CACHE = record({"short": POSITIVE, "long": POSITIVE})
_SAMPLING_BY_LEVEL = record(dict.fromkeys(LEVELS, OBJECT))
_MODALITIES = list_of(one_of("text", "image"), "modalities")

PRICES = ("input", "output", "cacheRead", "cacheWrite")
_PRICE_FIELDS = dict.fromkeys(PRICES, AMOUNT)
_TIER = record({"inputTokensAbove": AMOUNT, **_PRICE_FIELDS}, ("inputTokensAbove", *PRICES))
_COST_FIELDS = {**_PRICE_FIELDS, "tiers": list_of(_TIER, "price tiers")}
_COST = record(_COST_FIELDS, PRICES)

_RESIZE = {
    "maxWidth": _AT_LEAST_ONE,
    "maxHeight": _AT_LEAST_ONE,
    "maxBytes": _AT_LEAST_ONE,
    "jpegQuality": _QUALITY,
}
_IMAGES = {
    "resize": record(_RESIZE),
    "maxPerMessage": _AT_LEAST_ONE,
    "maxPerRequest": _AT_LEAST_ONE,
}
_INPUT_LIMITS = record({"maxRequestBytes": _AT_LEAST_ONE, "images": record(_IMAGES)})

_SWITCHES = """
    allowEmptySignature forceAdaptiveThinking requiresAssistantAfterToolResult
    requiresNonNullAssistantContent requiresReasoningContentOnAssistantMessages
    requiresThinkingAsText requiresToolResultName requiresToolsWithToolHistory
    sendImageOptInHeader sendSessionAffinityHeaders supportsAdditionalTools
    supportsCacheControlOnTools supportsDeveloperRole supportsEagerToolInputStreaming
    supportsExplicitPromptCacheMode supportsFinishReason supportsLongCacheRetention
    supportsMaxOutputTokens supportsMessageThreads supportsMidConvoEffort
    supportsMidConvoSystemMessages supportsMidConvoToolAdditions supportsMidConvoToolChanges
    supportsOpenAIGrammarTools supportsReasoningEffort supportsStore supportsStrictMode
    supportsStrictTools supportsTemperature supportsThinkingTokenBudget supportsToolSearch
    supportsUsageInStreaming zaiToolStream
"""
_FALLBACK = record({"provider": NAME, "model": NAME, "cost": _COST}, ("provider", "model", "cost"))

COMPAT = record(
    {
        **dict.fromkeys(_SWITCHES.split(), BOOLEAN),
        "maxTokensField": one_of("max_completion_tokens", "max_tokens"),
        "thinkingFormat": one_of(
            *("openai", "openrouter", "deepseek", "together", "baseten", "zai", "qwen"),
            *("chat-template", "qwen-chat-template", "string-thinking", "ant-ling"),
        ),
        "thinkingTokenBudgetField": one_of(
            "thinking_token_budget", "thinking_budget", "thinking_budget_tokens"
        ),
        "cacheControlFormat": one_of("anthropic"),
        "sessionAffinityFormat": one_of("openai", "openai-nosession", "openrouter"),
        "promptCacheKeyMode": one_of("auto", "enabled", "disabled"),
        "imageInput": one_of("assets", "images", "state-image-urls"),
        "chatTemplateKwargs": OBJECT,
        "chatTemplateArgs": OBJECT,
        "openRouterRouting": OBJECT,
        "vercelGatewayRouting": OBJECT,
        "vllmPriority": NUMBER,
        "allowedFallbackModels": list_of(_FALLBACK, "models"),
    }
)

_COMMON = {
    "name": NAME,
    "reasoning": BOOLEAN,
    "thinkingLevelMap": _LEVEL_MAP,
    "input": _MODALITIES,
    "inputLimits": _INPUT_LIMITS,
    "promptCache": _PROMPT_CACHE,
    "contextWindow": POSITIVE,
    "maxTokens": POSITIVE,
    "samplingParams": OBJECT,
    "samplingParamsByThinkingLevel": _SAMPLING_BY_LEVEL,
    "headers": _HEADERS,
    "compat": COMPAT,
}

MODEL = record({**_COMMON, "id": NAME, "cost": _COST, "api": NAME, "baseUrl": NAME}, ("id",))

OVERRIDE = record({**_COMMON, "cost": record(_COST_FIELDS)})

PROVIDER = record(
    {
        "name": NAME,
        "baseUrl": NAME,
        "apiKey": NAME,
        "api": NAME,
        "oauth": one_of("radius"),
        "headers": _HEADERS,
        "compat": COMPAT,
        "authHeader": BOOLEAN,
    }
)
