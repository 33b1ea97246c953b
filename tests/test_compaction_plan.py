from __future__ import annotations

import pytest

from pi.compaction.estimate import context_tokens, is_known
from pi.compaction.plan import ALREADY, NOTHING, make_plan
from pi.errors import PiError
from pi.store.tree import Tree
from tests.compactionkit import Branch, answer, call, plans, result, user


@pytest.mark.parametrize("case", plans(), ids=lambda case: case["entries"][-1]["id"])
def test_random_sessions_are_planned_as_the_reference_does(case):
    tree, want = Tree(case["entries"]), case["want"]
    shown = context_tokens(tree) if is_known(tree) else None
    assert shown == want.get("shown", shown)
    if "error" in want:
        with pytest.raises(PiError) as caught:
            make_plan(tree, case["keep"])
        assert str(caught.value) == want["error"]
        return
    plan = make_plan(tree, case["keep"])
    got = {
        "firstKept": plan.first_kept_id,
        "history": [[m["role"], m.get("timestamp")] for m in plan.history],
        "prefix": [[m["role"], m.get("timestamp")] for m in plan.prefix],
        "tokensBefore": plan.tokens_before,
        **plan.files.details(),
    }
    assert got == {name: value for name, value in want.items() if name != "shown"}


def test_a_cut_never_parts_a_call_from_its_result():
    branch = Branch(user("q"))
    for at in range(40):
        branch.add("message", message=answer("t", call("read", path=f"f{at}")))
        branch.add("message", message=result("x" * (at * 13 % 97)))
    for keep in range(1, 600, 7):
        plan = make_plan(branch.tree, keep)
        kept = next(e for e in branch.tree.entries if e["id"] == plan.first_kept_id)
        assert kept["message"]["role"] == "assistant"
        pending = 0
        for message in [*plan.history, *plan.prefix]:
            pending += {"assistant": 1, "toolResult": -1}.get(message["role"], 0)
        assert pending == 0


def test_a_cut_at_a_user_message_splits_no_turn():
    branch = Branch(user("a" * 400), answer("b" * 400), user("c" * 400), answer("d" * 400))
    plan = make_plan(branch.tree, 200)
    assert (plan.first_kept_id, plan.prefix) == ("e2", [])
    assert [m["role"] for m in plan.history] == ["user", "assistant"]


def test_a_long_turn_is_split_and_what_came_before_it_is_history():
    branch = Branch(user("old"), answer("done"), user("task"))
    for at in range(5):
        branch.add("message", message=answer("t" * 200, call("read", path=f"{at}")))
        branch.add("message", message=result("r" * 200))
    plan = make_plan(branch.tree, 110)
    assert [m["role"] for m in plan.history] == ["user", "assistant"]
    assert plan.prefix[0] == user("task")
    assert plan.first_kept_id == "e11"
    assert plan.files.read == ["0", "1", "2", "3"]


def test_the_second_compaction_begins_with_what_the_first_one_kept():
    branch = Branch(user("a" * 400), answer("b" * 400), user("c" * 400), answer("d" * 400))
    branch.add(
        "compaction",
        summary="S1",
        firstKeptEntryId="e2",
        details={"readFiles": ["old.py"], "modifiedFiles": []},
    )
    branch.add("message", message=user("e" * 400))
    branch.add("message", message=answer("f" * 400))
    plan = make_plan(branch.tree, 200)
    assert plan.previous_summary == "S1"
    assert [m["content"][0]["text"][0] for m in plan.history] == ["c", "d"]
    assert plan.files.read == ["old.py"]


def test_nothing_to_do():
    with pytest.raises(PiError, match="too small"):
        make_plan(Branch().tree, 100)
    with pytest.raises(PiError) as caught:
        make_plan(Branch(user("hi"), answer("ho")).tree, 100)
    assert str(caught.value) == NOTHING
    branch = Branch(user("hi" * 500), answer("ho"))
    branch.add("compaction", summary="S", firstKeptEntryId="e1")
    with pytest.raises(PiError) as caught:
        make_plan(branch.tree, 1)
    assert str(caught.value) == ALREADY


def hidden_attempt(*edits):
    branch = Branch(user("x" * 8000))
    hidden = branch.add("message", message=answer("", stop="error"))
    for target in (hidden, *edits):
        replacement = None if target == hidden else {"content": "other"}
        branch.add("context_edit", targetId=target, replacement=replacement)
    return branch


def test_an_input_that_alone_is_too_long_is_summarised_after_a_hidden_attempt():
    plan = make_plan(hidden_attempt().tree, 100)
    assert plan.first_kept_id == "e1"
    assert [m["role"] for m in plan.prefix] == ["user"]


def test_but_not_when_the_input_was_replaced_since():
    with pytest.raises(PiError, match="too small"):
        make_plan(hidden_attempt("e0").tree, 100)
