"""Prompt and tools of a request: what stands at its start, and what changes on the way.

A model that takes system messages in the middle of a conversation is told of a changed prompt where
it changed, and of changed tools likewise, so that everything before stays in the cache:

    {"type": "text", "text": "..."}
    {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "read"}}
    {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": {...}}}

For any other model the changes are folded into the start. Source: the requests the reference sends.
"""

from __future__ import annotations

from pi.providers.anthropic_tools import declared
from pi.transcript import named, tools_in_force, update_text
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pi.messages import Message
    from pi.request import Context


class Script(Value):
    """How a request presents prompt and tools.

    `system` and `tools` (declarations for the wire) stand at the start; `updates` maps the position
    of a system message to the blocks it becomes. `changes_tools` is whether tools may be added and
    removed on the way.
    """

    system: str
    tools: list[dict[str, Any]]
    updates: dict[int, list[Any]]
    changes_tools: bool


def script_of(context: Context, switches: dict[str, Any]) -> Script:
    """The script of a request.

    Raises ProviderError("bad_request") for a tool that insists on what the model does not offer.
    """
    later = {
        at: message
        for at, message in enumerate(context.messages)
        if message.get("role") == "system"
    }
    system, updates = _words(context.system, later, switches)
    added = [tool for message in later.values() for tool in named(message.get("toolsAdded"))]
    first = [tool for tool in named(context.tools) if tool not in added]
    takes_system = switches["supportsMidConvoSystemMessages"]
    if not (first and takes_system and switches["supportsMidConvoToolChanges"]):
        tools = declared(tools_in_force(context.tools, later.values()), switches)
        return Script(system, tools, updates, False)
    tools = declared([*first, *added], switches)
    names = {tool["name"] for tool in first}
    definitions = iter(tools[len(first) :])
    for at, message in later.items():
        updates[at] = updates.get(at, []) + list(_changes(message, names, definitions))
    return Script(system, tools[: len(first)], updates, True)


def _words(
    system: str, later: dict[int, Message], switches: dict[str, Any]
) -> tuple[str, dict[int, list[Any]]]:
    """(the prompt at the start, what is said on the way)."""
    texts = {at: text for at, message in later.items() if (text := update_text(message))}
    if switches["supportsMidConvoSystemMessages"]:
        return system, {at: [{"type": "text", "text": text}] for at, text in texts.items()}
    return "\n\n".join(part for part in (system, *texts.values()) if part), {}


def _changes(
    message: Message, names: set[str], definitions: Iterator[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The tool changes of one message; `names` are those in force and are kept so.

    A tool that is declared anew is only added: that replaces it.
    """
    added = {tool["name"]: next(definitions) for tool in named(message.get("toolsAdded"))}
    for entry in named(message.get("toolsRemoved")):
        name = entry["name"]
        if name in names and name not in added:
            names.discard(name)
            yield {"type": "tool_removal", "tool": {"type": "tool_reference", "name": name}}
    for name, definition in added.items():
        names.add(name)
        yield {
            "type": "tool_addition",
            "tool": {"type": "tool_definition", "definition": definition},
        }
