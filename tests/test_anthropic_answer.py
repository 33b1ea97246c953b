"""What is not a case in `tests/wire/anthropic-messages/streams`: tables, and real recordings."""

from __future__ import annotations

import json

import pytest

from pi.cost import pricer
from pi.errors import ProviderError
from pi.providers.anthropic_answer import decode
from pi.providers.draft import Draft
from tests import wirekit

API = "anthropic-messages"


def events(*middle, reason="end_turn"):
    yield {"type": "message_start", "message": {"id": "msg_1", "model": "m1", "usage": {}}}
    yield from middle
    yield {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 3}}
    yield {"type": "message_stop"}


WORDS = (
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}},
    {"type": "content_block_stop", "index": 0},
)


def outcome(sequence, *, named=True):
    chunks = [wirekit.sse(event, event["type"] if named else None) for event in sequence]
    return wirekit.decode_bytes(API, chunks)


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("tool_use", "toolUse"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
    ],
)
def test_stop_reasons(reason, stop):
    message = outcome(events(*WORDS, reason=reason)).message
    assert (message["stopReason"], message["rawStopReason"]) == (stop, reason)
    assert "errorMessage" not in message


@pytest.mark.parametrize(
    ("reason", "kind", "says"),
    [
        ("refusal", "content_filter", "refused"),
        ("sensitive", "content_filter", "content"),
        ("brand_new", "unknown", "stop_reason brand_new"),
    ],
)
def test_stop_reasons_that_are_errors(reason, kind, says):
    result = outcome(events(*WORDS, reason=reason))
    assert (result.error.kind, result.error.code) == (kind, reason)
    assert says in str(result.error)
    assert result.message["rawStopReason"] == reason
    assert result.message["content"] == [{"type": "text", "text": "a"}]
    assert result.message["usage"]["output"] == 3


@pytest.mark.parametrize("reason", [None, "", 5, []])
def test_no_stop_reason_is_none(reason):
    assert outcome(events(*WORDS, reason=reason)).error.kind == "protocol"


def test_events_without_a_name():
    named, bare = outcome(events(*WORDS)), outcome(events(*WORDS), named=False)
    wirekit.same_result(bare, named)
    assert bare.message["stopReason"] == "stop"


def test_events_without_a_type():
    untyped = [
        wirekit.sse({key: event[key] for key in event if key != "type"}, event["type"])
        for event in events(*WORDS)
    ]
    wirekit.same_result(wirekit.decode_bytes(API, untyped), outcome(events(*WORDS)))


def test_nothing_is_read_after_message_stop():
    records = iter([(None, json.dumps(event)) for event in [*events(*WORDS), {"type": "error"}]])
    draft = Draft(wirekit.model(API), 1)
    assert len(list(decode(records, draft))) == 5
    assert next(records) == (None, '{"type": "error"}')


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        (None, '{"error": {"type": "overloaded_error", "message": "busy"}}', "overloaded"),
        ("ping2", '{"error": {"type": "overloaded_error", "message": "busy"}}', "overloaded"),
        ("error", '"Service unavailable"', "overloaded"),
        ("error", "[1]", "unknown"),
        (None, "<html>", "protocol"),
        ("message_delta", "{", "protocol"),
        (None, "[" * 100_000, "protocol"),
    ],
)
def test_errors_in_any_shape(name, data, kind):
    with pytest.raises(ProviderError) as caught:
        list(decode(iter([(name, data)]), Draft(wirekit.model(API), 1)))
    assert caught.value.kind == kind
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (None, "[DONE]"),
        ("done", "[DONE]"),
        ("odd", "not json"),
        (None, "null"),
        (None, "[]"),
        (None, "7"),
    ],
)
def test_what_is_no_event_is_passed_over(name, data):
    records = [(None, json.dumps(event)) for event in events(*WORDS)]
    for at in range(len(records)):
        mixed = [*records[:at], (name, data), *records[at:]]
        result = list(decode(iter(mixed), Draft(wirekit.model(API), 1)))
        assert result[-1].message["content"] == [{"type": "text", "text": "a"}]


def test_the_shell_at_the_start_knows_the_prompt():
    """Usage is read before the start is announced, and is replaced, not changed."""
    draft = Draft(wirekit.model(API), 1)
    stream = decode(
        iter(
            [
                (None, '{"type": "message_start", "message": {"usage": {"input_tokens": 12}}}'),
                (None, '{"type": "message_delta", "delta": {}, "usage": {"output_tokens": 3}}'),
            ]
        ),
        draft,
    )
    first = next(stream).draft.shell()["usage"]
    assert first["input"] == 12
    with pytest.raises(ProviderError, match="message_stop"):
        next(stream)
    assert (first["output"], draft.usage["output"]) == (0, 3)


