"""The wire format `mistral-conversations`: Mistral's chat API, despite the name.

    POST {baseUrl}/v1/chat/completions    {"model", "stream": true, "messages", ...}
    answer: SSE of chat.completion.chunk objects, then `[DONE]`

The service also has an API called Conversations, which keeps them; nothing here uses it. Answers
are chunks as in Chat Completions and are read by `openai_answer`; their content is text, or a list
of text and thinking parts, in any order, and is kept in that order. Messages: `mistral_messages`.

How much to think is said in one of two ways. A model with a level map takes `reasoning_effort`, the
map's word for the level ("high" for one it does not name). One without takes `prompt_mode:
"reasoning"`, which is all or nothing.

A call's id has nine letters and digits; see `handover.ID_RULES`. A model's `samplingParams` do not
apply to this format. Sources: Mistral's API reference; the reference's models-configuration page,
and the requests it sends.
"""

from __future__ import annotations

from pi.providers import thinking
from pi.providers.endpoint import url_of
from pi.providers.limits import output_limit
from pi.providers.mistral_messages import converted
from pi.providers.openai_answer import Answer, read
from pi.providers.openai_blocks import InTurns
from pi.providers.openai_cache import cache_key, session_headers
from pi.providers.openai_calls import Calls
from pi.providers.openai_tools import declared
from pi.request import Request
from pi.text.jsontext import dump_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pi.events import StreamEvent
    from pi.providers.draft import Draft
    from pi.request import Context, Model, Options

_ID_LENGTH = 9
_UNNAMED_EFFORT = "high"
_TOOL_SWITCHES = {"supportsOpenAIGrammarTools": False, "supportsStrictMode": True}


def encode(model: Model, context: Context, options: Options) -> Request:
    """The request for the next answer.

    Raises ProviderError("bad_request") when the model has no URL, or when a tool insists on what
    cannot be had.
    """
    messages = converted(context)
    body: dict[str, Any] = {"model": model["id"], "stream": True, "messages": messages}
    tools = declared(context.tools, _TOOL_SWITCHES)
    if tools:
        body["tools"] = tools
    if options.temperature is not None:
        body["temperature"] = options.temperature
    limit = output_limit(model, context, options)
    if limit is not None:
        body["max_tokens"] = limit
    body.update(_thinking(model, options))
    body.update(cache_key(options))
    body.update(options.sampling or {})
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream",
        **session_headers(options, ("x-affinity",)),
    }
    return Request(url_of(model, "/v1/chat/completions"), headers, dump_bytes(body, spent=messages))


def _thinking(model: Model, options: Options) -> dict[str, str]:
    if not model.get("reasoning"):
        return {}
    level = thinking.effective(model, options.thinking)
    if isinstance(model.get("thinkingLevelMap"), dict):
        effort = thinking.mapped_value(model, level)
        if effort is None and level != "off":
            effort = _UNNAMED_EFFORT
        return {"reasoning_effort": effort} if effort else {}
    return {} if level == "off" else {"prompt_mode": "reasoning"}


def decode(records: Iterable[tuple[str | None, str]], draft: Draft) -> Iterator[StreamEvent]:
    """The events of an answer. Raises ProviderError as `openai_answer.read` does."""
    calls = Calls(draft, lambda digest: digest[:_ID_LENGTH])
    return read(records, draft, Answer(draft, InTurns(draft), calls))
