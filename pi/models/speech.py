"""A provider of an extension that answers requests itself, in the place of a wire format.

    codec = Speech(added, keys, extra.foreign)
    codec.respond(model, context, options, draft, token)      stream events

The extension's `stream(model, context, options, token)` gives the pieces of an answer
(`pi.providers.piece`), for example as a generator. What it takes to ask is in `options`: the key
and the headers are already resolved.
"""

from __future__ import annotations

from pi.auth.apply import headers_of
from pi.extensions.takes import fitting
from pi.providers.piece import play
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pi.auth.resolve import Keys
    from pi.cancel import CancelToken
    from pi.events import StreamEvent
    from pi.models.added import Added
    from pi.models.foreign import Foreign
    from pi.providers.draft import Draft
    from pi.request import Context, Model, Options


class StreamOptions(Value):
    """How a request is to be made. `api_key` is None where the provider names none."""

    thinking: str
    max_tokens: int | None
    session_id: str | None
    temperature: float | None
    api_key: str | None
    headers: Mapping[str, str]


class Speech:
    """See the module's head."""

    def __init__(self, added: Added, keys: Keys, foreign: Foreign) -> None:
        self._added = added
        self._keys = keys
        self._foreign = foreign

    def respond(
        self, model: Model, context: Context, options: Options, draft: Draft, token: CancelToken
    ) -> Iterator[StreamEvent]:
        """The events of an answer. Raises PiError, Cancelled."""
        own = self._options(model, options)
        added = self._added

        def begin() -> object:
            return fitting(added.stream, model, context, own, token)

        yield from play(self._foreign.pull(begin, token, added.source), draft)

    def _options(self, model: Model, options: Options) -> StreamOptions:
        key, headers = None, {}
        if self._added.entry.get("apiKey"):
            credential = self._keys.require(model["provider"])
            key = credential.secret
            headers = headers_of(model, credential, self._keys.values)
        return StreamOptions(
            options.thinking,
            options.max_tokens or model.get("maxTokens"),
            options.session_id,
            options.temperature,
            key,
            headers,
        )