@pytest.mark.parametrize(
    ("served", "dollars"),
    [("m1", 10.0), ("m1-2026", 10.0), ("m2", 2.0), ("m3", 10.0), ("m4", 10.0)],
)
def test_the_model_that_answers_sets_the_price(served, dollars):
    """A fallback has its own prices; any other name is the asked model by another name."""
    fallbacks = [
        {"provider": "mock", "model": "m2", "cost": {"input": 2}},
        {"provider": "other", "model": "m3", "cost": {"input": 3}},
        {"provider": "mock", "model": "m4"},
    ]
    compat = {"allowedFallbackModels": fallbacks}
    target = wirekit.model(API, {"compat": compat, "cost": {"input": 10}})
    usage = {"input_tokens": 1_000_000}
    first = {"type": "message_start", "message": {"model": served, "usage": usage}}
    records = [(None, json.dumps(event)) for event in [first, *list(events(*WORDS))[1:]]]
    draft = Draft(target, 1, pricer(target))
    *_, done = decode(iter(records), draft)
    assert done.message["usage"]["cost"]["input"] == dollars
    unpriced = Draft(target, 1)
    *_, done = decode(iter(records), unpriced)
    assert done.message["usage"]["cost"]["total"] == 0


# --- recordings ----------------------------------------------------------------------------------


def recording(name):
    found = {one["name"]: one for one in wirekit.recordings(API)}
    return found[name]


def vendor_message(name):
    """What the vendor's client makes of a recording, by its documented rules.

    Deltas are appended, a signature and usage figures are set, nothing else changes a block.
    """
    content, usage = {}, {}
    for line in recording(name)["text"].splitlines():
        event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
        match event.get("type"):
            case "message_start":
                usage = dict(event["message"]["usage"])
            case "content_block_start":
                content[event["index"]] = dict(event["content_block"])
            case "content_block_delta":
                block, delta = content[event["index"]], event["delta"]
                for key in ("text", "thinking"):
                    if delta["type"] == f"{key}_delta":
                        block[key] += delta[key]
                if delta["type"] == "signature_delta":
                    block["signature"] = delta["signature"]
            case "message_delta":
                usage |= {key: value for key, value in event["usage"].items() if value is not None}
    return [content[index] for index in sorted(content)], usage


RECORDED = [
    ("anthropic-text", "msg_018E1hg8GoVTGEKQY3ovMcSJ", (20, 5, 0, 0)),
    ("anthropic-thinking", "msg_01ALwQ87pTS7hH1PjSdC9wJD", (43, 282, 0, 0)),
    ("anthropic-redacted-thinking", "msg_018XZkwvj9asBiffg3fXt88s", (92, 189, 0, 0)),
    ("anthropic-compaction-cache-usage", "msg_011CduoCRono7pFKoTWpPAia", (181, 8, 0, 0)),
]


@pytest.mark.parametrize(("name", "response_id", "figures"), RECORDED)
def test_recordings_give_what_the_vendors_client_gives(name, response_id, figures):
    data = wirekit.body_bytes(recording(name))
    message = wirekit.decode_bytes(API, [data]).message
    content, usage = vendor_message(name)
    assert message["responseId"] == response_id
    assert message["responseModel"].startswith("claude-sonnet-4")
    assert message["stopReason"] == "stop"
    seen = message["usage"]
    assert (seen["input"], seen["output"], seen["cacheRead"], seen["cacheWrite"]) == figures
    assert figures[:2] == (usage["input_tokens"], usage["output_tokens"])
    assert seen["totalTokens"] == sum(figures)
    assert message["content"] == [block for block in map(our_block, content) if block is not None]


def our_block(block):
    match block["type"]:
        case "text":
            return {"type": "text", "text": block["text"]}
        case "thinking":
            return {
                "type": "thinking",
                "thinking": block["thinking"],
                "thinkingSignature": block["signature"],
            }
        case "redacted_thinking":
            return {
                "type": "thinking",
                "thinking": "[Reasoning redacted]",
                "thinkingSignature": block["data"],
                "redacted": True,
            }
    return None


@pytest.mark.parametrize("name", ["anthropic-thinking", "anthropic-redacted-thinking"])
def test_what_was_thought_goes_back_verbatim(name):
    target = wirekit.model(API)
    message = wirekit.decode_bytes(API, [wirekit.body_bytes(recording(name))]).message
    question = {"role": "user", "content": [{"type": "text", "text": "Q"}], "timestamp": 1}
    context = {"messages": [question, message, question]}
    sent = wirekit.body_of(wirekit.encode(target, context))["messages"][1]["content"]
    assert sent == vendor_message(name)[0]
