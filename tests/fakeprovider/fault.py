"""Faults: how an answer goes wrong, or is merely sent in an unusual way.

A `Fault` is a set of independent deviations; `NAMED` has a name for each that tests, scripts and
the command line use. `fault_of` reads a name, an object with fields, or a list of both, merged:

    "cut-mid-stream"     {"end": "stall", "after_records": 3}     ["crlf", {"delta_delay_ms": 5}]

Records are the units of the stream (an SSE event), counted from 0; -1 means half of those before
the end marker. What ends a response early:

    cut      the connection is closed, without the terminating chunk
    reset    the connection is reset (RST); what was sent may still be read
    stall    nothing more comes until the client leaves or the server stops

Known limit: a reset drops what the client's full receive window kept from being sent.
"""

from __future__ import annotations

from pi.value import Value, replace
from tests.fakeprovider.edit import EDITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Fault(Value):
    """Deviations of one answer; the defaults are an honest one."""

    end: str = "normal"  # normal, cut, reset, stall
    where: str = "body"  # where it ends: headers (before them), body
    after_records: int | None = None  # the body ends after so many records
    after_bytes: int | None = None  # or after so many bytes
    hold_after_records: int | None = None  # wait there for FakeProvider.release()
    headers_delay_ms: float = 0
    delta_delay_ms: float = 0  # before each record but the first
    edits: tuple[tuple[Any, ...], ...] = ()  # changes of the records, see `edit`
    stream_error: str = ""  # a vendor error inside the stream, after `after_records`
    status: int = 0  # another status
    content_type: str = ""  # another content type
    body: str | None = None  # another body
    headers: tuple[tuple[str, str], ...] = ()  # further or other headers
    reply: tuple[tuple[str, Any], ...] = ()  # fields of the Reply that change
    framing: str = ""  # chunked, length, close; "": chunked for streams, length otherwise
    http: str = "1.1"  # the version in the status line; 1.0 is never chunked
    close: str = ""  # announced: "Connection: close"; silent: closed without a word
    chunk_bytes: int = 0  # size of every chunk; 0: one chunk a record
    chunk_extension: bool = False
    records_per_send: int = 1  # records handed to one send(); 0: all
    refuse_s: float = 0  # after this answer, connections are refused for so long

    @property
    def is_spoiling(self) -> bool:
        """Whether the answer becomes useless, so that a client must ask again."""
        return (
            self.end != "normal"
            or bool(self.stream_error or self.status or self.content_type)
            or self.body is not None
            or any(edit[0] in SPOILING_EDITS for edit in self.edits)
        )


SPOILING_EDITS = ("corrupt", "not-object", "drop-end")

_HTML = (
    "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n"
    '<body><h1>Guest access</h1><form action="/login"></form></body></html>\n'
)
_GATEWAY_HTML = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
    "</body>\r\n</html>\r\n"
)
_MEGABYTE = 1_000_000

