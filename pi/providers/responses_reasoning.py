"""How a Responses request says how hard to think.

    {"reasoning": {"effort": "high", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}
    {"reasoning": {"effort": "none"}}            no thinking

Where a model takes it, each answer has an effort of its own (`supportsMidConvoEffort`): the request
as a whole has the same one always, since to change it loses the prompt cache, and an item before an
answer sets that answer's.

Requests are not stored, so reasoning must come sealed to be sent back: `include` asks for that
wherever the model may think, also where it was not told to and thinks by default.
"""

from __future__ import annotations

from pi.providers import thinking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.messages import Message
    from pi.request import Model

BASE_EFFORT = "medium"
"""The request's effort where each answer has its own."""

SEALED = ["reasoning.encrypted_content"]

_KEEPS_QUIET = ("github-copilot",)
"""Providers that refuse to be told not to think."""

_ALWAYS_SEALED = ("xai",)
"""Providers that think even when told not to."""


def reasoning_fields(model: Model, switches: dict[str, Any], level: str) -> dict[str, Any]:
    """The body's fields for a thinking level; {} if the model cannot think."""
    if not model.get("reasoning"):
        return {}
    if level != "off":
        own = switches["supportsMidConvoEffort"]
        effort = BASE_EFFORT if own else thinking.value_of(model, level)
        return {"reasoning": {"effort": effort, "summary": "auto"}, "include": SEALED}
    provider = model.get("provider")
    if thinking.refuses(model, "off") or provider in _KEEPS_QUIET:
        return {"include": SEALED}
    none = thinking.mapped_value(model, "off") or "none"
    sealed = {"include": SEALED} if provider in _ALWAYS_SEALED else {}
    return {"reasoning": {"effort": none}, **sealed}


def efforts(
    model: Model, switches: dict[str, Any], level: str
) -> Callable[[Message | None], str | None]:
    """The effort of an earlier answer of this model, or (for None) of the one asked for."""
    if level == "off" or not model.get("reasoning") or not switches["supportsMidConvoEffort"]:
        return lambda answer: None

    def effort_of(answer: Message | None) -> str | None:
        if answer is None:
            return thinking.value_of(model, level)
        return thinking.effort_of_answer(model, answer, thinking.value_of)

    return effort_of
