"""What local servers say: windows, abilities, and answers that are nonsense."""

from __future__ import annotations

import random

import pytest

from pi.models import answers

TAGS = {"models": [{"name": "a:1", "model": "a:1"}, {"name": "b:1"}, {"name": "embed:1"}]}


def by_id(models):
    return {model["id"]: model for model in models}


def test_ollama_windows_are_the_served_ones():
    info = {"general.architecture": "x", "x.context_length": 131072}
    shown = {
        "a:1": {"parameters": "stop x\nnum_ctx   16384\n", "model_info": info},
        "b:1": {"model_info": info, "capabilities": ["completion", "tools", "thinking", "vision"]},
        "embed:1": {"capabilities": ["embedding"]},
    }
    running = {"models": [{"model": "b:1", "context_length": 32768}]}
    found = answers.ollama("http://h", TAGS, running, shown)
    assert [model["id"] for model in found] == ["b:1", "a:1"]  # the loaded one first
    models = by_id(found)
    assert models["a:1"]["contextWindow"] == 16384
    assert models["b:1"]["contextWindow"] == 32768
    assert models["b:1"]["input"] == ["text", "image"]
    assert models["b:1"]["reasoning"] is True
    assert models["b:1"]["compat"]["supportsReasoningEffort"] is True
    assert models["a:1"]["reasoning"] is False
    assert models["a:1"]["compat"]["supportsReasoningEffort"] is False


def test_ollama_without_a_word_about_the_window():
    info = {"model_info": {"x.context_length": 131072}}
    (model, _, _) = answers.ollama("u", TAGS, None, {"a:1": info})
    assert model["contextWindow"] == answers.UNSAID_WINDOW
    (model, _, _) = answers.ollama("u", TAGS, None, {"a:1": info}, served_window=20000)
    assert model["contextWindow"] == 20000
    (model, _, _) = answers.ollama(
        "u", TAGS, None, {"a:1": {"model_info": {"x.context_length": 9}}}
    )
    assert model["contextWindow"] == 9


