"""Whole numbers from outside: counts of tokens, whatever a service may write for them."""

from __future__ import annotations

from math import isfinite

MOST = 2**53
"""The greatest count that is believed; JSON numbers are exact up to it."""


def count_of(value: object) -> int:
    """A count as a whole number from 0 to MOST; digits in a string count, everything else is 0."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return 0
    return min(MOST, max(0, int(value)))
