from __future__ import annotations

import pytest

from pi.providers.limits import output_limit, prompt_tokens
from pi.request import Context, Options

WINDOW = 128000
RESERVE = 4096


def message(role, *blocks, at=1, **more):
    return {"role": role, "content": list(blocks), "timestamp": at, **more}


def text(count):
    return {"type": "text", "text": "a" * count}


def used(tokens, at=2, **more):
    return message("assistant", text(700), at=at, usage={"totalTokens": tokens}, **more)


@pytest.mark.parametrize(
    ("messages", "tokens"),
    [
        ([], 0),
        ([message("user", text(4))], 2),
        ([message("user", text(350), text(350))], 200),
        ([message("user", {"type": "image", "data": "x"})], 1372),
        ([message("user", text(7)), used(1000)], 1000),
        ([message("user", text(7)), used(1000), message("user", text(7), at=3)], 1002),
        ([message("user", text(7)), used(0), message("user", text(7), at=3)], 204),
        ([message("user", text(7)), used(1000, stopReason="error")], 202),
        ([message("user", text(7), at=9), used(1000)], 202),
        ([used(5000), used(100, at=3)], 100),
        (
            [
                message("assistant", {"type": "toolCall", "name": "abc", "arguments": {"k": 1}}),
                message("toolResult", {"type": "thinking", "thinking": "1234567"}),
            ],
            5,
        ),
        ([message("user", {"type": "text", "text": None}, 7, {"type": "odd"})], 0),
    ],
)
def test_prompt_tokens(messages, tokens):
    assert prompt_tokens(Context("", [], messages)) == tokens


def test_the_prompt_and_the_tools_count_until_usage_is_known():
    tools = [{"name": "t", "description": "d", "parameters": {}}]
    bare = prompt_tokens(Context("s" * 350, [], []))
    assert bare == 100
    assert prompt_tokens(Context("s" * 350, tools, [])) > bare
    assert prompt_tokens(Context("s" * 350, tools, [used(50)])) == 50


@pytest.mark.parametrize(
    ("model", "asked", "limit"),
    [
        ({"maxTokens": 1000, "contextWindow": WINDOW}, None, 1000),
        ({"maxTokens": 1000, "contextWindow": WINDOW}, 5000, 5000),
        ({"maxTokens": WINDOW, "contextWindow": WINDOW}, None, WINDOW - RESERVE - 2),
        ({"maxTokens": 4096, "contextWindow": 4096}, None, 4096 - 512 - 2),
        ({"maxTokens": 1000, "contextWindow": 2}, None, 1),
        ({"maxTokens": 1000}, None, 1000),
        ({"maxTokens": 0, "contextWindow": WINDOW}, None, None),
        ({"maxTokens": 1000, "contextWindow": WINDOW}, 0, None),
        ({"maxTokens": True}, None, None),
        ({}, None, None),
    ],
)
def test_output_limit(model, asked, limit):
    context = Context("", [], [message("user", text(4))])
    assert output_limit(model, context, Options(max_tokens=asked)) == limit


def test_the_reserve_grows_with_the_prompt():
    context = Context("", [], [message("user", text(4)), used(50000)])
    model = {"maxTokens": WINDOW, "contextWindow": WINDOW}
    assert output_limit(model, context, Options()) == WINDOW - 50000 - 7500


@pytest.mark.parametrize(
    ("window", "prompt", "limit"),
    [
        (128_000, 83_200, 32_320 + 448),  # 15 % would leave a little less than a whole answer
        (128_000, 89_600, 32_768),
        (128_000, 108_800, 15_104),
        (128_000, 121_600, 2_304),
        (128_000, 127_000, 1),
        (262_144, 235_929, 22_119),
        (8_192, 6_000, 8_192 - 6_000 - 1_024),
    ],
)
def test_a_long_prompt_does_not_shorten_the_answer_more_than_it_must(window, prompt, limit):
    context = Context("", [], [message("user", text(4)), used(prompt)])
    model = {"maxTokens": window, "contextWindow": window}
    assert output_limit(model, context, Options()) == limit
