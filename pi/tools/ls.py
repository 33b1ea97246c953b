"""The ls tool: the entries of one folder, sorted, folders marked with a slash."""

from __future__ import annotations

import os

from pi.errors import ToolError
from pi.files import reason
from pi.messages import text
from pi.text import truncate
from pi.text.collate import sort_key
from pi.tools.base import Outcome, Tool
from pi.tools.workspace import show_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.tools.base import Call
    from pi.tools.workspace import Workspace

DEFAULT_LIMIT = 500

_NO_LINE_LIMIT = 2**53 - 1  # as the reference's details have it

_PARAMETERS = {
    "type": "object",
    "properties": {
        "path": {
            "type": "string",
            "description": "The folder to list (default: the working folder)",
        },
        "limit": {
            "type": "number",
            "description": f"How many entries to show at most (default: {DEFAULT_LIMIT})",
        },
    },
}


def tool(workspace: Workspace) -> Tool:
    """The ls tool for a workspace."""

    def run(arguments: dict[str, Any], call: Call) -> Outcome:
        call.token.check()
        folder = workspace.existing(arguments.get("path") or ".")
        names = _names(folder)
        limit = max(1, int(arguments.get("limit", DEFAULT_LIMIT)))
        shown = [_entry(folder, name) for name in names[:limit]]
        call.token.check()
        return _outcome(shown, limit if len(names) > limit else None)

    return Tool(
        name="ls",
        description=(
            "List a folder: its entries in alphabetical order, hidden ones too, folders with a"
            f" final /. Shows at most {DEFAULT_LIMIT} entries or"
            f" {truncate.size_text(truncate.MAX_BYTES)}, whichever comes first."
        ),
        parameters=_PARAMETERS,
        run=run,
        snippet="List what is in a folder",
        strict="",  # as the reference has it: its optional arguments are often left out
    )


def _names(folder: str) -> list[str]:
    if not os.path.exists(folder):
        raise ToolError(f"Path not found: {folder}")
    if not os.path.isdir(folder):
        raise ToolError(f"Not a directory: {folder}")
    try:
        return sorted(os.listdir(folder), key=sort_key)
    except OSError as error:
        raise ToolError(reason(error, "list")) from error


def _entry(folder: str, name: str) -> str:
    mark = "/" if os.path.isdir(os.path.join(folder, name)) else ""
    return show_name(name) + mark


def _outcome(shown: list[str], limit: int | None) -> Outcome:
    """The result; `limit` is the number of entries if there are more."""
    if not shown:
        return Outcome([text("(empty directory)")])
    cut = truncate.head("\n".join(shown), max_lines=_NO_LINE_LIMIT)
    notices, details = [], {}
    if limit is not None:
        notices.append(f"{limit} entries limit reached. Use limit={limit * 2} for more")
        details["entryLimitReached"] = limit
    if cut.by is not None:
        notices.append(f"{truncate.size_text(truncate.MAX_BYTES)} limit reached")
        details["truncation"] = truncate.details(cut)
    listing = f"{cut.text}\n\n[{'. '.join(notices)}]" if notices else cut.text
    return Outcome([text(listing)], details=details or None)
