"""Recovery of tool calls that a local server passed on as text.

    rescue = Rescue(tools)
    rescue.feed("Let me see.\\n<tool")         "Let me see.\\n": what may be shown at once
    rescue.feed("_call>\\n{...}")              ""
    rescue.settle(whole=True)                  ("", [("read", {"path": "a"})])

A call is taken from the text when, and only when, nobody can take it for anything else:

  - the text from its opener (`textcall.NOTATIONS`) to the very end of the answer is calls alone;
  - the opener stands at the start of a line, not indented, not quoted, not in a fence, and not
    under a line that announces an example; bare JSON only where it is the whole answer;
  - every call names a declared tool, and its arguments satisfy that tool's schema;
  - the answer is complete and has no proper tool call.

Everything else stays text. Text is held back only from where a call may begin, and no longer than
it may be one: a declared name must come soon after the opener. A fenced block is never a call, even
alone: it is how models show code. Source: the texts local servers send; see `textcall`.
"""

from __future__ import annotations

import json
import re

from pi import schema
from pi.providers.textcall import BARE, NOTATIONS, read_calls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pi.providers.textcall import TextCall
    from pi.request import ToolDecl

NAME_WITHIN = 400
"""Characters after an opener's start within which a declared tool must be named."""

_SEEN = 200  # characters of a line's start and of its end that are looked at
_TAGS = tuple(opener for opener in NOTATIONS if opener not in BARE)
_EXAMPLE = re.compile(
    r"\b(examples?|e\.g\.|formats?|syntax|looks? like|such as|would|templates?|samples?)\b",
    re.IGNORECASE,
)
_FENCE = re.compile(r" *(```+|~~~+)(.*)")
_NO, _MAYBE, _YES = range(3)


class Rescue:
    """Watches the text of one answer. `tools` are the declarations the request made."""

    def __init__(self, tools: Sequence[ToolDecl]) -> None:
        self._schemas = {tool["name"]: tool.get("parameters") for tool in tools}
        names = "|".join(map(re.escape, self._schemas))
        self._named = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")
        self._held: list[str] = []
        self._held_size = 0
        self._is_call = False  # an opener has come; what follows is held
        self._is_likely = False  # and a declared name after it
        self._given_up = False
        self._line = _Line()

    def feed(self, text: str) -> str:
        """Take more of the answer's text; returns what of it can be shown."""
        if self._given_up:
            return text
        if not self._is_call:
            return self._scan(self._let_go() + text)
        self._hold(text)
        if self._is_likely or self._held_size < NAME_WITHIN:
            return ""
        return self._scan(self._let_go(), is_open=True)

    def passes(self, text: str) -> bool:
        """Take more text if all of it can be shown at once, as in the middle of a line; or not."""
        if self._held or self._line.is_fresh or "\n" in text:
            return self._given_up
        self._line.add(text, False)
        return True

    def give_up(self) -> str:
        """A proper tool call came: look no further. Returns what was held back."""
        self._given_up = True
        return self._let_go()

    def settle(self, *, whole: bool) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
        """The end: (text still to be shown, the calls found). `whole`: the answer is complete."""
        is_call = self._is_call
        held = self._let_go()
        if whole and is_call and not self._line.announces_example():
            calls = self._valid(read_calls(held))
            if calls:
                return "", calls
        return held, []

    def _hold(self, text: str) -> None:
        self._held.append(text)
        self._held_size += len(text)

    def _let_go(self) -> str:
        held = "".join(self._held)
        self._held, self._held_size = [], 0
        self._is_call = self._is_likely = False
        return held

    def _scan(self, text: str, *, is_open: bool = False) -> str:
        """Show lines until one may begin a call. `is_open`: the first one has an opener."""
        shown = []
        while text:
            found = _YES if is_open else self._opening(text)
            self._is_likely = found == _YES and len(text) >= NAME_WITHIN
            if self._is_likely and not self._named.search(text[:NAME_WITHIN]):
                found = _NO
            if found != _NO:
                self._hold(text)
                self._is_call = found == _YES
                break
            is_open = False
            words, end, text = text.partition("\n")
            self._line.add(words, bool(end))
            shown.append(words + end)
        return "".join(shown)

    def _opening(self, text: str) -> int:
        """Whether a call begins with this text."""
        line = self._line
        if not line.is_fresh or line.fence:
            return _NO
        start = text.lstrip()
        if not start:
            return _MAYBE
        indent = text[: len(text) - len(start)].rpartition("\n")[2]
        if indent and line.has_spoken:
            return _NO
        openers = _TAGS if line.has_spoken else (*_TAGS, *BARE)
        if start.startswith(openers):
            return _YES
        return _MAYBE if any(opener.startswith(start) for opener in openers) else _NO

    def _valid(self, calls: list[TextCall]) -> list[tuple[str, dict[str, Any]]]:
        """The calls as names and arguments; none when a single one of them is not right."""
        result = []
        for call in calls:
            if call.name not in self._schemas:
                return []
            rule = self._schemas[call.name]
            arguments = _typed(call.arguments, rule) if call.worded else call.arguments
            if not _fits(arguments, rule):
                return []
            result.append((call.name, arguments))
        return result


class _Line:
    """Where the shown text has come to: what matters of its last lines."""

    def __init__(self) -> None:
        self.is_fresh = True  # nothing of the line has been shown
        self.has_spoken = False  # words have been shown
        self.fence = ""  # the mark of the fence it is in
        self._head = self._tail = ""  # how the line begins and ends
        self._last = ""  # the end of the last line with words

    def add(self, words: str, is_ended: bool) -> None:
        self._head += words[: _SEEN - len(self._head)]
        self._tail = (self._tail + words)[-_SEEN:]
        self.has_spoken = self.has_spoken or bool(words.strip())
        self.is_fresh = is_ended
        if is_ended:
            self._end()

    def _end(self) -> None:
        self._last = self._tail if self._tail.strip() else self._last
        found = _FENCE.match(self._head)
        self._head = self._tail = ""
        if found is None:
            return
        if not self.fence:
            self.fence = found[1]
        elif found[1].startswith(self.fence) and not found[2].strip():
            self.fence = ""

    def announces_example(self) -> bool:
        """Whether the words before say that what follows only shows something."""
        last = self._last.rstrip()
        return last.endswith(":") and _EXAMPLE.search(last) is not None


def _typed(arguments: dict[str, Any], rule: Any) -> dict[str, Any]:
    """Arguments that came as texts, read as JSON where the schema wants no string."""
    properties = rule.get("properties") if isinstance(rule, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    return {name: _read(text, properties.get(name)) for name, text in arguments.items()}


def _read(text: str, rule: Any) -> Any:
    if not schema.check(rule, text)[1] and schema.check(rule, text)[0] == text:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _fits(arguments: dict[str, Any], rule: Any) -> bool:
    """Whether arguments satisfy a schema and hold nothing it does not know."""
    known = rule.get("properties") if isinstance(rule, dict) else None
    if isinstance(known, dict) and known and not arguments.keys() <= known.keys():
        return False
    return not schema.check(rule, arguments)[1]
