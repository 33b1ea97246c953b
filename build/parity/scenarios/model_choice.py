"""Models: choosing one, models.json, keys, lists."""

from __future__ import annotations

from parity.scenario import Scenario, run

BOTH = ("chat", "claude")
ZERO = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}


def provider(*models: dict, api: str = "openai-completions", **fields: object) -> dict:
    """A provider of models.json at the fake server."""
    base = "{server}" + ("/v1" if api == "openai-completions" else "")
    rows = [{"name": row["id"].title(), **row} for row in models]
    return {"baseUrl": base, "api": api, "apiKey": "sk-fake-1", "models": rows, **fields}


def _config(
    title: str,
    providers: dict,
    *words: str,
    model: str = "",
    env: dict | None = None,
    **options: object,
) -> Scenario:
    return Scenario(
        f"models.json: {title}",
        [run("--mode", "json", *words, "hi", model=model, env=env)],
        models={"providers": providers},
        **options,
    )


def _choice(title: str, *words: str, model: str = "", settings: dict | None = None) -> Scenario:
    providers = {
        "alpha": provider({"id": "one"}, {"id": "two", "reasoning": True}, {"id": "a/b:c"}),
        "beta": provider(
            {"id": "two"}, {"id": "beta-large"}, {"id": "beta-large-2026"}, api="anthropic-messages"
        ),
    }
    return Scenario(
        f"model: {title}",
        [run("--mode", "json", *words, "hi", model=model)],
        models={"providers": providers},
        settings=settings,
    )


def _list(title: str, *words: str, **options: object) -> Scenario:
    return Scenario(f"list: {title}", [run("--list-models", *words, model="")], **options)


SEVERAL = {
    "alpha": provider(
        {"id": "one", "contextWindow": 4096, "maxTokens": 4096},
        {"id": "two", "reasoning": True, "input": ["text", "image"]},
    ),
    "beta": provider({"id": "large", "contextWindow": 1_000_000, "maxTokens": 65_536}),
}

