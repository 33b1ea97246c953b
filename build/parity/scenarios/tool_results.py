"""Tools: what the model gets to read, batches, calls that cannot run. Edits: tools_edit."""

from __future__ import annotations

from parity.scenario import Scenario, run
from parity.scenarios.inputs import PIXEL, png

BOTH = ("chat", "claude")
JSON = ("--mode", "json")
ALL = ("--tools", "read,bash,edit,write,grep,find,ls")
LINES = "".join(f"line {number}\n" for number in range(1, 2501))
FILES = {"project/a.txt": "one\ntwo\nthree\n", "project/b/c.txt": "gamma\n"}


def calls(*pairs: tuple[str, object], text: str = "") -> dict:
    """A reply that calls tools: (name, arguments) each."""
    reply = {"calls": [{"name": name, "arguments": arguments} for name, arguments in pairs]}
    return {"text": text, **reply} if text else reply


def _call(title: str, tool: str, arguments: object, *words: str, **options: object) -> Scenario:
    """One call of one tool."""
    files = options.pop("files", FILES)
    return Scenario(
        f"tool {tool}: {title}",
        [run(*JSON, *ALL, *words, "hi")],
        [calls((tool, arguments)), "done"],
        files=files,
        **options,
    )


READ = (
    _call("a file", "read", {"path": "a.txt"}, on=BOTH),
    _call("a file by its whole path", "read", {"path": "{folder}/project/a.txt"}),
    _call("a leading @", "read", {"path": "@a.txt"}),
    _call("a tilde", "read", {"path": "~/h.txt"}, files={"home/h.txt": "at home"}),
    _call("no final newline", "read", {"path": "a.txt"}, files={"project/a.txt": "one\ntwo"}),
    _call("an empty file", "read", {"path": "a.txt"}, files={"project/a.txt": ""}),
    _call(
        "CR and a mark",
        "read",
        {"path": "a.txt"},
        files={"project/a.txt": b"\xef\xbb\xbfone\r\ntwo\rthree"},
    ),
    _call("no UTF-8", "read", {"path": "a.txt"}, files={"project/a.txt": b"a\xff\xfe\xc3b\x80"}),
    _call("NUL", "read", {"path": "a.txt"}, files={"project/a.txt": b"a\0b\n"}),
    _call("from a line", "read", {"path": "a.txt", "offset": 2}),
    _call("some lines", "read", {"path": "a.txt", "offset": 1, "limit": 1}),
    _call("the last lines", "read", {"path": "a.txt", "offset": 2, "limit": 2}),
    _call("beyond the end", "read", {"path": "a.txt", "offset": 50}),
    _call("just beyond the end", "read", {"path": "a.txt", "offset": 4}),
    _call("offset 0", "read", {"path": "a.txt", "offset": 0}),
    _call("offset below 0", "read", {"path": "a.txt", "offset": -2}),
    _call("limit 0", "read", {"path": "a.txt", "limit": 0}),
    _call("limit below 0", "read", {"path": "a.txt", "limit": -1}),
    _call("a fractional offset", "read", {"path": "a.txt", "offset": 1.5}),
    _call("many lines", "read", {"path": "l.txt"}, files={"project/l.txt": LINES}),
    _call(
        "many lines from one",
        "read",
        {"path": "l.txt", "offset": 2000},
        files={"project/l.txt": LINES},
    ),
    _call(
        "many bytes", "read", {"path": "l.txt"}, files={"project/l.txt": ("x" * 99 + "\n") * 1000}
    ),
    _call(
        "a huge first line",
        "read",
        {"path": "l.txt"},
        files={"project/l.txt": "x" * 60_000 + "\nend\n"},
    ),
    _call(
        "a huge line later",
        "read",
        {"path": "l.txt"},
        files={"project/l.txt": "start\n" + "x" * 60_000 + "\nend\n"},
    ),
    _call("a missing file", "read", {"path": "nothere.txt"}),
    _call("a folder", "read", {"path": "."}),
    _call("an empty path", "read", {"path": ""}),
    _call(
        "a picture",
        "read",
        {"path": "p.png"},
        files={"project/p.png": PIXEL},
        models={"input": ["text", "image"]},
        on=BOTH,
    ),
    _call("a picture, blind", "read", {"path": "p.png"}, files={"project/p.png": PIXEL}, on=BOTH),
    _call(
        "a wide picture",
        "read",
        {"path": "p.png"},
        files={"project/p.png": png(2400, 10)},
        models={"input": ["text", "image"]},
    ),
    _call(
        "a broken picture",
        "read",
        {"path": "p.png"},
        files={"project/p.png": b"\x89PNG\r\n\x1a\nand no more"},
        models={"input": ["text", "image"]},
    ),
)

