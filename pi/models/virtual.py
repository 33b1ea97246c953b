"""Virtual models: a choice that the user makes once, and a real model that is found per request.

    router = Router(book, extra)
    router(model, "high", messages, token, turn)      ({... a real model ...}, "medium")

The session names the virtual model as the selection; each answer names the real one that gave it.
What a router wants to remember is kept on the branch as a custom entry:

    {"type": "custom", "customType": "pi.virtual-model-state",
     "data": {"provider": "router", "modelId": "auto", "state": {...}}}

Source: the reference's virtual-models page, driven.
"""

from __future__ import annotations

import json

from pi.errors import ProviderError
from pi.extensions.naming import snake
from pi.messages import is_failed
from pi.models.added import is_virtual
from pi.providers.thinking import clamp
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from pi.cancel import CancelToken
    from pi.messages import Message
    from pi.models.book import Book
    from pi.models.extra import Extra
    from pi.request import Model

STATE_ENTRY = "pi.virtual-model-state"


class Turn(Value):
    """What the agent's loop says about one of its requests.

    `reason` is user, continuation or retry, `failed` the answer that a retry is for. `state` is
    what the router remembers on this branch, `keep` stores another; `fit(model, messages)` gives
    the messages to send, shorter where the model's window is too small for them.
    """

    reason: str
    failed: Message | None
    state: Any
    keep: Callable[[Any], object]
    fit: Callable[[Model, list[Message]], list[Message]]


class Dispatched:
    """A real model and the level an answer was asked for at; `message` of one that failed."""

    def __init__(self, model: Model, level: str | None, message: Message | None = None) -> None:
        self.model = model
        self.thinking_level = level
        self.message = message

    def __getattr__(self, name: str) -> Any:
        return _other_spelling(self, name)


class RouteRequest:
    """What a router is told: see docs/virtual-models.md. The reference's spellings work too."""

    def __init__(
        self, model: Model, level: str, messages: list[Message], token: CancelToken
    ) -> None:
        self.model = model
        self.thinking_level = level
        self.messages = messages
        self.token = self.signal = token
        self.reason = "direct"
        self.previous: Dispatched | None = None
        self.failed: Dispatched | None = None
        self.state: Any = None

    def __getattr__(self, name: str) -> Any:
        return _other_spelling(self, name)


def _other_spelling(held: object, name: str) -> Any:
    found = snake(name)
    if found == name:
        raise AttributeError(f"{type(held).__name__} has no {name!r}: {', '.join(vars(held))}")
    return getattr(held, found)


class Router:
    """Finds the real model of each request; see the module's head."""

    def __init__(self, book: Book, extra: Extra) -> None:
        self._book = book
        self._extra = extra

    def __call__(
        self,
        model: Model,
        level: str,
        messages: list[Message],
        token: CancelToken,
        turn: Turn | None = None,
    ) -> tuple[Model, str]:
        """The model to ask and the level to ask it at. Raises ProviderError, Cancelled.

        Without a `turn` the request is a direct one: it has no state and keeps none.
        """
        name = _name(model)
        virtual = self._extra.find_virtual(model)
        if virtual is None:
            raise _refused(f"the virtual model {name} is not registered any more: choose another")
        request = self._request(model, level, messages, token, turn)
        answer = self._extra.foreign.call(virtual.route, (request,), token, virtual.source)
        given = {snake(str(key)): answer[key] for key in answer} if isinstance(answer, dict) else {}
        if not given.get("model"):
            raise _refused(
                f'the virtual model {name} named no model: route returns {{"model": ...}}'
            )
        found = self._real(name, given["model"])
        if turn is not None:
            _keep(name, given.get("state"), request.state, turn)
        chosen = given.get("thinking_level")
        return found, clamp(found, chosen if isinstance(chosen, str) else "off")

    def _request(
        self,
        model: Model,
        level: str,
        messages: list[Message],
        token: CancelToken,
        turn: Turn | None,
    ) -> RouteRequest:
        request = RouteRequest(model, level, messages, token)
        request.previous = last_answer(self._book, reversed(messages))
        if turn is not None:
            request.reason = turn.reason
            request.state = turn.state
            request.failed = _dispatched(self._book, turn.failed) if turn.failed else None
        return request

    def _real(self, name: str, given: Any) -> Model:
        """The model a router named: a catalogue entry, or "provider/id"."""
        if isinstance(given, str):
            provider, model_id = self._book.split(given) or ("", given)
        else:
            wanted = given if isinstance(given, dict) else {}
            provider, model_id = str(wanted.get("provider", "")), str(wanted.get("id", ""))
        found = self._book.find(provider, model_id)
        told = f"the virtual model {name} chose {provider}/{model_id}"
        if found is None or is_virtual(found) or not self._book.supports(found):
            raise _refused(f"{told}, which is no real model")
        if not self._book.usable(provider):
            raise _refused(f"{told}, for which there is no key")
        return found


def last_answer(book: Book, messages: Iterable[Message]) -> Dispatched | None:
    """Who gave the latest good answer; `messages` come latest first."""
    for message in messages:
        if message.get("role") == "assistant" and not is_failed(message):
            return _dispatched(book, message)
    return None


def measured(book: Book, model: Model, entries: Iterable[dict[str, Any]]) -> Model:
    """The model whose limits count: for a virtual one, the real one that answered last.

    `entries` are those of the branch, latest first. It is the virtual one itself before there is an
    answer: its own limits, if it states some.
    """
    if not is_virtual(model):
        return model
    answers = (entry["message"] for entry in entries if entry.get("type") == "message")
    last = last_answer(book, answers)
    return last.model if last else model


def state_of(model: Model, latest: Callable[..., dict[str, Any] | None]) -> Any:
    """A copy of what a virtual model remembers on a branch; None if nothing.

    `latest(type, accepts)` finds the last entry of a type that is accepted.
    """

    def is_ours(entry: dict[str, Any]) -> bool:
        data = entry.get("data")
        return (
            entry.get("customType") == STATE_ENTRY
            and isinstance(data, dict)
            and (data.get("provider"), data.get("modelId")) == (model["provider"], model["id"])
        )

    entry = latest("custom", is_ours)
    return json.loads(json.dumps(entry["data"].get("state"))) if entry else None


def state_fields(model: Model, state: Any) -> dict[str, Any]:
    """The fields of the entry that keeps a state."""
    data = {"provider": model["provider"], "modelId": model["id"], "state": state}
    return {"customType": STATE_ENTRY, "data": data}


def _dispatched(book: Book, message: Message) -> Dispatched | None:
    """Who gave an answer; None where it was nobody, or a model that is gone."""
    found = book.find(str(message.get("provider")), str(message.get("model")))
    if found is None or is_virtual(found):
        return None
    return Dispatched(found, message.get("thinkingLevel"), message)


def _keep(name: str, state: Any, known: Any, turn: Turn) -> None:
    if state is None or state is known:
        return
    try:
        turn.keep(json.loads(json.dumps(state, allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        raise _refused(f"the state of the virtual model {name} is no JSON: {error}") from None


def _name(model: Model) -> str:
    return f"{model['provider']}/{model['id']}"


def _refused(text: str) -> ProviderError:
    return ProviderError(text, "bad_request")
