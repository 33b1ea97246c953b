"""The wire formats the fake provider speaks: one module each, found by the request's path.

A format module has:

    NAME                  "openai-completions", as in a model's `api`
    VENDOR                whose errors a bare kind means ("openai")
    BASE_PATH             what a client's base URL has after the host ("/v1")
    PATH                  a pattern; the request paths it answers
    check(request)        raises `RefusedError` for what a strict vendor would not accept
    read(body)            the request as a `Conversation`; never raises
    stream(reply, request)        the answer as a `Stream` of records
    whole(reply, request)         the answer as one JSON object
    error_records(error)          a vendor error inside a stream
    refusal(refused)              the body that answers a failed check
    is_streamed(request)          optional: whether a stream is wanted, where not `stream` says so

A new format is a new module and a new row.
"""

from __future__ import annotations

from tests.fakeprovider.formats import (
    anthropic_messages,
    azure_openai_responses,
    bedrock_converse_stream,
    google_generative_ai,
    google_vertex,
    mistral_conversations,
    openai_codex_responses,
    openai_completions,
    openai_responses,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

FORMATS: dict[str, ModuleType] = {
    module.NAME: module
    for module in (
        mistral_conversations,
        openai_completions,
        anthropic_messages,
        bedrock_converse_stream,
        azure_openai_responses,
        openai_codex_responses,
        openai_responses,
        google_vertex,
        google_generative_ai,
    )
}
"""Wire format -> module. Where the path of one ends as that of another does (Mistral's as that of
chat completions, Azure's as that of responses), the longer one stands before it."""


def of_path(method: str, path: str) -> ModuleType | None:
    """The format whose requests have this method and path."""
    if method != "POST":
        return None
    return next((module for module in FORMATS.values() if module.PATH.search(path)), None)
