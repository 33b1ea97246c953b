"""From bytes to commands: lines end in LF alone, and each is one JSON value.

    lines = Lines()
    lines.feed(b'{"type":"get_state"}\\r\\n{"ty')     [b'{"type":"get_state"}\\r']
    lines.finish()                                  [b'{"ty']: the last line may lack its end
    parse(b'{"type":"get_state"}\\r')                {"type": "get_state"}

U+2028 and U+2029 are ordinary characters. A CR before the LF is passed over. A line of more than
LINE_MAX_BYTES is not kept: `None` stands for it. Bytes that are no UTF-8 and halves of surrogate
pairs become U+FFFD.
"""

from __future__ import annotations

import json

from pi.text.jsontext import is_too_deep
from pi.text.unicode import clean_json, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LINE_MAX_BYTES = 64 << 20
"""The longest line: room for a dozen large pictures."""


class ParseError(ValueError):
    """A line that is no JSON; the text says why."""


class Lines:
    """Cuts chunks of any size into lines."""

    def __init__(self, limit: int = LINE_MAX_BYTES) -> None:
        self._limit = limit
        self._open: list[bytes] = []  # the line in progress
        self._size = 0  # its bytes, those not kept included

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that `data` ends."""
        *ended, rest = data.split(b"\n")
        lines = []
        for part in ended:
            self._add(part)
            lines.append(self._take())
        self._add(rest)
        return lines

    def finish(self) -> list[bytes | None]:
        """What is left when no more comes: the last line, if it was not ended."""
        return [self._take()] if self._size else []

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            self._open.clear()
        elif part:
            self._open.append(part)

    def _take(self) -> bytes | None:
        line = None if self._size > self._limit else b"".join(self._open)
        self._open.clear()
        self._size = 0
        return line


def parse(line: bytes | None) -> Any:
    """The JSON value of a line. Raises ParseError."""
    if line is None:
        raise ParseError(f"the line is longer than {LINE_MAX_BYTES >> 20} MiB")
    text = decode(line.removesuffix(b"\r"))
    try:
        value = json.loads(text, parse_constant=_refuse)
        if is_too_deep(value):  # it could not be repeated in an answer
            raise ParseError("it is nested too deeply")
        return clean_json(value) if "\\u" in text else value
    except json.JSONDecodeError as error:
        if not text.strip():
            raise ParseError("the line is empty") from None
        raise ParseError(f"{error.msg} at column {error.pos + 1}") from None
    except RecursionError:
        raise ParseError("it is nested too deeply") from None
    except ValueError as error:  # one of ours, or a number with more digits than Python takes
        raise ParseError(str(error)) from None


def _refuse(name: str) -> object:
    raise ParseError(f"{name} is no JSON number")
