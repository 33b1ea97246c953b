"""The request as a whole. Exact requests are cases in `tests/wire/anthropic-messages/requests`."""

from __future__ import annotations

import json
from itertools import product

import pytest

from pi.providers.claude_thinking import DEFAULT_LIMIT, MIN_BUDGET, effort
from pi.providers.thinking import LEVELS
from tests import wirekit

API = "anthropic-messages"
PER_ANSWER = {"compat": {"supportsMidConvoEffort": True}, "thinkingLevelMap": {"max": "max"}}


def user(words):
    return {"role": "user", "content": [{"type": "text", "text": words}], "timestamp": 1}


def answer(words, **more):
    return {
        "role": "assistant",
        "content": [{"type": "text", "text": words}],
        "api": API,
        "provider": "mock",
        "model": "m1",
        "stopReason": "stop",
        "timestamp": 2,
        **more,
    }


def tool(name, **more):
    parameters = {"type": "object", "properties": {"x": {"type": "string"}}}
    return {"name": name, "description": "d", "parameters": parameters, **more}


def encode(patch=None, messages=None, tools=(), system="S", **options):
    context = {"system": system, "tools": list(tools), "messages": messages or [user("Hi")]}
    return wirekit.encode(wirekit.model(API, patch), context, **options)


def body(*arguments, **options):
    return wirekit.body_of(encode(*arguments, **options))


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://a.example", "https://a.example/v1/messages?beta=true"),
        ("https://a.example/", "https://a.example/v1/messages?beta=true"),
        ("https://a.example/v1", "https://a.example/v1/messages?beta=true"),
        ("https://a.example/v1/", "https://a.example/v1/messages?beta=true"),
        ("https://a.example/x/v1/messages", "https://a.example/x/v1/messages?beta=true"),
        (" https://a.example/v1/x ", "https://a.example/v1/x/v1/messages?beta=true"),
        ("http://[::1]:8080/api?key=1", "http://[::1]:8080/api/v1/messages?key=1&beta=true"),
    ],
)
def test_where_it_is_sent(base, url):
    assert encode({"baseUrl": base}).url == url


# --- thinking ------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 500, 1024, 1025, 1500, 2047, 2048, 4096, 17408, 64000])
@pytest.mark.parametrize("budgets", [None, {"low": 1}, {"low": 10**9, "high": 3000}, {"low": -5}])
def test_a_budget_is_never_refused(limit, budgets):
    for level in LEVELS:
        sent = body({"maxTokens": limit}, thinking=level, budgets=budgets)
        assert sent["max_tokens"] == limit
        if sent["thinking"]["type"] == "enabled":
            assert MIN_BUDGET <= sent["thinking"]["budget_tokens"] < limit
        else:
            assert sent["thinking"] == {"type": "disabled"}
            assert level == "off" or limit <= MIN_BUDGET or budgets == {"low": -5}


@pytest.mark.parametrize(("limit", "budget"), [(1500, 1024), (2500, 1476), (4096, 3072)])
def test_the_answer_keeps_room(limit, budget):
    sent = body({"maxTokens": limit}, thinking="high")
    assert sent["thinking"]["budget_tokens"] == budget


def test_without_room_for_thinking_there_is_no_beta_for_it_either():
    request = encode({"maxTokens": 1000}, thinking="high")
    assert "anthropic-beta" not in request.headers
    assert body({"maxTokens": 1000}, thinking="high", temperature=1)["temperature"] == 1


@pytest.mark.parametrize(
    ("patch", "options", "limit"),
    [
        ({"maxTokens": None}, {}, DEFAULT_LIMIT),
        ({"maxTokens": None}, {"max_tokens": 300}, 300),
        ({}, {"max_tokens": 300}, 300),
        ({}, {"max_tokens": 10**6}, 32000),
        ({}, {"max_tokens": 31000, "thinking": "high"}, 32000),
        ({"compat": {"forceAdaptiveThinking": True}}, {"max_tokens": 10**6}, 32000),
    ],
)
def test_the_output_limit(patch, options, limit):
    assert body(patch, **options)["max_tokens"] == limit


def test_the_output_limit_shrinks_with_the_conversation():
    """Prompt and limit together must fit; 350000 characters are about 100000 tokens."""
    model = {"contextWindow": 128000, "maxTokens": 64000}
    sent = body(model, [user("x" * 350_000)], thinking="high")
    assert 1 <= sent["max_tokens"] < 28000
    assert sent["thinking"]["budget_tokens"] <= sent["max_tokens"] - 1024


@pytest.mark.parametrize(
    ("level", "word"),
    [
        ("minimal", "low"),
        ("low", "low"),
        ("medium", "medium"),
        ("high", "high"),
        ("xhigh", "high"),
        ("max", "most"),
    ],
)
def test_efforts(level, word):
    assert effort(wirekit.model(API, {"thinkingLevelMap": {"max": "most"}}), level) == word


def test_a_model_that_cannot_stop_thinking_does_so_as_little_as_it_can():
    levels = {"off": None, "minimal": None, "low": "least"}
    sent = body({**PER_ANSWER, "thinkingLevelMap": levels}, thinking="off")
    assert sent["thinking"]["block_binding"] == {"prefix_mismatch_behavior": "drop_block"}
    assert sent["messages"][-1]["output_config"] == {"effort": "least"}
    silent = body({**PER_ANSWER, "thinkingLevelMap": levels, "reasoning": False}, thinking="off")
    assert not {"thinking", "output_config"} & silent.keys()


