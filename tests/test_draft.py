from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.events import BlockDelta, BlockEnd, BlockStart, Done
from pi.messages import zero_usage
from pi.providers.draft import Draft, read_arguments

MODEL = {"provider": "p", "id": "m", "api": "a"}


def draft() -> Draft:
    return Draft(MODEL, 5)


def test_a_whole_answer():
    made = draft()
    assert made.shell() == {
        "role": "assistant",
        "content": [],
        "api": "a",
        "provider": "p",
        "model": "m",
        "usage": zero_usage(),
        "stopReason": "pending",
        "timestamp": 5,
    }
    assert made.begin("thinking", thinkingSignature="s") == BlockStart(0, "thinking")
    assert made.delta(0, "hm") == BlockDelta(0, "thinking", "hm")
    made.end(0)
    assert made.begin("toolCall", id="c", name="read") == BlockStart(1, "toolCall", "c", "read")
    made.delta(1, '{"path":')
    made.delta(1, '"a"}')
    call = {"type": "toolCall", "id": "c", "name": "read", "arguments": {"path": "a"}}
    assert made.end(1) == BlockEnd(1, "toolCall", call)
    made.extra["responseId"] = "r"
    done = made.done("toolUse", raw="tool_calls")
    assert isinstance(done, Done)
    assert done.message["content"] == [
        {"type": "thinking", "thinking": "hm", "thinkingSignature": "s"},
        call,
    ]
    assert (done.message["stopReason"], done.message["rawStopReason"]) == ("toolUse", "tool_calls")
    assert list(done.message)[:5] == ["role", "content", "api", "provider", "model"]


def test_blocks_may_be_open_side_by_side():
    made = draft()
    made.begin("text")
    made.begin("toolCall", id="c", name="n")
    made.delta(0, "a")
    made.delta(1, "{}")
    made.delta(0, "b")
    assert made.open_blocks() == [0, 1]
    assert [end.index for end in made.end_all()] == [0, 1]
    assert made.text(0) == "ab"
    assert made.open_blocks() == []


def test_an_emoji_cut_in_two_deltas_is_joined():
    made = draft()
    made.begin("text")
    first = made.delta(0, "a\ud83c")
    second = made.delta(0, "\udf88b")
    assert (first.text, second.text) == ("a", "\U0001f388b")
    assert made.end(0).block["text"] == "a\U0001f388b"


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["\ud83c"], "\ufffd"),
        (["\ud83c", "x"], "\ufffdx"),
        (["\udf88z"], "\ufffdz"),
        (["\ud83c", "\ud83c", "\udf88"], "\ufffd\U0001f388"),
        (["é", "ü"], "éü"),
    ],
)
def test_lone_halves_become_replacement_characters(pieces, whole):
    made = draft()
    made.begin("text")
    said = "".join(made.delta(0, piece).text for piece in pieces)
    assert made.end(0).block["text"] == whole
    said.encode()
    assert whole.startswith(said)


def test_failure_keeps_what_came():
    made = draft()
    made.begin("text")
    made.delta(0, "par")
    made.begin("toolCall", id="c", name="n")
    made.delta(1, '{"a":')
    error = ProviderError("500: boom", "server")
    failed = made.failed(error)
    assert failed.error is error
    assert failed.message["errorMessage"] == "500: boom"
    assert failed.message["stopReason"] == "error"
    assert failed.message["content"] == [
        {"type": "text", "text": "par"},
        {"type": "toolCall", "id": "c", "name": "n", "arguments": {}},
    ]
    assert made.aborted().error is None
    assert made.aborted().message["stopReason"] == "aborted"


def test_usage_is_priced_when_it_is_set():
    made = Draft(MODEL, 0, price=lambda usage: {**usage, "priced": True})
    before = made.usage
    made.usage = {"input": 1}
    assert made.usage == {"input": 1, "priced": True}
    assert made.usage is not before


@pytest.mark.parametrize(
    ("text", "value", "problem"),
    [
        ("", {}, None),
        ("  \n", {}, None),
        ('{"a": [1]}', {"a": [1]}, None),
        ('{"a": "one\n\ttwo"}', {"a": "one\n\ttwo"}, None),
        ('{"a":', {}, "not valid JSON"),
        ("[1]", {}, "not a JSON object"),
        ("null", {}, "not a JSON object"),
        ('{"a": NaN}', {}, "NaN is not a JSON number"),
        ("[" * 100_000, {}, "not valid JSON"),
        (f'{{"a": {"[" * 900}{"]" * 900}}}', {}, "more than 100 objects and lists nested"),
        ("[" * 900 + "]" * 900, {}, "more than 100 objects and lists nested"),
    ],
)
def test_read_arguments(text, value, problem):
    found, said = read_arguments(text)
    assert found == value
    if problem is None:
        assert said is None
    else:
        assert problem in said
        assert "Received arguments:" in said
        assert len(said) < 3000


def test_unreadable_arguments_are_noted_on_the_call():
    made = draft()
    made.begin("toolCall", id="c", name="n")
    made.delta(0, '{"a": \ud83c')
    block = made.end(0).block
    assert block["arguments"] == {}
    assert '{"a": \ufffd' in block["argumentsError"]


def test_arguments_given_whole():
    made = draft()
    made.begin("toolCall", id="c", name="n")
    assert made.end(0, arguments={"a": "\ud83c"}).block["arguments"] == {"a": "\ufffd"}
    made.begin("toolCall", id="d", name="n")
    assert "not a JSON object" in made.end(1, arguments="text").block["argumentsError"]
    deep: dict = {}
    for _ in range(900):
        deep = {"a": deep}
    made.begin("toolCall", id="e", name="n")
    assert "more than 100 objects" in made.end(2, arguments=deep).block["argumentsError"]
