"""All tools of a conversation, and which of them the model is told of.

    box = Toolbox(workspace, flags, defaults, hooks, own)
    box.available()                    {"read": Tool(...), ..., "greet": Tool(...)}
    box.initial(before)                the active ones at the start
    box.chosen(["read", "greet"])      those; unknown names are passed over
    box.renewed(active)                when extensions have registered more since

A tool of an extension takes the place of a built-in one of its name; one that the program brings
along takes the place of both. Tools of extensions are active from the start, or from when they are
registered, unless they say otherwise or flags leave them out.
"""

from __future__ import annotations

from pi.tools.registry import builtin
from pi.tools.select import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from pi.extensions.extension import RegisteredTool
    from pi.extensions.nohooks import NoHooks
    from pi.tools.base import Tool
    from pi.tools.select import ToolFlags
    from pi.tools.workspace import Workspace

DECLARED = ("direct", "model-only")
"""Exposures of tools that the model is told of without being asked for them."""

CALLABLE = ("direct", "codemode", "deferred")
"""Exposures of tools that another tool may call; direct ones while they are active."""

HIDDEN = "hidden"


class Toolbox:
    """The tools of one conversation; see the module's head. `own` are the program's."""

    def __init__(
        self,
        workspace: Workspace,
        flags: ToolFlags,
        defaults: Sequence[Sequence[str]],
        hooks: NoHooks,
        own: Iterable[Tool] = (),
    ) -> None:
        self._builtin = builtin(workspace)
        self._own = {tool.name: tool for tool in own}
        self._flags = flags
        self._defaults = defaults
        self._hooks = hooks
        self._seen: set[str] = set()  # of extensions, when they were last asked

    def available(self) -> dict[str, Tool]:
        """Every tool that can be active, by name."""
        added = {each.tool.name: each for each in self._hooks.tools()}
        reachable = {name: each.tool for name, each in added.items() if each.exposure != HIDDEN}
        shown = {
            name: reachable.get(name, tool)  # in its place: the order is what the model sees
            for name, tool in self._builtin.items()
            if name not in added or name in reachable
        }
        return shown | reachable | self._own

    def builtin(self, name: str) -> Tool | None:
        """A built-in tool, whatever took its place."""
        return self._builtin.get(name)

    def bring(self, tool: Tool) -> None:
        """Add a tool of the program, or put it in the place of one of its name."""
        self._own[tool.name] = tool

    def brought(self, names: Iterable[str]) -> tuple[Tool, ...]:
        """The tools of the program among these."""
        return tuple(self._own[name] for name in names if name in self._own)

    def initial(self, before: Sequence[str] | None) -> dict[str, Tool]:
        """The active tools at the start. `before` are those of a session that goes on.

        Raises UsageError where flags contradict each other.
        """
        available, added = self.available(), self._declared()
        self._seen = {each.tool.name for each in self._hooks.tools()}
        names = select(list(available), self._flags, self._defaults, before, added)
        return {name: available[name] for name in names} | self._own

    def chosen(self, names: Iterable[str]) -> dict[str, Tool]:
        """The tools of these names, once each; there may be none of a name."""
        available = self.available()
        return {name: available[name] for name in dict.fromkeys(names) if name in available}

    def renewed(self, active: Mapping[str, Tool]) -> dict[str, Tool]:
        """The active tools as they are registered now, and those that are new."""
        new = [name for name in self._declared() if name not in self._seen and self._may_be(name)]
        self._seen |= {each.tool.name for each in self._hooks.tools()}
        return self.chosen([*active, *new])

    def take_over(self, before: Toolbox, active: Mapping[str, Tool]) -> dict[str, Tool]:
        """The tools of a conversation that was read anew: those that were active, as they are
        now, and what extensions have that they did not have before."""
        self._own = before._own
        self._seen = before._seen
        return self.renewed(active)

    def callable(self, active: Mapping[str, Tool]) -> dict[str, Tool]:
        """The tools that another tool may call."""
        exposures = {each.tool.name: each.exposure for each in self._hooks.tools()}
        return {
            name: tool
            for name, tool in self.available().items()
            if (exposure := exposures.get(name, "direct")) in CALLABLE
            and (name in active or exposure != "direct")
        }

    def rows(self) -> list[dict[str, Any]]:
        """Every tool as extensions are told of it."""
        registered = {each.tool.name: each for each in self._hooks.tools()}
        return [
            _row(tool, registered.get(name), "sdk" if name in self._own else "builtin")
            for name, tool in self.available().items()
        ]

    def _declared(self) -> list[str]:
        return [
            each.tool.name
            for each in self._hooks.tools()
            if each.is_default_active and each.exposure in DECLARED
        ]

    def _may_be(self, name: str) -> bool:
        return bool(select([name], self._flags, before=[], added=[name]))


def _row(tool: Tool, registered: RegisteredTool | None, source: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "promptGuidelines": list(tool.guidelines),
    }
    if registered is None or registered.tool is not tool:
        path = f"{source}:{tool.name}"
        info = {"path": path, "source": source, "scope": "temporary", "origin": "top-level"}
        return {**row, "exposure": "direct", "sourceInfo": info}
    row |= {"exposure": registered.exposure, "sourceInfo": registered.extension.info()}
    if registered.annotations:
        row["annotations"] = registered.annotations
    namespace = registered.definition.get("namespace")
    return row if namespace is None else {**row, "namespace": namespace}
