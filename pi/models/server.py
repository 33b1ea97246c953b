"""The local model servers pi knows: names, usual addresses, variables. See `pi.models.local`."""

from __future__ import annotations

import re

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Model


class Server(Value):
    """One kind of server.

    `variable` holds another address than the usual ones, `key_variable` a key if it wants one.
    """

    name: str
    title: str
    ports: tuple[int, ...]
    variable: str
    key_variable: str = ""


SERVERS = {
    server.name: server
    for server in (
        Server("ollama", "Ollama", (11434,), "OLLAMA_HOST"),
        Server("llama.cpp", "llama.cpp", (8080, 9931), "LLAMA_BASE_URL", "LLAMA_API_KEY"),
        Server("vllm", "vLLM", (8000,), "VLLM_BASE_URL", "VLLM_API_KEY"),
        Server("sglang", "SGLang", (30000,), "SGLANG_BASE_URL", "SGLANG_API_KEY"),
        Server("lmstudio", "LM Studio", (1234,), "LMSTUDIO_BASE_URL", "LMSTUDIO_API_KEY"),
    )
}
"""Provider id -> server, in the order in which their models are preferred."""


def is_local(model: Model) -> bool:
    """Whether a model is served by one of these, or by this very machine."""
    return model.get("provider") in SERVERS or bool(_HERE.match(str(model.get("baseUrl"))))


_HERE = re.compile(r"https?://(localhost|127(\.\d+){3}|\[::1\])(?=[:/?]|$)", re.IGNORECASE)
