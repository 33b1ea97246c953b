"""How many tokens a conversation takes: what the provider counted, and a guess for the rest.

    message_tokens({"role": "user", "content": "abcdefgh"})    2
    context_tokens(session.tree)                               31250
    is_over(31250, 40_000, settings)                           True

The guess is a quarter of the characters of a message, rounded up; an image counts as 4,800. A
character is a UTF-16 unit, as in the reference, so that both decide alike. What the provider
counted with an answer stands for everything up to it, unless the context was changed later: by a
compaction or by an edit of an entry.

Known limits: text in scripts with few characters a word takes more tokens than guessed, until the
next answer tells. Source: the reference's compaction page; figures by calling its estimate.
"""

from __future__ import annotations

from pi.messages import blocks_of, is_failed
from pi.store.context import project
from pi.store.format import role_of
from pi.text.jsontext import dumps
from pi.transcript import replay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from pi.messages import Message
    from pi.settings.layers import Compaction
    from pi.store.format import Entry
    from pi.store.tree import Tree

CHARS_PER_TOKEN = 4
IMAGE_CHARS = 4800

_PARTS = ("input", "output", "cacheRead", "cacheWrite")
_KEPT = {"replacement": ""}
"""Stands for the edit of an entry that has none."""

_BARRIERS = ("compaction", "context_edit")
"""Entries after which a usage counted before them no longer tells the size of the context."""


def message_tokens(message: Message) -> int:
    """About how many tokens a message takes; special roles included."""
    return -(-_characters(message) // CHARS_PER_TOKEN)


def messages_tokens(messages: Iterable[Message]) -> int:
    """About how many tokens messages take, their system messages folded into the one in force."""
    plain, system = [], []
    for message in messages:
        (system if message.get("role") == "system" else plain).append(message)
    return sum(map(message_tokens, [checkpoint(system, 0), *plain] if system else plain))


def checkpoint(messages: Iterable[Message], timestamp: int) -> Message:
    """One system message that declares the prompt and tools in force after `messages`."""
    state = replay(messages)
    message: Message = {"role": "system", "content": state.text, "sections": state.sections}
    if state.tools:
        message["toolsAdded"] = state.tools
    message["timestamp"] = timestamp
    return message


def usage_tokens(usage: object) -> int:
    """The size of the conversation after an answer, as its usage tells it; 0: it does not."""
    if not isinstance(usage, dict):
        return 0
    return _count(usage.get("totalTokens")) or sum(_count(usage.get(part)) for part in _PARTS)


def context_tokens(tree: Tree) -> int:
    """About how many tokens the context of the active branch takes; no more is read than needed."""
    later = []
    for entry in tree.walk():
        if entry.get("type") in _BARRIERS:
            break
        if _counts(entry):
            messages = [message for _, found in project(later) for message in found]
            counted = usage_tokens(entry["message"]["usage"])
            return counted + sum(map(message_tokens, messages))
        later.append(entry)
    return messages_tokens(m for _, found in project(tree.walk()) for m in found)


def is_known(tree: Tree) -> bool:
    """Whether `context_tokens` is worth showing: not between a compaction and the next usage."""
    edits: dict[Any, Entry] = {}
    for entry in tree.walk():
        kind = entry.get("type")
        if kind == "compaction":
            return False
        if kind == "context_edit" and isinstance(entry.get("targetId"), str):
            edits.setdefault(entry["targetId"], entry)
        if _counts(entry) and edits.get(entry["id"], _KEPT).get("replacement") is not None:
            return True
    return True


def is_over(tokens: int, window: object, settings: Compaction) -> bool:
    """Whether a context of that many tokens leaves less than the reserve of its window free."""
    return _count(window) > 0 and tokens > _count(window) - settings.reserve_tokens


def _counts(entry: Entry) -> bool:
    if role_of(entry) != "assistant" or is_failed(entry["message"]):
        return False
    return usage_tokens(entry["message"].get("usage")) > 0


def _characters(message: Message) -> int:
    role = message.get("role")
    if role == "bashExecution":
        return _units(message.get("command")) + _units(message.get("output"))
    if role in ("branchSummary", "compactionSummary"):
        return _units(message.get("summary"))
    if role == "system":
        return _system_characters(message)
    return sum(_block_characters(block) for block in blocks_of(message))


def _system_characters(message: Message) -> int:
    count = sum(_units(block.get("text")) for block in blocks_of(message))
    sections = message.get("sections")
    if isinstance(sections, dict):
        count += sum(map(_units, sections.values()))
    tools = message.get("toolsAdded")
    return count + (_units(dumps(tools)) if tools else 0)


def _block_characters(block: Mapping[str, Any]) -> int:
    kind = block.get("type")
    if kind == "image":
        return IMAGE_CHARS
    if kind == "toolCall":
        return _units(block.get("name")) + _units(dumps(block.get("arguments")))
    return _units(block.get(kind)) if kind in ("text", "thinking") else 0


def _units(text: object) -> int:
    """UTF-16 units of a text; 0 for anything else."""
    if not isinstance(text, str):
        return 0
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _count(value: object) -> int:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return int(value) if is_number and 0 < value < 1 << 53 else 0
