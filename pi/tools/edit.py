"""The edit tool: several exact replacements in one file, all or none.

    run({"path": "a.py", "edits": [{"oldText": "a = 1", "newText": "a = 2"}]}, call)

What matches and what becomes of the other bytes is told in `edit_match`. Result details: `diff` for
people, `patch` (unified), `firstChangedLine`. Calls on one file wait for each other.
"""

from __future__ import annotations

import errno
import json

from pi.errors import ToolError
from pi.files import read_bounded, replace_atomically
from pi.messages import text
from pi.text import diff
from pi.text.lossless import seen
from pi.text.unicode import clean
from pi.tools.base import Outcome, Tool
from pi.tools.edit_match import Source, plain, plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pi.tools.base import Call
    from pi.tools.edit_match import Splice
    from pi.tools.workspace import Workspace

MAX_FILE_BYTES = 256 << 20

_LINES_AFTER = 200
"""Lines after the last change that are compared: equal ones may move where a change is shown."""

_EDIT = {
    "type": "object",
    "required": ["oldText", "newText"],
    "properties": {
        "oldText": {
            "type": "string",
            "description": "The text to replace, exactly as the file has it; it must occur in the"
            " file once only and share nothing with the other edits of the call.",
        },
        "newText": {"type": "string", "description": "What takes its place; may be empty."},
    },
}

_PARAMETERS = {
    "type": "object",
    "required": ["path", "edits"],
    "properties": {
        "path": {
            "type": "string",
            "description": "The file to change, relative to the working folder or absolute",
        },
        "edits": {
            "type": "array",
            "items": _EDIT,
            "description": "The replacements. All are looked up in the file as it is before the"
            " call, so none can build on another; put changes that touch into one edit.",
        },
    },
}


def tool(workspace: Workspace) -> Tool:
    """The edit tool for a workspace."""

    def run(arguments: dict[str, Any], call: Call) -> Outcome:
        given = arguments["path"]
        edits = [(clean(edit["oldText"]), clean(edit["newText"])) for edit in arguments["edits"]]
        if not edits:
            raise ToolError(f"Nothing to do in {given}: edits must have at least one replacement.")
        path = workspace.existing(given)
        with workspace.lock(path, call.token):
            details = _edit_file(path, given, edits, call)
        return Outcome([text(_done(len(edits), given))], details=details)

    return Tool(
        name="edit",
        description=(
            "Change parts of one file by exact replacement. Each oldText must be found in the"
            " original file exactly once; edits must not overlap. Keep oldText just long enough to"
            " be unique, and do not join changes that are far apart."
        ),
        parameters=_PARAMETERS,
        run=run,
        snippet="Replace exact pieces of text in a file, several per call",
        guidelines=(
            "Change existing files with edit; make all changes to a file in one call.",
            "An oldText must match the file to the letter and occur in it once. Keep it short,"
            " keep edits apart, and merge neighbouring ones.",
        ),
        prepare=prepare,
        claim=lambda arguments, token: workspace.claim(arguments["path"], token),
    )


def prepare(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments in the declared shape, where what was sent leaves no doubt.

    Accepted are `edits` as JSON text or as a single object, and `oldText` and `newText` next to
    `path`.
    """
    result = dict(arguments)
    edits = _parsed(result.get("edits"))
    edits = [edits] if isinstance(edits, dict) else edits
    if isinstance(result.get("oldText"), str) and isinstance(result.get("newText"), str):
        alone = {"oldText": result.pop("oldText"), "newText": result.pop("newText")}
        edits = [*edits, alone] if isinstance(edits, list) else [alone]
    if edits is not None:
        result["edits"] = [_parsed(edit) for edit in edits] if isinstance(edits, list) else edits
    return result


def _parsed(value: Any) -> Any:
    """The object or list that a string spells as JSON; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value, strict=False)
    except (ValueError, RecursionError):
        return value
    return parsed if isinstance(parsed, (dict, list)) else value


def _edit_file(path: str, given: str, edits: list[tuple[str, str]], call: Call) -> dict[str, Any]:
    call.token.check()
    try:
        before = read_bounded(path, MAX_FILE_BYTES)
        source = Source(before)
        splices = plan(source, edits, given)
        after = source.apply(splices)
        if after == before:
            raise ToolError(
                f"No changes made to {given}: the new text is identical to what is there."
            )
        call.token.check()
        replace_atomically(path, after)
    except OSError as error:
        raise ToolError(_os_text(given, error)) from error
    return _details(source, splices, given)


def _done(count: int, given: str) -> str:
    return f"Successfully replaced {count} block(s) in {given}."


def _os_text(given: str, error: OSError) -> str:
    code = errno.errorcode.get(error.errno or 0, type(error).__name__)
    words = "" if error.errno == errno.ENOENT else f" {error.strerror}."
    return f"Could not edit file: {given}. Error code: {code}.{words}"


def _details(source: Source, splices: Sequence[Splice], given: str) -> dict[str, Any]:
    """The difference, computed on the lines around the changes."""
    sections = []
    grown = counted = 0  # lines added so far, and lines before the offset `at`
    at = 0
    for start, end, group in _stretches(source.plain, splices):
        old, new = source.plain[start:end], _replaced(source.plain, start, end, group)
        counted += source.plain.count("\n", at, start)
        changes = diff.compare(seen(old), seen(new))
        sections.append(diff.Section(changes, counted + 1, counted + 1 + grown))
        grown += new.count("\n") - old.count("\n")
        counted, at = counted + source.plain.count("\n", start, end), end
    lines = counted + source.plain.count("\n", at) + 1
    return {
        "diff": diff.display(sections, max(lines, lines + grown)),
        "patch": diff.patch(sections, given),
        "firstChangedLine": diff.first_changed_line(sections),
    }


def _stretches(content: str, splices: Sequence[Splice]) -> list[tuple[int, int, list[Splice]]]:
    """The lines to compare: for changes near each other one stretch, with lines around them."""
    found: list[tuple[int, int, list[Splice]]] = []
    for splice in splices:
        start = _line_start(content, splice.start, diff.CONTEXT + 1)
        end = _line_stop(content, splice.end, _LINES_AFTER)
        if found and start <= found[-1][1]:
            begun, _, group = found.pop()
            found.append((begun, end, [*group, splice]))
        else:
            found.append((start, end, [splice]))
    return found


def _replaced(content: str, start: int, end: int, splices: Sequence[Splice]) -> str:
    """A stretch of the content as it is after the changes."""
    parts, at = [], start
    for splice in splices:
        parts += [content[at : splice.start], plain(splice.raw)]
        at = splice.end
    return "".join([*parts, content[at:end]])


def _line_start(content: str, at: int, lines: int) -> int:
    """Where the line that is `lines` before the one at an offset starts."""
    for _ in range(lines + 1):
        at = content.rfind("\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def _line_stop(content: str, at: int, lines: int) -> int:
    """Where the line that is `lines` after the one at an offset ends."""
    for _ in range(lines + 1):
        at = content.find("\n", at) + 1
        if at == 0:
            return len(content)
    return at
