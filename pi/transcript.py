"""Prompt sections and tool declarations, replayed from the system messages of a conversation.

The leading system message declares the prompt (named sections) and the tools. Later ones patch
sections by name (null removes one), add tools and remove tools. Replaying them in order gives what
is in force. Source: the reference's session-format page, "SessionMessageEntry".

    state = replay(messages)
    state.sections   {"preamble": "You are ...", "cwd": "<cwd>\\n/work\\n</cwd>"}
    state.tools      [{"name": "read", ...}]
    render(state.sections)   the prompt as one text
"""

from __future__ import annotations

from pi.messages import text_of
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pi.messages import Message
    from pi.request import ToolDecl

SECTION_ORDER = (
    "preamble",
    "tools",
    "rules",
    "docs",
    "addendum",
    "project_context",
    "skills",
    "cwd",
)
"""The order sections take in the prompt; unknown ones come after these, as declared."""


class Prompt(Value):
    """What is in force: `text` (plain system content), `sections` and `tools`."""

    text: str
    sections: dict[str, str]
    tools: list[ToolDecl]


def replay(messages: Iterable[Message]) -> Prompt:
    """Fold all system messages, in order, into the prompt and tools in force."""
    texts: list[str] = []
    sections: dict[str, str] = {}
    tools: dict[str, ToolDecl] = {}
    for message in messages:
        if message.get("role") != "system":
            continue
        content = text_of(message)
        if content:
            texts.append(content)
        _patch_sections(sections, message.get("sections"))
        _patch_tools(tools, message)
    return Prompt("\n\n".join(texts), sections, list(tools.values()))


def render(prompt: Prompt) -> str:
    """The system prompt as one text: plain content first, then sections in their fixed order."""
    rank = {name: position for position, name in enumerate(SECTION_ORDER)}
    names = sorted(prompt.sections, key=lambda name: rank.get(name, len(rank)))
    parts = [prompt.text, *(prompt.sections[name] for name in names)]
    return "\n\n".join(part for part in parts if part)


def update_text(message: Message) -> str:
    """What a system message in the middle of a conversation says: its text, then its sections."""
    parts = [text_of(message)]
    sections = message.get("sections")
    for name, value in sections.items() if isinstance(sections, dict) else ():
        if isinstance(value, str):
            parts.append(f'The section "{name}" of the system prompt is now:\n\n{value}')
        else:
            parts.append(f'The section "{name}" of the system prompt no longer applies.')
    return "\n\n".join(part for part in parts if part.strip())


def tools_in_force(tools: list[ToolDecl], messages: Iterable[Message]) -> list[ToolDecl]:
    """The tools at the end of `messages`, when `tools` were in force before them."""
    return replay([{"role": "system", "toolsAdded": tools}, *messages]).tools


def difference(old: Prompt, new: Prompt) -> tuple[dict[str, str | None], list, list]:
    """What a system message must say to get from `old` to `new`.

    Returns (sections with None for removed ones, tools added or changed, names removed).
    All three are empty when nothing changed.
    """
    sections: dict[str, str | None] = {
        name: value for name, value in new.sections.items() if old.sections.get(name) != value
    }
    sections.update({name: None for name in old.sections if name not in new.sections})
    before = {tool["name"]: tool for tool in old.tools}
    after = {tool["name"]: tool for tool in new.tools}
    added = [tool for name, tool in after.items() if before.get(name) != tool]
    removed = [{"name": name} for name in before if name not in after]
    return sections, added, removed


def _patch_sections(sections: dict[str, str], patch: Mapping[str, str | None] | None) -> None:
    if not isinstance(patch, dict):
        return
    for name, value in patch.items():
        if isinstance(value, str):
            sections[name] = value
        else:
            sections.pop(name, None)


def _patch_tools(tools: dict[str, ToolDecl], message: Message) -> None:
    for removed in named(message.get("toolsRemoved")):
        tools.pop(removed["name"], None)
    for tool in named(message.get("toolsAdded")):
        tools[tool["name"]] = tool


def named(entries: object) -> list[ToolDecl]:
    """The entries of a list that are objects with a name; a session file may hold anything."""
    return [
        entry
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    ]