def test_earlier_answers_keep_their_effort():
    """From what was recorded, else from the level; only for answers of this very model."""
    messages = [
        user("1"),
        answer("a", providerThinkingLevel="extra", thinkingLevel="low"),
        user("2"),
        answer("b", thinkingLevel="medium"),
        user("3"),
        answer("c", thinkingLevel="off"),
        user("4"),
        answer("d", thinkingLevel="max", model="m2"),
        user("5"),
        answer("e", providerThinkingLevel="off"),
        user("6"),
        answer("f", thinkingLevel=["junk"]),
        user("7"),
    ]
    sent = body(PER_ANSWER, messages, thinking="max")
    story = "".join(
        f"<{message['output_config']['effort']}>"
        if message["role"] == "system"
        else message["content"][0]["text"]
        for message in sent["messages"]
    )
    assert story == "1<extra>a2<medium>b3c4d5e6f7<max>"
    assert sent["output_config"] == {"effort": "low"}


@pytest.mark.parametrize("patch", [{}, PER_ANSWER])
def test_what_was_sent_is_sent_again_in_the_same_way(patch):
    """Changing levels, answers in a row and an answer at the start do not change the prefix."""
    levels = ["low", "max", "off", "medium", "medium", "low"]
    history = [answer("0", thinkingLevel="low")]
    before = []
    for at, level in enumerate(levels):
        if at != 3:
            history.append(user(f"question {at}"))
        sent = body(patch, history, thinking=level, cache="none")["messages"]
        if level != "off":  # thinking turned off tells no efforts at all
            assert sent[: len(before)] == before
            before = sent
        history.append(answer(f"answer {at}", thinkingLevel=level))
    assert len(before) > len(levels)


# --- body ----------------------------------------------------------------------------------------


def test_there_are_never_more_than_four_cache_marks():
    """Whatever is in the conversation; the API refuses a fifth."""
    image = {"type": "image", "data": "QQ==", "mimeType": "image/png"}
    call = {"type": "toolCall", "id": "t1", "name": "a", "arguments": {}}
    added = {"role": "system", "content": "more", "toolsAdded": [tool("c")], "timestamp": 1}
    result = {"role": "toolResult", "toolCallId": "t1", "toolName": "a", "content": [image]}
    messages = [user("1"), answer("a", content=[call]), result, added, user("2"), answer("b")]
    switches = {"supportsMidConvoSystemMessages": True, "supportsMidConvoToolChanges": True}
    for extra, cache in product([[], [user("3")], [added], [added, added]], ["short", "long"]):
        request = encode(
            {"compat": {**switches, "supportsMidConvoEffort": True}},
            [*messages, *extra],
            [tool("a"), tool("b")],
            cache=cache,
            thinking="high",
        )
        marks = request.body.count(b'"cache_control"')
        assert 2 < marks <= 4
        assert request.body.count(b'"ttl":"1h"') == (marks if cache == "long" else 0)


def test_sampling_of_the_caller_goes_last_and_that_of_the_model_nowhere():
    model = {"samplingParams": {"top_p": 0.1}, "samplingParamsByThinkingLevel": {"off": {"x": 1}}}
    sent = body(model, sampling={"top_k": 5, "max_tokens": 7})
    assert (sent["top_k"], sent["max_tokens"]) == (5, 7)
    assert not {"top_p", "x"} & sent.keys()


def test_switches_of_the_wrong_type_count_as_not_said():
    junk = {
        "supportsEagerToolInputStreaming": "no",
        "forceAdaptiveThinking": 1,
        "allowedFallbackModels": {"model": "x"},
        "sessionAffinityFormat": None,
        "unheardOf": True,
    }
    for compat in (junk, None, "x", []):
        sent = encode({"compat": None}, tools=[tool("a")], thinking="low")
        odd = wirekit.model(API) | {"compat": compat}
        context = {"system": "S", "tools": [tool("a")], "messages": [user("Hi")]}
        assert wirekit.encode(odd, context, thinking="low") == sent


def test_fallback_models_that_name_none_are_passed_over():
    entries = [None, {}, {"model": ""}, {"model": 5}, {"model": "m2", "cost": None}]
    request = encode({"compat": {"allowedFallbackModels": entries}})
    assert wirekit.body_of(request)["fallbacks"] == [{"model": "m2"}]
    assert request.headers["anthropic-beta"] == "server-side-fallback-2026-07-01"


def test_numbers_json_does_not_have_become_null():
    call = {"type": "toolCall", "id": "t1", "name": "a", "arguments": {"n": [float("inf"), 1.5]}}
    sent = body(messages=[user("1"), answer("a", content=[call]), user("2")])
    assert sent["messages"][1]["content"][0]["input"] == {"n": [None, 1.5]}


def test_lone_surrogates_do_not_reach_the_body():
    raw = encode(system="a\ud83c", messages=[user("b\udf88")]).body
    assert json.loads(raw)["messages"][0]["content"][0]["text"] == "b\ufffd"


@pytest.mark.parametrize(
    ("switches", "header"),
    [({}, "x-session-affinity"), ({"sessionAffinityFormat": "openrouter"}, "x-session-id")],
)
def test_the_session_is_a_valid_header(switches, header):
    compat = {"sendSessionAffinityHeaders": True, **switches}
    request = encode({"compat": compat}, session_id="a b\r\nx: ü")
    assert request.headers[header] == "a_b__x:__"


def test_openrouter_may_be_told_to_leave_the_session_out():
    model = {
        "baseUrl": "https://OpenRouter.ai/api",
        "compat": {"sendSessionAffinityHeaders": False},
    }
    assert "x-session-id" not in encode(model, session_id="s").headers
    assert encode(model | {"compat": {}}, session_id="s").headers["x-session-id"] == "s"
