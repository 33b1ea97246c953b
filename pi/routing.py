"""A client that takes virtual models too: each request is sent to the real model its router names.

    client = RoutedClient(Client(transport, authorise), models.route, now_ms)
    client.stream(model, messages, options, token)                a direct request
    client.stream(model, messages, options, token, turn=turn)     one of the agent's loop

A router that fails, or names what cannot be asked, gives a failed answer of the virtual model.
"""

from __future__ import annotations

import time

from pi.errors import Cancelled, ProviderError
from pi.models.added import is_virtual
from pi.providers.draft import Draft
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.cancel import CancelToken
    from pi.client import Client
    from pi.events import StreamEvent
    from pi.messages import Message
    from pi.models.virtual import Turn
    from pi.request import Model, Options


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class RoutedClient:
    """See the module's head. `route(model, level, messages, token, turn)` names the real model."""

    def __init__(
        self,
        client: Client,
        route: Callable[..., tuple[Model, str]],
        now_ms: Callable[[], int] = _now_ms,
    ) -> None:
        self._client = client
        self._route = route
        self._now_ms = now_ms

    def stream(
        self,
        model: Model,
        messages: list[Message],
        options: Options,
        token: CancelToken,
        *,
        turn: Turn | None = None,
        **more: Any,
    ) -> Iterator[StreamEvent]:
        """Ask a model to go on from `messages`. Ends with exactly one Done or Failed."""
        if not is_virtual(model):
            return self._client.stream(model, messages, options, token, **more)
        return self._routed(model, messages, options, token, turn, **more)

    def _routed(
        self,
        model: Model,
        messages: list[Message],
        options: Options,
        token: CancelToken,
        turn: Turn | None,
        **more: Any,
    ) -> Iterator[StreamEvent]:
        draft = Draft(model, self._now_ms())
        try:
            token.check()
            real, level = self._route(model, options.thinking, messages, token, turn)
            if turn is not None:
                messages = turn.fit(real, messages)
        except Cancelled:
            yield draft.aborted()
            return
        except ProviderError as error:
            yield draft.failed(error)
            return
        yield from self._client.stream(
            real, messages, replace(options, thinking=level), token, **more
        )
