"""Settings: one row per setting (`table.py`), read in layers, changed key by key."""

from __future__ import annotations

from pi.settings.change import update
from pi.settings.layers import Compaction, Settings, load

__all__ = ["Compaction", "Settings", "load", "update"]