def test_llama_cpp():
    listed = {"data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131072}}]}
    props = {
        "default_generation_settings": {"n_ctx": 8192},
        "modalities": {"vision": True},
        "chat_template": "{% if enable_thinking %}",
    }
    (model,) = answers.llama_cpp("http://h", listed, props)
    assert (model["contextWindow"], model["input"]) == (8192, ["text", "image"])
    assert model["compat"]["thinkingFormat"] == "chat-template"
    assert (model["provider"], model["baseUrl"]) == ("llama.cpp", "http://h/v1")
    listed["data"][0]["meta"]["n_ctx"] = 4000
    (model,) = answers.llama_cpp("http://h", listed, None)
    assert (model["contextWindow"], model["maxTokens"], model["reasoning"]) == (4000, 2000, False)


def router(*rows, **props):
    listed = {"data": [{"id": f"m{at}", **row} for at, row in enumerate(rows)]}
    return answers.llama_cpp("u", listed, {"models_autoload": True, **props})


def status(value, *args, **more):
    return {"status": {"value": value, "args": ["llama-server", *args], **more}}


def test_a_llama_cpp_router_tells_the_state_of_its_models():
    rows = [status("unloaded"), status("loaded"), status("downloading"), status("sleeping")]
    rows += [status("unloaded", failed=True), status("loading"), status("new word")]
    assert [model["id"] for model in router(*rows)] == ["m1", "m3", "m5", "m0"]
    asleep = router(*rows, models_autoload=False)
    assert [model["id"] for model in asleep] == ["m1", "m3", "m5"]


@pytest.mark.parametrize(
    ("args", "window"),
    [
        (["-c", "8192"], 8192),
        (["--host", "x", "--ctx-size", "16384", "-np", "1"], 16384),
        (["-c", "0"], answers.UNSAID_WINDOW),
        (["-c", "many"], answers.UNSAID_WINDOW),
        (["-c"], answers.UNSAID_WINDOW),
        ([], answers.UNSAID_WINDOW),
    ],
)
def test_a_router_tells_the_window_a_model_will_have(args, window):
    (model,) = router(status("unloaded", *args))
    assert model["contextWindow"] == window


def test_a_loaded_model_of_a_router_is_asked_itself():
    listed = {"data": [{"id": "m", **status("loaded", "-c", "65536")}]}
    props = {"default_generation_settings": {"n_ctx": 8192}, "chat_template": "enable_thinking"}
    assert answers.llama_loaded(listed) == ["m"]
    (model,) = answers.llama_cpp("u", listed, {"default_generation_settings": {}}, {"m": props})
    assert (model["contextWindow"], model["reasoning"]) == (8192, True)
    assert model["compat"]["thinkingTokenBudgetField"] == "thinking_budget_tokens"


def test_what_a_router_says_of_pictures_and_decisions():
    sees = {"architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]}}
    decides = {"architecture": {"output_modalities": ["decisions"]}}
    (model,) = router({**status("loaded"), **sees}, {**status("loaded"), **decides})
    assert model["input"] == ["text", "image"]


def test_sglang_counts_what_fits_into_its_memory():
    listed = {"data": [{"id": "m", "owned_by": "sglang", "max_model_len": 131072}]}
    info = {"max_total_num_tokens": 20000, "context_length": 131072, "reasoning_parser": "qwen3"}
    (model,) = answers.sglang("u", listed, info)
    assert (model["provider"], model["contextWindow"]) == ("sglang", 20000)
    assert model["compat"]["thinkingFormat"] == "chat-template"
    (model,) = answers.sglang("u", listed, {"context_length": 4096})
    assert (model["contextWindow"], model["reasoning"]) == (131072, False)
    assert answers.sglang("u", {"data": [{"id": "gpt-4"}]}, {}) == []


def test_vllm_and_lm_studio():
    rows = [{"id": "m", "max_model_len": 4096}, {"id": "no window"}, {"id": "", "max_model_len": 5}]
    (model,) = answers.vllm("u", {"data": rows})
    assert (model["id"], model["contextWindow"]) == ("m", 4096)
    rows = [
        {"id": "idle", "type": "llm", "max_context_length": 131072},
        {"id": "busy", "type": "vlm", "state": "loaded", "loaded_context_length": 8192},
        {"id": "embed", "type": "embeddings"},
    ]
    busy, idle = answers.lm_studio("u", {"data": rows})
    assert (busy["id"], busy["contextWindow"], busy["input"]) == ("busy", 8192, ["text", "image"])
    assert (idle["id"], idle["contextWindow"]) == ("idle", answers.UNSAID_WINDOW)


def test_each_model_is_free_and_asked_in_plain_chat_completions():
    (model,) = answers.vllm("http://h", {"data": [{"id": "m", "max_model_len": 100_000}]})
    assert set(model["cost"].values()) == {0}
    assert model["api"] == "openai-completions"
    assert model["compat"]["supportsStore"] is False
    assert model["compat"]["supportsDeveloperRole"] is False
    assert model["compat"]["maxTokensField"] == "max_tokens"
    assert model["maxTokens"] == answers.MAX_OUTPUT


def test_switches_are_not_shared_between_models():
    shown = {"a:1": {"capabilities": ["completion", "thinking"]}}
    models = by_id(answers.ollama("u", TAGS, None, shown))
    assert "thinkingFormat" in models["a:1"]["compat"]
    assert "thinkingFormat" not in models["b:1"]["compat"]


@pytest.mark.parametrize(
    "listed",
    [
        {"data": [{"id": "gpt-4", "object": "model", "owned_by": "someone"}]},
        {"data": "x"},
        {"models": [{"name": "\x1b[2J"}, {"name": ["x"]}, {"name": "x" * 300}, 5, None]},
        [],
        None,
        "ollama",
    ],
)
def test_another_kind_of_server_has_no_models(listed):
    assert answers.llama_cpp("u", listed, {"hello": "world"}) == []
    assert answers.vllm("u", listed) == []
    assert answers.lm_studio("u", listed) == []
    assert answers.ollama("u", listed) == []


def test_a_flood_of_models_is_cut():
    rows = [{"id": f"m{number}", "max_model_len": 10} for number in range(5000)]
    assert len(answers.vllm("u", {"data": rows})) == answers.MAX_MODELS


@pytest.mark.parametrize("size", [0, -5, True, "8192", 1e9, 10**30, None, []])
def test_a_window_that_is_none(size):
    listed = {"data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx": size}}]}
    (model,) = answers.llama_cpp("u", listed, None)
    assert model["contextWindow"] == answers.UNSAID_WINDOW


def test_random_json_never_raises_and_gives_whole_models_only():
    pick = random.Random(11)
    words = [
        "models",
        "data",
        "id",
        "name",
        "model",
        "meta",
        "n_ctx",
        "type",
        "llm",
        "max_model_len",
        "max_total_num_tokens",
        "status",
        "value",
        "loaded",
        "args",
        "architecture",
        "output_modalities",
    ]
    words += [
        "owned_by",
        "llamacpp",
        "parameters",
        "capabilities",
        "model_info",
        "a.context_length",
    ]
    words += [
        "default_generation_settings",
        "modalities",
        "context_length",
        "state",
        "chat_template",
    ]

    def value(depth):
        kind = pick.randrange(7 if depth else 4)
        if kind < 4:
            return pick.choice([None, True, -1, 4096, 2.5, "num_ctx 5", *words])
        if kind == 4:
            return [value(depth - 1) for _ in range(pick.randrange(4))]
        return {pick.choice(words): value(depth - 1) for _ in range(pick.randrange(5))}

    for _ in range(3000):
        shown = {pick.choice(words): value(3) for _ in range(2)}
        found = [
            *answers.ollama("u", value(3), value(3), shown),
            *answers.llama_cpp("u", value(3), value(3)),
            *answers.llama_cpp("u", value(3), value(3), {word: value(2) for word in words}),
            *answers.sglang("u", value(3), value(3)),
            *answers.vllm("u", value(3)),
            *answers.lm_studio("u", value(3)),
        ]
        for model in found:
            assert isinstance(model["id"], str)
            assert model["contextWindow"] >= model["maxTokens"] >= 1
