"""Numbers from outside: JSON has some that no float can hold, services write counts as they like.

is_number(1e999), is_number(10**400), is_number(True)      False, each of them
float_of("1e999")                                          1.7976931348623157e+308
count_of("12"), count_of(-3), count_of(None)               12, 0, 0
dollars(0.25), dollars(-1)                                 0.25, None
"""

from __future__ import annotations

import sys
from math import copysign, isfinite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST = 2**53
"""The greatest count that is believed; JSON numbers are exact up to it."""

_LARGEST = sys.float_info.max


def is_number(value: Any) -> bool:
    """Whether a value is a number that can be reckoned with: finite, and none of 400 digits."""
    return type(value) in (int, float) and -_LARGEST <= value <= _LARGEST


def float_of(digits: str) -> float:
    """The float that is written in JSON; for one that is too large, the largest there is."""
    value = float(digits)
    return value if isfinite(value) else copysign(_LARGEST, value)


def count_of(value: object) -> int:
    """A count as a whole number from 0 to MOST; digits in a string count, everything else is 0."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        return int(value)
    return min(MOST, max(0, int(value))) if is_number(value) else 0


def dollars(value: Any) -> float | None:
    """An amount of money; None for what is none."""
    return value if is_number(value) and value >= 0 else None
