"""Answers: what is sent back to a request, before any fault of delivery.

`Responder` finds it: a wire format's reply from the script, a refusal, a list of models, or what a
local model server would say.
"""

from __future__ import annotations

import json

from pi.value import Value, replace
from tests.fakeprovider import local_server
from tests.fakeprovider.edit import applied, middle
from tests.fakeprovider.fault import Fault
from tests.fakeprovider.refusal import RefusedError
from tests.fakeprovider.vendor_error import found, settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from tests.fakeprovider.reply import Reply
    from tests.fakeprovider.request import Request
    from tests.fakeprovider.script import Script
    from tests.fakeprovider.vendor_error import VendorError

_NOTHING = Fault()


class Answer(Value):
    """A response: status, headers, and the body in pieces. A stream has no known length."""

    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: list[bytes]
    is_stream: bool = False


def json_answer(value: Any, status: int = 200) -> Answer:
    """A JSON body."""
    data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Answer(status, (("content-type", "application/json"),), [data])


def error_answer(error: VendorError, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A vendor's error; `headers` are added, or replace its own."""
    given = tuple((name.lower(), value) for name, value in headers)
    merged = {"content-type": error.content_type, **dict(error.headers), **dict(given)}
    return Answer(error.status, tuple(merged.items()), [error.data])


class Responder:
    """Finds answers.

    `keys`: the credentials that are accepted; none: all, and no credential too. `models`: ids for
    the lists. `local`: the name of a local server to imitate, see `local_server`. `dialect`:
    defaults for `Reply.dialect`. `strict`: whether requests are checked.
    """

    def __init__(
        self,
        script: Script,
        *,
        strict: bool = True,
        keys: Collection[str] = (),
        models: Collection[str] = ("fake-1",),
        local: local_server.LocalServer | None = None,
        dialect: Mapping[str, Any] | None = None,
    ) -> None:
        self.script = script
        self.strict = strict
        self.keys = keys
        self._models = models
        self._local = local
        self._dialect = dict(dialect or {})

    def answer(self, request: Request) -> tuple[Answer, Fault]:
        """The answer to a request, and how it is to be delivered."""
        vendor = request.format.VENDOR if request.format else "openai"
        if self.keys and not any(request.has_key(key) for key in self.keys):
            return error_answer(found("auth", vendor)), _NOTHING
        if request.format is None:
            return self._plain(request), _NOTHING
        try:
            self._check(request)
        except RefusedError as refused:
            request.refusal = str(refused)
            return json_answer(request.format.refusal(refused), refused.status), _NOTHING
        return self._scripted(request)

    def _plain(self, request: Request) -> Answer:
        found_at = self._local.answer(request) if self._local else None
        if found_at is None and request.method == "GET" and request.path.endswith("/models"):
            found_at = local_server.model_list(self._models)
        if found_at is not None:
            return json_answer(found_at)
        message = f"Unknown request URL: {request.method} {request.path}."
        error = {"message": message, "type": "invalid_request_error", "code": "unknown_url"}
        return json_answer({"error": error}, 404)

    def _check(self, request: Request) -> None:
        if self.strict:
            request.format.check(request)
        elif not isinstance(request.body, dict):
            raise RefusedError(f"the body is not a JSON object: {request.problem}")

    def _scripted(self, request: Request) -> tuple[Answer, Fault]:
        reply, fault = self.script.answer(request)
        if reply is None:
            refused = RefusedError("the script of the fake provider has no reply left")
            request.refusal = str(refused)
            return json_answer(request.format.refusal(refused), 400), _NOTHING
        if reply.error is not None:
            error = settled(reply.error, request.format.VENDOR)
            return error_answer(error, reply.headers), fault
        return self._spoken(reply, fault, request)

    def _spoken(self, reply: Reply, fault: Fault, request: Request) -> tuple[Answer, Fault]:
        """A reply in the words of the request's format."""
        if self._dialect:
            reply = replace(reply, dialect={**self._dialect, **(reply.dialect or {})})
        if not getattr(request.format, "is_streamed", _asks_for_stream)(request):
            return json_answer(request.format.whole(reply, request)), fault
        stream = applied(request.format.stream(reply, request), fault.edits)
        records = stream.records
        if fault.after_records is not None:
            fault = replace(fault, after_records=middle(stream, fault.after_records))
        if fault.stream_error:
            error = found(fault.stream_error, request.format.VENDOR)
            records = records[: fault.after_records] + request.format.error_records(error)
        headers = (("content-type", stream.content_type), ("cache-control", "no-cache"))
        return Answer(200, headers + reply.headers, records, is_stream=True), fault


def _asks_for_stream(request: Request) -> bool:
    return bool(request.body.get("stream"))
