"""Bytes to lines to JSON values, however they are cut and whatever they hold."""

from __future__ import annotations

import json
import os
import random
from contextlib import suppress

import pytest

from pi.modes.rpc import framing
from pi.modes.rpc.framing import Lines, ParseError, parse


def cut(data, sizes, limit=1000):
    """The lines of `data`, fed in pieces of these sizes, in turn."""
    lines = Lines(limit)
    found, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        found += lines.feed(data[at : at + size])
        at += size
        turn += 1
    return found + lines.finish()


@pytest.mark.parametrize("sizes", [[1], [2, 3], [1000]])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\n\nb", [b"a\r", b"", b"b"]),
        ("x\u2028y\u2029z\x85\x0b\x0c\n".encode(), ["x\u2028y\u2029z\x85\x0b\x0c".encode()]),
        (b"12345678901\n12\n", [None, b"12"]),
        (b"1234567890\n12345678901", [b"1234567890", None]),
    ],
)
def test_lines_end_in_lf_alone(sizes, data, expected):
    assert cut(data, sizes, limit=10 if b"123" in data else 1000) == expected


def test_a_line_that_is_too_long_is_not_kept():
    lines = Lines(10)
    for _ in range(1000):
        assert lines.feed(b"x" * 100) == []
    assert lines._open == []  # that nothing is kept is the point
    assert lines.feed(b"\nok\n") == [None, b"ok"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"type":"get_state"}\r', {"type": "get_state"}),
        (b' {"a": 1} ', {"a": 1}),
        ('{"a":"\u2028"}'.encode(), {"a": "\u2028"}),
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b'{"a":"\\ud83d\\ude00 \\ud800"}', {"a": "\U0001f600 \ufffd"}),
        (b"5", 5),
        (b"null", None),
        (b"[[]" + b",[]" * 200 + b"]", [[]] * 201),
    ],
)
def test_values(line, expected):
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"", "the line is empty"),
        (b" \r", "the line is empty"),
        (b"{bad", "at column 2"),
        (b"[NaN]", "NaN is no JSON number"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"id":' + b"[" * 900 + b"]" * 900 + b"}", "nested too deeply"),
        (b"[" * 101 + b"1" + b"]" * 101, "nested too deeply"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (None, "longer than 64 MiB"),
    ],
)
def test_what_is_no_json(line, expected):
    with pytest.raises(ParseError, match=expected):
        parse(line)


def test_any_bytes_give_values_or_parse_errors():
    rounds = 100_000 if os.environ.get("PI_TEST_LONG") else 2000
    chance = random.Random(4)
    seeds = [
        json.dumps({"id": "1", "type": "prompt", "message": "h\u00e9 \U0001f600 \ud800"}).encode(),
        b'{"type":"bash","command":"ls","excludeFromContext":true}\r\n{"type":"get_state"}\n',
        b'[1e999,-0,"\\ud800\\udc00",{"a":[null,true]}]\n',
    ]
    for _ in range(rounds):
        data = bytearray(chance.choice(seeds) + chance.choice(seeds))
        for _ in range(chance.randrange(6)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(4))
        lines = cut(bytes(data), [chance.randrange(1, 40)])
        assert lines == cut(bytes(data), [len(data) + 1])
        assert b"\n".join(lines) == bytes(data).removesuffix(b"\n")
        for line in lines:
            with suppress(ParseError):
                json.dumps(parse(line), ensure_ascii=False).encode()


def test_the_limit_leaves_room_for_pictures():
    assert framing.LINE_MAX_BYTES >= 50_000_000
