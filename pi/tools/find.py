"""The `find` tool: files and folders by the pattern of their names.

    *.py               a name, in any folder
    src/**/*.ts        a path, beginning at any folder
    /home/ann/p/*.md   an absolute path
    build/             folders only

A pattern without capital letters matches in either case. Results are in the order of names.
Source: the reference's tool; what is ignored and how links are treated is said in `pi.tools.walk`.
Unlike the reference's, a path pattern is not matched against the folders above the searched one.
"""

from __future__ import annotations

import os

from pi.errors import ToolError
from pi.text import glob
from pi.tools.listing import Listing, limit_of, search_tool, whole_number
from pi.tools.walk import Ignoring, Walk
from pi.tools.workspace import show_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.tools.base import Call, Outcome, Tool
    from pi.tools.workspace import Workspace

DEFAULT_LIMIT = 1000

_IGNORING = Ignoring((".fdignore", ".ignore"), everywhere=True)

_PROPERTIES = {
    "pattern": {
        "type": "string",
        "description": "Glob, e.g. '*.py' for names at any depth, or 'src/**/*.test.ts' for "
        "paths; **, {a,b}, ? and [a-z] work",
    },
    "path": {
        "type": "string",
        "description": "Folder to look in (default: the current one)",
    },
    "limit": limit_of("results", DEFAULT_LIMIT),
}


def tool(workspace: Workspace) -> Tool:
    """The tool, for one workspace."""
    return search_tool(
        "find",
        "Find files and folders whose name or path matches a glob pattern. Paths come back "
        "relative to the folder searched, folders with a final /. Hidden files are included, what "
        f".gitignore excludes is not. At most {DEFAULT_LIMIT} results or 50KB.",
        _PROPERTIES,
        lambda arguments, call: _run(workspace, arguments, call),
        "Find files by glob pattern (leaves out what .gitignore excludes)",
    )


def _run(workspace: Workspace, arguments: dict[str, Any], call: Call) -> Outcome:
    root = workspace.existing(arguments.get("path") or "")
    _check_folder(root)
    matches = _matcher(arguments["pattern"], root)
    limit = whole_number(arguments.get("limit"), DEFAULT_LIMIT, 1)
    listing = Listing()
    found = 0
    for path, entry, is_folder in Walk(root, call.token, _IGNORING, workspace.environ):
        if not matches(path, entry.name, is_folder):
            continue
        if found == limit:
            more = f"Use limit={2 * limit} for more, or refine pattern"
            notice = f"{limit} results limit reached. {more}"
            return listing.outcome("", [notice], {"resultLimitReached": limit})
        found += 1
        listing.add(show_name(path) + "/" * is_folder)
    return listing.outcome("No files found matching pattern", [], {})


def _check_folder(path: str) -> None:
    if not os.path.lexists(path):
        raise ToolError(f"Path not found: {path}")
    if not os.path.isdir(path):
        raise ToolError(f"Not a directory: {path}")


def _matcher(pattern: str, root: str) -> Callable[[str, str, bool], bool]:
    """Whether a path, its last name, and what it is, match the pattern. Raises ToolError."""
    folders_only = pattern.endswith("/") and pattern.strip("/") != ""
    bare = pattern[:-1] if folders_only else pattern
    while bare.startswith("./"):
        bare = bare[2:]
    by_path = "/" in bare
    absolute = bare.startswith("/")
    if by_path and not absolute and not bare.startswith("**/"):
        bare = f"**/{bare}"
    try:
        accepts = glob.compile(bare or "*", ignore_case=bare == bare.lower()).fullmatch
    except glob.GlobError as error:
        raise ToolError(f"Invalid pattern {pattern!r}: {error}") from error
    above = root.rstrip("/") + "/" if absolute else ""

    def matches(path: str, name: str, is_folder: bool) -> bool:
        if folders_only and not is_folder:
            return False
        return accepts(above + path if by_path else name) is not None

    return matches
