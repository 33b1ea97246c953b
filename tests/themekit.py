"""Theme files for tests."""

from __future__ import annotations

from pi.theme.role import ROLES

REQUIRED = [name for name, role in ROLES.items() if not role.fallback]


def theme_file(name="sea", colors=None, **more):
    """A theme file in which every required role is grey but those in `colors`."""
    return {
        "name": name,
        "colors": {**dict.fromkeys(REQUIRED, "#808080"), **(colors or {})},
        **more,
    }
