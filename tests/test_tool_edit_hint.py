"""What is quoted when an old text was not found."""

from __future__ import annotations

import pytest

from pi.tools.edit_hint import nearest

CODE = "import os\n\ndef main():\n    run(1)\n    stop()\n\ndef other():\n    run(2)\n    stop()\n"


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("def main():\n  run(1)\n  stop()", "lines 3-5:\ndef main():\n    run(1)\n    stop()"),
        ("def other():\n\trun(2)", "lines 7-8:\ndef other():\n    run(2)"),
        ("\nrun(2)\n", "line 8:\n    run(2)"),
        ("def mian():", "line 3:\ndef main():"),
        ("before\nimport os", "line 1:\nimport os"),
    ],
)
def test_the_nearest_lines_are_quoted(wanted, hint):
    assert nearest(CODE, wanted) == f"\n\nNearest text, {hint}"


@pytest.mark.parametrize("wanted", ["zzz", "", "\n", "  ", "completely different words"])
def test_nothing_near_is_no_hint(wanted):
    assert nearest(CODE, wanted) == ""


def test_hints_are_short():
    content = "\n".join("same" for _ in range(100)) + "\n" + "x" * 1000
    assert len(nearest(content, "\n".join(["same "] * 100)).split("\n")) == 3 + 12
    assert nearest(content, "y" + "x" * 999).endswith("x" * 300 + "...")


def test_a_very_long_file_is_not_searched():
    assert nearest("a\n" * 30_000, "a ") == ""