BASH = (
    _call("output", "bash", {"command": "echo out; echo err >&2"}, on=BOTH),
    _call("no output", "bash", {"command": "true"}),
    _call("a status", "bash", {"command": "echo out; exit 3"}, on=BOTH),
    _call("a status without output", "bash", {"command": "exit 3"}),
    _call("a signal", "bash", {"command": "kill -9 $$"}),
    _call("a timeout", "bash", {"command": "echo a; sleep 20", "timeout": 0.3}),
    _call("a timeout without output", "bash", {"command": "sleep 20", "timeout": 0.3}),
    _call("a timeout of 1", "bash", {"command": "sleep 20", "timeout": 1}),
    _call("timeout 0", "bash", {"command": "echo a", "timeout": 0}),
    _call("timeout below 0", "bash", {"command": "echo a", "timeout": -1}),
    _call("a timeout of text", "bash", {"command": "echo a", "timeout": "5"}),
    _call("a huge timeout", "bash", {"command": "echo a", "timeout": 1e12}),
    _call("many lines", "bash", {"command": "seq 1 2500"}),
    _call("many bytes", "bash", {"command": "yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx | head -c 90000"}),
    _call("one huge line", "bash", {"command": "head -c 70000 /dev/zero | tr '\\0' x"}),
    _call("many lines and a status", "bash", {"command": "seq 1 2500; exit 2"}),
    _call("no UTF-8", "bash", {"command": "printf 'a\\377b\\303'"}),
    _call("colours and CR", "bash", {"command": "printf '\\033[31mred\\033[0m\\rback\\n'"}),
    _call("NUL", "bash", {"command": "printf 'a\\0b'"}),
    _call("no standard input", "bash", {"command": "cat; echo end"}),
    _call("a child in the background", "bash", {"command": "sleep 20 & echo started"}),
    _call("an unknown command", "bash", {"command": "nosuchcommand123 2>/dev/null"}),
    _call("a syntax error", "bash", {"command": "if 2>/dev/null"}),
    _call("an empty command", "bash", {"command": ""}),
    _call(
        "the environment",
        "bash",
        {
            "command": "echo $AI_AGENT $PI_CODING_AGENT $PI_SESSION_ID $PI_SESSION_FILE "
            "$PI_PROVIDER $PI_MODEL $PI_REASONING_LEVEL"
        },
        on=BOTH,
    ),
    Scenario(
        "tool bash: the environment without a session",
        [run(*JSON, "--no-session", "hi", env={"PI_SESSION_FILE": "inherited"})],
        [calls(("bash", {"command": "echo ${PI_SESSION_FILE-unset}"})), "done"],
    ),
    _call(
        "a prefix", "bash", {"command": "echo $x"}, settings={"shellCommandPrefix": "x=prefixed"}
    ),
    _call("another shell", "bash", {"command": "echo $0"}, settings={"shellPath": "/bin/sh"}),
    _call("a missing shell", "bash", {"command": "echo a"}, settings={"shellPath": "/no/shell"}),
)

WRITE = (
    _call(
        "a new file",
        "write",
        {"path": "n.txt", "content": "new\n"},
        on=BOTH,
        compare_files=["project/n.txt"],
    ),
    _call(
        "over a file",
        "write",
        {"path": "a.txt", "content": "other"},
        compare_files=["project/a.txt"],
    ),
    _call(
        "with parents",
        "write",
        {"path": "x/y/z.txt", "content": "deep\r\n"},
        compare_files=["project/x/y/z.txt"],
    ),
    _call("nothing", "write", {"path": "e.txt", "content": ""}, compare_files=["project/e.txt"]),
    _call("over a folder", "write", {"path": "b", "content": "x"}),
    _call("below a file", "write", {"path": "a.txt/x", "content": "x"}),
    _call(
        "odd characters",
        "write",
        {"path": "u.txt", "content": "a\U0001f388\u2028\x00b"},
        compare_files=["project/u.txt"],
    ),
)

TREE = {
    "project/a.txt": "Apple\nbanana\ncherry apple\n",
    "project/b/c.txt": "apple pie\n",
    "project/b/.hidden": "apple\n",
    "project/b/d.md": "no fruit\n",
    "project/ignored.log": "apple\n",
    "project/.gitignore": "*.log\n",
    "project/.git/config": "apple\n",
    "project/long.txt": "apple " + "x" * 600 + "\n",
    "project/Z/z.txt": "zed\n",
}
SEARCH = (
    _call("a word", "grep", {"pattern": "apple"}, files=TREE, on=BOTH),
    _call("case", "grep", {"pattern": "apple", "ignoreCase": True}, files=TREE),
    _call("in a file", "grep", {"pattern": "apple", "path": "a.txt"}, files=TREE),
    _call("in a folder", "grep", {"pattern": "apple", "path": "b"}, files=TREE),
    _call("a glob", "grep", {"pattern": "apple", "glob": "*.txt"}, files=TREE),
    _call("context", "grep", {"pattern": "banana", "context": 1}, files=TREE),
    _call("literal", "grep", {"pattern": "a.p", "literal": True}, files=TREE),
    _call("an expression", "grep", {"pattern": "^(Apple|banana)$"}, files=TREE),
    _call("a bad expression", "grep", {"pattern": "(("}, files=TREE),
    _call("a limit", "grep", {"pattern": "a", "limit": 2}, files=TREE),
    _call("nothing", "grep", {"pattern": "nosuchthing"}, files=TREE),
    _call("a missing folder", "grep", {"pattern": "x", "path": "nothere"}, files=TREE),
    _call("names", "find", {"pattern": "*.txt"}, files=TREE, on=BOTH),
    _call("a path", "find", {"pattern": "b/*.txt"}, files=TREE),
    _call("all", "find", {"pattern": "*"}, files=TREE),
    _call("all below", "find", {"pattern": "**/*.txt"}, files=TREE),
    _call("folders", "find", {"pattern": "b"}, files=TREE),
    _call("in a folder", "find", {"pattern": "*", "path": "b"}, files=TREE),
    _call("a limit", "find", {"pattern": "*", "limit": 2}, files=TREE),
    _call("nothing", "find", {"pattern": "*.zzz"}, files=TREE),
    _call("a missing folder", "find", {"pattern": "*", "path": "nothere"}, files=TREE),
    _call("the folder", "ls", {}, files=TREE, on=BOTH),
    _call("a folder", "ls", {"path": "b"}, files=TREE),
    _call("a limit", "ls", {"limit": 2}, files=TREE),
    _call("an empty folder", "ls", {"path": "../other"}, files=TREE),
    _call("a file", "ls", {"path": "a.txt"}, files=TREE),
    _call("a missing folder", "ls", {"path": "nothere"}, files=TREE),
)


