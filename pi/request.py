"""What an encoder takes and gives: plain values, no socket, no environment, no clock.

`encode(model, context, options) -> Request`. A `Request` is complete but for the credential:
`auth` names how the secret is to be attached and `pi.auth` does it.
"""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypedDict

    from pi.messages import Message

    class ToolDecl(TypedDict, total=False):
        """A tool as the model sees it; the same dict is stored in `toolsAdded`."""

        name: str
        description: str
        parameters: dict[str, Any]  # JSON schema of an object
        constrainedSampling: dict[str, Any]

    class Model(TypedDict, total=False):
        """A catalogue entry, `models.json` fields and all; see the catalogue's README."""

        provider: str
        id: str
        name: str
        api: str  # the wire format
        baseUrl: str
        deployment: str  # the name it is asked for by, where that is not its id (`providers.azure`)
        reasoning: bool
        thinkingLevelMap: dict[str, str | None]
        input: list[str]  # "text", "image"
        inputLimits: dict[str, Any]
        cost: dict[str, Any]  # US dollars per million tokens; absent: unknown
        promptCache: dict[str, int]  # seconds, by retention
        contextWindow: int  # tokens
        maxTokens: int  # tokens
        samplingParams: dict[str, Any]
        samplingParamsByThinkingLevel: dict[str, dict[str, Any]]
        headers: dict[str, str]
        compat: dict[str, Any]


class Context(Value):
    """The conversation as one request sends it, already acceptable to the target model.

    `system` is the rendered prompt, `tools` the declarations in force. `messages` holds user,
    assistant and toolResult messages, and system messages only where the model takes them in
    the middle of a conversation.
    """

    system: str
    tools: list[ToolDecl]
    messages: list[Message]


class Options(Value):
    """How one request is to be made.

    `thinking` is a level the model supports, or "off". `cache` is "none", "short" or "long".
    `budgets` maps thinking levels to tokens. `sampling` is merged into the body last.
    """

    thinking: str = "off"
    max_tokens: int | None = None  # None: the model's own limit
    session_id: str | None = None
    cache: str = "short"
    budgets: Mapping[str, int] | None = None
    temperature: float | None = None
    sampling: Mapping[str, Any] | None = None


_SECRET_SIGNS = ("authorization", "cookie", "key", "secret", "token")
"""What the names of headers and of query parameters that carry credentials have in them."""


class Request(Value):
    """A prepared HTTP request.

    `auth` is how the credential travels: "bearer", "x-api-key", "api-key", "x-goog-api-key",
    "sigv4", "chatgpt" or "none". `framing` is how the answer is cut into records: "sse",
    "aws-event-stream" or "json" (one record, the whole body).
    """

    url: str
    headers: dict[str, str]
    body: bytes
    auth: str = "bearer"
    framing: str = "sse"
    method: str = "POST"

    def secrets(self) -> list[str]:
        """The values of its headers that carry credentials, without the scheme before them."""
        values = [value for name, value in self.headers.items() if _masked(name, value) != value]
        return [value.rpartition(" ")[2] for value in values]

    def __repr__(self) -> str:  # for logs and tracebacks: no credential in it
        headers = {name: _masked(name, value) for name, value in self.headers.items()}
        return (
            f"Request({self.method} {_masked_url(self.url)}, headers={headers}, "
            f"body={self.body!r:.1000}, auth={self.auth!r}, framing={self.framing!r})"
        )


def _masked(name: str, value: str) -> str:
    is_secret = any(sign in name.lower() for sign in _SECRET_SIGNS)
    return "***" if is_secret and value else value


def _masked_url(url: str) -> str:
    start, mark, query = url.partition("?")
    scheme, colon, rest = start.partition("://")
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        authority = f"***@{authority.rpartition('@')[2]}"
    pairs = [pair.partition("=") for pair in query.split("&")]
    query = "&".join(f"{name}{equals}{_masked(name, value)}" for name, equals, value in pairs)
    return f"{scheme}{colon}{authority}{slash}{path}{mark}{query}"
