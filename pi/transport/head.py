"""HTTP/1.1 heads as bytes: a request's out, an answer's in. No socket, no clock.

    encode_head("POST", "/v1/chat", {"Host": "x"})   b"POST /v1/chat HTTP/1.1\\r\\nHost: x..."

    reader = HeadReader()
    while (head := reader.feed(receive())) is None: ...
    reader.rest                            # what came after the head

Source: RFC 9112. Accepted beyond it: lines that end in a bare LF. Not accepted: HTTP/0.9, heads
over 256 KiB, a switch to another protocol.
"""

from __future__ import annotations

import re

from pi.errors import ProviderError
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEAD = 256 * 1024  # bytes of an answer's head, with all interim (1xx) heads before it

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_HEAD_END = re.compile(rb"\n\r?\n")


class MalformedError(Exception):
    """The answer is not acceptable HTTP/1.1; the text completes "the answer ..."."""


class Head(Value):
    """An answer's head. `headers` has lower-case names, repeated ones joined with ", "."""

    minor: int  # 1 of HTTP/1.1
    status: int
    headers: dict[str, str]

    @property
    def keeps_alive(self) -> bool:
        """Whether the peer will take another request on this connection."""
        options = {
            option.strip() for option in self.headers.get("connection", "").lower().split(",")
        }
        if "transfer-encoding" in self.headers and "content-length" in self.headers:
            return False  # the two can be read in two ways: RFC 9112 section 6.3
        return "close" not in options if self.minor else "keep-alive" in options


def encode_head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """A request's head. Raises ProviderError("bad_request") for what cannot be sent safely."""
    if not _TOKEN.fullmatch(method):
        raise ProviderError("the request's method is not a valid HTTP method", "bad_request")
    lines = [f"{method} {target} HTTP/1.1\r\n"]
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            start = _TOKEN.match(name)  # no more: a misplaced key may follow
            raise ProviderError(
                f"a header's name is not valid (it begins {start[0] if start else ''!r:.40}): "
                "correct the configured headers",
                "bad_request",
            )
        if not _VALUE.fullmatch(value):
            raise ProviderError(
                f"the header {name} holds a line break or a character that HTTP cannot carry: "
                "check the key or the configured headers",
                "bad_request",
            )
        lines.append(f"{name}: {value}\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


class HeadReader:
    """Gathers an answer's head; interim answers (1xx) are passed over.

    `rest` holds what came after the head. Raises MalformedError as soon as that is certain.
    """

    def __init__(self) -> None:
        self.rest = b""
        self.started = False  # whether any byte has come
        self._taken = 0

    def feed(self, data: bytes) -> Head | None:
        """Take bytes in; returns the final head once it is complete."""
        self.started = self.started or bool(data)
        searched = max(0, len(self.rest) - 2)
        buffer = self.rest + data
        while True:
            end = _HEAD_END.search(buffer, searched)
            if end is None:
                self.rest = buffer
                self._check(buffer)
                return None
            self._taken += end.end()
            head = parse_head(buffer[: end.start()])
            buffer = buffer[end.end() :]
            searched = 0
            if head.status >= 200:
                self.rest = buffer
                return head
            if head.status == 101:
                raise MalformedError("switches to another protocol, which was not asked for")
            self._check(b"")

    def _check(self, buffer: bytes) -> None:
        if not buffer.startswith(b"HTTP/1."[: len(buffer)]):
            raise MalformedError(_what_instead(buffer))
        if self._taken + len(buffer) > MAX_HEAD:
            raise MalformedError(f"has more than {MAX_HEAD // 1024} KiB of headers")


def _what_instead(start: bytes) -> str:
    if start[:2] in (b"\x15\x03", b"\x16\x03"):
        return "is TLS, not HTTP: write https:// in the base URL"
    if start.startswith(b"HTTP/"):
        return "is of another HTTP version than 1.1"
    return "is not HTTP: check the host and port"


def parse_head(block: bytes) -> Head:
    """Read a head without its final blank line. Raises MalformedError."""
    status_line, *lines = block.split(b"\n")
    minor, status = _status_of(status_line.removesuffix(b"\r"))
    headers: dict[str, str] = {}
    name = ""
    for line in lines:
        line = line.removesuffix(b"\r")
        if b"\r" in line or b"\0" in line:
            raise MalformedError("has a header with a control character in it")
        text = line.decode("latin-1")
        if text[:1] in (" ", "\t") and name:  # an obsolete folded line
            headers[name] = f"{headers[name]} {text.strip()}"
            continue
        name, colon, value = text.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon or not name:
            raise MalformedError("has a header line without a name and a colon")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(minor, status, headers)


def _status_of(line: bytes) -> tuple[int, int]:
    """(minor version, status) of `HTTP/1.1 200 OK`; the phrase may be missing."""
    if not line.startswith(b"HTTP/1."):
        raise MalformedError(_what_instead(line))
    minor, status = line[7:8], line[9:12]
    if not (minor + status).isdigit() or line[8:9] != b" " or line[12:13] not in (b"", b" "):
        raise MalformedError("has a status line that cannot be read")
    if len(status) < 3 or status < b"100":
        raise MalformedError("has a status that is not a number from 100 to 999")
    return int(minor), int(status)
