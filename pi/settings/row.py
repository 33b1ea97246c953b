"""What a row of the settings table says, and the kinds only settings have."""

from __future__ import annotations

from pi.providers.thinking import LEVELS
from pi.settings.kind import Kind, is_number, one_of
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

USER = "user"
BOTH = "both"


class Row(Value):
    """One setting.

    `key` is its dotted path in settings.json; `default` holds when no file says otherwise, None
    where there is none. `scope` is "both", or "user" for what a project may not decide. `merge`
    says how a project's value meets the user's: "over" (objects key by key), "join" (lists one
    after the other) or "tools" (a list of only +name and -name changes the user's). `read` turns
    a valid value into the one that is used. A wrong value of a `strict` setting is no warning but
    an error, raised where it is used: with a guess in its place, a session would be cut wrongly.
    """

    key: str
    kind: Kind
    default: Any
    about: str
    scope: str = BOTH
    merge: str = "over"
    read: Callable[[Any], Any] | None = None
    strict: bool = False


def clamped(low: int, high: int) -> Callable[[Any], Any]:
    """A reader that moves numbers into a range and drops their fraction; words pass."""
    return lambda value: min(high, max(low, int(value))) if is_number(value) else value


def _delay(value: Any) -> float | None:
    if isinstance(value, str):
        text = value.strip()
        if text.lower() == "disabled":
            return 0
        try:
            value = float(text)
        except ValueError:
            return None
    return value if is_number(value) and value >= 0 else None


def read_delay(value: Any) -> int:
    """Milliseconds of a valid delay; 0 when it is switched off."""
    return int(_delay(value) or 0)


DELAY = Kind(
    'milliseconds of at least 0 or "disabled"',
    lambda value: _delay(value) is not None,
    schema={"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]},
)
LEVEL = one_of(*LEVELS)
