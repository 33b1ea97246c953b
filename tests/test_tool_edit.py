"""The edit tool as the model and the session see it."""

from __future__ import annotations

import os
import threading

import pytest

from pi.batch import Batch, Gate
from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.events import ToolEnd
from pi.tools import write
from pi.tools.edit import prepare, tool
from pi.tools.workspace import Workspace
from tests.filekit import failure, run, text_of


@pytest.fixture
def edit(tmp_path):
    return tool(Workspace(str(tmp_path)))


def one(old: str, new: str) -> list[dict[str, str]]:
    return [{"oldText": old, "newText": new}]


def test_a_result(edit, tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\nthree\n")
    outcome = run(edit, path="a.txt", edits=one("two", "2"))
    assert outcome.content == [
        {"type": "text", "text": "Successfully replaced 1 block(s) in a.txt."}
    ]
    assert outcome.details == {
        "diff": " 1 one\n-2 two\n+2 2\n 3 three",
        "patch": "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n",
        "firstChangedLine": 2,
    }
    assert outcome.structured is None
    assert (tmp_path / "a.txt").read_text() == "one\n2\nthree\n"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_path_is_shown_as_given(edit, tmp_path):
    (tmp_path / "a.txt").write_text("one\n")
    outcome = run(edit, path="@./a.txt", edits=one("one", "1"))
    assert text_of(outcome) == "Successfully replaced 1 block(s) in @./a.txt."
    assert outcome.details["patch"].startswith("--- @./a.txt\n+++ @./a.txt\n")


def test_several_edits_and_distant_hunks(edit, tmp_path):
    lines = [f"line {n}\n" for n in range(1, 1001)]
    (tmp_path / "a.txt").write_text("".join(lines))
    edits = [*one("line 900\n", "X\nY\n"), *one("line 10\n", ""), *one("line 500\n", "five\n")]
    outcome = run(edit, path="a.txt", edits=edits)
    assert text_of(outcome) == "Successfully replaced 3 block(s) in a.txt."
    lines[899], lines[499], lines[9] = "X\nY\n", "five\n", ""
    assert (tmp_path / "a.txt").read_text() == "".join(lines)
    assert outcome.details["firstChangedLine"] == 10
    assert [line for line in outcome.details["patch"].split("\n") if line.startswith("@@")] == [
        "@@ -6,9 +6,8 @@",
        "@@ -496,9 +495,9 @@",
        "@@ -896,9 +895,10 @@",
    ]
    shown = outcome.details["diff"].split("\n")
    assert shown[0] == shown[-1] == "      ..."
    assert shown.count("      ...") == 4
    assert [line for line in shown if line[0] in "+-"] == [
        "-  10 line 10",
        "- 500 line 500",
        "+ 499 five",
        "- 900 line 900",
        "+ 899 X",
        "+ 900 Y",
    ]


PREPARED = [
    {"edits": '[{"oldText": "a", "newText": "b"}]'},
    {"edits": '{"oldText": "a", "newText": "b"}'},
    {"edits": {"oldText": "a", "newText": "b"}},
    {"edits": ['{"oldText": "a", "newText": "b"}']},
    {"oldText": "a", "newText": "b"},
    {"oldText": "a", "newText": "b", "edits": None},
    {"oldText": "a", "newText": "b", "edits": []},
]


@pytest.mark.parametrize("arguments", PREPARED)
def test_sloppy_arguments_are_understood(arguments):
    before = repr(arguments)
    assert prepare({"path": "p", **arguments}) == {
        "path": "p",
        "edits": [{"oldText": "a", "newText": "b"}],
    }
    assert repr(arguments) == before


def test_an_edit_next_to_the_list_is_added():
    prepared = prepare({"path": "p", "edits": one("a", "b"), "oldText": "c", "newText": "d"})
    assert prepared["edits"] == [*one("a", "b"), *one("c", "d")]


def test_a_line_break_inside_json_text_is_no_obstacle():
    assert prepare({"edits": '[{"oldText": "a\nb", "newText": ""}]'})["edits"] == one("a\nb", "")


@pytest.mark.parametrize("edits", ['[{"oldText": "a"', "5", "null", "nonsense"])
def test_what_leaves_doubt_is_not_touched(edits, edit, tmp_path):
    assert prepare({"path": "p", "edits": edits}) == {"path": "p", "edits": edits}
    (tmp_path / "a").write_text("a")
    assert "edits: expected array, got string" in failure(edit, path="a", edits=edits)
    assert (tmp_path / "a").read_text() == "a"


FAILURES = [
    ([{"oldText": "two"}], "newText"),
    ([], "at least one replacement"),
    (one("zzz", "x"), "Could not find the exact text in a.txt."),
    (one("o", "x"), "Found 2 occurrences of the text in a.txt."),
    (one("two", "two"), "No changes made to a.txt"),
    ([*one("one", "1"), *one("zzz", "x")], "Could not find edits[1] in a.txt."),
]


@pytest.mark.parametrize(("edits", "text"), FAILURES)
def test_a_failure_changes_nothing(edit, tmp_path, edits, text):
    path = tmp_path / "a.txt"
    path.write_text("one\ntwo\n")
    before = path.stat().st_mtime_ns
    assert text in failure(edit, path="a.txt", edits=edits)
    assert path.read_text() == "one\ntwo\n"
    assert path.stat().st_mtime_ns == before


def test_a_near_miss_is_quoted(edit, tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    return 1\n")
    message = failure(edit, path="a.py", edits=one("def f():\n  return 1", "x"))
    assert message.endswith("Nearest text, lines 1-2:\ndef f():\n    return 1")


def test_files_that_cannot_be_edited(edit, tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for path, text in [
        ("missing", "Could not edit file: missing. Error code: ENOENT."),
        ("folder", "Could not edit file: folder. Error code: EISDIR."),
        ("pipe", "Could not edit file: pipe. Error code: EINVAL. not a regular file"),
    ]:
        assert failure(edit, path=path, edits=one("a", "b")).startswith(text)


def test_undecodable_bytes_are_shown_replaced_and_kept(edit, tmp_path):
    (tmp_path / "a").write_bytes(b"caf\xe9\ntwo\n")
    outcome = run(edit, path="a", edits=one("two", "2"))
    assert outcome.details["diff"] == " 1 caf\ufffd\n-2 two\n+2 2"
    assert (tmp_path / "a").read_bytes() == b"caf\xe9\n2\n"


def test_a_link_and_a_mode_stay(edit, tmp_path):
    (tmp_path / "real.sh").write_text("echo one\n")
    (tmp_path / "real.sh").chmod(0o750)
    (tmp_path / "link.sh").symlink_to("real.sh")
    run(edit, path="link.sh", edits=one("one", "two"))
    assert (tmp_path / "link.sh").is_symlink()
    assert (tmp_path / "real.sh").read_text() == "echo two\n"
    assert (tmp_path / "real.sh").stat().st_mode & 0o777 == 0o750


def test_parallel_edits_of_one_file_all_take_effect(edit, tmp_path):
    names = [f"name{n}" for n in range(20)]
    (tmp_path / "a").write_text("".join(f"{name};\n" for name in names))
    (tmp_path / "b").symlink_to("a")
    threads = [
        threading.Thread(
            target=run, args=(edit,), kwargs={"path": "ab"[n % 2], "edits": one(f"{name};", "done")}
        )
        for n, name in enumerate(names)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "a").read_text() == "done\n" * 20


def test_calls_of_one_answer_take_effect_in_its_order(tmp_path):
    """Each edit needs what the call before it has left."""
    space = Workspace(str(tmp_path))
    tools = {"edit": tool(space), "write": write.tool(space)}
    calls = [("write", {"path": "a", "content": "v0\n"})]
    calls += [("edit", {"path": "@a", "edits": one(f"v{n}\n", f"v{n + 1}\n")}) for n in range(9)]
    for _ in range(20):
        batch = Batch(
            [
                {"type": "toolCall", "id": f"call_{n}", "name": name, "arguments": arguments}
                for n, (name, arguments) in enumerate(calls)
            ],
            tools,
            CancelToken(),
            Gate(),
            lambda: 1,
        )
        ends = [event for event in batch.run() if isinstance(event, ToolEnd)]
        assert [event.is_error for event in ends] == [False] * 10
        assert (tmp_path / "a").read_text() == "v9\n"


def test_a_claim_on_an_impossible_path_is_left_to_the_call(edit):
    assert edit.claim is not None
    assert edit.claim({"path": "a\0b"}, CancelToken()) is None
    assert "NUL" in failure(edit, path="a\0b", edits=one("a", "b"))


def test_a_cancelled_call_changes_nothing(edit, tmp_path):
    (tmp_path / "a").write_text("one\n")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run(edit, token, path="a", edits=one("one", "two"))
    assert (tmp_path / "a").read_text() == "one\n"


def test_declaration(edit):
    assert edit.name == "edit"
    assert edit.parameters["required"] == ["path", "edits"]
    item = edit.parameters["properties"]["edits"]["items"]
    assert item["required"] == ["oldText", "newText"]
    assert edit.snippet
    assert edit.guidelines
