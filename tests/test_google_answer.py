"""The answer's chunks, beyond the stream fixtures."""

from __future__ import annotations

import json

import pytest

from pi.cost import pricer
from pi.errors import ProviderError
from pi.events import BlockDelta
from pi.providers.draft import Draft
from pi.providers.google_answer import decode
from pi.providers.google_usage import read_usage
from tests import wirekit

API = "google-generative-ai"


def chunk(*parts, **more):
    reason = more.pop("reason", None)
    candidate = {"content": {"parts": list(parts), "role": "model"}}
    if reason:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], **more}


def decoded(*chunks):
    return wirekit.decode_bytes(API, [wirekit.sse(each) for each in chunks])


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        *[(name, "content_filter") for name in ("SAFETY", "RECITATION", "BLOCKLIST", "SPII")],
        *[(name, "content_filter") for name in ("PROHIBITED_CONTENT", "LANGUAGE", "IMAGE_SAFETY")],
        ("MALFORMED_FUNCTION_CALL", "protocol"),
        ("UNEXPECTED_TOOL_CALL", "protocol"),
        ("MALFORMED_RESPONSE", "protocol"),
        ("MISSING_THOUGHT_SIGNATURE", "bad_request"),
        ("OTHER", "unknown"),
        ("FINISH_REASON_UNSPECIFIED", "unknown"),
    ],
)
def test_every_reason_that_is_no_success(reason, kind):
    outcome = decoded(chunk({"text": "a"}, reason=reason))
    assert (outcome.error.kind, outcome.error.code) == (kind, reason)
    assert outcome.message["rawStopReason"] == reason
    assert outcome.message["content"] == [{"type": "text", "text": "a"}]


def test_a_call_is_no_success_when_the_answer_failed():
    call = {"functionCall": {"name": "read", "args": {}}}
    assert decoded(chunk(call, reason="SAFETY")).error.kind == "content_filter"
    assert decoded(chunk(call)).error.kind == "protocol"


@pytest.mark.parametrize(
    ("report", "figures"),
    [
        ({"promptTokenCount": 10, "cachedContentTokenCount": 4}, (6, 0, 4, 0)),
        ({"candidatesTokenCount": 3, "thoughtsTokenCount": 2}, (0, 5, 0, 2)),
        ({"promptTokenCount": 1, "cachedContentTokenCount": 4}, (0, 0, 4, 0)),
        (
            {"promptTokenCount": -1, "candidatesTokenCount": "x", "thoughtsTokenCount": None},
            (0,) * 4,
        ),
    ],
)
def test_usage(report, figures):
    usage = read_usage(report)
    names = ("input", "output", "cacheRead", "reasoning")
    assert tuple(usage[name] for name in names) == figures
    assert usage["totalTokens"] == sum(figures[:3])


def test_usage_of_an_answer_that_is_given_up():
    """Words do not stop for it, but whoever stops listening gets what was counted."""
    model = {**wirekit.model(API), "cost": {"input": 1_000_000, "output": 0}}
    draft = Draft(model, 1, pricer(model))
    records = [
        (
            None,
            json.dumps(
                chunk({"text": word}, usageMetadata={"promptTokenCount": at}, responseId="r")
            ),
        )
        for at, word in enumerate("abc", 1)
    ]
    events = decode(iter(records), draft)
    while not (isinstance(event := next(events), BlockDelta) and event.text == "c"):
        pass
    events.close()
    assert (draft.usage["input"], draft.usage["cost"]["total"]) == (3, 3)


def test_usage_of_an_answer_that_breaks_off():
    def records():
        yield None, json.dumps(chunk({"text": "a"}, usageMetadata={"promptTokenCount": 5}))
        raise ProviderError("the line is dead", "network")

    draft = Draft(wirekit.model(API), 1)
    with pytest.raises(ProviderError, match="dead"):
        list(decode(records(), draft))
    assert draft.usage["input"] == 5


@pytest.mark.parametrize("odd", [{"text": 5}, {"text": None}, {"functionCall": []}, "x", None, {}])
def test_parts_that_are_none(odd):
    outcome = decoded(chunk({"text": "a"}, odd, {"text": "b"}, reason="STOP"))
    assert outcome.message["content"] == [{"type": "text", "text": "ab"}]
