"""The settings: one row each. Validation, defaults, scope and documentation come from the rows.

    row("retry.maxRetries")     Row("retry.maxRetries", COUNT, 3, "How often ...", ...)

Names, types and defaults are the reference's; its settings page is the source. Keys of features
that are still to come are here too, so that a file written for either program works in both.
"""

from __future__ import annotations

from pi.settings.rows_agent import AGENT_ROWS
from pi.settings.rows_screen import SCREEN_ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.settings.row import Row

GROUPS: dict[str, tuple[Row, ...]] = {**AGENT_ROWS, **SCREEN_ROWS}
"""Title -> rows, in the order of a settings page."""

ROWS: dict[str, Row] = {row.key: row for rows in GROUPS.values() for row in rows}


def row(key: str) -> Row:
    """The row of a key. Raises KeyError for a name that is no setting."""
    return ROWS[key]
