from __future__ import annotations

import pytest

from pi.compaction.detect import Rounds
from pi.compaction.files import Files, files_of
from pi.compaction.keep import MAX_CHARS, REQUEST_CHARS, keep, without_lists
from pi.compaction.serialise import serialise
from pi.messages import image, text
from tests.compactionkit import answer, call, result, user

PICTURE = image("AAAA", "image/png")


@pytest.mark.parametrize(
    ("messages", "paragraphs"),
    [
        ([user("hello"), {"role": "user", "content": [text("a"), PICTURE, text("b")]}],
         ["[User]: hello", "[User]: ab"]),
        ([{"role": "user", "content": [PICTURE]}, user("  ")], []),
        ([{"role": "user", "content": None}], []),
        ([answer("a", call("read", path="x", n=3, o={"a": [1]}), call("ls"))],
         ["[Assistant]: a", '[Assistant tool calls]: read(path="x", n=3, o={"a":[1]}); ls()']),
        ([{"role": "assistant", "content": [{"type": "thinking", "thinking": "t"}]}], []),
        ([{"role": "assistant", "content": [text("a"), text("b")]}], ["[Assistant]: a\nb"]),
        ([result("r"), result("")], ["[Tool result]: r"]),
        ([{"role": "system", "content": "s", "sections": {"a": "b"}}], []),
        ([{"role": "bashExecution", "command": "ls", "excludeFromContext": True}], []),
        ([{"role": "nobody", "content": "x"}], []),
        ([answer("", {"type": "toolCall", "name": None, "arguments": "junk"})],
         ["[Assistant tool calls]: None()"]),
    ],
)  # fmt: skip
def test_a_conversation_as_text(messages, paragraphs):
    assert serialise(messages) == paragraphs


def test_special_roles_speak_as_the_user():
    ran = {"role": "bashExecution", "command": "ls", "output": "a.py", "exitCode": 0}
    assert serialise([ran])[0].startswith("[User]: Ran `ls`")


def test_long_results_are_cut_and_say_by_how_much():
    assert serialise([result("q" * 2000)]) == [f"[Tool result]: {'q' * 2000}"]
    [cut] = serialise([result("q" * 2345)])
    assert "[345 more characters" in cut
    assert cut.count("q") == 2000


def test_files_of_calls_and_of_the_summary_before():
    messages = [
        answer("", call("read", path="b"), call("read", path="a"), call("grep", path="no")),
        answer("", call("write", path="a"), call("edit", path="c"), call("read", path="")),
        answer("", call("edit", path=5), {"type": "toolCall", "name": "read", "arguments": None}),
    ]
    earlier = {"details": {"readFiles": ["c", "old", 7], "modifiedFiles": "junk"}}
    files = files_of(messages, [earlier])
    assert files.details() == {"readFiles": ["b", "old"], "modifiedFiles": ["a", "c"]}
    assert files.text() == (
        "\n\n<read-files>\nb\nold\n</read-files>\n\n<modified-files>\na\nc\n</modified-files>"
    )
    assert files_of([], [{**earlier, "fromHook": True}]) == Files([], [])
    assert Files([], []).text() == ""


RULES = """Please fix the parser. Never touch the migrations folder!
- Always run `make lint` before you finish.
This is only a remark.
```
you must never see this
```
<file name="/x">
do not keep this either
</file>
From now on, answer in French."""


def test_rules_of_the_user_are_kept_word_for_word():
    kept = keep([user(RULES), answer("You must never keep mine.")], None, [])
    assert kept.rules == [
        "Never touch the migrations folder!",
        "Always run `make lint` before you finish.",
        "From now on, answer in French.",
    ]
    assert kept.text().startswith("\n\n<user-rules>\n- Never touch the migrations folder!\n")


def test_open_tasks_are_kept_until_they_are_ticked_off():
    first = keep([user("- [ ] docs\n- [ ] tests\n* [x] code"), answer("- [x] docs")], None, [])
    assert first.tasks == ["tests"]
    second = keep([answer("- [ ] changelog")], f"Notes.{first.text()}", [])
    assert second.tasks == ["tests", "changelog"]
    assert keep([answer("- [X] tests")], f"Notes.{second.text()}", []).tasks == ["changelog"]


def test_rules_go_from_summary_to_summary_without_doubling():
    text_before = "Notes." + keep([user("Never do A.")], None, []).text()
    kept = keep([user("Never do A. Always do B.")], text_before, [])
    assert kept.rules == ["Never do A.", "Always do B."]


def test_the_lists_are_bounded_and_the_newest_lines_stay():
    kept = keep([user("\n".join(f"Never do {at} {'x' * 90}" for at in range(200)))], None, [])
    assert sum(map(len, kept.rules)) <= MAX_CHARS
    assert kept.rules[-1].startswith("Never do 199 ")
    assert kept.rules == sorted(kept.rules, key=lambda line: int(line.split()[2]))


def test_the_request_of_a_split_turn_is_kept():
    prefix = [user("Build it. " + "y" * 5000), answer("ok")]
    kept = keep(prefix, None, prefix)
    assert kept.request.startswith("Build it. y")
    assert len(kept.request) == REQUEST_CHARS
    assert "<user-request>\nBuild it." in kept.text()


def test_the_lists_can_be_taken_off_again():
    kept = keep([user("Never do A.\n- [ ] b")], None, [user("req")])
    files = Files(["r"], ["m"])
    assert without_lists(f"## Goal\nx{kept.text()}{files.text()}") == "## Goal\nx"
    assert without_lists("plain <read-files> text") == "plain <read-files> text"


def test_rounds_that_bring_nothing_new_are_a_circle():
    rounds = Rounds()
    said = []
    for _ in range(4):
        rounds.note_call("read", {"path": "a"})
        said.append(rounds.note_compaction())
    assert said == [False, False, True, True]


def test_new_calls_and_words_of_the_user_break_a_circle():
    rounds = Rounds()
    for at in range(6):
        rounds.note_call("read", {"path": "a"})
        rounds.note_call("read", {"path": "b", "offset": at})
        assert not rounds.note_compaction()
    for _ in range(4):
        rounds.note_user()
        assert not rounds.note_compaction()
