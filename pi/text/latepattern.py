"""A regular expression that is compiled when it is first used, not when its module is loaded.

    _NAME = LatePattern(r"[a-z]+")
    _NAME.search(text)                 as on a compiled pattern

For patterns that most runs never need, such as those that tell apart what vendors say of errors:
together they would cost 10 ms of every start.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LatePattern:
    """Stands for `re.compile(pattern, flags)`."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._source = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(*self._source), name)
        setattr(self, name, value)  # from now on without this detour
        return value
