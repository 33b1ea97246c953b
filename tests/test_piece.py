"""The pieces of an answer of an extension's own, as events."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.events import BlockDelta, BlockEnd, BlockStart, Done, Start
from pi.providers.draft import Draft
from pi.providers.piece import play

MODEL = {"provider": "acme", "id": "one", "api": "acme"}


def played(*pieces):
    return list(play(iter(pieces), Draft(MODEL, 7)))


def message(*pieces):
    return played(*pieces)[-1].message


def test_neighbouring_words_are_one_block_and_events_are_balanced():
    events = played("Hel", "lo", {"type": "thinking", "thinking": "Hm"}, "bye")
    kinds = [type(event) for event in events]
    assert kinds == [
        *(Start, BlockStart, BlockDelta, BlockDelta, BlockEnd),
        *(BlockStart, BlockDelta, BlockEnd, BlockStart, BlockDelta, BlockEnd, Done),
    ]
    assert [block.get("text") or block["thinking"] for block in events[-1].message["content"]] == [
        *("Hello", "Hm", "bye")
    ]
    assert events[-1].message["stopReason"] == "stop"


def test_a_call_is_whole_and_has_an_id():
    made = message(
        "I look.",
        {"type": "toolCall", "name": "read", "arguments": {"path": "é"}},
        {"type": "toolCall", "name": "ls", "arguments": '{"path": "."}', "id": "mine"},
        {"type": "toolCall", "name": "ls", "arguments": "{broken"},
    )
    assert made["stopReason"] == "toolUse"
    _, read, listing, broken = made["content"]
    assert (read["arguments"], read["id"]) == ({"path": "é"}, "call_7_1")
    assert (listing["arguments"], listing["id"]) == ({"path": "."}, "mine")
    assert broken["arguments"] == {}
    assert "not valid JSON" in broken["argumentsError"]


def test_usage_and_the_reason_it_stopped():
    made = message(
        "a", {"type": "usage", "input": 3, "output": 4}, {"type": "stop", "reason": "length"}
    )
    assert made["stopReason"] == "length"
    usage = made["usage"]
    assert (usage["input"], usage["output"], usage["totalTokens"]) == (3, 4, 7)


def test_an_empty_answer_is_one_too():
    assert message()["content"] == []
    assert message("")["content"] == [{"type": "text", "text": ""}]


@pytest.mark.parametrize(
    ("piece", "told"),
    [
        (5, "int is no piece"),
        ({"type": "image"}, "a dict of type 'image' is no piece"),
        ({}, "a dict of type None"),
        ({"type": "text", "text": 5}, "has its words in"),
        ({"type": "toolCall", "arguments": {}}, "has the tool's name"),
        ({"type": "toolCall", "name": "x", "arguments": object()}, "the arguments of a call"),
        ({"type": "usage", "input": -1}, "usage: input"),
        ({"type": "usage", "input": "many"}, "usage: input"),
        ({"type": "stop", "reason": "tired"}, "stop, length, toolUse"),
    ],
)
def test_what_is_no_piece_is_refused(piece, told):
    with pytest.raises(ProviderError) as caught:
        played("a", piece)
    assert told in str(caught.value)
    assert caught.value.kind == "bad_request"
