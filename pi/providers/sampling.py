"""Free-form body fields: what a model's `samplingParams` and the caller want sent as it is.

They apply to the chat and responses formats of OpenAI and its like. Source: the reference's models
page, "samplingParams".
"""

from __future__ import annotations

from pi.providers import thinking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.request import Model, Options


def sampling_fields(model: Model, options: Options) -> dict[str, Any]:
    """The model's fields, its thinking level's, the caller's; later ones win."""
    level = thinking.clamp(model, options.thinking)
    by_level = model.get("samplingParamsByThinkingLevel")
    sources = (
        model.get("samplingParams"),
        by_level.get(level) if isinstance(by_level, dict) else None,
        options.sampling,
    )
    merged: dict[str, Any] = {}
    for source in sources:
        if isinstance(source, dict):
            merged.update(source)
    return merged
