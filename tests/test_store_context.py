from __future__ import annotations

import pytest

from pi.store.context import model_of, project, select
from pi.store.convert import BRANCH_INTRO, COMPACTION_INTRO, as_sent
from pi.store.tree import Tree
from pi.store.view import View
from tests.sessionkit import START_MS, answer, entry, header, message, texts, user

SYSTEM = {"role": "system", "content": "SYS", "toolsAdded": [], "timestamp": 9}
CALL = {"type": "toolCall", "id": "c1", "name": "bash", "arguments": {}}


def system(entry_id, parent, **sections):
    return message(entry_id, parent, "system", "", sections=sections, timestamp=4)


def result(entry_id, parent, content="r"):
    return message(entry_id, parent, "toolResult", content, toolCallId="c1", toolName="bash")


def bash(entry_id, parent, **fields):
    fields = {"command": "ls", "output": "x\n", "exitCode": 0, "timestamp": 5, **fields}
    return entry("message", entry_id, parent, message={"role": "bashExecution", **fields})


def compaction(entry_id, parent, first_kept, **fields):
    fields = {"summary": f"S{entry_id}", "tokensBefore": 100, **fields}
    return entry("compaction", entry_id, parent, firstKeptEntryId=first_kept, **fields)


def edit(entry_id, parent, target, *replacement):
    fields = {"replacement": replacement[0]} if replacement else {}
    return entry("context_edit", entry_id, parent, targetId=target, **fields)


def summary(entry_id, parent, text):
    return entry("branch_summary", entry_id, parent, fromId="9", summary=text)


def custom(entry_id, parent, **fields):
    return entry("custom_message", entry_id, parent, customType="x", display=True, **fields)


def sent(entries) -> list:
    walk = Tree(entries).walk()
    return as_sent(found for _, messages in project(walk) for found in messages)


def brief(entries) -> list:
    """What is sent, with the introductions of summaries cut down to their tags' content."""
    found = []
    for text in texts(
        {
            **m,
            "content": m["content"] if isinstance(m["content"], list) else [{"text": m["content"]}],
        }
        for m in sent(entries)
    ):
        for mark, intro in (("C", COMPACTION_INTRO), ("B", BRANCH_INTRO)):
            text = text.replace(f"{intro}\n\n<summary>\n", f"{mark}[").replace("\n</summary>", "]")
        found.append(text)
    return found


