from __future__ import annotations

import pytest

from pi.compaction.estimate import (
    checkpoint,
    context_tokens,
    is_known,
    is_over,
    message_tokens,
    messages_tokens,
    usage_tokens,
)
from pi.messages import image, text
from pi.settings import Compaction
from tests.compactionkit import Branch, answer, call, user

PICTURE = image("AAAA", "image/png")


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        ({"role": "user", "content": "x" * 40}, 10),
        ({"role": "user", "content": [text("xxxx"), text("y")]}, 2),
        ({"role": "user", "content": [PICTURE, text("xxxx"), PICTURE]}, 2401),
        ({"role": "user", "content": None}, 0),
        ({"role": "user", "content": "\U0001f600" * 4}, 2),
        ({"role": "assistant", "content": [{"type": "thinking", "thinking": "xxxx"}]}, 1),
        ({"role": "assistant", "content": [call("read", path="abc")]}, 5),
        ({"role": "assistant", "content": [call("read", path='\xe9\u2028"\n')]}, 6),
        ({"role": "assistant", "content": [{"type": "toolCall", "name": "read"}]}, 2),
        ({"role": "bashExecution", "command": "xxxx", "output": "xxxxxxxx"}, 3),
        ({"role": "bashExecution", "command": "xxxx"}, 1),
        ({"role": "compactionSummary", "summary": "x" * 12}, 3),
        ({"role": "system", "content": "c", "sections": {"long name": "bb", "gone": None}}, 1),
        ({"role": "system", "content": "", "toolsRemoved": [{"name": "read"}]}, 0),
        ({"role": "unheard of"}, 0),
    ],
)
def test_messages(message, tokens):
    assert message_tokens(message) == tokens


def test_system_messages_count_as_what_is_in_force():
    messages = [
        {"role": "system", "sections": {"cwd": "x" * 400, "preamble": "p" * 40}},
        user("x" * 40),
        {"role": "system", "sections": {"cwd": "y" * 4, "preamble": None}},
    ]
    assert messages_tokens(messages) == 10 + 1
    state = checkpoint(messages, 7)
    assert (state["sections"], state["timestamp"]) == ({"cwd": "yyyy"}, 7)
    assert "toolsAdded" not in state


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"totalTokens": 9, "input": 1}, 9),
        ({"totalTokens": 0, "input": 1, "output": 2, "cacheRead": 3, "cacheWrite": 4}, 10),
        ({"totalTokens": True, "input": -3, "output": float("nan")}, 0),
        (None, 0),
        ("many", 0),
    ],
)
def test_usage(usage, tokens):
    assert usage_tokens(usage) == tokens


def test_the_last_usage_and_an_estimate_for_what_follows():
    branch = Branch(user("x" * 4000), answer("a", tokens=700), user("y" * 40))
    assert context_tokens(branch.tree) == 710
    branch.add("message", message=answer("zz", tokens=9999, stop="error"))
    assert context_tokens(branch.tree) == 711


def test_a_usage_from_before_a_compaction_or_an_edit_does_not_count():
    branch = Branch(user("x" * 4000), answer("a" * 40, tokens=90_000))
    branch.add("compaction", summary="s" * 8, firstKeptEntryId="e1")
    assert context_tokens(branch.tree) == 2 + 10
    assert not is_known(branch.tree)
    branch.add("message", message=answer("b", tokens=55))
    assert context_tokens(branch.tree) == 55
    assert is_known(branch.tree)
    branch.add("context_edit", targetId="e1", replacement=None)
    assert context_tokens(branch.tree) == 2 + 1
    assert is_known(branch.tree)
    branch.add("context_edit", targetId="e3", replacement=None)
    assert not is_known(branch.tree)


def test_only_the_end_of_a_long_branch_is_walked():
    branch = Branch(*[user("x")] * 50, answer("a", tokens=5), user("yyyy"))
    seen = []

    class Tree:
        def walk(self):
            for entry in branch.tree.walk():
                seen.append(entry["id"])
                yield entry

    assert context_tokens(Tree()) == 6
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("tokens", "window", "expected"),
    [(900, 1000, False), (901, 1000, True), (901, None, False), (901, 0, False), (1, 50, True)],
)
def test_the_threshold_is_passed_by_more_than_the_reserve(tokens, window, expected):
    assert is_over(tokens, window, Compaction(True, 100, 0)) is expected
