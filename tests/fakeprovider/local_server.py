"""Local model servers: what Ollama, llama.cpp, vLLM, SGLang and LM Studio say about themselves.

"llama.cpp router" is llama.cpp with many models: the one that is loaded, one that it can load, and
one that has failed.

Clients ask these to learn the real context window and whether a model is loaded. The figures are
the ones a client should find, `context` above all; `trained` is the larger window of the model
itself, which a careless client would take instead.

Source: the servers' API documentation. Known limit: only what discovery needs.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from tests.fakeprovider.request import Request

_CREATED = 1_760_000_000
_CAPABILITIES = ["completion", "tools"]


def model_list(models: Collection[str]) -> dict[str, Any]:
    """The list most servers give at /models."""
    rows = [
        {"id": name, "object": "model", "created": _CREATED, "owned_by": "fake"} for name in models
    ]
    return {"object": "list", "data": rows}


def _size(server: LocalServer) -> dict[str, Any]:
    return {"size": 4_700_000_000, "digest": "sha256:" + "0" * 64, "name": server.model}


def _details(server: LocalServer) -> dict[str, Any]:
    return {"format": "gguf", "family": "fake", "parameter_size": "7B", "quantization_level": "Q4"}


def _ollama_tags(server: LocalServer, request: Request) -> Any:
    row = {**_size(server), "model": server.model, "details": _details(server)}
    return {"models": [{**row, "modified_at": "2026-01-01T00:00:00Z"}]}


def _ollama_show(server: LocalServer, request: Request) -> Any:
    info = {"general.architecture": "fake", "fake.context_length": server.trained}
    return {
        "modelfile": f"FROM {server.model}",
        "parameters": f"num_ctx {server.context}",
        "template": "{{ .Prompt }}",
        "details": _details(server),
        "model_info": info,
        "capabilities": _CAPABILITIES,
    }


def _ollama_ps(server: LocalServer, request: Request) -> Any:
    row = {**_size(server), "model": server.model, "details": _details(server)}
    loaded = {"expires_at": "2038-01-01T00:00:00Z", "size_vram": 0}
    return {"models": [{**row, **loaded, "context_length": server.context}]}


def _llama_props(server: LocalServer, request: Request) -> Any:
    return {
        "default_generation_settings": {"id": 0, "n_ctx": server.context, "is_processing": False},
        "total_slots": 1,
        "model_path": f"/models/{server.model}.gguf",
        "chat_template": "{{ messages }}",
        "modalities": {"vision": False, "audio": False},
        "build_info": "b9000-fake",
    }


def _llama_models(server: LocalServer, request: Request) -> Any:
    meta = {
        "vocab_type": 2,
        "n_vocab": 151_936,
        "n_ctx": server.context,
        "n_ctx_train": server.trained,
        "n_embd": 4096,
        "n_params": 7_000_000_000,
        "size": 4_700_000_000,
    }
    rows = model_list([server.model])["data"]
    return {"object": "list", "data": [{**rows[0], "owned_by": "llamacpp", "meta": meta}]}


def _router_models(server: LocalServer, request: Request) -> Any:
    states: list[dict[str, Any]] = [
        {"value": "unloaded", "args": ["llama-server", "--ctx-size", str(server.context)]},
        {"value": "unloaded", "failed": True, "exit_code": 1, "args": ["llama-server"]},
        {"value": "loaded", "args": ["llama-server", "-c", str(server.trained)]},
    ]
    names = [f"{server.model}-other", f"{server.model}-broken", server.model]
    rows = model_list(names)["data"]
    more = {"owned_by": "llamacpp", "in_cache": True, "source": "preset"}
    data = [{**row, **more, "status": state} for row, state in zip(rows, states, strict=True)]
    return {"object": "list", "data": data}


def _router_props(server: LocalServer, request: Request) -> Any:
    """A router's own /props, or those of a model it has loaded."""
    if parse_qs(request.query).get("model") == [server.model]:
        return _llama_props(server, request)
    return {"role": "router", "models_autoload": True, "default_generation_settings": {"n_ctx": 0}}


def _sglang_models(server: LocalServer, request: Request) -> Any:
    rows = model_list([server.model])["data"]
    more = {"owned_by": "sglang", "root": server.model, "max_model_len": server.trained}
    return {"object": "list", "data": [{**rows[0], **more}]}


def _sglang_info(server: LocalServer, request: Request) -> Any:
    return {
        "model_path": server.model,
        "context_length": server.trained,
        "max_total_num_tokens": server.context,
        "reasoning_parser": None,
        "tool_call_parser": None,
    }


def _vllm_models(server: LocalServer, request: Request) -> Any:
    rows = model_list([server.model])["data"]
    more = {"owned_by": "vllm", "root": server.model, "parent": None}
    return {"object": "list", "data": [{**rows[0], **more, "max_model_len": server.context}]}


def _lmstudio_models(server: LocalServer, request: Request) -> Any:
    row = {
        "id": server.model,
        "object": "model",
        "type": "llm",
        "publisher": "fake",
        "arch": "fake",
        "compatibility_type": "gguf",
        "quantization": "Q4_K_M",
        "state": "loaded",
        "max_context_length": server.trained,
        "loaded_context_length": server.context,
        "capabilities": ["tool_use"],
    }
    return {"object": "list", "data": [row]}


SERVERS: dict[str, dict[tuple[str, str], Callable[[LocalServer, Request], Any]]] = {
    "ollama": {
        ("GET", "/api/tags"): _ollama_tags,
        ("POST", "/api/show"): _ollama_show,
        ("GET", "/api/ps"): _ollama_ps,
        ("GET", "/api/version"): lambda server, request: {"version": "0.13.0"},
    },
    "llama.cpp": {
        ("GET", "/props"): _llama_props,
        ("GET", "/v1/models"): _llama_models,
        ("GET", "/models"): _llama_models,
        ("GET", "/health"): lambda server, request: {"status": "ok"},
    },
    "vllm": {
        ("GET", "/v1/models"): _vllm_models,
        ("GET", "/version"): lambda server, request: {"version": "0.12.0"},
    },
    "llama.cpp router": {
        ("GET", "/props"): _router_props,
        ("GET", "/v1/models"): _router_models,
        ("GET", "/models"): _router_models,
        ("GET", "/health"): lambda server, request: {"status": "ok"},
    },
    "sglang": {
        ("GET", "/v1/models"): _sglang_models,
        ("GET", "/get_server_info"): _sglang_info,
    },
    "lmstudio": {("GET", "/api/v0/models"): _lmstudio_models},
}
"""Server -> (method, path) -> function(server, request) -> JSON."""


class LocalServer(Value):
    """One imitated server. `name` is a key of SERVERS; windows are in tokens."""

    name: str
    model: str = "fake-1"
    context: int = 8192
    trained: int = 131_072

    def answer(self, request: Request) -> Any:
        """What the server says to a request; None when it does not know it."""
        row = SERVERS[self.name].get((request.method, request.path))
        return row(self, request) if row else None


def local_server_of(value: object) -> LocalServer | None:
    """The server a name or a LocalServer means; None means none. Raises ValueError."""
    if value is None or isinstance(value, LocalServer):
        return value
    if value not in SERVERS:
        raise ValueError(f'unknown local server "{value}"; known are: {", ".join(SERVERS)}')
    return LocalServer(str(value))
