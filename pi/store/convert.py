"""Session messages of special roles as messages any model takes.

    bashExecution      user: the command, its output, how it ended; none if it was to be kept out
    custom             user: its content
    branchSummary      user: an introduction and the summary between <summary> tags
    compactionSummary  likewise

system, user, assistant and toolResult pass as they are; unknown roles are left out.
"""

from __future__ import annotations

from pi.messages import blocks_of, text, user_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pi.messages import Message

COMPACTION_INTRO = (
    "What was said before this point has been condensed. This summary takes its place:"
)
BRANCH_INTRO = (
    "Another branch of this conversation was tried and left. This is what was done on it:"
)

_PLAIN = frozenset(("system", "user", "assistant", "toolResult"))


def as_sent(messages: Iterable[Message]) -> list[Message]:
    """The messages with special roles turned into user messages. The input is not changed."""
    sent = []
    for message in messages:
        role = message.get("role")
        if role in _PLAIN:
            sent.append(message)
        elif role in _CONVERSIONS and (blocks := _CONVERSIONS[role](message)):
            sent.append(user_message(blocks, message.get("timestamp", 0)))
    return sent


def bash_text(message: Message) -> str:
    """What the model reads of a command the user ran: command, output and how it ended."""
    output = message.get("output") or ""
    parts = [f"Ran `{message.get('command') or ''}`\n"]
    parts.append(f"```\n{output}\n```" if output else "(no output)")
    code = message.get("exitCode")
    if message.get("cancelled"):
        parts.append("\n\n(cancelled before it ended)")
    elif code:
        parts.append(f"\n\nCommand exited with code {code}")
    if message.get("truncated") and message.get("fullOutputPath"):
        parts.append(f"\n\n[Only the end is shown. Full output: {message['fullOutputPath']}]")
    return "".join(parts)


def _bash(message: Message) -> list[dict]:
    return [] if message.get("excludeFromContext") else [text(bash_text(message))]


def _custom(message: Message) -> list[dict]:
    return blocks_of(message)


def _summary(intro: str) -> Callable[[Message], list[dict]]:
    return lambda message: [
        text(f"{intro}\n\n<summary>\n{message.get('summary') or ''}\n</summary>")
    ]


_CONVERSIONS = {
    "bashExecution": _bash,
    "custom": _custom,
    "branchSummary": _summary(BRANCH_INTRO),
    "compactionSummary": _summary(COMPACTION_INTRO),
}
