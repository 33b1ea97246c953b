"""The table of --list-models."""

from __future__ import annotations

import pytest

from pi.models.list import listed, no_match, table, tokens
from pi.models.select import usable_book
from tests import modelkit

OWN = {
    "providers": {
        "mock": {
            "baseUrl": "http://mock/v1",
            "api": "openai-completions",
            "apiKey": "k",
            "models": [
                {"id": "two", "reasoning": True, "contextWindow": 1_234_567, "maxTokens": 999},
                {"id": "One", "input": ["text", "image"]},
                {"id": "a/b:c"},
            ],
        },
        "nokey": {"baseUrl": "http://x", "api": "openai-completions", "models": [{"id": "z"}]},
    }
}


@pytest.fixture
def book(tmp_path):
    return usable_book(modelkit.Kit(tmp_path, own=OWN).models)


def test_the_whole_table(book):
    assert table(book) == [
        "provider  model  context  max-out  thinking  images",
        "mock      a/b:c  128K     16.4K    no        no    ",
        "mock      One    128K     16.4K    no        yes   ",
        "mock      two    1.2M     999      yes       no    ",
    ]


def test_a_search(book):
    assert [model["id"] for model in listed(book, "mock tw")] == ["two"]
    assert [model["id"] for model in listed(book, "bc")] == ["a/b:c"]
    assert table(book, "nothing") == []
    assert '"zz top"' in no_match("zz top")


def test_scripted_models_are_listed_by_name_only(book):
    assert [model["provider"] for model in listed(book, "demo")] == ["demo"]
    assert [model["provider"] for model in listed(book, " FAUX ")] == ["faux"]
    assert "demo" not in {model["provider"] for model in listed(book, "dem")}


def test_what_a_terminal_would_obey_is_not_printed(tmp_path):
    entry = {**OWN["providers"]["mock"], "models": [{"id": "x\x1b[2Jy\n"}]}
    kit = modelkit.Kit(tmp_path, own={"providers": {"mock": entry}})
    assert table(usable_book(kit.models))[1].startswith("mock      x\ufffd[2Jy\ufffd  ")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1K"),
        (4096, "4.1K"),
        (1050, "1.1K"),
        (1150, "1.1K"),
        (1250, "1.3K"),
        (8750, "8.8K"),
        (128000, "128K"),
        (131072, "131.1K"),
        (999_999, "1000.0K"),
        (1_000_000, "1M"),
        (1_048_576, "1.0M"),
        (1_250_000, "1.3M"),
        (1.5, "1.5"),
        (16384.0, "16.4K"),
    ],
)
def test_short_numbers(count, text):
    assert tokens(count) == text
