"""Who writes summaries: the model of the conversation, or that of the setting `compaction.model`.

    choose, warnings = open_summariser(models, settings)
    choose(model, "high")        (model, "high"), or the model that was set and its level

A small model is cheaper and quicker and loses little. The setting is ours, the reference has none;
its value is read like `--model`, with the level to think at after a colon (else "off").
"""

from __future__ import annotations

from pi.errors import UsageError
from pi.models.naming import Naming
from pi.providers.thinking import clamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.models.opening import Models
    from pi.request import Model
    from pi.settings import Settings

SETTING = "compaction.model"


def open_summariser(
    models: Models, settings: Settings
) -> tuple[Callable[[Model, str], tuple[Model, str]], list[str]]:
    """How to choose who writes a summary, and what the user should know.

    Raises UsageError where the setting names no model.
    """
    text = settings.get(SETTING)
    if not text:
        return lambda model, thinking: (model, thinking), []
    naming = Naming(models.book, models.keys, text=text)
    try:
        writer, level = naming.model()
    except UsageError as error:
        raise UsageError(f"the setting {SETTING}: {error}") from None
    if not models.book.usable(writer["provider"]):
        name = f"{writer['provider']}/{writer['id']}"
        warning = (
            f"the setting {SETTING}: no credentials for {name}; "
            "summaries are written by the model of the conversation"
        )
        return lambda model, thinking: (model, thinking), [*naming.warnings, warning]
    chosen = (writer, clamp(writer, level or "off"))
    return lambda model, thinking: chosen, naming.warnings
