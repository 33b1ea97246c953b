"""The read tool: the text of a file, in pieces of bounded size, or a picture.

    run({"path": "a.py", "offset": 100, "limit": 50}, call)

Text is given as it is: line ends and byte-order mark kept, bytes that are no UTF-8 as U+FFFD. At
most 2000 lines or 50 KB at once, whole lines only; a notice says what is left and how to go on. A
file is a picture if its first bytes say so, whatever its name. Folders, pipes, sockets and devices
are refused.
"""

from __future__ import annotations

import os
import re

from pi.errors import ToolError
from pi.files import open_regular, reason
from pi.messages import image, text
from pi.text import truncate
from pi.text.imagefmt import SNIFF_BYTES, detect
from pi.text.unicode import decode
from pi.tools.base import Outcome, Tool
from pi.tools.line_window import read_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import FileIO
    from typing import Any

    from pi.tools.base import Call
    from pi.tools.line_window import Window
    from pi.tools.workspace import Workspace

_SIZE = truncate.size_text(truncate.MAX_BYTES)
_CHUNK = 1 << 20
_SAFE_WORD = re.compile(r"[\w@%+=:,./~-]+", re.ASCII)

_PARAMETERS = {
    "type": "object",
    "required": ["path"],
    "properties": {
        "path": {
            "type": "string",
            "description": "The file to read, relative to the working folder or absolute",
        },
        "offset": {
            "type": "number",
            "description": "The first line to give, counted from 1 (default: 1)",
        },
        "limit": {
            "type": "number",
            "description": "How many lines to give at most (default: as many as fit)",
        },
    },
}


def tool(workspace: Workspace) -> Tool:
    """The read tool for a workspace."""

    def run(arguments: dict[str, Any], call: Call) -> Outcome:
        given = arguments["path"]
        path = workspace.existing(given)
        try:
            with open_regular(path) as stream:
                mime_type = detect(stream.read(SNIFF_BYTES) or b"")
                stream.seek(0)
                if mime_type is not None:
                    return _picture(stream, mime_type, workspace, call)
                return _lines(stream, arguments, _shell_word(given, path, workspace.cwd), call)
        except OSError as error:
            error.filename = path
            raise ToolError(reason(error, "read")) from error

    return Tool(
        name="read",
        description=(
            "Read a file. Text comes as it is, at most"
            f" {truncate.MAX_LINES} lines or {_SIZE} at once; a longer file ends with a notice that"
            " says at which offset to go on. Pictures (png, jpeg, gif, webp, bmp) are shown to you."
        ),
        parameters=_PARAMETERS,
        run=run,
        snippet="Read a text file or look at a picture",
        guidelines=("Look into files with read, not with cat, head or sed.",),
    )


# --- text ----------------------------------------------------------------------------------------


def _lines(stream: FileIO, arguments: dict[str, Any], name: str, call: Call) -> Outcome:
    start = max(1, int(arguments.get("offset", 1)))
    limit = int(arguments["limit"]) if arguments.get("limit", -1) >= 0 else None
    window, total = read_lines(stream, start, limit, call.token.check)
    if window is None:
        raise ToolError(f"Offset {start} is beyond end of file ({total} lines total)")
    cut = _cut(window)
    notice = _notice(cut, window, start, limit, name)
    shown = cut.text + notice if cut.first_too_long or not notice else f"{cut.text}\n\n{notice}"
    details = None if cut.by is None else {"truncation": truncate.details(cut)}
    return Outcome([text(shown)], details=details, structured=shown)


def _cut(window: Window) -> truncate.Cut:
    missing = window.size - len(window.text)
    known = truncate.count_lines(window.text)
    more_lines = window.lines - known if missing else 0
    return truncate.head(decode(window.text), more_lines=more_lines, more_bytes=missing)


def _notice(cut: truncate.Cut, window: Window, start: int, limit: int | None, name: str) -> str:
    """What was left out and how to get it; "" if nothing was."""
    total = str(window.total) if window.complete else f"more than {window.total}"
    if cut.first_too_long:
        size = truncate.size_text(window.first_size)
        command = f"sed -n '{start}p' {name} | head -c {truncate.MAX_BYTES}"
        return f"[Line {start} is {size}, exceeds {_SIZE} limit. Use bash: {command}]"
    if cut.by is not None:
        after = start + cut.kept_lines
        why = f" ({_SIZE} limit)" if cut.by == "bytes" else ""
        return (
            f"[Showing lines {start}-{after - 1} of {total}{why}. Use offset={after} to continue.]"
        )
    if limit is not None and start + limit <= window.total:
        after = start + limit
        return f"[{window.total + 1 - after} more lines in file. Use offset={after} to continue.]"
    return ""


def _shell_word(given: str, path: str, cwd: str) -> str:
    """The file as a word of a shell command that runs in `cwd`: as given, where that will do."""
    word = given if os.path.normpath(os.path.join(cwd, given)) == path else path
    if _SAFE_WORD.fullmatch(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


# --- pictures ------------------------------------------------------------------------------------


def _picture(stream: FileIO, mime_type: str, workspace: Workspace, call: Call) -> Outcome:
    from pi.images import MAX_FILE_BYTES, prepare_image  # noqa: PLC0415 - at the first picture

    data = _all(stream, MAX_FILE_BYTES, call)
    if data is None:
        size = truncate.size_text(MAX_FILE_BYTES)
        note = f"Read image file [{mime_type}]\n[Image left out: the file is larger than {size}.]"
        return Outcome([text(note)], structured=note)
    prepared = prepare_image(
        data,
        mime_type,
        workspace.image_limits(),
        resize=workspace.auto_resize(),
        environ=workspace.environ,
        token=call.token,
    )
    lines = [f"Read image file [{prepared.mime_type}]", prepared.note]
    if not workspace.can_see_images():
        lines.append("[This model does not support images: the picture is kept but not sent.]")
    note = "\n".join(line for line in lines if line)
    if prepared.data is None:
        return Outcome([text(note)], structured=note)
    block = image(prepared.data, prepared.mime_type)
    return Outcome([text(note), block], structured={**block, "note": note})


def _all(stream: FileIO, most: int, call: Call) -> bytes | None:
    """The whole file; None if it is larger than `most` bytes."""
    parts, size = [], 0
    while chunk := stream.read(_CHUNK):
        call.token.check()
        parts.append(chunk)
        size += len(chunk)
        if size > most:
            return None
    return b"".join(parts)
