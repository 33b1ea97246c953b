"""Every event an extension can handle, one row each: its fields, its answers, its rule.

    HOOKS["tool_call"].fields["input"].help     "the arguments; change them in place"
    HOOKS["tool_call"].answers["block"].kind    "truth"

Source: the reference's page on extensions. The documentation is made of this table.
"""

from __future__ import annotations

from pi.extensions import row_agent, row_session, row_tool
from pi.extensions.row import Field, Hook

__all__ = ["ELSEWHERE", "HOOKS", "Field", "Hook"]

HOOKS: dict[str, Hook] = {
    row.name: row for row in (*row_session.ROWS, *row_agent.ROWS, *row_tool.ROWS)
}
"""All rows by name, in the order of the documentation."""

ELSEWHERE = ("cache_warming_decision", "mcp_servers_change")
"""Events of the reference that never happen here; handlers for them are taken and never called."""
