from __future__ import annotations

import pytest

from pi.store.extract import extract
from pi.store.tree import Tree
from tests.sessionkit import START, entry, host, user

LABEL_STAMP = "2026-02-02T00:00:00.000Z"


def label(entry_id, parent, target, text=...):
    fields = {"targetId": target} if text is ... else {"targetId": target, "label": text}
    return {**entry("label", entry_id, parent, **fields), "timestamp": LABEL_STAMP}


def ids(entries) -> list:
    return [found["id"] for found in entries]


def shape(nodes) -> list:
    return [(node["entry"]["id"], shape(node["children"])) for node in nodes]


@pytest.mark.parametrize(
    ("links", "branch", "nested"),
    [
        ([], [], []),
        ([("1", None), ("2", "1")], ["1", "2"], [("1", [("2", [])])]),
        (
            [("1", None), ("2", "1"), ("3", "1"), ("4", "3")],
            ["1", "3", "4"],
            [("1", [("2", []), ("3", [("4", [])])])],
        ),
        ([("1", None), ("2", "zz"), ("3", "2")], ["2", "3"], [("1", []), ("2", [("3", [])])]),
        ([("1", None), ("2", None)], ["2"], [("1", []), ("2", [])]),
        ([("1", "2"), ("2", None)], ["2"], [("2", [("1", [])])]),
        ([("1", "2"), ("2", None), ("3", "1")], ["2", "1", "3"], [("2", [("1", [("3", [])])])]),
        ([("1", "1")], ["1"], [("1", [])]),
        ([("1", "3"), ("2", "1"), ("3", "2")], ["1", "2", "3"], [("1", [("2", [("3", [])])])]),
        ([("1", ["x"]), ("2", {"a": 1}), ("3", True)], ["3"], [("1", []), ("2", []), ("3", [])]),
        ([(1, None), (2, 1)], [1, 2], [(1, [(2, [])])]),
    ],
)
def test_branches_and_trees(links, branch, nested):
    tree = Tree(user(entry_id, parent) for entry_id, parent in links)
    assert ids(tree.branch()) == branch
    assert shape(tree.nested()) == nested
    assert tree.leaf_id == (links[-1][0] if links else None)


def test_colliding_ids_keep_both_branches_whole():
    ours = [user("a", None, "ours"), user("x", "a", "first x"), user("b", "x", "after first")]
    theirs = [user("x", "a", "second x"), user("c", "x", "after second")]
    tree = Tree(ours + theirs)
    assert ids(tree.branch("b")) == ["a", "x", "b"]
    assert tree.branch("b")[1] is ours[1]
    assert tree.branch("c")[1] is theirs[0]
    assert tree.get("x") is theirs[0]
    assert shape(tree.nested()) == [("a", [("x", [("b", [])]), ("x", [("c", [])])])]


def test_a_collision_cannot_close_a_circle():
    tree = Tree([user("1", None), user("2", "1"), user("1", "2"), user("3", "1")])
    assert ids(tree.branch()) == ["1", "2", "1", "3"]


def test_a_walk_reads_no_further_than_asked():
    tree = Tree([user("1", None), user("2", "1"), user("3", "2")])
    assert next(iter(tree.walk()))["id"] == "3"
    assert ids(tree.walk("2")) == ["2", "1"]
    assert list(tree.walk("zz")) == []


def test_what_is_added_leaves_the_leaf_alone():
    tree = Tree([user("1", None)])
    tree.add(user("2", "1"))
    assert (tree.leaf_id, ids(tree.entries), "2" in tree, "3" in tree) == (
        "1",
        ["1", "2"],
        True,
        False,
    )
    assert [] not in tree
    assert tree.get(["x"]) is None


def test_labels_name_entries_until_taken_back():
    tree = Tree(
        [
            user("1", None),
            label("2", "1", "1", "A"),
            label("3", "2", "zz", "lost"),
            label("4", "3", ["odd"], "lost"),
            user("5", "4"),
            label("6", "5", "5", "B"),
            label("7", "6", "1", "C"),
            label("8", "7", "5", ""),
        ]
    )
    assert {target: found["label"] for target, found in tree.labels().items()} == {"1": "C"}
    tree.add(label("9", "8", "1"))
    assert tree.labels() == {}
    tree.add(label("10", "9", "1", "D"))
    node = tree.nested()[0]
    assert (node["label"], node["labelTimestamp"]) == ("D", LABEL_STAMP)
    assert "label" not in node["children"][0]


def test_a_branch_is_taken_out_with_the_labels_in_force():
    tree = Tree(
        [
            user("1", None),
            label("2", "1", "1", "A"),
            user("3", "2"),
            label("4", "3", "3", "B"),
            user("5", "4"),
            user("6", "3", "elsewhere"),
            label("7", "6", "6", "E"),
            label("8", "7", "1"),
        ]
    )
    found = extract(tree, "5", host())
    assert ids(found)[:3] == ["1", "3", "5"]
    assert [(e["parentId"], e["type"]) for e in found] == [
        (None, "message"),
        ("1", "message"),
        ("3", "message"),
        ("5", "label"),
    ]
    assert (found[3]["targetId"], found[3]["label"], found[3]["timestamp"]) == (
        "3",
        "B",
        LABEL_STAMP,
    )
    assert found[3]["id"] not in ids(tree.entries)
    assert tree.get("3")["parentId"] == "2", "the source keeps its links"
    assert extract(Tree([user("1", "gone")]), "1", host())[0]["parentId"] is None
    assert found[0]["timestamp"] == START


def test_long_chains_do_not_recurse():
    tree = Tree(user(str(n), str(n - 1) if n else None) for n in range(50_000))
    assert len(tree.branch()) == 50_000
    node = tree.nested()[0]
    depth = 1
    while node["children"]:
        node = node["children"].pop()
        depth += 1
    assert depth == 50_000
