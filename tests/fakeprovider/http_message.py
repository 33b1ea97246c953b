"""HTTP/1.1 by hand: reading requests from a stream, writing heads and chunks.

By hand, because the faults need every byte under control, and because it starts in a millisecond.
Source: RFC 9112. Known limits: no trailers are kept, no content encodings.
"""

from __future__ import annotations

from http import HTTPStatus

from tests.fakeprovider.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_LONGEST_LINE = 65_536
_MOST_HEADERS = 200


class BadRequestError(ValueError):
    """What came is no HTTP request; the text says why."""


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(_LONGEST_LINE + 1)
    if len(line) > _LONGEST_LINE:
        raise BadRequestError("a line is longer than 64 KiB")
    return line


def read_request(stream: BinaryIO, go_on: Callable[[bytes], None]) -> Request | None:
    """The next request of a connection; None when the client has closed it.

    `go_on` sends the "100 Continue" a client may wait for. Raises BadRequestError.
    """
    line = _line(stream)
    while line in (b"\r\n", b"\n"):
        line = _line(stream)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequestError(f"not a request line: {line[:100]!r}")
    headers = _read_headers(stream)
    if headers.get("expect", "").lower() == "100-continue":
        go_on(b"HTTP/1.1 100 Continue\r\n\r\n")
    if words[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Request((words[0], words[1], headers), _read_body(stream, headers))


def _read_headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = _line(stream)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not line.endswith(b"\n"):
            raise BadRequestError(f"not a header line: {line[:100]!r}")
        headers[name.strip().lower()] = value.strip()
    raise BadRequestError(f"more than {_MOST_HEADERS} headers")


def _read_body(stream: BinaryIO, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join(iter(lambda: _read_chunk(stream), b""))
    try:
        size = int(headers.get("content-length", "0"))
    except ValueError:
        raise BadRequestError("content-length is not a number") from None
    return _read_exactly(stream, size)


def _read_chunk(stream: BinaryIO) -> bytes:
    try:
        size = int(_line(stream).partition(b";")[0], 16)
    except ValueError:
        raise BadRequestError("a chunk size is not a number") from None
    data = _read_exactly(stream, size)
    _line(stream)
    return data


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise BadRequestError("the body ended early")
    return data


def head(version: str, status: int, headers: dict[str, str]) -> bytes:
    """The status line and headers of a response."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/{version} {status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """One chunk of a chunked body; empty data is the last one."""
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)