def _batch(title: str, *pairs: tuple[str, object], **options: object) -> Scenario:
    options.setdefault("on", BOTH)
    return Scenario(
        f"batch: {title}",
        [run(*JSON, "hi")],
        [calls(*pairs, text="look"), "done"],
        files=FILES,
        **options,
    )


BATCHES = (
    _batch(
        "two reads, one after another in time",
        ("bash", {"command": "sleep 0.5; echo slow"}),
        ("read", {"path": "a.txt"}),
    ),
    _batch(
        "ends in another order than calls",
        ("bash", {"command": "sleep 0.9; echo 1"}),
        ("bash", {"command": "sleep 0.3; echo 2"}),
    ),
    _batch("an unknown tool", ("frobnicate", {"x": 1}), ("bash", {"command": "sleep 0.3"})),
    _batch("a tool that is off", ("grep", {"pattern": "x"})),
    _batch("missing arguments", ("read", {})),
    _batch("arguments of the wrong type", ("read", {"path": 5, "offset": "two"})),
    _batch("a number as text", ("read", {"path": "a.txt", "offset": "2"})),
    _batch("arguments nobody asked for", ("read", {"path": "a.txt", "more": [1]})),
    _batch("null for an option", ("read", {"path": "a.txt", "offset": None})),
    _batch("arguments that are cut", ("read", '{"path": "a.t')),
    _batch("arguments that are no JSON", ("read", "path=a.txt")),
    _batch("arguments that are a list", ("read", '["a.txt"]')),
    _batch("arguments that are null", ("read", "null")),
    _batch("arguments that are empty", ("read", "")),
    _batch("arguments with a trailing comma", ("read", '{"path": "a.txt",}')),
    _batch("arguments with a newline in a string", ("bash", '{"command": "echo a\necho b"}')),
    _batch("a tool without a name", ("", {})),
    _batch(
        "edits of one file wait for each other",
        ("edit", {"path": "a.txt", "edits": [{"oldText": "one", "newText": "1"}]}),
        ("edit", {"path": "a.txt", "edits": [{"oldText": "two", "newText": "2"}]}),
        compare_files=["project/a.txt"],
    ),
    Scenario(
        "batch: three turns of calls",
        [run(*JSON, "hi")],
        [
            calls(("read", {"path": "a.txt"})),
            calls(("bash", {"command": "echo 2"})),
            calls(("read", {"path": "b/c.txt"}), text="last"),
            "done",
        ],
        files=FILES,
        on=BOTH,
    ),
    Scenario(
        "batch: calls in an answer cut at its length",
        [run(*JSON, "hi")],
        [{**calls(("bash", {"command": "echo ran"}), text="x"), "stop": "length"}, "done"],
        on=BOTH,
    ),
    Scenario(
        "batch: the answer after calls fails",
        [run(*JSON, "hi")],
        [calls(("bash", {"command": "echo ran"})), {"error": "not_found"}],
        on=BOTH,
    ),
    Scenario(
        "batch: two calls with one id",
        [run(*JSON, "hi")],
        [
            {
                "calls": [
                    {"id": "same", "name": "read", "arguments": {"path": "a.txt"}},
                    {"id": "same", "name": "read", "arguments": {"path": "b/c.txt"}},
                ]
            },
            "done",
        ],
        files=FILES,
        on=BOTH,
    ),
    Scenario(
        "batch: an odd id",
        [run(*JSON, "hi")],
        [
            {
                "calls": [
                    {
                        "id": "a|b/c d\u00fc" + "x" * 80,
                        "name": "read",
                        "arguments": {"path": "a.txt"},
                    }
                ]
            },
            "done",
        ],
        files=FILES,
        on=BOTH,
    ),
)

SCENARIOS = (*READ, *BASH, *WRITE, *SEARCH, *BATCHES)
