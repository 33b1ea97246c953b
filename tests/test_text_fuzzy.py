"""Fuzzy search: what matches, and what fits better."""

from __future__ import annotations

import pytest

from pi.text.fuzzy import matching, score


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("snt", "claude-sonnet"),
        ("SONNET", "Claude Sonnet"),
        ("gpt5", "5-gpt"),
        ("5gpt", "openai gpt-5"),
        ("", "anything"),
        ("é", "café"),
    ],
)
def test_a_word_is_found_in_order_anywhere(word, text):
    assert score(word, text) is not None


@pytest.mark.parametrize(
    ("word", "text"),
    [("tns", "sonnet"), ("gpt55", "gpt-5"), ("longer than it", "long"), ("a", "")],
)
def test_a_word_that_is_not_there(word, text):
    assert score(word, text) is None


@pytest.mark.parametrize(
    ("word", "better", "worse"),
    [
        ("opus", "opus", "opus-2"),
        ("opus", "claude-opus", "c-o-p-u-s"),
        ("opus", "claude opus", "claudeopus"),
        ("opus", "a-opus", "a-very-long-name-opus"),
        ("opus", "oxp opus", "oxp oaapus"),
        ("gpt5", "gpt5", "5gpt"),
    ],
)
def test_what_fits_better(word, better, worse):
    assert score(word, better) < score(word, worse)


def test_every_word_must_be_there_and_the_best_comes_first():
    names = ["mock one", "other mock-two", "mock two", "two"]
    assert matching("two mock", names, str) == ["mock two", "other mock-two"]
    assert matching("mock/two", names, str) == ["mock two", "other mock-two"]
    assert matching("three", names, str) == []


def test_a_blank_query_keeps_all_in_order():
    assert matching(" / ", ["b", "a"], str) == ["b", "a"]


def test_ties_keep_their_order():
    assert matching("x", ["ax", "bx", "cx"], str) == ["ax", "bx", "cx"]
