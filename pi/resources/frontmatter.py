"""Markdown with front matter: what skills and prompt templates are written in.

    ---
    description: Review what is staged
    ---
    Look at the staged changes ...

    read(text)      ({"description": "Review what is staged"}, "Look at the staged changes ...")

Front matter stands between two lines `---`, the first of the file and the next one after it;
without both, all of the file is its body. Line ends become LF; a body behind front matter has no
white space around it.
"""

from __future__ import annotations

import re

from pi.text.yamlsubset import YamlError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)


def read(text: str) -> tuple[dict[str, Any], str]:
    """(front matter, body) of a file's text. Raises YamlError."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    first = _FENCE.match(text)
    last = _FENCE.search(text, first.end()) if first else None
    if last is None:
        return {}, text
    front = parse(text[first.end() + 1 : last.start()], first_line=2)
    if front is None:
        front = {}
    if not isinstance(front, dict):
        raise YamlError(2, "front matter must be lines of `key: value`")
    return front, text[last.end() :].strip()
