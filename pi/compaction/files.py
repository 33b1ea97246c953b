"""Which files a conversation read and changed, and how a summary names them.

    files = files_of(messages, entries)
    files.read, files.modified               ["src/a.py"], ["src/b.py"]
    files.details()                          {"readFiles": ["src/a.py"], "modifiedFiles": [...]}
    files.text()                             "\\n\\n<read-files>\\nsrc/a.py\\n</read-files>..."

A file counts by the `path` argument of calls of `read`, `write` and `edit`, as the model wrote it;
one that was changed is not listed as read. The lists of earlier summaries come along, unless an
extension wrote them. Sorted; source: the reference's compaction page.
"""

from __future__ import annotations

from pi.messages import tool_calls, with_role
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pi.messages import Message
    from pi.store.format import Entry

_READING = ("read",)
_CHANGING = ("write", "edit")


class Files(Value):
    """Paths that were only read, and paths that were changed; each sorted."""

    read: list[str]
    modified: list[str]

    def details(self) -> dict[str, list[str]]:
        """The lists as a summary entry stores them."""
        return {"readFiles": self.read, "modifiedFiles": self.modified}

    def operations(self) -> dict[str, list[str]]:
        """The lists as extensions see them; which of the changes were edits is not kept."""
        return {"read": self.read, "written": self.modified, "edited": []}

    def text(self) -> str:
        """The lists as they end a summary; "" when both are empty."""
        return _listed("read-files", self.read) + _listed("modified-files", self.modified)


def files_of(messages: Iterable[Message], summaries: Iterable[Entry]) -> Files:
    """The files of the tool calls in `messages` and of earlier summary entries."""
    read: set[str] = set()
    modified: set[str] = set()
    for entry in summaries:
        details = entry.get("details")
        if isinstance(details, dict) and entry.get("fromHook") is not True:
            read |= set(_texts(details.get("readFiles")))
            modified |= set(_texts(details.get("modifiedFiles")))
    for name, path in _calls(messages):
        if name in _CHANGING:
            modified.add(path)
        elif name in _READING:
            read.add(path)
    return Files(sorted(read - modified), sorted(modified))


def _calls(messages: Iterable[Message]) -> Iterator[tuple[str, str]]:
    """(tool, path) of each call with a path."""
    for message in with_role(list(messages), "assistant"):
        for call in tool_calls(message):
            arguments = call.get("arguments")
            path = arguments.get("path") if isinstance(arguments, dict) else None
            if isinstance(path, str) and path:
                yield str(call.get("name")), path


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _listed(tag: str, paths: list[str]) -> str:
    return f"\n\n<{tag}>\n" + "\n".join(paths) + f"\n</{tag}>" if paths else ""
