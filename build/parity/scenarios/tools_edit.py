"""The edit tool: matching, line ends, refusals; the file afterwards is compared too."""

from __future__ import annotations

from parity.scenario import Scenario, run
from parity.scenarios.tool_results import calls

JSON = ("--mode", "json")
TEXT = "alpha\nbeta\ngamma\nbeta two\n"


def _edit(
    title: str, arguments: object, content: str | bytes = TEXT, **options: object
) -> Scenario:
    """One call of edit on a.txt."""
    if isinstance(arguments, list):
        arguments = {
            "path": "a.txt",
            "edits": [{"oldText": old, "newText": new} for old, new in arguments],
        }
    return Scenario(
        f"tool edit: {title}",
        [run(*JSON, "hi")],
        [calls(("edit", arguments)), "done"],
        files={"project/a.txt": content},
        compare_files=["project/a.txt"],
        **options,
    )


SCENARIOS = (
    _edit("one block", [("alpha", "ALPHA")], on=("chat", "claude")),
    _edit("two blocks", [("alpha", "ALPHA"), ("gamma\n", "g1\ng2\n")]),
    _edit("blocks out of order", [("gamma", "G"), ("alpha", "A")]),
    _edit("deletes", [("gamma\n", "")]),
    _edit("at the end", [("beta two\n", "beta two")]),
    _edit("not found", [("delta", "x")]),
    _edit("one of two not found", [("alpha", "A"), ("delta", "x")]),
    _edit("found twice", [("beta", "x")]),
    _edit("two overlap", [("alpha\nbeta\n", "x"), ("beta\ngamma", "y")]),
    _edit("no change", [("alpha", "alpha")]),
    _edit("an empty oldText", [("", "x")]),
    _edit("no edits", []),
    _edit("a missing file", {"path": "n.txt", "edits": [{"oldText": "a", "newText": "b"}]}),
    _edit("a folder", {"path": ".", "edits": [{"oldText": "a", "newText": "b"}]}),
    _edit("edits as text", {"path": "a.txt", "edits": '[{"oldText": "alpha", "newText": "A"}]'}),
    _edit("edits as one object", {"path": "a.txt", "edits": {"oldText": "alpha", "newText": "A"}}),
    _edit("the old form", {"path": "a.txt", "oldText": "alpha", "newText": "A"}),
    _edit("CRLF", [("beta\ngamma", "b\nnew\ng")], "alpha\r\nbeta\r\ngamma\r\n"),
    _edit("mixed line ends", [("beta\ngamma", "b\nnew\ng")], "alpha\nbeta\r\ngamma\nend\r\n"),
    _edit("a byte order mark", [("alpha", "A")], b"\xef\xbb\xbfalpha\nbeta\n"),
    _edit("no UTF-8", [("alpha", "A")], b"alpha\n\xff\xfe\n"),
    _edit("trailing blanks", [("alpha\nbeta\n", "A\nB\n")], "alpha  \nbeta\t\ngamma  \n"),
    _edit("curly quotes", [('say "hi"', 'say "ho"')], "say \u201chi\u201d\nand \u2018so\u2019\n"),
    _edit("dashes and odd spaces", [("a - b c", "x")], "a \u2013 b\u00a0c\nd\u2014e\n"),
    _edit("wide forms", [("ABC", "x")], "\uff21\uff22\uff23\nrest\n"),
    _edit("fuzzy and twice", [("a-b", "x")], "a\u2013b\na\u2014b\n"),
    _edit(
        "a diff of several hunks",
        [("line 3\n", "LINE 3\n"), ("line 40\n", "LINE 40\nmore\n")],
        "".join(f"line {n}\n" for n in range(1, 60)),
    ),
)
