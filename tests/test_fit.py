"""Whether what an extension made is fit to be stored and sent."""

from __future__ import annotations

import pytest

from pi.fit import why_not_content, why_not_json, why_not_usage
from pi.messages import image, text, zero_usage


@pytest.mark.parametrize("content", ["", "words", [], [text("a"), image("aGk=", "image/png")]])
def test_content_that_fits(content):
    assert why_not_content(content) == ""


@pytest.mark.parametrize(
    "content",
    [
        None, 5, {}, ["a"], [{"type": "text"}], [{"type": "text", "text": 1}], [None],
        [{"type": "image", "data": "x"}], [{"type": "toolCall"}], [{"type": {"a": 1}}],
    ],
)  # fmt: skip
def test_content_that_does_not(content):
    assert why_not_content(content)


def endless():
    nested = []
    nested.append(nested)
    return nested


@pytest.mark.parametrize("value", [{1}, {"a": object()}, b"x", endless()])
def test_what_json_cannot_hold(value):
    assert "JSON cannot hold" in why_not_json("fine", value)


@pytest.mark.parametrize("value", [None, "\ud800", float("nan"), {"a": [1, {"b": None}]}])
def test_what_it_can_be_made_to_hold(value):
    assert why_not_json(value) == ""


@pytest.mark.parametrize("usage", [None, {}, zero_usage(), {"input": 1.5, "more": "x"}])
def test_a_usage(usage):
    assert why_not_usage(usage) == ""


@pytest.mark.parametrize(
    "usage", [[], "much", {"input": "1"}, {"output": None}, {"cost": 1}, {"totalTokens": True}]
)
def test_no_usage(usage):
    assert why_not_usage(usage)
