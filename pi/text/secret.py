"""Masking secrets in what leaves the machine: exports, reports.

    mask = Mask(["the value of a key that is in use"])
    mask.text("export OPENAI_API_KEY=sk-proj-...")     "export OPENAI_API_KEY=[secret]"
    mask.value({"a": ["AKIA..."]})                     the same JSON, every string masked
    mask.count                                         how many were masked so far

Known values are found wherever they stand; others by the shapes that vendors give to their keys.
Known limits: a secret without a shape that nobody named is not found; nor is one that was encoded.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MASKED = "[secret]"
SHORTEST = 8
"""Known values with fewer characters are not looked for: they would be found in plain words."""

_SHAPES = (
    r"\bsk-(?:ant-|proj-|or-|live-|test-)?[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic, OpenRouter, ...
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",  # AWS
    r"\bgh[pousr]_[A-Za-z0-9]{36,}",
    r"\bgithub_pat_[A-Za-z0-9_]{50,}",
    r"\bglpat-[A-Za-z0-9_-]{20,}",
    r"\bAIza[A-Za-z0-9_-]{35}",  # Google
    r"\bya29\.[A-Za-z0-9_-]{20,}",
    r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"\b(?:gsk|xai|hf|pplx|nvapi)[-_][A-Za-z0-9_-]{30,}",
    r"\bnpm_[A-Za-z0-9]{36}",
    r"\bpypi-[A-Za-z0-9_-]{50,}",
    r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",  # JSON web tokens
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,10000}-----END [A-Z ]{0,30}PRIVATE KEY-----",
)


class Mask:
    """Replaces secrets in texts and JSON values, and counts them."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        values = sorted({value for value in known if len(value) >= SHORTEST}, key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(re.escape, values), *_SHAPES]))
        self.count = 0

    def text(self, text: str) -> str:
        """A text with its secrets masked."""
        result, found = self._pattern.subn(MASKED, text)
        self.count += found
        return result

    def value(self, value: Any) -> Any:
        """A JSON value with the secrets of all its strings masked; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        return value
