"""Masking secrets."""

from __future__ import annotations

import pytest

from pi.text.secret import Mask

LONG = "Aa0" * 20


@pytest.mark.parametrize(
    "secret",
    [
        f"sk-ant-api03-{LONG}",
        f"sk-proj-{LONG}",
        "AKIAABCDEFGHIJKLMNOP",
        f"ghp_{LONG}",
        f"AIza{LONG[:35]}",
        f"xoxb-{LONG}",
        f"gsk_{LONG}",
        f"eyJ{LONG}.eyJ{LONG}.{LONG}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{LONG}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_keys_are_known_by_their_shape(secret):
    mask = Mask()
    assert mask.text(f"a {secret} z") == "a [secret] z"
    assert mask.count == 1


@pytest.mark.parametrize(
    "text",
    ["sk-short", "task-" + "a" * 30 + " b", "AKIA", "ask-" + LONG, "-----BEGIN PRIVATE KEY-----"],
)
def test_other_words_stay(text):
    assert Mask().text(text) == text


def test_known_values_are_found_anywhere_and_the_longest_first():
    mask = Mask(["hunter2hunter2", "hunter2h", "short", ""])
    assert mask.text("xhunter2hunter2x short hunter2h") == "x[secret]x short [secret]"
    assert mask.count == 2


def test_values_keep_their_shape():
    mask = Mask(["s3cr3t-value"])
    value = {"s3cr3t-value": [1, None, "my s3cr3t-value", {"a": True}]}
    assert mask.value(value) == {"s3cr3t-value": [1, None, "my [secret]", {"a": True}]}


def test_the_work_is_linear():
    Mask(["x" * 20]).text("-----BEGIN PRIVATE KEY-----" * 20_000)
