"""Delivery: an answer and a fault become bytes, pauses and an end of the connection.

`deliver` is a function of an `Answer`, a `Fault` and a `Line`, the few things one can do with a
connection; it returns how it went (`Request.outcome`).
"""

from __future__ import annotations

import time

from pi.value import replace
from tests.fakeprovider.http_message import chunk, head
from tests.fakeprovider.vendor_error import with_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from tests.fakeprovider.answer import Answer
    from tests.fakeprovider.fault import Fault

    class Line(Protocol):
        """What one can do with a connection. Raises GoneError when nobody is there."""

        def send(self, data: bytes) -> None: ...
        def pause(self, delay_s: float) -> None: ...
        def hold(self) -> None: ...
        def stall(self) -> None: ...
        def reset(self) -> None: ...


class GoneError(Exception):
    """The client has left, or the server is stopping."""


def deliver(answer: Answer, fault: Fault, line: Line, keep: bool) -> tuple[str, bool]:
    """Send the answer as the fault has it. Returns (outcome, whether the connection lives on).

    `keep` says whether the client wants to use the connection again.
    """
    answer = _altered(answer, fault)
    keep = keep and fault.close == "" and fault.http != "1.0"
    framing = fault.framing or ("chunked" if answer.is_stream else "length")
    if framing == "chunked" and fault.http == "1.0":
        framing = "close"
    if fault.headers_delay_ms:
        line.pause(fault.headers_delay_ms / 1000)
    if fault.where == "headers" and fault.end != "normal":
        return _end(fault, line), False
    keep = keep and framing != "close"
    line.send(_head(answer, fault, framing, keep or fault.close == "silent"))
    for data, delay_s, is_held in _sends(answer.pieces, fault, framing):
        if is_held:
            line.hold()
        if delay_s:
            line.pause(delay_s)
        line.send(data)
    if fault.end != "normal":
        return _end(fault, line), False
    if framing == "chunked":
        line.send(chunk(b""))
    return "sent", keep


def _altered(answer: Answer, fault: Fault) -> Answer:
    """The answer with the fault's other status, headers and body."""
    given = tuple((name.lower(), value) for name, value in fault.headers)
    if fault.content_type:
        given += (("content-type", fault.content_type),)
    headers = tuple({**dict(answer.headers), **dict(given)}.items())
    answer = replace(answer, status=fault.status or answer.status, headers=headers)
    if fault.body is not None:
        answer = replace(answer, pieces=[fault.body.encode()], is_stream=False)
    return answer


def _end(fault: Fault, line: Line) -> str:
    if fault.end == "stall":
        line.stall()
        return "stalled"
    if fault.end == "reset":
        line.reset()
        return "reset"
    return "cut"


def _head(answer: Answer, fault: Fault, framing: str, keep: bool) -> bytes:
    now = time.time()
    headers = {"date": with_time("{http+0}", now), "server": "fakeprovider"}
    headers.update((name, with_time(value, now)) for name, value in answer.headers)
    if framing == "length":
        headers["content-length"] = str(sum(map(len, answer.pieces)))
    elif framing == "chunked":
        headers["transfer-encoding"] = "chunked"
    headers["connection"] = "keep-alive" if keep else "close"
    return head(fault.http, answer.status, headers)


def _shortened(pieces: list[bytes], fault: Fault) -> list[bytes]:
    """The pieces before the point where the body ends early."""
    if fault.end == "normal":
        return pieces
    if fault.after_records is not None:
        pieces = pieces[: fault.after_records]
    if fault.after_bytes is None:
        return pieces
    found, left = [], fault.after_bytes
    for piece in pieces:
        if left <= 0:
            break
        found.append(piece[:left])
        left -= len(piece)
    return found


def _sends(pieces: list[bytes], fault: Fault, framing: str) -> Iterator[tuple[bytes, float, bool]]:
    """(bytes, seconds to wait before, whether to hold before) for every send."""
    pieces = _shortened(pieces, fault)
    hold_at = fault.hold_after_records
    if fault.chunk_bytes:
        whole = b"".join(pieces)
        size = fault.chunk_bytes
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    if framing == "chunked":
        extension = b";fake=1" if fault.chunk_extension else b""
        pieces = [chunk(piece, extension) for piece in pieces if piece]
    together = fault.records_per_send or len(pieces) or 1
    at = 0
    while at < len(pieces):
        until = at + together
        if hold_at is not None and at < hold_at < until:
            until = hold_at
        data = b"".join(pieces[at:until]) if until - at > 1 else pieces[at]
        yield data, fault.delta_delay_ms / 1000 if at else 0, at == hold_at
        at = until
    if hold_at is not None and hold_at >= len(pieces):
        yield b"", 0, True
