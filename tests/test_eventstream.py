"""AWS event streams, byte by byte. Frames are written by the fake provider's own encoder."""

from __future__ import annotations

import struct
import uuid
import zlib

import pytest

from pi import eventstream
from pi.errors import ProviderError
from pi.eventstream import MAX_HEADERS, MAX_RECORD, parse
from tests import wirefuzz
from tests.fakeprovider.eventframe import framed

HEADERS = {":message-type": "event", ":event-type": "messageStop"}
ONE = framed(HEADERS, b'{"stopReason":"end_turn"}')

# The example of AWS's guide: one header `content-type: application/json`, payload {'foo':'bar'}.
PUBLISHED = bytes.fromhex(
    "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
    "7b27666f6f273a27626172277d8d9c08b1"
)


def raw(head, payload=b"", total=None, head_size=None):
    """A record with any bytes for headers and any sizes, both checksums right."""
    size = 16 + len(head) + len(payload) if total is None else total
    prelude = struct.pack(">II", size, len(head) if head_size is None else head_size)
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + payload
    return body + struct.pack(">I", zlib.crc32(body))


def failure(*chunks):
    with pytest.raises(ProviderError) as caught:
        list(parse(chunks))
    assert caught.value.kind == "protocol"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_published_example():
    assert list(parse([PUBLISHED])) == [({"content-type": "application/json"}, b"{'foo':'bar'}")]


def test_records_however_they_are_cut_up():
    data = ONE + framed({}, b"") + PUBLISHED + framed({"a": "\u1234" * 500}, b"x" * 70_000)
    whole = list(parse([data]))
    assert [len(payload) for _, payload in whole] == [25, 0, 13, 70_000]
    for chunks in wirefuzz.splits(data, seed=1):
        assert list(parse(chunks)) == whole


def test_a_record_is_given_as_soon_as_it_is_complete():
    def chunks():
        yield ONE[:-1]
        seen.append("before the last byte")
        yield ONE[-1:]
        seen.append("after")

    seen = []
    records = parse(chunks())
    assert next(records)[0] == HEADERS
    assert seen == ["before the last byte"]
    assert list(records) == []


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        (0, b"", True),
        (1, b"", False),
        (2, b"\xff", -1),
        (3, b"\x01\x00", 256),
        (4, b"\xff\xff\xff\xfe", -2),
        (5, b"\x00\x00\x00\x01\x00\x00\x00\x00", 1 << 32),
        (6, b"\x00\x02\x00\xff", b"\x00\xff"),
        (7, b"\x00\x02\xc3\xa9", "\u00e9"),
        (7, b"\x00\x01\xff", "\ufffd"),
        (8, b"\x00\x00\x01\x8b\xcf\xe5\x68\x00", 1_700_000_000_000),
        (9, uuid.UUID(int=7).bytes, uuid.UUID(int=7).hex),
    ],
)
def test_every_type_of_header(kind, data, value):
    head = b"\x01a" + bytes([kind]) + data + b"\x01b\x00"
    assert list(parse([raw(head, b"p")])) == [({"a": value, "b": True}, b"p")]


@pytest.mark.parametrize("at", range(len(ONE)))
def test_one_damaged_bit_anywhere_is_noticed(at):
    damaged = bytearray(ONE)
    damaged[at] ^= 1
    assert "cannot be read" in failure(bytes(damaged), ONE)


@pytest.mark.parametrize("size", range(1, len(ONE)))
def test_an_end_within_a_record(size):
    assert "cut" in failure(ONE + ONE[:size])


def test_what_came_before_a_damaged_record_is_given():
    records = parse([ONE + ONE[:-1] + b"\x00"])
    assert next(records)[0] == HEADERS
    with pytest.raises(ProviderError, match="damaged"):
        next(records)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<html><body>Sign in</body></html>", "no event stream"),
        (b"data: {}\n\n" * 2, "no event stream"),
        (raw(b"", total=MAX_RECORD + 1), "24 MiB"),
        (raw(b"", total=0xFFFFFFFF), "24 MiB"),
        (raw(b"", total=15), "15 bytes"),
        (raw(b"", total=0), "0 bytes"),
        (raw(b"", head_size=1), "headers"),
        (raw(b"", head_size=0xFFFFFFFF), "headers"),
        (raw(b"\x00" * (MAX_HEADERS + 1)), "128 KiB"),
        (raw(b"\x01a\x0a"), "make no sense"),
        (raw(b"\x01a"), "make no sense"),
        (raw(b"\x01a\x04\x00"), "make no sense"),
        (raw(b"\x05a"), "make no sense"),
        (raw(b"\x01a\x07\x00\x09x"), "cut off"),
        (raw(b"\x01a\x09\x00"), "cut off"),
    ],
)
def test_what_is_no_record(data, says):
    assert says in failure(data)


def test_an_announced_size_is_refused_before_it_is_waited_for():
    def chunks():
        yield raw(b"", total=MAX_RECORD + 1)[:12]
        pytest.fail("it was waited for")

    with pytest.raises(ProviderError):
        list(parse(chunks()))


def test_headers_that_are_always_others_do_not_pile_up():
    data = b"".join(framed({"n": str(number)}, b"") for number in range(300))
    assert [headers["n"] for headers, _ in parse([data])] == [str(n) for n in range(300)]
    known = {}
    given = eventstream._complete(data, known)
    assert (len(list(given)), len(known)) == (300, 64)


def test_an_empty_stream_and_empty_chunks():
    assert list(parse([])) == []
    assert list(parse([b"", ONE, b""])) == list(parse([ONE]))
