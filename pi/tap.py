"""What may look at, and change, one request on its way out and its answer on the way in.

    taps = Taps(headers=lambda headers: {**headers, "x-trace": "1"})
    client.stream(model, messages, options, token, taps=taps)

    headers   before a credential is attached: name -> value; None as a value takes a header away,
              even one that would be attached with the credential
    payload   the body, where it is JSON; what comes back is sent (and signed, where that is due)
    response  status and headers of the answer, before its stream is read
    record    the model that answers and each parsed record of its stream, before it is decoded; to
              look at only

A tap must not raise. None: nobody looks.
"""

from __future__ import annotations

import json
import re

from pi.text.jsontext import dump_bytes
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from pi.request import Model, Request

    Headers = Mapping[str, str | None]

_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"


class Taps(Value):
    """The four taps of a request; see the module's head."""

    headers: Callable[[dict[str, str | None]], Headers] | None = None
    payload: Callable[[Any], Any] | None = None
    response: Callable[[int, dict[str, str]], object] | None = None
    record: Callable[[Model, Any], object] | None = None


NO_TAPS = Taps()


def changed(request: Request, taps: Taps) -> tuple[Request, Headers]:
    """A request after its taps, and the headers that were changed, for `with_headers`."""
    changes: Headers = {}
    if taps.headers is not None:
        before = request.headers
        after = taps.headers(dict(before))
        changes = {n: after[n] for n in after if n not in before or before[n] != after[n]}
        changes.update({name: None for name in before if name not in after})
        request = with_headers(request, changes)
    if taps.payload is not None:
        request = _with_payload(request, taps.payload)
    return request, changes


def with_headers(request: Request, changes: Headers) -> Request:
    """A request with these headers over its own, whatever their case; None takes one away."""
    if not changes:
        return request
    names = {name.lower() for name in changes}
    kept = {name: value for name, value in request.headers.items() if name.lower() not in names}
    added = {name: value for name, value in changes.items() if value is not None}
    return replace(request, headers={**kept, **added})


def why_not_header(name: object, value: object) -> str | None:
    """What keeps a header from being sent; None if nothing does."""
    if not isinstance(name, str) or not re.fullmatch(_NAME, name):
        return f"{name!r} cannot be the name of a header"
    if value is not None and not isinstance(value, str):
        return f"the header {name} must be a text, or None to leave it out"
    if value is not None and not (value.isascii() and value.isprintable()):
        return f"the header {name} must be printable ASCII on one line"
    return None


def _with_payload(request: Request, tap: Callable[[Any], Any]) -> Request:
    try:
        payload = json.loads(request.body)
    except ValueError:  # not JSON: there is nothing to offer
        return request
    after = tap(payload)
    if after == payload:
        return request  # byte for byte as the encoder wrote it
    return replace(request, body=dump_bytes(after))


def watched(
    records: Iterable[Any], framing: str, model: Model, tap: Callable[[Model, Any], object]
) -> Iterator[Any]:
    """The records themselves, each shown to `tap` first, as data."""
    read = _READ.get(framing, _sse)
    for record in records:
        data = read(record)
        if data is not None:
            tap(model, data)
        yield record


def _sse(record: Any) -> Any:
    """The data of a server-sent event, or of a whole body; None for an end mark that is no JSON."""
    return _parsed(record[1])


def _frame(record: Any) -> Any:
    """A frame of an AWS event stream as `{<event type>: <payload>}`."""
    headers, payload = record
    kind = headers.get(":event-type") or headers.get(":exception-type") or "event"
    return {kind: _parsed(payload)}


def _parsed(data: str | bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


_READ = {"sse": _sse, "json": _sse, "aws-event-stream": _frame}
