"""What a harness is made of, what one prompt has come to, and how it ended."""

from __future__ import annotations

import random
import threading
import time

from pi.batch import Gate
from pi.compaction.detect import Rounds
from pi.course.occasion import Occasion
from pi.errors import PiError
from pi.extensions.nohooks import NO_HOOKS
from pi.messages import is_failed, tool_calls
from pi.retry import Policy
from pi.settings.layers import Compaction
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.cancel import CancelToken
    from pi.client import Client
    from pi.errors import ProviderError
    from pi.extensions.nohooks import NoHooks
    from pi.messages import Message
    from pi.request import Model, Options
    from pi.session import Session
    from pi.tools.base import Tool
    from pi.transcript import Prompt

CANCELLED_RETRY = "Retry cancelled"
ENDING_S = 2.0
"""How long a run may take to end after it has told that it is over."""

BUSY = "the agent is busy: steer it, queue a follow-up, or abort it first"


class Setup(Value):
    """What a harness is made of.

    `prompt(tools)` gives the prompt sections and declarations to be in force; with a second
    argument, as what an extension made of `prompt_options(tools)` would have it (`pi.prompt`).
    `available()` are all tools that could be active. `options(model, thinking)` gives the request
    options. `thinking` is a level the model supports.
    `compaction(model)` gives the token settings of a model, and may raise UsageError;
    `auto_compaction` is whether to compact unasked. `summariser(model, thinking)` gives model and
    level that write the summaries; `branch_reserve_tokens` of the window are not filled with the
    branch that one is about. `measured(model, session)` is the model whose limits count.

    `hooks` are the handlers of extensions (`pi.extensions.runner.Runner`). `report(event, text)`
    tells what was wrong with an answer of theirs that only the conversation could judge; None: as
    a notice.
    """

    session: Session
    client: Client
    model: Model
    thinking: str
    tools: Mapping[str, Tool]
    prompt: Callable[..., Prompt]
    options: Callable[[Model, str], Options]
    retry: Policy = Policy()
    auto_compaction: bool = True
    compaction: Callable[[Model], Compaction] = lambda model: Compaction(True, 16_384, 20_000)
    summariser: Callable[[Model, str], tuple[Model, str]] = lambda model, thinking: (
        model,
        thinking,
    )
    measured: Callable[[Model, Session], Model] = lambda model, session: model
    gate: Gate = Gate()
    hooks: NoHooks = NO_HOOKS
    report: Callable[[str, str], None] | None = None
    prompt_options: Callable[[Mapping[str, Tool]], dict[str, Any]] = lambda tools: {
        "selectedTools": list(tools),
        "sections": {},
    }
    available: Callable[[], Mapping[str, Tool]] | None = None
    branch_reserve_tokens: int = 16_384
    steering_mode: str = "one-at-a-time"
    follow_up_mode: str = "one-at-a-time"
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    random: Callable[[], float] = random.random


class Settled(Value):
    """How a prompt ended: the last answer (None: there was none) and why it failed, if it did."""

    message: Message | None
    error: ProviderError | None
    aborted: bool


class Claim:
    """Keeps others from changing a conversation; entering it raises PiError while another one does.

    `lock` can be waited for. One that `is_ending` has done its work and told so: whoever heard of
    it need not fail because it is still telling others.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_ending = False

    def __enter__(self) -> None:
        if not self.lock.acquire(timeout=ENDING_S if self.is_ending else 0):
            raise PiError(BUSY)

    def __exit__(self, *_: object) -> None:
        self.is_ending = False
        self.lock.release()


class Retrying:
    """Whether failures that pass are followed by another attempt, and the pause before one."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._pause: CancelToken | None = None

    @property
    def enabled(self) -> bool:
        """Whether there are retries; may be set, for this conversation only."""
        return self.policy.enabled

    @enabled.setter
    def enabled(self, on: bool) -> None:
        self.policy = replace(self.policy, enabled=on)

    @property
    def is_waiting(self) -> bool:
        """Whether the run waits before it asks again."""
        return self._pause is not None

    def give_up(self) -> None:
        """End the pause, if there is one: the run then settles with its failure."""
        pause = self._pause
        if pause is not None:
            pause.cancel(CANCELLED_RETRY)

    def begin(self, token: CancelToken) -> CancelToken:
        """A pause begins: what fires when it is given up, or the run aborted. Then: `end`."""
        self._pause = token.child()
        return self._pause

    def end(self) -> None:
        """It is over, in whatever way."""
        self._pause = None


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
        self.delay_ms: int | None = None  # before the next attempt; None: no further one
        self.occasion = Occasion()
        self.is_shortened = False  # the conversation, since the loop last heard of it

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
