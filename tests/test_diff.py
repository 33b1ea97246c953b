"""Line differences: formats as the reference has them, and properties of any difference."""

from __future__ import annotations

import random

import pytest

from pi.text.diff import Change, Section, compare, display, first_changed_line, patch

LONG = "".join(f"line {n}\n" for n in range(1, 41))

# old, new, display, patch without its two header lines, first changed line
CASES = [
    (
        "one\ntwo\nthree\n",
        "one\n2\nthree\n",
        " 1 one\n-2 two\n+2 2\n 3 three",
        "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n",
        2,
    ),
    ("a\nb\n", "a\nnew\nb\n", " 1 a\n+2 new\n 2 b", "@@ -1,2 +1,3 @@\n a\n+new\n b\n", 2),
    ("a\nb\n", "", "-1 a\n-2 b", "@@ -1,2 +0,0 @@\n-a\n-b\n", 1),
    ("", "a\n", "+1 a", "@@ -0,0 +1,1 @@\n+a\n", 1),
    (
        "a\nb",
        "a\nb\n",
        " 1 a\n-2 b\n+2 b",
        "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n",
        2,
    ),
    ("a\n\nb\n", "a\n\nc\n", " 1 a\n 2 \n-3 b\n+3 c", "@@ -1,3 +1,3 @@\n a\n \n-b\n+c\n", 3),
    (  # the removal comes before the addition
        "c\nc\na\nb\na\nc\na\na\nc",
        "c\nc\na\na\nc\na\na",
        " 1 c\n 2 c\n 3 a\n-4 b\n 5 a\n 6 c\n 7 a\n-8 a\n-9 c\n+7 a",
        None,
        4,
    ),
    ("x\u2028y\n", "x\u2028z\n", "-1 x\u2028y\n+1 x\u2028z", None, 1),
]


@pytest.mark.parametrize(("old", "new", "shown", "hunks", "line"), CASES)
def test_formats(old, new, shown, hunks, line):
    sections = [Section(compare(old, new))]
    assert display(sections) == shown
    assert first_changed_line(sections) == line
    if hunks is not None:
        assert patch(sections, "f") == f"--- f\n+++ f\n{hunks}"


def test_equal_texts():
    sections = [Section(compare(LONG, LONG))]
    assert display(sections) == ""
    assert patch(sections, "f") == "--- f\n+++ f\n"
    assert first_changed_line(sections) is None


def test_context_and_gaps():
    new = LONG.replace("line 10\n", "X\n").replace("line 20\n", "Y\nZ\n")
    shown = display([Section(compare(LONG, new))]).split("\n")
    assert shown[0] == shown[-1] == "    ..."
    assert shown[1:7] == [
        "  6 line 6",
        "  7 line 7",
        "  8 line 8",
        "  9 line 9",
        "-10 line 10",
        "+10 X",
    ]
    assert shown[10:13] == [" 14 line 14", "    ...", " 16 line 16"]
    assert shown[16:20] == ["-20 line 20", "+20 Y", "+21 Z", " 21 line 21"]
    assert patch([Section(compare(LONG, new))], "f").count("@@ -") == 2


def test_changes_eight_lines_apart_share_a_hunk():
    new = LONG.replace("line 10\n", "X\n").replace("line 19\n", "Y\n")
    assert patch([Section(compare(LONG, new))], "f").count("@@ -") == 1


def test_room_for_the_largest_number():
    assert display([Section(compare("a\n", "b\n"))], 100) == "-  1 a\n+  1 b"


def test_sections_keep_their_numbers():
    changes = compare("a\n", "b\nc\n")
    sections = [Section(changes, 10, 10), Section(changes, 500, 501)]
    assert display(sections) == "     ...\n- 10 a\n+ 10 b\n+ 11 c\n     ...\n-500 a\n+501 b\n+502 c"
    assert "@@ -500,1 +501,2 @@" in patch(sections, "f")
    assert first_changed_line(sections) == 10


def applied(old: str, changes: list[Change]) -> tuple[str, str]:
    """What the changes say the old and the new text are."""
    before = [line for change in changes if change.kind != "+" for line in change.lines]
    after = [line for change in changes if change.kind != "-" for line in change.lines]
    return "".join(before), "".join(after)


@pytest.mark.parametrize("alphabet", ["ab", "abcdef"])
def test_random_texts_are_covered_with_the_fewest_changes(alphabet):
    rng = random.Random(5)
    for _ in range(200):
        old, new = (
            [rng.choice(alphabet) + "\n" for _ in range(rng.randrange(9))] for _ in range(2)
        )
        changes = compare("".join(old), "".join(new))
        assert applied("".join(old), changes) == ("".join(old), "".join(new))
        edits = sum(len(change.lines) for change in changes if change.kind != " ")
        assert edits == len(old) + len(new) - 2 * common_length(old, new)


def common_length(a: list[str], b: list[str]) -> int:
    """The length of the longest common subsequence, by the textbook."""
    row = [0] * (len(b) + 1)
    for x in a:
        last = row
        row = [0]
        for at, y in enumerate(b):
            row.append(last[at] + 1 if x == y else max(row[at], last[at + 1]))
    return row[-1]


def test_many_changes_fall_back_to_one_replacement():
    old = "".join(f"{n}\n" for n in range(3000)) + "end\n"
    new = "".join(f"{n if n % 3 else -n}\n" for n in range(3000, 0, -1)) + "end\n"
    changes = compare(old, new)
    assert applied(old, changes) == (old, new)
    assert changes[-1].lines[-1] == "end\n"
    assert changes[-1].kind == " "
