"""`ctx.models`: the models as extensions see them, and questions to one of them.

    ctx.models.find("anthropic", "claude-opus-5-5")      a model, None if there is none
    ctx.models.get_available()                           all that have credentials
    ctx.models.get_all()
    answer = ctx.models.complete("anthropic/...", "Sum it up: ...", system="Be brief.")
    answer["content"], answer["usage"]["cost"]["total"]

`complete` waits for the whole answer, which is an assistant message. It is no part of the session.
"""

from __future__ import annotations

from pi.cancel import CancelToken
from pi.errors import Cancelled, ProviderError
from pi.events import Done, Failed
from pi.extensions.front import current_token
from pi.extensions.host import ExtensionError
from pi.extensions.naming import snake
from pi.messages import system_message, user_message
from pi.models.select import check_usable, usable_book
from pi.providers.thinking import LEVELS, clamp
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.hosting.bound import Bound
    from pi.messages import Message
    from pi.request import Model


class Catalogue:
    """See the module's head; names of the reference work too."""

    def __init__(self, host: Bound) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        own = snake(name)
        if own == name or own.startswith("_"):
            raise AttributeError(f"ctx.models has no {name}")
        return getattr(self, own)

    def find(self, provider: str, model_id: str) -> Model | None:
        """The model of this provider and id."""
        return self._host.registry.book.find(provider, model_id)

    def get_all(self) -> list[Model]:
        """Every model that pi can speak to, with and without credentials."""
        book = self._host.registry.book
        return [model for provider in book.providers() for model in book.models(provider)]

    def get_available(self) -> list[Model]:
        """Every model that can be used."""
        book = usable_book(self._host.registry)
        return [model for provider in book.providers() for model in book.models(provider)]

    def has_key(self, provider: str) -> bool:
        """Whether there are credentials for a provider."""
        return self._host.registry.book.usable(provider)

    def complete(
        self, model: Model | str, messages: str | list[Message] | dict[str, Any], **how: Any
    ) -> Message:
        """The answer of a model: an assistant message with content, usage and cost.

        The arguments are those of `stream`. Raises ProviderError where the model failed, and what
        says that the token fired.
        """
        final: Done | Failed | None = None
        for event in self.stream(model, messages, **how):
            if isinstance(event, (Done, Failed)):
                final = event
        if isinstance(final, Done):
            return final.message
        if final.error is None:
            raise Cancelled(final.message.get("errorMessage", ""))
        raise ProviderError(
            str(final.error), final.error.kind, status=final.error.status, code=final.error.code
        )

    def stream(
        self,
        model: Model | str,
        messages: str | list[Message] | dict[str, Any],
        *,
        system: str | None = None,
        thinking: str = "off",
        max_tokens: int | None = None,
        token: CancelToken | None = None,
    ) -> Iterator[Any]:
        """The events of an answer (`pi.events`): Start, BlockDelta, ...; then Done or Failed.

        `messages` is a text, a list of messages, or `{"systemPrompt"?, "messages"}`. It ends with
        the run in progress, unless it is given a `token`. Raises NoModelError without credentials.
        """
        host = self._host
        found = self._resolved(model)
        check_usable(found, host.registry)
        if thinking not in LEVELS:
            raise ExtensionError(f"there is no thinking level {thinking!r}: {', '.join(LEVELS)}")
        setup = host.harness.setup
        options = setup.options(found, clamp(found, thinking))
        options = replace(options, cache="none")
        if max_tokens is not None:
            options = replace(options, max_tokens=max_tokens)
        asked = _asked(messages, system, setup.now_ms())
        token = token or current_token(host) or CancelToken()
        return setup.client.stream(found, asked, options, token)

    def _resolved(self, model: Model | str) -> Model:
        if isinstance(model, dict):
            return model
        split = self._host.registry.book.split(str(model))
        found = self.find(*split) if split else None
        if found is None:
            raise ExtensionError(f'there is no model "{model}": write provider/id')
        return found


def _asked(
    messages: str | list[Message] | dict[str, Any], system: str | None, now_ms: int
) -> list[Message]:
    """The messages of a question. Raises ExtensionError."""
    if isinstance(messages, dict):
        system = system or messages.get("systemPrompt") or messages.get("system")
        messages = messages.get("messages", [])
    if isinstance(messages, str):
        messages = [user_message(messages, now_ms)]
    if not isinstance(messages, list) or not all(
        isinstance(each, dict) and isinstance(each.get("role"), str) for each in messages
    ):
        raise ExtensionError("messages are a text, or a list of messages with role and content")
    stamped = [{"timestamp": now_ms, **message} for message in messages]
    return [system_message({"preamble": system}, now_ms), *stamped] if system else stamped
