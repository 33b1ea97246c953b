"""Tools as the Responses API takes them: their declarations, and where a request declares them.

    {"type": "function", "name", "description", "parameters"[, "strict"]}
    {"type": "custom", "name", "description", "format": {"type": "grammar", "syntax", "definition"}}

A request has a list of tools, which stands before everything else: to change it loses the prompt
cache. Some models can therefore be told of tools within the input, in one of two ways:

    additional_tools   an item declares tools from there on; all are declared so, the first ones too
    tool search        tools that were only added are "found" by a search that we answer ourselves:
                       a tool_search_call and its tool_search_output. What was removed or changed
                       has to be folded into the list, and later additions start from there.

Sources: OpenAI's guides "Function calling" and "Tool search"; the requests the reference sends.
"""

from __future__ import annotations

from hashlib import sha256

from pi.providers.grammar import grammar_of, text_parameter
from pi.providers.openai_tools import function_fields, head
from pi.transcript import named, tools_in_force
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pi.messages import Message
    from pi.request import Context, ToolDecl

    Item = dict[str, Any]

MORE_TOOLS = (
    "The tools declared next come on top of those declared before, which stay available unless "
    "they are named as withdrawn. A tool that is declared again has its new definition from here "
    "on."
)
"""Said before additional tools, which some models otherwise take for a whole new list."""

WITHDRAWN = "From here on these tools are not available, do not call them:"


class Placement(Value):
    """Where a request declares its tools.

    `tools` is its list, `opening` are the items the input begins with. `changes` maps the position
    of a system message to the items it becomes, `notes` to what its text must say beside its own.
    """

    tools: list[Item]
    opening: list[Item]
    changes: dict[int, list[Item]]
    notes: dict[int, str]


class Declarer:
    """Writes declarations. `loose` is what `strict` is for a tool that is not."""

    def __init__(self, switches: dict[str, Any], loose: bool | None = False) -> None:
        self._switches = switches
        self._loose = loose

    def all(self, tools: Iterable[ToolDecl], **more: Any) -> list[Item]:
        """Declarations with the fields `more`.

        Raises ProviderError("bad_request") when a tool insists on what the model does not offer.
        """
        return [self._one(tool, more) for tool in named(list(tools))]

    def _one(self, tool: ToolDecl, more: dict[str, Any]) -> Item:
        if self._switches["supportsOpenAIGrammarTools"] and text_parameter(tool):
            syntax, definition = grammar_of(tool)
            grammar = {"type": "grammar", "syntax": syntax, "definition": definition}
            return {"type": "custom", **head(tool), "format": grammar, **more}
        offers_strict = self._switches["supportsStrictMode"]
        function = function_fields(tool, offers_strict, loose=self._loose, **more)
        return {"type": "function", **function}


def placed(
    context: Context, switches: dict[str, Any], declarer: Declarer, role: str = "developer"
) -> Placement:
    """Where a request for `context` declares its tools. Raises ProviderError as `Declarer.all`.

    `role` is that of items that speak for the system.
    """
    later = [(at, m) for at, m in enumerate(context.messages) if m.get("role") == "system"]
    if switches["supportsMidConvoSystemMessages"]:
        if switches["supportsAdditionalTools"]:
            return _as_items(context, later, declarer, role)
        if switches["supportsToolSearch"]:
            return _by_search(context, later, declarer)
    tools = tools_in_force(context.tools, [message for _, message in later])
    return Placement(declarer.all(tools), [], {}, {})


# --- additional_tools ----------------------------------------------------------------------------


def _as_items(
    context: Context, later: list[tuple[int, Message]], declarer: Declarer, role: str
) -> Placement:
    first = declarer.all(context.tools)
    opening = [_additional(first, role)] if first else []
    changes: dict[int, list[Item]] = {}
    notes: dict[int, str] = {}
    has_some = bool(first)
    for at, message in later:
        added = declarer.all(named(message.get("toolsAdded")))
        if added:
            note = [{"role": role, "content": MORE_TOOLS}] if has_some else []
            changes[at] = [*note, _additional(added, role)]
            has_some = True
        gone = [f"- {tool['name']}" for tool in named(message.get("toolsRemoved"))]
        if gone:
            notes[at] = "\n".join([WITHDRAWN, *gone])
    return Placement([], opening, changes, notes)


def _additional(tools: list[Item], role: str) -> Item:
    return {"type": "additional_tools", "role": role, "tools": tools}


# --- tool search ---------------------------------------------------------------------------------


def _by_search(context: Context, later: list[tuple[int, Message]], declarer: Declarer) -> Placement:
    listed, additions = named(context.tools), []
    in_force = listed
    for at, message in later:
        before = {tool["name"]: tool for tool in in_force}
        added = [
            tool for tool in named(message.get("toolsAdded")) if before.get(tool["name"]) != tool
        ]
        in_force = tools_in_force(in_force, [message])
        if any(tool["name"] in before for tool in (*added, *named(message.get("toolsRemoved")))):
            listed, additions = in_force, []
        elif added:
            additions.append((at, added))
    changes = {at: _found(at, tools, declarer) for at, tools in additions}
    return Placement(declarer.all(listed), [], changes, {})


def _found(at: int, tools: list[ToolDecl], declarer: Declarer) -> list[Item]:
    """A search for these tools and what it found; the same whenever it is sent again."""
    names = [tool["name"] for tool in tools]
    digest = sha256("\n".join([str(at), *names]).encode("utf-8", "replace")).hexdigest()
    shared = {
        "call_id": f"pi_tool_load_{digest[:16]}",
        "execution": "client",
        "status": "completed",
    }
    wanted = {"query": " ".join(names), "limit": len(names)}
    return [
        {"type": "tool_search_call", **shared, "arguments": wanted},
        {"type": "tool_search_output", **shared, "tools": declarer.all(tools, defer_loading=True)},
    ]
