from __future__ import annotations

import math
import sys

import pytest

from pi.errors import SessionError
from pi.store.line import BLANK, Damaged, encode_entry, encode_line, records
from tests.sessionkit import answer, header, line, user


def values(data: bytes) -> list:
    return [value for _, _, value in records(data)]


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ({"a": 1, "b": "ü\u2028\n"}, '{"a":1,"b":"ü\u2028\\n"}\n'.encode()),
        ({"a": "\ud83d\ude00"}, '{"a":"\U0001f600"}\n'.encode()),
        ({"a": "x\ud83cy", "\udc00": 1}, '{"a":"x\ufffdy","\ufffd":1}\n'.encode()),
        ({"a": math.nan, "b": [math.inf, (1.5,)]}, b'{"a":null,"b":[null,[1.5]]}\n'),
    ],
)
def test_a_line_is_one_line_of_json_that_reads_back(value, data):
    assert encode_line(value) == data
    stored, seen = encode_entry(value)
    assert stored == data
    assert values(data) == [seen]


def test_what_needs_no_mending_stays_the_same_object():
    entry = user("1", None, "wörter")
    assert encode_entry(entry)[1] is entry


@pytest.mark.parametrize("value", [{"a": object()}, {"a": b"x"}])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(SessionError, match="cannot be stored"):
        encode_line(value)


def test_a_circle_and_endless_nesting_are_refused():
    circle: list = []
    circle.append(circle)
    deep: list = []
    for _ in range(200_000):
        deep = [deep]
    for value in (circle, deep):
        with pytest.raises(SessionError, match="cannot be stored"):
            encode_line(value)
    while deep:  # unwind by hand: older interpreters free deep nesting recursively
        deep = deep.pop()


A, B = user("1", None, "one"), answer("2", "1", "two")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (line(A) + line(B), [A, B]),
        (line(A) + line(B)[:-1], [A, B]),
        (line(A).replace(b"\n", b"\r\n") + line(B), [A, B]),
        (b"\xef\xbb\xbf" + line(A), [A]),
        (b"  " + line(A), [A]),
        (b"\n \t\n" + line(A), [BLANK, BLANK, A]),
        (line(user("1", None, "a\u2028b\x85c\rd")), [user("1", None, "a\u2028b\x85c\rd")]),
        (line(A)[:40], [Damaged([])]),
        (line(A)[:40] + b"\n" + line(B), [Damaged([]), B]),
        (line(A)[:40] + line(B), [Damaged([B])]),
        (line(A)[:-1] + line(B), [Damaged([A, B])]),
        (line(header())[:-1] + line(A), [Damaged([header(), A])]),
        (line(A)[:-1] + b"x", [Damaged([A])]),
        (line(A)[:-1] + b"x\n", [Damaged([A])]),
        (b"\0" * 9 + line(A), [Damaged([A])]),
        (line(A) + b"\0" * 9, [A, Damaged([])]),
        (line(A).replace(b"one", b"o\xffe"), [Damaged([user("1", None, "o\ufffde")])]),
        (b'5\n"x"\nnull\n[1]\n', [5, "x", None, [1]]),
        (b'{"id":NaN}\n', [Damaged([])]),
        (b'{"id":1e999}\n', [{"id": sys.float_info.max}]),
        (b'{"id":' + b"9" * 5000 + b"}\n", [Damaged([])]),
        (line(A).replace(b"one", rb"\ud83c"), [user("1", None, "\ufffd")]),
        (line(A).replace(b"one", rb"\ud83c\udf00"), [user("1", None, "\U0001f300")]),
        (line(A) + b"{" * 50_000, [A, Damaged([])]),
        (b"[" * 200_000 + b"]" * 200_000, [Damaged([])]),
        (b"", []),
    ],
)
def test_every_line_is_read_for_what_it_is(data, expected):
    assert values(data) == expected


def test_lines_are_numbered_and_kept_raw():
    data = line(A) + b"\n" + line(B)[:-1]
    assert [(number, raw) for number, raw, _ in records(data)] == [
        (1, line(A)),
        (2, b"\n"),
        (3, line(B)[:-1]),
    ]


def test_text_that_looks_like_an_entry_is_not_taken_for_one():
    quoted = user("1", None, line(B).decode())
    assert values(line(quoted)[:-20]) == [Damaged([])]
    call = {"type": "toolCall", "id": "c1", "name": "read", "arguments": {}}
    torn = line(answer("2", "1", [call, {"type": "text", "text": "x"}]))[:-5]
    assert values(torn) == [Damaged([])]
    assert values(torn + line(B)) == [Damaged([B])]


def test_a_line_of_many_megabytes_is_read_whole():
    big = user("1", None, "x" * 20_000_000)
    found = values(line(big) + line(B) + line(big)[:-3])
    assert [len(found[0]["message"]["content"][0]["text"]), found[1:]] == [
        20_000_000,
        [B, Damaged([])],
    ]