NAMED: dict[str, Fault] = {
    # the connection
    "reset-before-headers": Fault(end="reset", where="headers"),
    "close-before-headers": Fault(end="cut", where="headers"),
    "stall-before-headers": Fault(end="stall", where="headers"),
    "reset-mid-stream": Fault(end="reset", after_records=-1),
    "cut-mid-stream": Fault(end="cut", after_records=-1),
    "cut-mid-record": Fault(end="cut", after_bytes=400),
    "stall-mid-stream": Fault(end="stall", after_records=-1),
    "cut-after-end": Fault(end="cut"),
    "refuse-next": Fault(refuse_s=0.3, close="silent"),
    # time
    "slow-headers": Fault(headers_delay_ms=300),
    "slow-deltas": Fault(delta_delay_ms=20),
    # the stream's content
    "no-end-marker": Fault(edits=(("drop-end",),)),
    "no-last-record": Fault(edits=(("drop-last",),)),
    "corrupt-record": Fault(edits=(("corrupt",),)),
    "not-object-record": Fault(edits=(("not-object",),)),
    "bad-utf8": Fault(edits=(("bad-utf8",),)),
    "duplicate-record": Fault(edits=(("duplicate",),)),
    "huge-record": Fault(edits=(("huge", -1, 50 * _MEGABYTE),)),
    "stream-error": Fault(stream_error="overloaded", after_records=-1),
    "stream-server-error": Fault(stream_error="server_error", after_records=-1),
    "split-emoji": Fault(reply=(("split", "halves"),)),
    # the stream's clothes
    "crlf": Fault(edits=(("line-end", "\r\n"),)),
    "cr": Fault(edits=(("line-end", "\r"),)),
    "no-space": Fault(edits=(("no-space",),)),
    "comments": Fault(edits=(("comments", 3),)),
    "comment-flood": Fault(edits=(("comments", 200),)),
    "ids": Fault(edits=(("ids",),)),
    "unknown-events": Fault(edits=(("unknown-events",),)),
    "multi-line-data": Fault(edits=(("multi-line",),)),
    "bom": Fault(edits=(("bom",),)),
    # another answer
    "html-200": Fault(content_type="text/html; charset=utf-8", body=_HTML),
    "html-502": Fault(status=502, content_type="text/html", body=_GATEWAY_HTML),
    "array-200": Fault(content_type="application/json", body="[]"),
    "object-200": Fault(content_type="application/json", body='{"status": "ok"}'),
    "string-200": Fault(content_type="application/json", body='"ok"'),
    "empty-200": Fault(content_type="text/event-stream", body=""),
    "empty-400": Fault(status=400, body=""),
    "wrong-content-type": Fault(content_type="text/plain"),
    # usage
    "usage-none": Fault(reply=(("usage", "none"),)),
    "usage-null": Fault(reply=(("usage", "null"),)),
    "usage-negative": Fault(reply=(("usage", "negative"),)),
    "usage-absurd": Fault(reply=(("usage", "absurd"),)),
    "usage-inconsistent": Fault(reply=(("usage", "inconsistent"),)),
    "usage-text": Fault(reply=(("usage", "text"),)),
    # HTTP
    "http-1.0": Fault(http="1.0", close="announced"),
    "close": Fault(close="announced"),
    "silent-close": Fault(close="silent"),
    "until-close": Fault(framing="close", close="announced"),
    "content-length": Fault(framing="length"),
    "one-byte-chunks": Fault(chunk_bytes=1, records_per_send=0),
    "three-byte-chunks": Fault(chunk_bytes=3, records_per_send=0),
    "chunk-extension": Fault(chunk_extension=True),
    "coalesced": Fault(records_per_send=0),
}

_CHOICES = {
    "end": ("normal", "cut", "reset", "stall"),
    "where": ("headers", "body"),
    "framing": ("", "chunked", "length", "close"),
    "http": ("1.1", "1.0"),
    "close": ("", "announced", "silent"),
}
_PAIRS = ("headers", "reply")
_ADDED = ("edits", *_PAIRS)
_DEFAULT = Fault()
_NUMBER_TYPES = (int, float)


def _types_of(default: object) -> tuple[type, ...]:
    """What a field may hold, judged by its default."""
    if default is None or type(default) in _NUMBER_TYPES:
        return _NUMBER_TYPES
    return (type(default),)


_TYPES = {
    **{name: _types_of(getattr(_DEFAULT, name)) for name in Fault.__slots__},
    "body": (str,),
}


def fault_of(value: object) -> Fault:
    """The Fault a description means. Raises ValueError."""
    if isinstance(value, Fault):
        return value
    if isinstance(value, str):
        if value not in NAMED:
            raise ValueError(f'unknown fault "{value}"; known are: {", ".join(NAMED)}')
        return NAMED[value]
    if isinstance(value, (list, tuple)):
        fault = Fault()
        for item in value:
            fault = merged(fault, fault_of(item))
        return fault
    if isinstance(value, dict):
        return _from_fields(value)
    raise ValueError(f"a fault is a name, an object or a list, got {type(value).__name__}")


def _from_fields(value: dict[str, Any]) -> Fault:
    fields = dict(value)
    for name, item in value.items():
        if name not in Fault.__slots__:
            known = ", ".join(Fault.__slots__)
            raise ValueError(f'unknown fault field "{name}"; known are: {known}')
        if name in _CHOICES and item not in _CHOICES[name]:
            raise ValueError(f'fault field "{name}" must be one of {_CHOICES[name]}, got {item!r}')
        if name in _PAIRS:
            fields[name] = tuple(dict(item).items())
        elif name == "edits":
            fields[name] = tuple(_edit(edit) for edit in item)
        elif not isinstance(item, _TYPES[name]):
            raise ValueError(f'fault field "{name}" cannot be {item!r}')
    return Fault(**fields)


def _edit(value: Any) -> tuple[Any, ...]:
    edit = (value,) if isinstance(value, str) else tuple(value)
    if not edit or edit[0] not in EDITS:
        raise ValueError(f"unknown edit {value!r}; known are: {', '.join(EDITS)}")
    return edit


def merged(first: Fault, second: Fault) -> Fault:
    """Both faults at once; where they disagree the second one wins."""
    changes = {
        name: getattr(second, name)
        for name in Fault.__slots__
        if getattr(second, name) != getattr(_DEFAULT, name)
    }
    for name in _ADDED:
        changes[name] = getattr(first, name) + getattr(second, name)
    return replace(first, **changes)
