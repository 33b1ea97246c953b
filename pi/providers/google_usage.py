"""Token usage as Google reports it; each report is of the whole answer so far.

    {"promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 3,
     "thoughtsTokenCount": 2, "toolUsePromptTokenCount": 0, "totalTokenCount": 15}
    -> {"input": 6, "output": 5, "cacheRead": 4, "reasoning": 2, ...}

The prompt's count includes what was cached, the candidates' does not include thoughts. What Google
charges for its own tools' prompts (`toolUsePromptTokenCount`) stands beside the prompt; those tools
are not used here. Source: Google's API reference, "UsageMetadata".
"""

from __future__ import annotations

from pi.text.number import count_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.messages import Usage


def read_usage(report: dict[str, Any]) -> Usage:
    """A report as usage, without prices."""
    cached = count_of(report.get("cachedContentTokenCount"))
    fresh = max(0, count_of(report.get("promptTokenCount")) - cached)
    thoughts = count_of(report.get("thoughtsTokenCount"))
    output = count_of(report.get("candidatesTokenCount")) + thoughts
    return {
        "input": fresh,
        "output": output,
        "cacheRead": cached,
        "cacheWrite": 0,
        "reasoning": thoughts,
        "totalTokens": fresh + cached + output,
        "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "total": 0},
    }