SCENARIOS = (
    _choice("by provider and id", model="alpha/one"),
    _choice("by id", model="one"),
    _choice("by id at two providers", model="two"),
    _choice("by id and --provider", "--provider", "beta", model="two"),
    _choice("by another case", model="ALPHA/ONE"),
    _choice("by part of an id", model="large"),
    _choice("by part of a name", model="beta large"),
    _choice("by name", model="Beta-Large"),
    _choice("with a slash and a colon in its id", model="alpha/a/b:c"),
    _choice("with a colon and a level", model="a/b:c:low"),
    _choice("with a level", model="alpha/two:high"),
    _choice("with an unknown level", model="alpha/two:huge"),
    _choice("an empty pattern", model=""),
    _choice("first of the default"),
    _choice("of the settings", settings={"defaultProvider": "beta", "defaultModel": "beta-large"}),
    _choice(
        "of the settings, unknown", settings={"defaultProvider": "beta", "defaultModel": "nothere"}
    ),
    _choice("of the settings, model alone", settings={"defaultModel": "beta-large"}),
    _choice("--models", "--models", "beta/*"),
    _choice("--models with a level", "--models", "alpha/two:low,beta/two"),
    _choice("--models of nothing known", "--models", "zzz"),
    _choice("--models and --model", "--models", "beta/*", model="alpha/one"),
    _choice(
        "--models and the default",
        "--models",
        "beta/*,alpha/two",
        settings={"defaultProvider": "alpha", "defaultModel": "two"},
    ),
    _choice("enabledModels", settings={"enabledModels": ["beta/beta-large"]}),
    _choice("enabledModels with a level", settings={"enabledModels": ["alpha/two:high"]}),
    _choice(
        "enabledModels and the default",
        settings={
            "enabledModels": ["beta/*", "alpha/two"],
            "defaultProvider": "alpha",
            "defaultModel": "two",
        },
    ),
    _choice(
        "enabledModels without the default",
        settings={"enabledModels": ["beta/*"], "defaultProvider": "alpha", "defaultModel": "one"},
    ),
    _config("only an id", {"alpha": provider({"id": "one"})}),
    _config(
        "headers",
        {
            "alpha": provider(
                {"id": "one", "headers": {"X-Model": "$FROM_ENV"}},
                headers={"X-Provider": "p", "User-Agent": "mine"},
            )
        },
        env={"FROM_ENV": "set"},
    ),
    _config(
        "authHeader", {"alpha": provider({"id": "one"}, api="anthropic-messages", authHeader=True)}
    ),
    _config(
        "a key from the environment",
        {"alpha": provider({"id": "one"}, apiKey="$MY_KEY")},
        env={"MY_KEY": "sk-from-env"},
    ),
    _config(
        "a key inside text",
        {"alpha": provider({"id": "one"}, apiKey="a${MY_KEY}b$$c")},
        env={"MY_KEY": "-k-"},
    ),
    _config("a key from a command", {"alpha": provider({"id": "one"}, apiKey="!echo sk-made")}),
    _config("a key from a failing command", {"alpha": provider({"id": "one"}, apiKey="!false")}),
    _config("a key from an unset variable", {"alpha": provider({"id": "one"}, apiKey="$UNSET_K")}),
    _config(
        "--api-key", {"alpha": provider({"id": "one"})}, "--api-key", "sk-flag", model="alpha/one"
    ),
    _config(
        "no key",
        {
            "alpha": {
                key: value for key, value in provider({"id": "one"}).items() if key != "apiKey"
            }
        },
    ),
    _config(
        "a key in auth.json",
        {"alpha": provider({"id": "one"})},
        files={"home/.pi/agent/auth.json": '{"alpha": {"type": "api_key", "key": "sk-stored"}}'},
    ),
    _config("a base URL with a slash", {"alpha": provider({"id": "one"}, baseUrl="{server}/v1/")}),
    _config(
        "a base URL of the model",
        {
            "alpha": provider(
                {"id": "one", "baseUrl": "{server}/v1"}, baseUrl="http://127.0.0.1:9/v1"
            )
        },
    ),
    _config(
        "an api of the model",
        {"alpha": provider({"id": "one", "api": "anthropic-messages", "baseUrl": "{server}"})},
    ),
    _config("maxTokens", {"alpha": provider({"id": "one", "maxTokens": 777})}),
    _config(
        "a small window",
        {"alpha": provider({"id": "one", "contextWindow": 9000, "maxTokens": 8000})},
    ),
    _config(
        "samplingParams",
        {"alpha": provider({"id": "one", "samplingParams": {"temperature": 0.2, "top_p": 0.9}})},
    ),
    _config(
        "samplingParamsByThinkingLevel",
        {
            "alpha": provider(
                {
                    "id": "one",
                    "reasoning": True,
                    "samplingParams": {"top_p": 0.5},
                    "samplingParamsByThinkingLevel": {"high": {"temperature": 1}},
                }
            )
        },
        "--thinking",
        "high",
    ),
    *(
        _config(
            f"compat {name} {value}",
            {"alpha": provider({"id": "one", "reasoning": True}, compat={name: value})},
            "--thinking",
            "low",
            replies=[
                {
                    "thinking": "hm",
                    "calls": [{"name": "bash", "arguments": {"command": "echo hi"}}],
                },
                "done",
            ],
        )
        for name, value in (
            ("supportsStore", False),
            ("supportsDeveloperRole", False),
            ("supportsReasoningEffort", False),
            ("supportsUsageInStreaming", False),
            ("maxTokensField", "max_tokens"),
            ("requiresToolResultName", True),
            ("requiresAssistantAfterToolResult", True),
            ("requiresNonNullAssistantContent", True),
            ("requiresThinkingAsText", True),
            ("requiresReasoningContentOnAssistantMessages", True),
            ("thinkingFormat", "openrouter"),
            ("thinkingFormat", "deepseek"),
            ("thinkingFormat", "together"),
            ("thinkingFormat", "baseten"),
            ("thinkingFormat", "zai"),
            ("thinkingFormat", "qwen"),
            ("thinkingFormat", "qwen-chat-template"),
            ("thinkingFormat", "string-thinking"),
            ("thinkingFormat", "ant-ling"),
            ("zaiToolStream", True),
            ("thinkingTokenBudgetField", "thinking_budget"),
            ("supportsThinkingTokenBudget", True),
            ("supportsStrictMode", True),
            ("cacheControlFormat", "anthropic"),
            ("sendSessionAffinityHeaders", True),
            ("promptCacheKeyMode", "enabled"),
            ("vllmPriority", 3),
            ("openRouterRouting", {"order": ["a"]}),
        )
    ),
    _config(
        "supportsFinishReason false",
        {"alpha": provider({"id": "one"}, compat={"supportsFinishReason": False})},
        schedule=[{"first": 1, "fault": "no-last-record", "uses_reply": True}],
    ),
    *(
        _config(
            f"compat of the other format {name} {value}",
            {
                "alpha": provider(
                    {"id": "one", "reasoning": True}, api="anthropic-messages", compat={name: value}
                )
            },
            "--thinking",
            "low",
            replies=[
                {
                    "thinking": "hm",
                    "calls": [{"name": "bash", "arguments": {"command": "echo hi"}}],
                },
                "done",
            ],
        )
        for name, value in (
            ("supportsEagerToolInputStreaming", False),
            ("supportsCacheControlOnTools", False),
            ("supportsTemperature", False),
            ("forceAdaptiveThinking", True),
            ("supportsLongCacheRetention", False),
            ("sendSessionAffinityHeaders", True),
            ("allowEmptySignature", True),
        )
    ),
    _config(
        "long cache retention",
        {"alpha": provider({"id": "one"}, api="anthropic-messages")},
        env={"PI_CACHE_RETENTION": "long"},
    ),
    _config("an unknown field", {"alpha": provider({"id": "one", "frobnicate": 1}, more=True)}),
    _config(
        "a base URL of a known provider",
        {"anthropic": {"baseUrl": "{server}", "apiKey": "sk-x"}},
        model="anthropic/claude-sonnet-4-5",
    ),
    _config(
        "modelOverrides",
        {
            "anthropic": {
                "baseUrl": "{server}",
                "apiKey": "sk-x",
                "modelOverrides": {"claude-sonnet-4-5": {"maxTokens": 555, "cost": {"input": 9}}},
            }
        },
        model="anthropic/claude-sonnet-4-5",
    ),
    _config(
        "a model of one's own at a known provider",
        {
            "anthropic": {
                "baseUrl": "{server}",
                "apiKey": "sk-x",
                "models": [{"id": "mine", "name": "Mine"}],
            }
        },
        model="anthropic/mine",
    ),
    _config(
        "a broken model among good ones",
        {"alpha": provider({"id": "one"}, {"id": 5})}
        if False
        else {"alpha": {**provider({"id": "one"}), "models": [{"id": "one"}, {"id": 5}]}},
    ),
    _config(
        "a provider without baseUrl",
        {"alpha": {"api": "openai-completions", "apiKey": "k", "models": [{"id": "one"}]}},
    ),
    _config(
        "a provider without api",
        {"alpha": {"baseUrl": "{server}/v1", "apiKey": "k", "models": [{"id": "one"}]}},
    ),
    _config("an unknown api", {"alpha": provider({"id": "one"}, api="frobnicate")}),
    _config(
        "comments",
        {"alpha": provider({"id": "one"})},
        files={"home/.pi/agent/models.json": '{\n// a comment\n"providers": {},\n}'},
    ),
    _config("no JSON", {}, files={"home/.pi/agent/models.json": '{"providers": '}),
    _list("all", models={"providers": SEVERAL}),
    _list("a search", "two", models={"providers": SEVERAL}),
    _list("a fuzzy search", "alo", models={"providers": SEVERAL}),
    _list("nothing found", "zzzz", models={"providers": SEVERAL}),
    _list("a broken models.json", files={"home/.pi/agent/models.json": "[1, 2"}),
    Scenario(
        "list: with a prompt",
        [run("--list-models", "-p", "hi", model="")],
        models={"providers": SEVERAL},
    ),
)
