"""What local servers say about their models, read with care. Pure: JSON in, models out.

    ollama(base, tags, running, shown)      Ollama's /api/tags, /api/ps and /api/show
    llama_cpp(base, listed, props, each)    llama.cpp's /v1/models and /props, of a router too
    vllm(base, listed)                      vLLM's /v1/models
    sglang(base, listed, info)              SGLang's /v1/models and /get_server_info
    lm_studio(base, listed)                 LM Studio's /api/v0/models

Anything may be at the other end: what does not look like the server gives no models, and what looks
odd within is passed over. The window is the one the server really works with; a server that does
not say gets UNSAID_WINDOW, because one that is guessed too large is cut without a word.
Sources: the servers' API documentation.
"""

from __future__ import annotations

import re
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.request import Model

UNSAID_WINDOW = 4096
"""Tokens to count on where a server does not tell its window: what they take by default."""

MAX_MODELS = 200
MAX_OUTPUT = 16384
_MAX_NAME = 200
_MAX_WINDOW = 100_000_000

_COMPAT = {
    "supportsStore": False,
    "supportsDeveloperRole": False,
    "supportsReasoningEffort": False,
    "maxTokensField": "max_tokens",
    "requiresNonNullAssistantContent": True,
}
"""What none of these servers takes, or not in every version."""

_SWITCHED = {
    "thinkingFormat": "chat-template",
    "chatTemplateKwargs": {"enable_thinking": {"$var": "thinking.enabled"}},
}
_BY_EFFORT = {"thinkingFormat": "openai", "supportsReasoningEffort": True}

_NUM_CTX = re.compile(r"^num_ctx\s+(\d{1,9})\s*$", re.MULTILINE)


def ollama(
    base: str,
    tags: object,
    running: object = None,
    shown: Mapping[str, object] | None = None,
    served_window: int | None = None,
) -> list[Model]:
    """The models of an Ollama server, loaded ones first; `shown` maps names to /api/show.

    `served_window` is what OLLAMA_CONTEXT_LENGTH says, for models that are not loaded.
    """
    loaded = {
        _name(row, "model", "name"): _window(row.get("context_length"))
        for row in _rows(running, "models")
    }
    models = []
    for name in ollama_names(tags):
        about = (shown or {}).get(name)
        about = about if isinstance(about, dict) else {}
        able = about.get("capabilities")
        able = able if isinstance(able, list) else ["completion"]
        if "completion" not in able:
            continue
        said = _NUM_CTX.search(about["parameters"]) if _is_text(about, "parameters") else None
        window = loaded.get(name) or (_window(int(said[1])) if said else None) or served_window
        model = _model("ollama", f"{base}/v1", name, window, _trained(about))
        if "vision" in able:
            model["input"] = ["text", "image"]
        if "thinking" in able:
            _thinks(model, _BY_EFFORT)
        models.append(model)
    models.sort(key=lambda model: model["id"] not in loaded)
    return models


def ollama_names(tags: object) -> list[str]:
    """The names of an Ollama server's models."""
    names = (_name(row, "model", "name") for row in _rows(tags, "models"))
    return [name for name in dict.fromkeys(names) if name]


def llama_cpp(
    base: str, listed: object, props: object, each: Mapping[str, object] | None = None
) -> list[Model]:
    """The models of a llama.cpp server or router; none if it is something else.

    A router has many and tells their state: loaded ones come first, those that would have to be
    loaded are offered when it does that by itself. `each` maps loaded ones to their own /props.
    """
    about = _object(props)
    rows = [row for row in _rows(listed, "data") if _name(row, "id")]
    is_it = _object(about.get("default_generation_settings")) or any(
        row.get("owned_by") == "llamacpp" or _state(row) for row in rows
    )
    if not is_it:
        return []
    autoload = about.get("models_autoload") is True
    rows = [row for row in rows if _is_served(row, autoload)]
    rows.sort(key=lambda row: _STATES.index(_state(row)))
    own = each or {}
    return [
        _llama_model(base, row, _object(own.get(row["id"])) if _state(row) else about)
        for row in rows
    ]


def llama_loaded(listed: object) -> list[str]:
    """The names of the models that a llama.cpp router has loaded; none if it is no router."""
    rows = _rows(listed, "data")
    return [row["id"] for row in rows if _name(row, "id") and _state(row) == "loaded"]


_STATES = ("", "loaded", "sleeping", "loading", "unloaded")
"""States of a router's models, those at hand first; "" is a server that has just one."""


def _state(row: Mapping[str, Any]) -> str:
    state = _object(row.get("status")).get("value")
    return state if isinstance(state, str) else ""


def _is_served(row: Mapping[str, Any], autoload: bool) -> bool:
    state, status = _state(row), _object(row.get("status"))
    speaks = _object(row.get("architecture")).get("output_modalities")
    if isinstance(speaks, list) and "text" not in speaks:
        return False
    if state == "unloaded":
        return autoload and not status.get("failed")
    return state in _STATES


