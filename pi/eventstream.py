"""AWS event streams: bytes in, records out.

    parse([b"\\x00\\x00\\x00\\x99...", ...])
        -> ({":message-type": "event", ":event-type": "messageStart", ...}, b'{"role":"assistant"}')

A record is its headers and its payload. On the wire it is a message:

    total size (4)  size of the headers (4)  CRC-32 of these eight bytes (4)
    headers  payload  CRC-32 of everything before (4)

all big-endian. A header is the length of its name (1), the name, a type (1) and a value. Both
checksums are checked and sizes are bounded before anything is waited for, so that an HTML page or
a damaged length is an error at once and not a wait for gigabytes. Unlike a text stream, the input
may end only where a record does.

Source: "Event stream encoding" in the Amazon Lex and Amazon Transcribe guides; the bounds are those
of AWS's own clients. A record costs a microsecond.
"""

from __future__ import annotations

import struct
from zlib import crc32

from pi.errors import ProviderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from typing import Any

    Record = tuple[dict[str, Any], bytes]  # headers (shared: only read them), payload

MAX_RECORD = 24 * 1024 * 1024  # bytes, all in all
MAX_HEADERS = 128 * 1024  # bytes

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
_LEAST = _PRELUDE.size + _CHECKSUM.size
_KEPT_HEADERS = 64  # different sets of headers that are read only once


def parse(chunks: Iterable[bytes]) -> Iterator[Record]:
    """The records of a stream, each as soon as it is complete.

    `chunks` may be split anywhere. Raises ProviderError("protocol") for bytes that are no event
    stream, damaged ones, and an end within a record; and whatever `chunks` raises.
    """
    known: dict[bytes, dict[str, Any]] = {}
    held: list[bytes] = []  # what came of the record under way
    have, need = 0, _PRELUDE.size  # bytes of it, and how many of them to wait for
    for chunk in chunks:
        if have + len(chunk) < need:
            held.append(chunk)
            have += len(chunk)
            continue
        data = b"".join([*held, chunk]) if have else chunk
        rest, need = yield from _complete(data, known)
        held, have = [rest], len(rest)
    if have:
        raise _broken("it ended in the middle of a record: the stream was cut")


def _complete(
    data: bytes, known: dict[bytes, dict[str, Any]]
) -> Generator[Record, None, tuple[bytes, int]]:
    """The records that `data` begins with; returns what is left, and how much of that to wait for.

    `known` keeps headers by their bytes: nearly all records of a stream have the same few.
    """
    start, size = 0, len(data)
    while size - start >= _PRELUDE.size:
        total, head_size, check = _PRELUDE.unpack_from(data, start)
        seed = crc32(data[start : start + 8])
        if seed != check or not _LEAST + head_size <= total <= MAX_RECORD:
            raise _bad_prelude(total, head_size, seed == check)
        if size - start < total:
            return data[start:], total
        record = data[start + 8 : start + total - 4]  # from the prelude's checksum on
        start += total
        if crc32(record, seed) != _CHECKSUM.unpack_from(data, start - 4)[0]:
            raise _broken("a record was damaged on its way (its checksum is wrong)")
        head = record[4 : 4 + head_size]
        headers = known.get(head)
        if headers is None:
            headers = _headers(head)
            if len(known) < _KEPT_HEADERS:
                known[head] = headers
        yield headers, record[4 + head_size :]
    return data[start:], _PRELUDE.size


def _bad_prelude(total: int, head_size: int, is_intact: bool) -> ProviderError:
    if not is_intact:
        return _broken("it is no event stream, or was damaged on its way (a checksum is wrong)")
    if total > MAX_RECORD:
        return _broken(f"a record of more than {MAX_RECORD // 1024**2} MiB was announced")
    return _broken(f"a record of {total} bytes cannot have {head_size} bytes of headers")


def _broken(what: str) -> ProviderError:
    return ProviderError(f"the answer cannot be read: {what}", "protocol")


def _headers(data: bytes) -> dict[str, Any]:
    """The headers of a record. Raises ProviderError("protocol") for what are none."""
    if len(data) > MAX_HEADERS:
        raise _broken(f"a record has more than {MAX_HEADERS // 1024} KiB of headers")
    headers: dict[str, Any] = {}
    at = 0
    try:
        while at < len(data):
            name_end = at + 1 + data[at]
            name = data[at + 1 : name_end].decode("utf-8", "replace")
            headers[name], at = _VALUES[data[name_end]](data, name_end + 1)
    except (IndexError, struct.error, ValueError) as error:
        raise _broken("a record has headers that make no sense") from error
    if at > len(data):
        raise _broken("a record has a header that is cut off")
    return headers


def _number(layout: str) -> Callable[[bytes, int], tuple[int, int]]:
    form = struct.Struct(layout)
    return lambda data, at: (form.unpack_from(data, at)[0], at + form.size)


def _sized(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(data[at : at + 2], "big")
    return data[at + 2 : end], end


def _text(data: bytes, at: int) -> tuple[str, int]:
    value, end = _sized(data, at)
    return value.decode("utf-8", "replace"), end


_VALUES: tuple[Callable[[bytes, int], tuple[Any, int]], ...] = (
    lambda data, at: (True, at),
    lambda data, at: (False, at),
    _number(">b"),
    _number(">h"),
    _number(">i"),
    _number(">q"),
    _sized,
    _text,
    _number(">q"),  # a time in Unix milliseconds
    lambda data, at: (data[at : at + 16].hex(), at + 16),  # a UUID
)
"""A header's type -> function(data, where its value begins) -> (value, where it ends)."""
