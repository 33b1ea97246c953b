"""Which generation of Google's models a model is of, and what follows from that.

    generation("gemini-2.5-pro")              2
    generation("models/gemini-3.1-flash")     3
    generation("gemini-flash-latest")         LATEST: whatever is newest
    generation("gemma-4-31b-it")              None: not a Gemini model

    what                              since       others that are served in this format
    calls and results carry ids       Gemini 3    Claude and GPT-OSS do too
    images inside a call's result     Gemini 3    yes
    thinking by level, not budget     Gemini 3    Gemma 4; what a level map with Google's words says
    calls must carry signatures       Gemini 3    no

Source: Google's guides to function calling, thinking and thought signatures; the requests the
reference sends for such ids.
"""

from __future__ import annotations

import re

from pi.providers import thinking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.request import Model

LATEST = 99
"""The generation of an alias without a number."""

LEVEL_WORDS = ("MINIMAL", "LOW", "MEDIUM", "HIGH")
"""What Google calls its thinking levels."""

_GEMINI = re.compile(r"gemini-(?:live-)?(?:(\d+)|(?:pro|flash|flash-lite)-latest$)")
_GEMMA_4 = re.compile(r"gemma-?4")
_WITH_IDS = ("claude-", "gpt-oss-")
_FIRST_NEW = 3


def generation(model_id: str) -> int | None:
    """The generation a Gemini model's id tells, LATEST for an alias, None for other models."""
    found = _GEMINI.match(_name(model_id))
    if found is None:
        return None
    return int(found[1]) if found[1] and len(found[1]) < 3 else LATEST


def is_new(model: Model) -> bool:
    """Whether it is a Gemini model of the third generation or later."""
    return (generation(model["id"]) or 0) >= _FIRST_NEW


def wants_ids(model: Model) -> bool:
    """Whether calls and results carry ids. An alias does without: its models accept that."""
    known = generation(model["id"])
    if known is None:
        return _name(model["id"]).startswith(_WITH_IDS)
    return _FIRST_NEW <= known < LATEST


def nests_images(model: Model) -> bool:
    """Whether the result of a call may hold images itself."""
    known = generation(model["id"])
    return known is None or known >= _FIRST_NEW


def thinks_by_level(model: Model) -> bool:
    """Whether thinking is asked for by a level's name, not by a budget of tokens."""
    known = generation(model["id"])
    if known is not None:
        return known >= _FIRST_NEW
    if _GEMMA_4.match(_name(model["id"])):
        return True
    words = (thinking.mapped_value(model, level) for level in thinking.LEVELS)
    return any(word.upper() in LEVEL_WORDS for word in words if word)


def _name(model_id: str) -> str:
    """An id without the folders before it: `models/`, `publishers/google/models/`."""
    return model_id.lower().rpartition("/")[2]
