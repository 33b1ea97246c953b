"""The built-in tools of a workspace, in the order in which the model is told of them."""

from __future__ import annotations

from pi.tools import bash, edit, find, grep, ls, read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.tools.base import Tool
    from pi.tools.workspace import Workspace

_MODULES = (read, bash, edit, write, grep, find, ls)


def builtin(workspace: Workspace) -> dict[str, Tool]:
    """All built-in tools by name: read, bash, edit, write, grep, find, ls."""
    tools = [module.tool(workspace) for module in _MODULES]
    return {tool.name: tool for tool in tools}
