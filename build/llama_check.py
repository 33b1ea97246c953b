#!/usr/bin/env python3
"""Whether llama.cpp's own server accepts what pi sends: chat, Responses and Messages, with tools.

    pip install xllamacpp          the server as a Python package; nothing else is needed
    python3 build/llama_check.py
    python3 build/llama_check.py --only openai-completions --verbose

A tiny model is written on the spot (a GGUF file of some 200 kilobytes) that has one thing to say:
a greeting, or a tool call in Qwen's notation. The server is started with it on a free port, and
every conversation of `tests/wire/conversations` is sent over each of its wire formats, as a session
would send it. The request must be accepted, and the answer be what the model says. The model list
is asked too: the window found must be the one the server was started with.

The status is 1 when something was refused, 2 when the package is not there. No part of the test
suite. Source of the file format: the GGUF specification.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
import tempfile
from math import prod
from pathlib import Path
from threading import Timer

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from pi.cancel import CancelToken  # noqa: E402 - after the path
from pi.client import Client  # noqa: E402
from pi.events import Done, Failed  # noqa: E402
from pi.messages import text_of, tool_calls  # noqa: E402
from pi.models import local  # noqa: E402
from pi.providers import registry  # noqa: E402
from pi.request import Options  # noqa: E402
from pi.transport import Transport  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.messages import Message
    from pi.request import Model

FORMATS = {"openai-completions": "/v1", "openai-responses": "/v1", "anthropic-messages": ""}
"""Wire format -> what its base URL has after the host."""

LEVELS = ("off", "high")
WINDOW = 32768
WIDTH, HEADS, INNER, STRENGTH = 32, 2, 64, 10.0
EOS = 2
ANSWER_TOKENS = 64
PATIENCE_S = 60.0

GREETING = ("Hel", "lo", ".")
CALL = (
    "<tool_call>",
    "\n",
    '{"name": "read", "arguments": ',
    '{"path": ',
    '"a.txt"',
    "}}",
    "\n</tool_call>",
)
"""What the model says, in tokens."""

TEMPLATE = (
    "{%- if tools %}<|im_start|>system\n# Tools\n<tools>\n"
    "{%- for tool in tools %}\n{{ tool | tojson }}{% endfor %}\n</tools>\n"
    'Answer with <tool_call>\n{"name": NAME, "arguments": {...}}\n</tool_call><|im_end|>\n'
    "{%- endif %}"
    "{%- for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
    "{%- for call in message.tool_calls or [] %}\n<tool_call>\n"
    '{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}'
    "\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}"
    "{%- if add_generation_prompt %}<|im_start|>assistant\n"
)
THINKING = (
    "{%- if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n"
    "{%- endif %}"
)
END = "{%- endif %}"


# --- the model -----------------------------------------------------------------------------------

_U32, _F32, _TEXT, _ARRAY, _I32 = 4, 6, 8, 9, 5  # GGUF's value types
_ALIGNMENT = 32


def write_model(path: Path, said: tuple[str, ...], template: str) -> None:
    """A Llama of one layer that says `said` after anything, token by token, and then no more.

    Its tokens are single bytes, and those of `said`. Each of the latter is written as a direction
    of its own, the others share one; a token's direction alone makes the next one likely. All other
    weights are zero.
    """
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *said]
    kinds = [2, 3, 3, *[6] * 256, *[1] * len(said)]  # unknown, control, bytes, normal ones
    first = len(tokens) - len(said)
    own = {first + at: at + 1 for at in range(len(said))}
    next_one = {first + at: at for at in range(len(said))} | {EOS: len(said)}
    values: dict[str, tuple[int, Any]] = {
        "general.architecture": (_TEXT, "llama"),
        "general.name": (_TEXT, "parrot"),
        "llama.context_length": (_U32, WINDOW),
        "llama.embedding_length": (_U32, WIDTH),
        "llama.block_count": (_U32, 1),
        "llama.feed_forward_length": (_U32, INNER),
        "llama.attention.head_count": (_U32, HEADS),
        "llama.attention.head_count_kv": (_U32, HEADS),
        "llama.attention.layer_norm_rms_epsilon": (_F32, 1e-5),
        "llama.rope.dimension_count": (_U32, WIDTH // HEADS),
        "llama.vocab_size": (_U32, len(tokens)),
        "tokenizer.ggml.model": (_TEXT, "llama"),
        "tokenizer.ggml.tokens": (_ARRAY, (_TEXT, tokens)),
        "tokenizer.ggml.scores": (_ARRAY, (_F32, [0.0] * len(tokens))),
        "tokenizer.ggml.token_type": (_ARRAY, (_I32, kinds)),
        "tokenizer.ggml.unknown_token_id": (_U32, 0),
        "tokenizer.ggml.bos_token_id": (_U32, 1),
        "tokenizer.ggml.eos_token_id": (_U32, EOS),
        "tokenizer.chat_template": (_TEXT, template),
    }
    count = len(tokens)
    square, wide, one = (WIDTH, WIDTH), (WIDTH, INNER), [1.0] * WIDTH
    weights = {
        "token_embd.weight": ((WIDTH, count), _rows(count, own, usual=0)),
        "output.weight": ((WIDTH, count), _rows(count, next_one)),
        "output_norm.weight": ((WIDTH,), one),
        "blk.0.attn_norm.weight": ((WIDTH,), one),
        "blk.0.ffn_norm.weight": ((WIDTH,), one),
        **{f"blk.0.attn_{part}.weight": (square, []) for part in ("q", "k", "v", "output")},
        "blk.0.ffn_gate.weight": (wide, []),
        "blk.0.ffn_up.weight": (wide, []),
        "blk.0.ffn_down.weight": ((INNER, WIDTH), []),
    }
    path.write_bytes(_gguf(values, weights))


def _rows(count: int, directions: dict[int, int], usual: int | None = None) -> list[float]:
    """A row for each token: STRENGTH in its direction, zero where it has none."""
    weights = [0.0] * (count * WIDTH)
    for token in range(count):
        direction = directions.get(token, usual)
        if direction is not None:
            weights[token * WIDTH + direction] = STRENGTH
    return weights


def _gguf(
    values: dict[str, tuple[int, Any]], weights: dict[str, tuple[tuple[int, ...], list[float]]]
) -> bytes:
    """The file. Tensors without numbers are all zero."""
    head = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(weights), len(values)))
    for name, (kind, value) in values.items():
        head += _text(name) + struct.pack("<I", kind) + _value(kind, value)
    data = bytearray()
    for name, (shape, numbers) in weights.items():
        data += b"\0" * (-len(data) % _ALIGNMENT)
        head += _text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", 0, len(data))  # type F32, where its data begin
        data += struct.pack(f"<{len(numbers)}f", *numbers) if numbers else bytes(4 * prod(shape))
    head += b"\0" * (-len(head) % _ALIGNMENT)
    return bytes(head + data)


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _value(kind: int, value: Any) -> bytes:
    if kind == _ARRAY:
        inner, items = value
        packed = b"".join(_value(inner, item) for item in items)
        return struct.pack("<IQ", inner, len(items)) + packed
    if kind == _TEXT:
        return _text(value)
    return struct.pack({_U32: "<I", _I32: "<i", _F32: "<f"}[kind], value)


# --- the server ----------------------------------------------------------------------------------


def start(model: Path) -> Any:
    """The running server, at its `listening_address`. Raises ImportError without the package."""
    import xllamacpp  # noqa: PLC0415 - an optional package

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {"parrot"}
    params.n_ctx = WINDOW
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.use_jinja = True
    params.warmup = False
    params.endpoint_props = True
    return xllamacpp.Server(params)


# --- the conversations ---------------------------------------------------------------------------


def conversations(model: Model) -> Iterator[tuple[str, list[Message]]]:
    """(name, messages) of every common conversation, made the model's own."""
    for path in sorted((ROOT / "tests/wire/conversations").glob("*.json")):
        context = json.loads(path.read_text("utf-8"))["context"]
        system = {"role": "system", "content": context.get("system", ""), "timestamp": 0}
        messages = [{**system, "toolsAdded": context.get("tools", [])}, *context["messages"]]
        for message in messages:
            if message.get("role") == "assistant" and "api" not in message:
                message.update(api=model["api"], provider=model["provider"], model=model["id"])
        if messages[-1].get("role") == "assistant":
            messages.append({"role": "user", "content": "Go on.", "timestamp": 9})
        yield path.stem, messages


