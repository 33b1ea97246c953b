"""Requests as the fake provider saw them, and what can be asked of them.

`Request.conversation` is the same for every wire format, so that scripts and assertions need not
know which one it was:

    request.conversation.last_user_text        "hi"
    request.conversation.results_in_a_row      (("call_1", "file text"),)
    request.has_key("sk-test")                 True; dumps show "sk-t***" only
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any


class Turn(Value):
    """One message: its text, the calls it makes (id, name, arguments) or the results it brings.

    `results` are (id, text); `images` counts them.
    """

    role: str
    text: str = ""
    calls: tuple[tuple[str, str, Any], ...] = ()
    results: tuple[tuple[str, str], ...] = ()
    images: int = 0


class Conversation(Value):
    """What a request says, whatever its format."""

    system: str = ""
    turns: tuple[Turn, ...] = ()
    tools: tuple[str, ...] = ()

    @property
    def user_texts(self) -> list[str]:
        """What the user said, in order; messages with results only are not counted."""
        return [turn.text for turn in self.turns if turn.role == "user" and turn.text]

    @property
    def last_user_text(self) -> str:
        """The last thing the user said."""
        return self.user_texts[-1] if self.user_texts else ""

    @property
    def results(self) -> tuple[tuple[str, str], ...]:
        """Every tool result (id, text), in order."""
        return tuple(result for turn in self.turns for result in turn.results)

    @property
    def results_in_a_row(self) -> tuple[tuple[str, str], ...]:
        """The tool results since the user last said something."""
        found: list[tuple[str, str]] = []
        for turn in self.turns:
            found = [] if turn.role == "user" and turn.text else found
            found += turn.results
        return tuple(found)

    @property
    def last_results(self) -> tuple[tuple[str, str], ...]:
        """The tool results since the last assistant message."""
        found: list[tuple[str, str]] = []
        for turn in self.turns:
            found = [] if turn.role == "assistant" else [*found, *turn.results]
        return tuple(found)


_KEY_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")
_SECRET_HEADERS = (*_KEY_HEADERS, "cookie", "proxy-authorization", "x-amz-security-token")


class Request:
    """One request. `status` and `outcome` are filled in when it has been answered.

    `number` counts from 1 over all requests, `connection` over all connections, so equal numbers
    prove keep-alive. `time_s` is seconds since the server started. `headers` has lower-case names.
    `outcome` is sent, cut, reset, stalled, client left, stopped, or "" while the answer is under
    way. `refusal` is why the request was not acceptable.
    """

    def __init__(self, head: tuple[str, str, dict[str, str]], raw: bytes = b"") -> None:
        self.method, target, self.headers = head
        self.path, _, self.query = target.partition("?")
        self.raw = raw
        self.number = self.connection = 0
        self.time_s = 0.0
        self.format: ModuleType | None = None
        self.body, self.problem = _parsed(raw)
        self.refusal = ""
        self.status = 0
        self.outcome = ""

    @property
    def is_model_request(self) -> bool:
        """Whether a wire format claims it, as opposed to model lists and probes."""
        return self.format is not None

    @property
    def conversation(self) -> Conversation:
        """What it says; empty when it cannot be read."""
        if self.format is None or not isinstance(self.body, dict):
            return Conversation()
        return self.format.read(self.body)

    def keys(self) -> list[str]:
        """The credentials it carries, without "Bearer"."""
        found = [self.headers[name] for name in _KEY_HEADERS if name in self.headers]
        found += parse_qs(self.query).get("key", [])
        return [value.removeprefix("Bearer ") for value in found]

    def has_key(self, key: str) -> bool:
        """Whether it carries that very credential."""
        return key in self.keys()

    def as_json(self) -> dict[str, Any]:
        """The request for a dump, credentials masked."""
        return {
            "number": self.number,
            "connection": self.connection,
            "time_s": round(self.time_s, 6),
            "method": self.method,
            "path": self.path,
            "query": _masked_query(self.query),
            "headers": {name: _shown(name, value) for name, value in self.headers.items()},
            "body": self.body if self.body is not None else self.raw.decode("utf-8", "replace"),
            "status": self.status,
            "outcome": self.outcome,
            **({"refusal": self.refusal} if self.refusal else {}),
        }

    def __repr__(self) -> str:
        return f"<Request {self.number}: {self.method} {self.path} -> {self.status}>"


def _parsed(raw: bytes) -> tuple[Any, str]:
    """(body, why it is no JSON)."""
    if not raw:
        return None, "the body is empty"
    try:
        return json.loads(raw), ""
    except (ValueError, RecursionError) as error:
        return None, str(error)


def _mask(value: str) -> str:
    scheme, space, key = value.rpartition(" ")
    return f"{scheme}{space}{key[:4]}***" if len(key) > 8 else f"{scheme}{space}***"


def _shown(name: str, value: str) -> str:
    is_secret = name in _SECRET_HEADERS or name.endswith(("-key", "-token", "-secret"))
    return _mask(value) if is_secret else value


def _masked_query(query: str) -> str:
    parts = [part.partition("=") for part in query.split("&")]
    return "&".join(
        f"{name}{equals}{_mask(value) if name in ('key', 'api_key', 'token') else value}"
        for name, equals, value in parts
    )


def dumped(requests: list[Request]) -> str:
    """The requests as JSON lines."""
    return "".join(json.dumps(request.as_json(), ensure_ascii=True) + "\n" for request in requests)


def text_of(content: object) -> str:
    """The text of a message's content: a string, or blocks with a `text`, joined."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(
        block["text"]
        for block in content
        if isinstance(block, dict) and isinstance(block.get("text"), str)
    )


def dicts_of(value: object) -> list[Mapping[str, Any]]:
    """The objects in a list; nothing for what is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
