"""Adjusting a conversation in progress: model, thinking level, queues, automatic work, its name.

    available(agent)                                  every model that can be used
    set_model(agent, "anthropic", "claude-opus-5-5")  the model, from the next request on
    cycle_model(agent)                                (model, level, whether --models chose it)
    cycle_level(agent)                                "high"

Model and level hold for the session and are recorded there; they do not become defaults. Queue
modes and automatic work are saved in the user's settings.
"""

from __future__ import annotations

from pi import paths
from pi.errors import PiError
from pi.events import SessionInfoChanged
from pi.models.reference import is_same
from pi.models.select import usable_book
from pi.providers.thinking import clamp, levels
from pi.settings import update

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.agent.agent import Agent
    from pi.request import Model


def available(agent: Agent) -> list[Model]:
    """Every model with credentials, or on a local server when there are none at all."""
    book = usable_book(agent.configured.models)
    return [model for provider in book.providers() for model in book.models(provider)]


def set_model(agent: Agent, provider: str, model_id: str) -> Model:
    """Use a model from the next request on. Raises PiError for one that cannot be used."""
    for model in available(agent):
        if (model["provider"], model["id"]) == (provider, model_id):
            agent.harness.set_model(model, _level_for(agent, model))
            return model
    raise PiError(f"Model not found: {provider}/{model_id}")


def cycle_model(agent: Agent) -> tuple[Model, str, bool] | None:
    """Go on to the next model of --models or enabledModels, or of all; None if there is no other.

    Returns the model, the level it is used with, and whether it is of such a choice.
    """
    usable = available(agent)
    scoped = agent.conversation.choice.scoped
    if scoped:
        choices = [
            (chosen.model, chosen.level)
            for chosen in scoped
            if any(is_same(chosen.model, model) for model in usable)
        ]
    else:
        choices = [(model, None) for model in usable]
    current = next(
        (at for at, (model, _) in enumerate(choices) if is_same(model, agent.harness.model)), -1
    )
    if not choices or (current == 0 and len(choices) == 1):
        return None
    model, level = choices[(current + 1) % len(choices)]
    agent.harness.set_model(model, _level_for(agent, model, level), "cycle")
    return model, agent.harness.thinking, bool(scoped)


def set_level(agent: Agent, level: str) -> None:
    """Use a thinking level, or the nearest one the model has."""
    agent.harness.set_thinking(clamp(agent.harness.model, level))


def cycle_level(agent: Agent) -> str | None:
    """Go on to the next thinking level of the model and return it; None if it does not think."""
    model, current = agent.harness.model, agent.harness.thinking
    if not model.get("reasoning"):
        return None
    choices = levels(model)
    at = choices.index(current) if current in choices else -1
    level = choices[(at + 1) % len(choices)]
    agent.harness.set_thinking(level)
    return level


def set_queue_mode(agent: Agent, name: str, mode: str) -> None:
    """Give out the messages of a queue (steering, followUp) "one-at-a-time" or "all"; is saved."""
    _save(agent, f"{name}Mode", mode)
    queues = agent.harness.queues
    (queues.steering if name == "steering" else queues.follow_ups).mode = mode


def set_auto_compaction(agent: Agent, on: bool) -> None:
    """Compact when the context gets full, or do not; is saved."""
    _save(agent, "compaction.enabled", on)
    agent.harness.upkeep.auto = on


def set_auto_retry(agent: Agent, on: bool) -> None:
    """Ask again after failures that pass, or do not; is saved."""
    _save(agent, "retry.enabled", on)
    agent.harness.retry.enabled = on


def set_name(agent: Agent, name: str) -> None:
    """Give the session a display name. Raises SessionError for an empty one."""
    agent.session.set_name(name)
    found = agent.session.name()
    agent.emit(SessionInfoChanged(found))
    agent.hooks.post("session_info_changed", name=found)


def _level_for(agent: Agent, model: Model, asked: str | None = None) -> str:
    """The level to use a model with: what was asked for, its own or the common default, else the
    level in force; as far as the model supports it."""
    settings = agent.configured.settings
    own = settings.get("modelThinkingLevels") or {}
    level = asked or own.get(f"{model['provider']}/{model['id']}")
    if level is None and settings.source_of("defaultThinkingLevel") != "default":
        level = settings.get("defaultThinkingLevel")
    return clamp(model, level or agent.harness.thinking)


def _save(agent: Agent, key: str, value: Any) -> None:
    update(paths.settings_file(agent.configured.agent_dir), {key: value})