def models(base: str) -> list[Model]:
    """The server's model as pi finds it, once for each wire format that pi has."""
    (found,) = local.find({"LLAMA_BASE_URL": base}, "llama.cpp", time_s=10.0)
    if found["contextWindow"] != WINDOW:
        raise SystemExit(f"the window found is {found['contextWindow']}, not {WINDOW}")
    known = (api for api in FORMATS if api in registry.FORMATS)
    return [{**found, "api": api, "baseUrl": base + FORMATS[api]} for api in known]


def ask(client: Client, model: Model, messages: list[Message], level: str) -> Done | Failed:
    """One answer; given up after PATIENCE_S."""
    token = CancelToken()
    watch = Timer(PATIENCE_S, token.cancel)
    watch.start()
    try:
        options = Options(thinking=level, max_tokens=ANSWER_TOKENS, session_id="check")
        *_, last = client.stream(model, messages, options, token)
        return last
    finally:
        watch.cancel()


def problem(answer: Done | Failed, said: tuple[str, ...], messages: list[Message]) -> str:
    """What is wrong with an answer; "" when it is what the model says."""
    message = answer.message
    if type(answer) is Failed:
        return message.get("errorMessage", "failed")
    declared = [tool["name"] for tool in messages[0]["toolsAdded"]]
    if said == CALL and "read" in declared:
        calls = [(call["name"], call["arguments"]) for call in tool_calls(message)]
        return "" if calls == [("read", {"path": "a.txt"})] else f"no call: {message['content']}"
    words = text_of(message) or "".join(
        block.get("thinking", "") for block in message["content"] if block["type"] == "thinking"
    )
    is_whole = said == CALL or words == "".join(said)
    return "" if is_whole else f"the answer is {words!r}"


def check(base: str, said: tuple[str, ...], only: str | None, verbose: bool) -> int:
    """Send everything; returns how many requests failed."""
    client = Client(Transport(environ={}), lambda request, *_: request)
    count = failed = 0
    for model in models(base):
        if only not in (None, model["api"]):
            continue
        for name, messages in conversations(model):
            for level in LEVELS if model["reasoning"] else LEVELS[:1]:
                wrong = problem(ask(client, model, messages, level), said, messages)
                count += 1
                failed += bool(wrong)
                if verbose or wrong:
                    print(f"{model['api']} {name} thinking {level}: {wrong or 'ok'}")
    print(f"{count} requests, {failed} failed")
    return failed if count else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=FORMATS, help="one wire format")
    parser.add_argument("--verbose", action="store_true", help="one line for every request")
    arguments = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for said, template in ((GREETING, TEMPLATE + THINKING + END), (CALL, TEMPLATE + END)):
            path = Path(folder) / "parrot.gguf"
            write_model(path, said, template)
            try:
                server = start(path)
            except ImportError as error:
                print(f"the server is not there: {error}; install it with: pip install xllamacpp")
                return 2
            failed += check(server.listening_address, said, arguments.only, arguments.verbose)
            del server  # stops it
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