CASES = {
    "plain": ([user("1", None), answer("2", "1")], ["u:u", "a:a"]),
    "two branches": (
        [user("1", None, "one"), answer("2", "1", "x"), user("3", "2"), user("4", "1", "two")],
        ["u:one", "u:two"],
    ),
    "state gives nothing": (
        [
            user("1", None),
            entry("model_change", "2", "1", provider="p", modelId="q"),
            entry("usage", "3", "2", kind="cache_warm"),
            entry("custom", "4", "3", customType="x", data={}),
            entry("label", "5", "4", targetId="1", label="L"),
            entry("session_info", "6", "5", name="n"),
            entry("mystery", "7", "6", message={"role": "user", "content": "no"}),
            answer("8", "7"),
        ],
        ["u:u", "a:a"],
    ),
    "damaged messages": (
        [
            user("1", None),
            entry("message", "2", "1"),
            entry("message", "3", "2", message=None),
            entry("message", "4", "3", message="x"),
            entry("message", "5", "4", message={"role": "weird", "content": "w"}),
            user("6", "5", "end"),
        ],
        ["u:u", "u:end"],
    ),
    "null content": (
        [
            entry("message", "1", None, message={"role": "user", "content": None}),
            entry("message", "2", "1", message={"role": "assistant"}),
        ],
        ["u:", "a:"],
    ),
    "compaction": (
        [
            system("s", None, a="A"),
            user("1", "s", "u1"),
            answer("2", "1", "a1"),
            user("3", "2", "u2"),
            answer("4", "3", "a2"),
            compaction("5", "4", "3", systemMessage=SYSTEM),
            user("6", "5", "u3"),
        ],
        ["s:SYS", "u:C[S5]", "u:u2", "a:a2", "u:u3"],
    ),
    "systems before it are dropped, those after it stay": (
        [
            system("s", None, a="A"),
            user("1", "s", "u1"),
            system("2", "1", b="B"),
            user("3", "2", "u2"),
            compaction("4", "3", "2"),
            system("5", "4", c="C"),
            user("6", "5", "u3"),
        ],
        ["u:C[S4]", "u:u2", "s:", "u:u3"],
    ),
    "the latest of two compactions": (
        [
            user("1", None, "u1"),
            compaction("2", "1", "1"),
            user("3", "2", "u2"),
            compaction("4", "3", "2"),
            user("5", "4", "u3"),
        ],
        ["u:C[S4]", "u:u2", "u:u3"],
    ),
    "a compaction that keeps nothing": (
        [user("1", None), compaction("2", "1", "2"), user("3", "2", "x")],
        ["u:C[S2]", "u:x"],
    ),
    "a compaction whose mark is unknown": (
        [user("1", None), compaction("2", "1", "zz"), user("3", "2", "x")],
        ["u:C[S2]", "u:x"],
    ),
    "a compaction whose mark comes later": (
        [user("1", None), compaction("2", "1", "3"), user("3", "2", "x")],
        ["u:C[S2]", "u:x"],
    ),
    "a compaction without a mark": (
        [user("1", None), compaction("2", "1", None), user("3", "2", "x")],
        ["u:C[S2]", "u:x"],
    ),
    "a compaction on another branch": (
        [user("1", None), compaction("2", "1", "1"), user("3", "1", "x")],
        ["u:u", "u:x"],
    ),
    "a compaction of odd types": (
        [user("1", None), compaction("2", "1", ["1"], summary=None, systemMessage="x")],
        ["u:C[]"],
    ),
    "a failed attempt is hidden": (
        [
            user("1", None),
            answer("2", "1", "bad", stopReason="error"),
            edit("3", "2", "2", None),
            answer("4", "3", "good"),
        ],
        ["u:u", "a:good"],
    ),
    "an edit replaces content": (
        [
            user("1", None),
            answer("2", "1", [CALL]),
            result("3", "2"),
            edit("4", "3", "1", {"content": [{"type": "text", "text": "U"}]}),
            edit("5", "4", "2", {"content": "A"}),
            edit("6", "5", "3", {"content": "R"}),
        ],
        ["u:U", "a:A", "t:R"],
    ),
    "an edit of a custom message": (
        [custom("1", None, content="old"), edit("2", "1", "1", {"content": "new"})],
        ["u:new"],
    ),
    "the latest edit wins": (
        [user("1", None), edit("2", "1", "1", None), edit("3", "2", "1", {"content": "back"})],
        ["u:back"],
    ),
    "an edit on another branch does not count": (
        [user("1", None), edit("2", "1", "1", None), user("3", "1", "x")],
        ["u:u", "u:x"],
    ),
    "edits that make no sense change nothing": (
        [
            user("1", None),
            bash("2", "1", output=""),
            edit("3", "2", "1"),
            edit("4", "3", "1", {"content": 5}),
            edit("5", "4", "1", {}),
            edit("6", "5", "zz", None),
            edit("7", "6", ["1"], None),
            edit("8", "7", "2", {"content": "x"}),
        ],
        ["u:u", "u:Ran `ls`\n(no output)"],
    ),
    "anything can be hidden": (
        [
            system("s", None, a="A"),
            bash("1", "s"),
            summary("2", "1", "B"),
            edit("3", "2", "s", None),
            edit("4", "3", "1", None),
            edit("5", "4", "2", None),
            user("6", "5"),
        ],
        ["u:u"],
    ),
    "an edit before a compaction holds for what is kept": (
        [
            user("1", None, "u1"),
            answer("2", "1", "bad"),
            edit("3", "2", "2", None),
            compaction("4", "3", "2"),
            user("5", "4"),
        ],
        ["u:C[S4]", "u:u"],
    ),
    "a branch summary": (
        [user("1", None), summary("2", "1", "BS"), user("3", "2", "x")],
        ["u:u", "u:B[BS]", "u:x"],
    ),
    "an empty branch summary": ([summary("1", None, ""), user("2", "1")], ["u:u"]),
    "custom messages": (
        [
            custom("1", None, content="c"),
            custom("2", "1"),
            custom("3", "2", content=[{"text": "t"}]),
        ],
        ["u:c", "u:t"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_model_sees(name):
    entries, expected = CASES[name]
    assert brief(entries) == expected


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Ran `ls`\n```\nx\n\n```"),
        ({"output": "a"}, "Ran `ls`\n```\na\n```"),
        ({"output": ""}, "Ran `ls`\n(no output)"),
        ({"output": None, "command": None}, "Ran ``\n(no output)"),
        ({"exitCode": 3}, "Ran `ls`\n```\nx\n\n```\n\nCommand exited with code 3"),
        ({"exitCode": None}, "Ran `ls`\n```\nx\n\n```"),
        (
            {"cancelled": True, "exitCode": 9},
            "Ran `ls`\n```\nx\n\n```\n\n(cancelled before it ended)",
        ),
        ({"truncated": True}, "Ran `ls`\n```\nx\n\n```"),
        (
            {"truncated": True, "fullOutputPath": "/tmp/f", "exitCode": 1, "output": "y"},
            "Ran `ls`\n```\ny\n```\n\nCommand exited with code 1\n\n"
            "[Only the end is shown. Full output: /tmp/f]",
        ),
        ({"excludeFromContext": True}, None),
    ],
)
def test_a_command_the_user_ran(fields, text):
    expected = [{"role": "user", "content": [{"type": "text", "text": text}], "timestamp": 5}]
    assert sent([bash("1", None, **fields)]) == (expected if text else [])


def test_derived_messages_bear_the_time_of_their_entry_and_keep_their_fields():
    entries = [
        compaction("1", None, "1"),
        summary("2", "1", "B"),
        custom("3", "2", content="c", details={"d": 1}),
    ]
    messages = [found for _, part in project(Tree(entries).walk()) for found in part]
    assert messages == [
        {
            "role": "compactionSummary",
            "summary": "S1",
            "tokensBefore": 100,
            "timestamp": START_MS,
        },
        {"role": "branchSummary", "summary": "B", "fromId": "9", "timestamp": START_MS},
        {
            "role": "custom",
            "customType": "x",
            "content": "c",
            "display": True,
            "details": {"d": 1},
            "timestamp": START_MS,
        },
    ]


def test_projection_keeps_the_sources_and_changes_no_entry():
    entries = [user("1", None), answer("2", "1"), edit("3", "2", "2", {"content": "new"})]
    before = repr(entries)
    pairs = list(project(Tree(entries).walk()))
    assert [(found["id"], len(messages)) for found, messages in pairs] == [
        ("1", 1),
        ("2", 1),
        ("3", 0),
    ]
    assert pairs[0][1][0] is entries[0]["message"]
    assert repr(entries) == before


def test_no_more_is_read_than_the_compaction_kept():
    entries = [user("1", None), user("2", "1"), user("3", "2"), compaction("4", "3", "2")]

    def walk():
        for found in Tree(entries).walk():
            assert found["id"] != "1"
            yield found

    assert [found["id"] for found in select(walk())] == ["4", "2", "3"]


@pytest.mark.parametrize(
    ("entries", "model"),
    [
        ([user("1", None)], None),
        ([entry("model_change", "1", None, provider="p", modelId="q"), user("2", "1")], ("p", "q")),
        (
            [entry("model_change", "1", None, provider="p", modelId="q"), answer("2", "1")],
            ("mock", "m1"),
        ),
        (
            [answer("1", None), entry("model_change", "2", "1", provider="p", modelId="q")],
            ("p", "q"),
        ),
        ([answer("1", None, stopReason="error")], ("mock", "m1")),
        ([answer("1", None), answer("2", "1", model=None)], ("mock", "m1")),
        ([answer("1", None), entry("model_change", "2", "1", provider="p")], ("mock", "m1")),
    ],
)
def test_the_model_is_the_one_chosen_or_used_last(entries, model):
    assert model_of(Tree(entries).walk()) == model


def test_the_thinking_level_is_the_one_chosen_last():
    high = entry("thinking_level_change", "1", None, thinkingLevel="high")
    odd = entry("thinking_level_change", "2", "1", thinkingLevel=5)
    tree = Tree([high, odd, answer("3", "2", thinkingLevel="low")])
    assert View(header(), tree).thinking_level() == "high"
    assert View(header(), Tree([user("1", None)])).thinking_level() is None
