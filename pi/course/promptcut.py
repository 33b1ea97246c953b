"""Noticing that a local server cut the prompt without a word, and learning its real window.

Ollama drops the oldest messages when a conversation outgrows the window it was loaded with
(`num_ctx`), and answers as if nothing had happened; others can be set up so. What gives it away is
the count it reports: far fewer tokens than the text can have, or fewer than for a shorter prompt.

    harness.subscribe(PromptCut(harness, lambda model: local.refreshed(model, os.environ)).see)

Only servers of this machine, and those pi knows by name, are watched: others refuse what is too
long. Tells once for each model. Ollama knows a model's window only once it is loaded, so it is
asked again after the first answer, and the harness goes on with what it says.

Known limits: a cut of less than a third goes unnoticed until the prompt has grown further. With
thinking in the history the count may shrink by right (templates drop old thinking), so that only
the first sign is looked at.
"""

from __future__ import annotations

from operator import is_

from pi.events import MessageEnd, Notice
from pi.messages import blocks_of, is_failed, made_by
from pi.models.server import SERVERS, is_local
from pi.transcript import render, replay
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from pi.harness import Harness
    from pi.messages import Message
    from pi.request import Model

LEAST_CHARACTERS = 8000
"""A shorter prompt fits into any window a server takes by default."""

LEAST_TOKENS = 512
"""No server has a window this small: a count below it is not one."""

MOST_PER_TOKEN = 6
"""Characters a token has at most, over a text of that length; 3 to 5 are usual."""

SHRUNK = 0.75
"""The part of an earlier count below which the count of a longer prompt cannot be."""

_ADVICE = (
    "the model has not seen all of the conversation. Serve it with a larger context (Ollama: "
    "OLLAMA_CONTEXT_LENGTH, or num_ctx in a Modelfile; llama.cpp: -c; LM Studio: the context "
    "length it is loaded with), or compact the conversation"
)


class Prompt(Value):
    """The size of one request: its text in characters, and the tokens the server counted."""

    characters: int
    tokens: int
    has_thinking: bool = False


def is_cut(prompt: Prompt, earlier: Prompt | None) -> bool:
    """Whether the server cannot have read the whole prompt. `earlier` is an answered one."""
    if prompt.tokens < LEAST_TOKENS or prompt.characters < LEAST_CHARACTERS:
        return False
    if prompt.characters > MOST_PER_TOKEN * prompt.tokens:
        return True
    if earlier is None or prompt.has_thinking:
        return False
    has_grown = prompt.characters >= earlier.characters
    return has_grown and prompt.tokens < SHRUNK * earlier.tokens


class PromptCut:
    """Watches one conversation; `see` takes the harness's events, on its worker.

    `refresh(model)` asks the model's server for its window; it gives the model unchanged when the
    server does not say.
    """

    def __init__(self, harness: Harness, refresh: Callable[[Model], Model]) -> None:
        self._harness = harness
        self._refresh = refresh
        self._earlier: dict[tuple[str, str], Prompt] = {}  # by provider and model
        self._told: set[tuple[str, str]] = set()
        self._seen: tuple[list[Message], int, bool] = ([], 0, False)

    def see(self, event: Any) -> None:
        """Take an event; only complete answers matter."""
        if type(event) is not MessageEnd or event.message.get("role") != "assistant":
            return
        model = self._harness.model
        if is_local(model) and made_by(event.message, model) and not is_failed(event.message):
            self._judge(model, event.message)

    def _judge(self, model: Model, answer: Message) -> None:
        name = (model["provider"], model["id"])
        prompt = self._measured(answer)
        if name not in self._earlier:
            self._learn_window(model)
        if name not in self._told and is_cut(prompt, self._earlier.get(name)):
            self._told.add(name)
            self._harness.emit(Notice("warning", _words(model, prompt)))
        self._earlier[name] = prompt

    def _measured(self, answer: Message) -> Prompt:
        """The size of the request that `answer` answers; tools and images are not counted, and
        nothing is where the server's count says nothing.

        Messages do not change, so those at the start are looked at once.
        """
        usage = answer.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        tokens = _sum(usage.get(key) for key in ("input", "cacheRead", "cacheWrite"))
        if tokens < LEAST_TOKENS:
            return Prompt(0, tokens)
        messages = self._harness.session.context()[:-1]
        seen, characters, thinks = self._seen
        if len(seen) > len(messages) or not all(map(is_, seen, messages)):
            seen, characters, thinks = [], 0, False
        for message in messages[len(seen) :]:
            size, has_thinking = _size_of(message)
            characters += size
            thinks = thinks or has_thinking
        self._seen = (messages, characters, thinks)
        return Prompt(len(render(replay(messages))) + characters, tokens, thinks)

    def _learn_window(self, model: Model) -> None:
        if model["provider"] not in SERVERS:
            return
        now = self._refresh(model)
        if _place(now) == _place(model):
            sizes = {key: now[key] for key in ("contextWindow", "maxTokens") if key in now}
            self._harness.model = {**model, **sizes}


def _words(model: Model, prompt: Prompt) -> str:
    least = prompt.characters // MOST_PER_TOKEN
    sign = f"in a prompt of {prompt.characters} characters, which has at least {least}"
    if prompt.tokens >= least:
        sign = "in a prompt that has grown, fewer than before"
    return (
        f"{model['provider']}/{model['id']}: the server counted {prompt.tokens} tokens {sign}: it "
        f"cut the prompt without saying so, and {_ADVICE}"
    )


def _place(model: Model) -> str:
    """A model's base URL, the same for both names of this machine."""
    return str(model.get("baseUrl")).rstrip("/").replace("://localhost", "://127.0.0.1")


def _size_of(message: Message) -> tuple[int, bool]:
    """The characters of a message, images aside, and whether there is thinking in it."""
    if message.get("role") == "system" or is_failed(message):
        return 0, False
    blocks = list(blocks_of(message))
    characters = sum(map(_characters, blocks))
    return characters, any(block.get("type") == "thinking" for block in blocks)


def _characters(block: dict[str, Any]) -> int:
    if block.get("type") == "toolCall":
        return len(repr(block.get("arguments")))
    words = block.get("text")
    return len(words) if isinstance(words, str) else 0


def _sum(counts: Iterable[object]) -> int:
    return sum(each for each in counts if isinstance(each, int) and not isinstance(each, bool))
