"""Server-sent events: bytes in, records out.

    parse([b"event: ping\\ndata: {}\\n\\nda", b"ta: 1\\r\\n\\r\\n"])
        -> ("ping", "{}"), (None, "1")

A record is an event name (None when it has none) and its data, several data lines joined with LF.
Lines end in LF, CRLF or CR; a byte order mark, comments, `id`, `retry` and unknown fields are
passed over; a record without data is nothing (gateways send such to keep the line warm). Invalid
UTF-8 is replaced by U+FFFD.

At the end of the input an unfinished record counts: the transport vouches that the body was not
cut, and servers exist that leave the last blank line out. Where a body has no length, half a line
may slip through so; that it is no whole record is for the decoder to see, which insists on its
format's own end marker anyway.

Source: WHATWG HTML, "Server-sent events". A record that is all in one piece, as nearly all are,
costs 0.2 to 0.7 microseconds.
"""

from __future__ import annotations

from itertools import chain

from pi.errors import ProviderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_RECORD = 64 * 1024 * 1024  # bytes

_END = (b"\n\n",)  # ends a record that the input left unfinished


def parse(chunks: Iterable[bytes]) -> Iterator[tuple[str | None, str]]:
    """The records of a stream, each as soon as it is complete.

    `chunks` may be split anywhere. Raises ProviderError("protocol") for a record over MAX_RECORD
    bytes, and whatever `chunks` raises.
    """
    held: list[bytes] = []  # the record under way, LF only
    size = 0  # of it
    after_cr = False
    for chunk in chain(filter(None, chunks), _END):
        if after_cr or 13 in chunk:
            chunk, after_cr = _lf_only(chunk, after_cr)
        blocks = chunk.split(b"\n\n")
        if held:
            size += len(chunk)
            if len(blocks) == 1 and not (chunk.startswith(b"\n") and held[-1].endswith(b"\n")):
                _hold(held, chunk, size)
                continue
            blocks = b"".join([*held, chunk]).split(b"\n\n")
        rest = blocks.pop()
        held = [rest] if rest else []
        size = len(rest)
        for block in blocks:
            text = block.decode("utf-8", "replace")
            head, _, data = text.partition("data: ")
            name = None
            if "\n" in data:
                name, data = _fields(text)
            elif head:  # "event: NAME" and LF, if it is the other common shape
                if head.startswith("event: ") and head.find("\n") == len(head) - 1:
                    name = head[7:-1] or None
                else:
                    name, data = _fields(text)
            if data:
                yield name, data


def _hold(held: list[bytes], chunk: bytes, size: int) -> None:
    if size > MAX_RECORD:
        raise ProviderError("the answer has a record of more than 64 MiB", "protocol")
    if chunk:
        held.append(chunk)


def _fields(text: str) -> tuple[str | None, str]:
    """(name, data) of one record."""
    name = None
    lines = []
    for line in text.removeprefix("\ufeff").split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            lines.append(value)
        elif field == "event":
            name = value or None
    return name, "\n".join(lines)


def _lf_only(chunk: bytes, after_cr: bool) -> tuple[bytes, bool]:
    """The chunk with every line end turned into LF, and whether its last one was a CR.

    A CR at the end of a chunk is a line end at once: waiting for its LF could delay the last record
    of a stream for ever. `after_cr`: whether the chunk before ended so.
    """
    if not chunk:
        return chunk, after_cr
    ends_in_cr = chunk[-1] == 13
    if after_cr:
        chunk = chunk.removeprefix(b"\n")
    return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), ends_in_cr