def _llama_model(base: str, row: Mapping[str, Any], about: Mapping[str, Any]) -> Model:
    meta = _object(row.get("meta"))
    settings = _object(about.get("default_generation_settings"))
    said = [_window(meta.get("n_ctx")), _window(settings.get("n_ctx"))]
    window = min((size for size in said if size), default=_asked_window(row))
    model = _model("llama.cpp", f"{base}/v1", row["id"], window, _window(meta.get("n_ctx_train")))
    takes = _object(row.get("architecture")).get("input_modalities")
    sees = isinstance(takes, list) and "image" in takes
    if sees or _object(about.get("modalities")).get("vision") is True:
        model["input"] = ["text", "image"]
    if _is_text(about, "chat_template") and "enable_thinking" in about["chat_template"]:
        _thinks(model, {**_SWITCHED, "thinkingTokenBudgetField": "thinking_budget_tokens"})
    return model


_WINDOW_FLAGS = ("-c", "--ctx-size")


def _asked_window(row: Mapping[str, Any]) -> int | None:
    """The window in the command line a router starts a model with."""
    words = _object(row.get("status")).get("args")
    words = [str(word) for word in words] if isinstance(words, list) else []
    for flag, value in pairwise(words):
        if flag in _WINDOW_FLAGS and value.isascii() and value.isdigit() and len(value) < 10:
            return _window(int(value))
    return None


def vllm(base: str, listed: object) -> list[Model]:
    """The models of a vLLM server; none if it is something else."""
    return [
        _model("vllm", f"{base}/v1", row["id"], _window(row.get("max_model_len")))
        for row in _rows(listed, "data")
        if _name(row, "id") and _window(row.get("max_model_len"))
    ]


def sglang(base: str, listed: object, info: object) -> list[Model]:
    """The models of an SGLang server; none if it is something else.

    What fits into its memory (`max_total_num_tokens`) may be less than the window it was told.
    """
    about = _object(info)
    rows = [row for row in _rows(listed, "data") if _name(row, "id")]
    room = _window(about.get("max_total_num_tokens"))
    if not (room or any(row.get("owned_by") == "sglang" for row in rows)):
        return []
    models = []
    for row in rows:
        told = _window(row.get("max_model_len")) or _window(about.get("context_length"))
        window = min((size for size in (told, room) if size), default=None)
        model = _model("sglang", f"{base}/v1", row["id"], window)
        if about.get("reasoning_parser"):
            _thinks(model, _SWITCHED)
        models.append(model)
    return models


def lm_studio(base: str, listed: object) -> list[Model]:
    """The chat models of an LM Studio server, loaded ones first; none if it is something else."""
    rows = [row for row in _rows(listed, "data") if row.get("type") in ("llm", "vlm")]
    rows = [row for row in rows if _name(row, "id")]
    rows.sort(key=lambda row: row.get("state") != "loaded")
    models = []
    for row in rows:
        window, limit = _window(row.get("loaded_context_length")), row.get("max_context_length")
        model = _model("lmstudio", f"{base}/v1", row["id"], window, _window(limit))
        if row["type"] == "vlm":
            model["input"] = ["text", "image"]
        models.append(model)
    return models


def _model(
    provider: str, base: str, name: str, window: int | None, largest: int | None = None
) -> Model:
    window = window or min(UNSAID_WINDOW, largest or UNSAID_WINDOW)
    return {
        "provider": provider,
        "id": name,
        "name": name,
        "api": "openai-completions",
        "baseUrl": base,
        "reasoning": False,
        "input": ["text"],
        "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
        "contextWindow": window,
        "maxTokens": min(MAX_OUTPUT, max(1, window // 2)),
        "compat": dict(_COMPAT),
    }


def _thinks(model: Model, switches: Mapping[str, Any]) -> None:
    model["reasoning"] = True
    model["compat"].update(switches)


def _rows(value: object, key: str) -> list[dict[str, Any]]:
    rows = value.get(key) if isinstance(value, dict) else None
    return (
        [row for row in rows if isinstance(row, dict)][:MAX_MODELS]
        if isinstance(rows, list)
        else []
    )


def _name(row: Mapping[str, Any], *keys: str) -> str:
    """The first of some fields that can be a model's name; "" if none can."""
    for key in keys:
        name = row.get(key)
        if isinstance(name, str) and 0 < len(name) <= _MAX_NAME and name.isprintable():
            return name
    return ""


def _window(value: object) -> int | None:
    is_size = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_WINDOW
    return value if is_size else None


def _trained(about: Mapping[str, Any]) -> int | None:
    """The window an Ollama model was made for: more than that is never served."""
    info = about.get("model_info")
    if not isinstance(info, dict):
        return None
    sizes = (_window(value) for key, value in info.items() if key.endswith(".context_length"))
    return next((size for size in sizes if size), None)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_text(row: Mapping[str, Any], key: str) -> bool:
    return isinstance(row.get(key), str)
