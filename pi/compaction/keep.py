"""The user's own words that no summary may lose: standing rules and open tasks.

A model that summarises rewords and forgets. So lines of the user that state a rule, and tasks that
were listed and not ticked off, are taken over as they are, from summary to summary:

    <user-rules>
    - Never touch the migrations folder.
    </user-rules>

    <open-tasks>
    - [ ] write the changelog
    </open-tasks>

When the cut goes through a turn, the request that began it is kept likewise, as <user-request>.

Known limits: rules are found by their words, in English; what is pasted (code fences, `<file>`
blocks) is passed over; `MAX_CHARS` bounds each list, and the oldest lines go first.
"""

from __future__ import annotations

import re

from pi.messages import text_of
from pi.text.latepattern import LatePattern
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pi.messages import Message

MAX_CHARS = 4000
REQUEST_CHARS = 2000

_LINE_CHARS = 400
"""A longer line is prose or data, not a rule."""

_RULE = LatePattern(
    r"\b(?:always|never|must|from now on|do not|don['\u2019]t|make sure|remember (?:to|that))\b",
    re.IGNORECASE,
)
_TASK = LatePattern(r"\s*[-*+] \[([ xX])\]\s+(\S.*)")
_PASTED = LatePattern(r"```.*?(?:```|\Z)|<file\b[^>]*>.*?(?:</file>|\Z)", re.DOTALL)
_SENTENCE_END = LatePattern(r"(?<=[.!?])\s+")
_MARKS = " \t-*+>"
_BLOCK = LatePattern(
    r"\n*<(user-rules|open-tasks|user-request|read-files|modified-files)>\n(.*?)\n</\1>", re.DOTALL
)


class Kept(Value):
    """Lines kept word for word; `request` is "" unless a turn was split."""

    rules: list[str]
    tasks: list[str]
    request: str = ""

    def text(self) -> str:
        """The lines as they end a summary; "" when there are none."""
        return (
            _block("user-rules", [f"- {rule}" for rule in self.rules])
            + _block("open-tasks", [f"- [ ] {task}" for task in self.tasks])
            + _block("user-request", [self.request] if self.request else [])
        )


def keep(messages: Iterable[Message], previous: str | None, prefix: Iterable[Message]) -> Kept:
    """What is to be kept of the summarised `messages`, of the summary before, and of a split turn.

    `messages` includes those of `prefix`.
    """
    rules, tasks = _carried(previous or "")
    for message in messages:
        role = message.get("role")
        if role not in ("user", "assistant"):
            continue
        lines = _PASTED.sub("\n", text_of(message)).splitlines()
        _note_tasks(tasks, lines)
        if role == "user":
            rules.update(dict.fromkeys(_rules(lines)))
    request = next((text_of(m).strip() for m in prefix if m.get("role") == "user"), "")
    return Kept(_newest(rules), _newest(tasks), request[:REQUEST_CHARS])


def without_lists(summary: str) -> str:
    """A summary without the lists that were put under it: what its model wrote."""
    return _BLOCK.sub("", summary).rstrip()


def _carried(summary: str) -> tuple[dict[str, None], dict[str, None]]:
    """Rules and open tasks of a summary, in order."""
    found = {match[1]: match[2].splitlines() for match in _BLOCK.finditer(summary)}
    rules = dict.fromkeys(line.removeprefix("- ") for line in found.get("user-rules", ()))
    tasks: dict[str, None] = {}
    _note_tasks(tasks, found.get("open-tasks", ()))
    return rules, tasks


def _note_tasks(tasks: dict[str, None], lines: Iterable[str]) -> None:
    for line in lines:
        match = _TASK.match(line)
        if match is None:
            continue
        tasks.pop(match[2].strip(), None)
        if match[1] == " ":
            tasks[match[2].strip()] = None


def _rules(lines: Iterable[str]) -> list[str]:
    sentences = (part for line in lines for part in _SENTENCE_END.split(line))
    cleaned = (sentence.strip(_MARKS) for sentence in sentences)
    return [words for words in cleaned if len(words) <= _LINE_CHARS and _RULE.search(words)]


def _newest(lines: Iterable[str]) -> list[str]:
    """As many of the last lines as `MAX_CHARS` allows, in order."""
    chosen: list[str] = []
    room = MAX_CHARS
    for line in reversed(list(lines)):
        room -= len(line)
        if room < 0:
            break
        chosen.append(line)
    return chosen[::-1]


def _block(tag: str, lines: list[str]) -> str:
    return f"\n\n<{tag}>\n" + "\n".join(lines) + f"\n</{tag}>" if lines else ""
