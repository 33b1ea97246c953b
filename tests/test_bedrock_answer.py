"""What is not a case in `tests/wire/bedrock-converse-stream/streams`: tables, and whole answers."""

from __future__ import annotations

import json

import pytest

from pi.errors import ProviderError
from pi.providers.bedrock_answer import decode
from pi.providers.draft import Draft
from tests import wirefuzz, wirekit
from tests.fakeprovider.eventframe import event, exception

API = "bedrock-converse-stream"
WORDS = (
    event("messageStart", {"role": "assistant"}),
    event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "a"}}),
    event("contentBlockStop", {"contentBlockIndex": 0}),
)
WHOLE = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "c2ln"}}},
                {"reasoningContent": {"redactedContent": "YWJj"}},
                {"text": "Hi"},
                {"citationsContent": {"content": []}},
                {"toolUse": {"toolUseId": "t1", "name": "read", "input": {"path": "a"}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
}


def outcome(*records):
    return wirekit.decode_bytes(API, [b"".join(records)])


def whole(value):
    """(the last message or None, the error or None) of an answer in one piece."""
    draft = Draft(wirekit.model(API), wirekit.TIMESTAMP)
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        return list(decode([(None, text)], draft)), None
    except ProviderError as error:
        return None, error


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "toolUse"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
    ],
)
def test_stop_reasons(reason, stop):
    message = outcome(*WORDS, event("messageStop", {"stopReason": reason})).message
    assert (message["stopReason"], message["rawStopReason"]) == (stop, reason)
    assert "errorMessage" not in message


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("malformed_model_output", "server"),
        ("malformed_tool_use", "server"),
        ("brand_new", "unknown"),
    ],
)
def test_stop_reasons_that_are_errors(reason, kind):
    result = outcome(*WORDS, event("messageStop", {"stopReason": reason}))
    assert (result.error.kind, result.error.code) == (kind, reason)
    assert reason in str(result.error)
    assert result.message["content"] == [{"type": "text", "text": "a"}]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("throttlingException", "rate_limit"),
        ("ThrottlingException", "rate_limit"),
        ("modelStreamErrorException", "server"),
        ("internalServerException", "server"),
        ("modelTimeoutException", "server"),
        ("serviceUnavailableException", "overloaded"),
        ("validationException", "bad_request"),
        ("resourceNotFoundException", "bad_request"),
        ("accessDeniedException", "auth"),
        ("brandNewException", "unknown"),
    ],
)
def test_exceptions(name, kind):
    result = outcome(*WORDS, exception(name, {"message": "what it says"}))
    assert (result.error.kind, result.error.code) == (kind, name)
    assert "what it says" in str(result.error)
    assert result.message["stopReason"] == "error"


def test_nothing_is_read_after_the_end():
    def chunks():
        yield b"".join(WORDS)
        yield event("messageStop", {"stopReason": "end_turn"}) + event("metadata", {"usage": {}})
        pytest.fail("it went on reading")

    assert wirekit.decode_bytes(API, chunks()).message["stopReason"] == "stop"


def test_an_answer_in_one_piece():
    events, error = whole(WHOLE)
    assert error is None
    message = events[-1].message
    assert message["content"] == [
        {"type": "thinking", "thinking": "hm", "thinkingSignature": "c2ln"},
        {
            "type": "thinking",
            "thinking": "[Reasoning redacted]",
            "thinkingSignature": "YWJj",
            "redacted": True,
        },
        {"type": "text", "text": "Hi"},
        {"type": "toolCall", "id": "t1", "name": "read", "arguments": {"path": "a"}},
    ]
    assert (message["stopReason"], message["usage"]["totalTokens"]) == ("toolUse", 5)


@pytest.mark.parametrize(
    ("value", "kind", "says"),
    [
        ("", "protocol", "no JSON object"),
        ("<html>", "protocol", "<html>"),
        ("[]", "protocol", "no message"),
        ({}, "protocol", "no message"),
        ({"output": {"message": {"content": []}}}, "protocol", "without a stopReason"),
        ({"message": "Too many requests"}, "rate_limit", "Too many requests"),
    ],
)
def test_what_is_no_answer_in_one_piece(value, kind, says):
    _, error = whole(value)
    assert error.kind == kind
    assert says in str(error)


def test_a_damaged_answer_in_one_piece_is_taken_or_refused():
    taken = 0
    for damaged in wirefuzz.damaged(WHOLE):
        events, error = whole(damaged)
        taken += error is None
        if events:
            json.dumps(events[-1].message, allow_nan=False)
    assert taken
