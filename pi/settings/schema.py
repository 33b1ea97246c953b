"""The settings table as a JSON schema, for editors and other programs.

    schema()["properties"]["retry"]["properties"]["maxRetries"]
    # {"type": "integer", "minimum": 0, ..., "default": 3, "description": "How often to ask again."}

Keys that the table does not know are allowed, since they are kept. `docs/settings.schema.json` is
made from it (`build/schema.py`). Source: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

from pi.schema import DIALECT
from pi.settings.row import USER
from pi.settings.table import ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.settings.row import Row


def schema() -> dict[str, Any]:
    """The schema of a settings.json, the user's or a project's."""
    result: dict[str, Any] = {"$schema": DIALECT, "title": "Settings of pi", "type": "object"}
    for row in ROWS.values():
        *parents, name = row.key.split(".")
        place = result
        for parent in parents:
            place = place.setdefault("properties", {}).setdefault(parent, {"type": "object"})
        place.setdefault("properties", {})[name] = _property(row)
    return result


def _property(row: Row) -> dict[str, Any]:
    about = f"{row.about} Only in the user's own file." if row.scope == USER else row.about
    default = {} if row.default is None else {"default": row.default}
    return {**(row.kind.schema or {}), **default, "description": about}
