"""The `grep` tool: lines of files that match a pattern.

    a.py:3: import re          a match
    a.py-4- import os          a neighbour of one, with `context`

Patterns are in the dialect of `pi.text.regex`. Files are searched in the order of their paths;
those that hold NUL bytes are taken for binary and left out, unless one is named itself. Text is
UTF-8, or UTF-16 with a byte order mark.

Source: the reference's tool; what is ignored is said in `pi.tools.walk`.
"""

from __future__ import annotations

import os

from pi.errors import ToolError
from pi.text import glob, ignore, truncate
from pi.tools.linesearch import Search
from pi.tools.listing import Listing, limit_of, search_tool, whole_number
from pi.tools.walk import Ignoring, Walk
from pi.tools.workspace import show_name
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.text.linematch import LineMatcher
    from pi.tools.base import Call, Outcome, Tool
    from pi.tools.workspace import Workspace

DEFAULT_LIMIT = 100
MAX_CONTEXT = 2000

_IGNORING = Ignoring((".rgignore", ".ignore"))

_PROPERTIES = {
    "pattern": {
        "type": "string",
        "description": "Regular expression (ripgrep syntax), or plain text with literal",
    },
    "path": {
        "type": "string",
        "description": "Folder or file to search (default: the current folder)",
    },
    "glob": {
        "type": "string",
        "description": "Only files that match, e.g. '*.py' at any depth, 'src/**/*.ts' from "
        "path on; '!*.md' leaves files out",
    },
    "ignoreCase": {
        "type": "boolean",
        "description": "Match capital and small letters alike (default: false)",
    },
    "literal": {
        "type": "boolean",
        "description": "Take the pattern as plain text (default: false)",
    },
    "context": {
        "type": "number",
        "description": "Lines to show before and after each match (default: 0)",
    },
    "limit": limit_of("matches", DEFAULT_LIMIT),
}


def tool(workspace: Workspace) -> Tool:
    """The tool, for one workspace."""
    return search_tool(
        "grep",
        "Search the contents of files. Gives each matching line with its file and line number. "
        "Hidden files are included, what .gitignore excludes is not. At most "
        f"{DEFAULT_LIMIT} matches or 50KB; long lines are cut at {truncate.MAX_LINE_CHARS} "
        "characters.",
        _PROPERTIES,
        lambda arguments, call: _run(workspace, arguments, call),
        "Search file contents for a pattern (leaves out what .gitignore excludes)",
    )


def _run(workspace: Workspace, arguments: dict[str, Any], call: Call) -> Outcome:
    path = workspace.existing(arguments.get("path") or "")
    if not os.path.exists(path):
        raise ToolError(f"Path not found: {path}")
    context = whole_number(arguments.get("context"), 0, 0, MAX_CONTEXT)
    search = Search(_matcher(arguments, call), context, call.token)
    report = _Report(whole_number(arguments.get("limit"), DEFAULT_LIMIT, 1), context)
    if not os.path.isdir(path):
        report.take(os.path.basename(path), search.lines(path, named=True))
        return report.outcome()
    walk = Walk(path, call.token, _ignoring(arguments.get("glob") or ""), workspace.environ)
    for name, entry, _ in walk:
        if entry.is_file(follow_symlinks=False):
            report.take(name, search.lines(entry.path, named=False))
        if report.is_full:
            break
    return report.outcome()


class _Report:
    """Collects lines until there is one match more than wanted."""

    def __init__(self, limit: int, context: int) -> None:
        self.is_full = False  # there are more matches than wanted
        self._limit = limit
        self._context = context
        self._matches = 0
        self._cut_lines = False
        self._listing = Listing()

    def take(self, path: str, lines: Iterator[tuple[int, str, bool]]) -> None:
        """Add what was found in one file: number, text, and whether it matches."""
        path = show_name(path)
        last = -1 if self._matches == self._limit else None  # the last line still wanted
        for number, line, is_match in lines:
            if last is not None:
                self.is_full = self.is_full or is_match
                if number > last:
                    if self.is_full:
                        return
                    continue  # a neighbour of what comes
                is_match = False
            self._add(path, number, line, is_match=is_match)
            if is_match and self._matches == self._limit:
                last = number + self._context

    def _add(self, path: str, number: int, line: str, *, is_match: bool) -> None:
        text, was_cut = truncate.line(line)
        self._cut_lines = self._cut_lines or was_cut
        self._matches += is_match
        mark = ":" if is_match else "-"
        self._listing.add(f"{path}{mark}{number}{mark} {text}")

    def outcome(self) -> Outcome:
        """The tool's result."""
        notices: list[str] = []
        details: dict[str, Any] = {}
        if self.is_full:
            more = f"Use limit={2 * self._limit} for more, or refine pattern"
            notices.append(f"{self._limit} matches limit reached. {more}")
            details["matchLimitReached"] = self._limit
        if self._cut_lines:
            long = f"Lines over {truncate.MAX_LINE_CHARS} chars are cut"
            notices.append(f"{long}; the read tool shows them whole")
            details["linesTruncated"] = True
        return self._listing.outcome("No matches found", notices, details)


def _matcher(arguments: dict[str, Any], call: Call) -> LineMatcher:
    from pi.text import linematch, regex  # noqa: PLC0415 - 2 ms, at the first search only

    parse = regex.parse_literal if arguments.get("literal") else regex.parse
    try:
        tree = parse(arguments["pattern"], ignore_case=bool(arguments.get("ignoreCase")))
    except regex.PatternError as error:
        raise ToolError(f"Invalid pattern: {error}") from error
    return linematch.LineMatcher(tree, call.token.check)


def _ignoring(pattern: str) -> Ignoring:
    """What is searched, for a `glob` argument. Raises ToolError."""
    line = ignore.read_line(pattern)
    if line is None:
        return _IGNORING
    try:
        patterns = glob.expand(line.pattern)
        for each in patterns:
            glob.source(each)
    except glob.GlobError as error:
        raise ToolError(f"Invalid glob {pattern!r}: {error}") from error
    rules = ignore.Rules(replace(line, pattern=each) for each in patterns)
    return replace(_IGNORING, chosen=rules, only_chosen=not line.negated)
