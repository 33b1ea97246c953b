"""Server-sent events: the same records however the bytes are split."""

from __future__ import annotations

import random

import pytest

from pi import sse
from pi.errors import ProviderError
from pi.sse import parse

TEXT = "gr\u00fc\u00df \U0001f389 \u2028\u0085\x0b"  # ends no line: only CR and LF do

CASES = {
    "data": (b"data: a\n\n", [(None, "a")]),
    "no space": (b"data:a\n\ndata:  a\n\n", [(None, "a"), (None, " a")]),
    "event": (b"event: x\ndata: a\n\n", [("x", "a")]),
    "event without space": (b"event:x\ndata:a\n\n", [("x", "a")]),
    "event last": (b"data: a\nevent: x\n\n", [("x", "a")]),
    "event twice": (b"event: x\nevent: y\ndata: a\n\n", [("y", "a")]),
    "event empty": (b"event: \ndata: a\n\nevent\ndata: b\n\n", [(None, "a"), (None, "b")]),
    "event is not kept": (b"event: x\ndata: a\n\ndata: b\n\n", [("x", "a"), (None, "b")]),
    "several lines": (b"data: a\ndata:\ndata: b\n\n", [(None, "a\n\nb")]),
    "event and lines": (b"event: x\ndata: a\ndata: b\n\n", [("x", "a\nb")]),
    "id and retry": (b"id: 7\nevent: x\nretry: 5\ndata: a\n\n", [("x", "a")]),
    "id before data": (b"event: x\nid: 1\ndata: a\n\n", [("x", "a")]),
    "comments": (b": keep\n\n:\n\n: data: no\ndata: a\n: b\n\n", [(None, "a")]),
    "unknown": (b"foo: data: x\nbar\ndata: a\n\n", [(None, "a")]),
    "data in a name": (b"event: data: x\ndata: a\n\n", [("data: x", "a")]),
    "data in the data": (b"data: data: x\n\n", [(None, "data: x")]),
    "data in an event's": (b"event: e\ndata: data: y\n\n", [("e", "data: y")]),
    "glued field": (b"event: x\nyydata: z\n\ndata: a\n\n", [(None, "a")]),
    "event alone": (b"event: x\n\ndata: a\n\n", [(None, "a")]),
    "empty data": (b"data:\n\ndata: \n\ndata\n\nevent: x\ndata: \n\ndata: a\n\n", [(None, "a")]),
    "CRLF": (b"event: x\r\ndata: a\r\ndata: b\r\n\r\n", [("x", "a\nb")]),
    "CR": (b"event: x\rdata: a\r\rdata: b\r\r", [("x", "a"), (None, "b")]),
    "mixed ends": (b"data: a\r\n\ndata: b\n\r\ndata: c\n\r", [(None, c) for c in "abc"]),
    "blank lines": (b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [(None, "a"), (None, "b")]),
    "mark": (b"\xef\xbb\xbfdata: a\n\n", [(None, "a")]),
    "mark and event": (b"\xef\xbb\xbfevent: x\ndata: a\n\n", [("x", "a")]),
    "mark inside": (b"data: \xef\xbb\xbfa\n\n", [(None, "\ufeffa")]),
    "text": (f"data: {TEXT}\n\n".encode(), [(None, TEXT)]),
    "bad bytes": (b"data: \xff\xe2\x82\n\ndata: a\n\n", [(None, "\ufffd\ufffd"), (None, "a")]),
    "half a pair": (b"data: \xed\xa0\xbd\n\n", [(None, "\ufffd\ufffd\ufffd")]),
    "no blank line": (b"data: a\n\ndata: [DONE]\n", [(None, "a"), (None, "[DONE]")]),
    "no line end": (b"data: a\n\nevent: x\ndata: [DONE]", [(None, "a"), ("x", "[DONE]")]),
    "CR at the end": (b"data: a\r", [(None, "a")]),
    "nothing": (b"", []),
    "only a comment": (b": x", []),
    "half a mark": (b"\xef\xbb", []),
    "no SSE": (b'{"error": "data: x"}', []),
}  # fmt: skip
EVERYTHING = b"".join(data for data, _ in CASES.values() if data.endswith((b"\n\n", b"\r\r")))


@pytest.mark.parametrize(("data", "records"), CASES.values(), ids=CASES.keys())
def test_records_whole(data, records):
    assert list(parse([data])) == records


@pytest.mark.parametrize(("data", "records"), CASES.values(), ids=CASES.keys())
def test_records_byte_by_byte(data, records):
    assert list(parse(data[at : at + 1] for at in range(len(data)))) == records


@pytest.mark.parametrize(("data", "records"), CASES.values(), ids=CASES.keys())
def test_records_cut_in_two_anywhere(data, records):
    for at in range(len(data) + 1):
        assert list(parse([data[:at], b"", data[at:], b""])) == records, at


@pytest.mark.parametrize("seed", range(30))
def test_records_split_at_random(seed):
    dice = random.Random(seed)
    whole = list(parse([EVERYTHING]))
    cuts = sorted(dice.choices(range(len(EVERYTHING) + 1), k=dice.randrange(1, 200)))
    pieces = [EVERYTHING[a:b] for a, b in zip([0, *cuts], [*cuts, len(EVERYTHING)], strict=True)]
    assert b"".join(pieces) == EVERYTHING
    assert list(parse(pieces)) == whole
    assert len(whole) > 30


@pytest.mark.parametrize("seed", range(30))
def test_random_bytes_never_raise_and_split_alike(seed):
    dice = random.Random(seed)
    alphabet = [b"data:", b"event:", *(bytes([byte]) for byte in b" \n\n\r\r\na\xe2\x82\xac:\0")]
    data = b"".join(dice.choices(alphabet, k=400))
    whole = list(parse([data]))
    assert list(parse(data[at : at + 1] for at in range(len(data)))) == whole
    assert list(parse(data[at : at + 3] for at in range(0, len(data), 3))) == whole


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r"])
def test_a_record_is_there_as_soon_as_it_is_complete(end):
    fed = []

    def chunks():
        for letter in "abc":
            fed.append(letter)
            yield f"data: {letter}{end}".encode()

    for number, record in enumerate(parse(chunks()), 1):
        assert record == (None, fed[-1])
        assert len(fed) == number


def test_an_error_of_the_source_comes_through_after_what_was_complete():
    def chunks():
        yield b"data: a\n\ndata: b\n"
        raise ProviderError("cut", "network")

    records = parse(chunks())
    assert next(records) == (None, "a")
    with pytest.raises(ProviderError, match="cut"):
        next(records)


def test_a_large_record_in_small_pieces_is_linear_and_bounded(monkeypatch):
    monkeypatch.setattr(sse, "MAX_RECORD", 1_000_000)
    piece = b"x" * 1000
    fits = [b"data: ", *[piece] * 999, b"\n\n"]
    assert [len(data) for _, data in parse(fits)] == [999_000]
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield piece

    with pytest.raises(ProviderError) as caught:
        list(parse(endless()))
    assert caught.value.kind == "protocol"
    assert taken <= 1002
