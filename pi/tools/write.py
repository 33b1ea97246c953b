"""The write tool: a file with exactly the given content, created or replaced as a whole."""

from __future__ import annotations

import os

from pi.errors import ToolError
from pi.files import make_folder, reason, replace_atomically
from pi.messages import text
from pi.text.unicode import clean
from pi.tools.base import Outcome, Tool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.tools.base import Call
    from pi.tools.workspace import Workspace

_PARAMETERS = {
    "type": "object",
    "required": ["path", "content"],
    "properties": {
        "path": {
            "type": "string",
            "description": "The file to write, relative to the working folder or absolute",
        },
        "content": {"type": "string", "description": "The whole content of the file"},
    },
}


def tool(workspace: Workspace) -> Tool:
    """The write tool for a workspace."""

    def run(arguments: dict[str, Any], call: Call) -> Outcome:
        given = arguments["path"]
        path = workspace.path(given)
        with workspace.lock(path, call.token):
            call.token.check()
            _write(path, clean(arguments["content"]).encode())
        return Outcome([text(f"Successfully wrote to {given}")])

    return Tool(
        name="write",
        description=(
            "Write a file: a new one, with the folders above it where they are missing, or in"
            " place of the one that is there."
        ),
        parameters=_PARAMETERS,
        run=run,
        snippet="Write a whole file, new or in place of an old one",
        guidelines=("Take write for new files and for rewriting a file from scratch only.",),
        claim=lambda arguments, token: workspace.claim(arguments["path"], token, new=True),
    )


def _write(path: str, data: bytes) -> None:
    try:
        make_folder(os.path.dirname(path))
    except OSError as error:
        raise ToolError(reason(error, "mkdir")) from error
    try:
        replace_atomically(path, data)
    except OSError as error:
        raise ToolError(reason(error, "write")) from error
