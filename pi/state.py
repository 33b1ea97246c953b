"""What a harness is made of, what one prompt has come to, and how it ended."""

from __future__ import annotations

import random
import time

from pi.batch import Gate
from pi.compaction.detect import Rounds
from pi.messages import is_failed, tool_calls
from pi.retry import Policy
from pi.settings.layers import Compaction
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pi.cancel import CancelToken
    from pi.client import Client
    from pi.errors import ProviderError
    from pi.messages import Message
    from pi.request import Model, Options
    from pi.session import Session
    from pi.tools.base import Tool
    from pi.transcript import Prompt


class Setup(Value):
    """What a harness is made of.

    `prompt(tools)` gives the prompt sections and declarations to be in force. `options(model,
    thinking)` gives the request options. `thinking` is a level the model supports.
    `compaction(model)` gives the token settings of a model, and may raise UsageError;
    `auto_compaction` is whether to compact unasked. `summariser(model, thinking)` gives model and
    level that write the summaries.
    """

    session: Session
    client: Client
    model: Model
    thinking: str
    tools: Mapping[str, Tool]
    prompt: Callable[[Mapping[str, Tool]], Prompt]
    options: Callable[[Model, str], Options]
    retry: Policy = Policy()
    auto_compaction: bool = True
    compaction: Callable[[Model], Compaction] = lambda model: Compaction(True, 16_384, 20_000)
    summariser: Callable[[Model, str], tuple[Model, str]] = lambda model, thinking: (
        model,
        thinking,
    )
    gate: Gate = Gate()
    steering_mode: str = "one-at-a-time"
    follow_up_mode: str = "one-at-a-time"
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    random: Callable[[], float] = random.random


class Settled(Value):
    """How a prompt ended: the last answer (None: there was none) and why it failed, if it did."""

    message: Message | None
    error: ProviderError | None
    aborted: bool


class Progress:
    """What one prompt has come to: the last answer, its error, the retries so far."""

    def __init__(self, token: CancelToken) -> None:
        self.token = token
        self.answer: Message | None = None
        self.answer_entry: str | None = None
        self.error: ProviderError | None = None
        self.rounds = Rounds()
        self.has_recovered = False  # from a context that was too long, since the last good answer
        self.is_halted = False  # it went in circles
        self.attempt = 0
        self.pause: CancelToken | None = None  # fires when the wait before a retry is given up
        self.delay_ms: int | None = None  # before the next attempt; None: no further one

    def found_no_room(self, model: Model) -> bool:
        """Whether the last answer failed, or ended early, because the conversation is too long."""
        reason = self.answer.get("stopReason")
        if reason == "error":
            return self.error is not None and self.error.kind == "context_overflow"
        output = (self.answer.get("usage") or {}).get("output", 0)
        is_early = output < (model.get("maxTokens") or 0)
        return reason == "length" and is_early and not tool_calls(self.answer)

    def overran(self, model: Model) -> bool:
        """Whether the last answer was given to more than the window holds, without a complaint."""
        usage = self.answer.get("usage") or {}
        sent = usage.get("input", 0) + usage.get("cacheRead", 0)
        window = model.get("contextWindow")
        return bool(window) and not is_failed(self.answer) and sent > window
