"""What the model sees of a branch: which entries count, and the messages they stand for.

Everything here takes entries from the leaf to the root and reads no further than needed: past the
latest compaction only to the first entry it kept.

  select    the compaction, the entries it kept, the entries after it; without one, the branch
  project   (entry, messages) of each, after `context_edit` entries were applied
  grown     the messages that entries added since then stand for
  model_of  what was last chosen or used

    entry type        messages
    message           its message
    compaction        its systemMessage, if any, and {"role": "compactionSummary", ...}
    branch_summary    {"role": "branchSummary", ...}
    custom_message    {"role": "custom", ...}
    any other         none

System messages before a compaction are part of its systemMessage and are left out. Source: the
reference's session-format page, "Context Building". `pi.store.convert` turns the special roles into
what a model takes.
"""

from __future__ import annotations

from pi.messages import text
from pi.store.format import role_of, time_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pi.messages import Message
    from pi.store.format import Entry


_FEW = 64

_ROLES_WITH_CONTENT = frozenset(("user", "assistant", "toolResult", "custom"))


def select(walk: Iterable[Entry]) -> list[Entry]:
    """The entries that make up the context, in its order, from entries leaf to root."""
    steps = iter(walk)
    after: list[Entry] = []
    for entry in steps:
        if entry.get("type") == "compaction":
            return [entry, *_kept(entry, steps), *reversed(after)]
        after.append(entry)
    after.reverse()
    return after


def project(walk: Iterable[Entry]) -> Iterator[tuple[Entry, list[Message]]]:
    """The selected entries, each with its messages; most have one or none."""
    entries = select(walk)
    edits = {}
    for entry in entries:
        if entry.get("type") == "context_edit" and type(entry.get("targetId")) in (str, int):
            edits[entry["targetId"]] = entry
    for position, entry in enumerate(entries):
        is_older_summary = position > 0 and entry.get("type") == "compaction"
        messages = [] if is_older_summary else _messages_of(entry)
        if entry["id"] in edits:
            messages = _edited(messages, edits[entry["id"]])
        yield entry, messages


def grown(walk: Iterable[Entry], since: object) -> list[Message] | None:
    """The messages that the entries after the entry `since` add to a context.

    None where they may change earlier ones, or where `since` is not among the last few entries.
    """
    fresh: list[Entry] = []
    for entry in walk:
        if entry["id"] == since:
            return [message for added in reversed(fresh) for message in _messages_of(added)]
        if len(fresh) == _FEW or entry.get("type") in ("compaction", "context_edit"):
            return None
        fresh.append(entry)
    return None


def model_of(walk: Iterable[Entry]) -> tuple[str, str] | None:
    """(provider, model id) of the latest choice or answer; None if there was neither."""
    for entry in walk:
        if entry.get("type") == "model_change":
            found = (entry.get("provider"), entry.get("modelId"))
        elif role_of(entry) == "assistant":
            found = (entry["message"].get("provider"), entry["message"].get("model"))
        else:
            continue
        if all(isinstance(part, str) and part for part in found):
            return found
    return None


def has_model(entry: Entry) -> bool:
    """Whether a `model_change` names a model."""
    found = (entry.get("provider"), entry.get("modelId"))
    return all(isinstance(part, str) and part for part in found)


def has_level(entry: Entry) -> bool:
    """Whether a `thinking_level_change` names a level."""
    level = entry.get("thinkingLevel")
    return isinstance(level, str) and level != ""


def _kept(compaction: Entry, before: Iterable[Entry]) -> list[Entry]:
    """The entries before a compaction that it kept; none if its mark is not among them."""
    first = compaction.get("firstKeptEntryId")
    if first is None or first == compaction["id"]:
        return []
    kept = []
    for entry in before:
        if role_of(entry) != "system":
            kept.append(entry)
        if entry["id"] == first:
            kept.reverse()
            return kept
    return []


def _messages_of(entry: Entry) -> list[Message]:
    kind = entry.get("type")
    if kind == "message":
        return [_with_some_content(entry["message"])] if role_of(entry) else []
    stamp = time_ms(entry.get("timestamp"))
    if kind == "compaction":
        system = entry.get("systemMessage")
        summary = {"role": "compactionSummary", **_fields(entry, "summary", "tokensBefore")}
        return [*([system] if _is_system(system) else []), {**summary, "timestamp": stamp}]
    if kind == "branch_summary" and entry.get("summary"):
        summary = {"role": "branchSummary", **_fields(entry, "summary", "fromId")}
        return [{**summary, "timestamp": stamp}]
    if kind == "custom_message":
        fields = _fields(entry, "customType", "content", "display", "details")
        return [{"role": "custom", "content": [], **fields, "timestamp": stamp}]
    return []


def _with_some_content(message: Message) -> Message:
    """A message whose content is null or missing gets an empty one."""
    if message.get("content") is None and message["role"] in _ROLES_WITH_CONTENT:
        return {**message, "content": []}
    return message


def _fields(entry: Entry, *names: str) -> dict[str, Any]:
    return {name: entry[name] for name in names if name in entry}


def _is_system(value: object) -> bool:
    return isinstance(value, dict) and value.get("role") == "system"


def _edited(messages: list[Message], edit: Entry) -> list[Message]:
    """The messages of an entry after an edit of it; an edit that makes no sense changes nothing."""
    if "replacement" not in edit:
        return messages
    replacement = edit["replacement"]
    if replacement is None:
        return []
    content = replacement.get("content") if isinstance(replacement, dict) else replacement
    if not isinstance(content, (str, list)):
        return messages
    return [_with_content(message, content) for message in messages]


def _with_content(message: Message, content: str | list[Any]) -> Message:
    role = message["role"]
    if role not in _ROLES_WITH_CONTENT:
        return message
    if isinstance(content, str) and role in ("assistant", "toolResult"):
        content = [text(content)]
    return {**message, "content": content}
