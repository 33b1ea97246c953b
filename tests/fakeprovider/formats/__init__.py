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

A new format is a new module and a new row.
"""

from __future__ import annotations

from tests.fakeprovider.formats import anthropic_messages, openai_completions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

FORMATS: dict[str, ModuleType] = {
    module.NAME: module for module in (openai_completions, anthropic_messages)
}
"""Wire format -> module."""


def of_path(method: str, path: str) -> ModuleType | None:
    """The format whose requests have this method and path."""
    if method != "POST":
        return None
    return next((module for module in FORMATS.values() if module.PATH.search(path)), None)
