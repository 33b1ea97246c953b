"""Models, thinking levels and providers, as extensions choose and register them."""

from __future__ import annotations

from pi.agent import adjust
from pi.extensions.host import ExtensionError
from pi.hosting.bound import Bound
from pi.hosting.catalogue import Catalogue
from pi.models.select import NO_MODEL
from pi.providers.thinking import LEVELS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Choosing(Bound):
    """See the module's head."""

    def models(self) -> Catalogue:
        """The models: find, get_available, get_all, complete."""
        return Catalogue(self)

    def model(self) -> dict[str, Any] | None:
        """The selected model."""
        model = self.harness.model
        return None if model is NO_MODEL else model

    def scoped_models(self) -> list[dict[str, Any]]:
        """The models of `--models` or `enabledModels`."""
        return [
            {"model": each.model, **({"thinkingLevel": each.level} if each.level else {})}
            for each in self.conversation.choice.scoped
        ]

    def set_model(self, model: Any) -> bool:
        """Select a model, given as a dict or as "provider/id"; False without credentials."""
        provider, model_id = _named(model)
        known = self.registry.book.find(provider, model_id)
        if known is None:
            raise ExtensionError(f"there is no model {provider}/{model_id}")
        if not self.registry.book.usable(provider):
            return False
        adjust.set_model(self.agent, provider, model_id)
        return True

    def thinking_level(self) -> str:
        """The level in force."""
        return self.harness.thinking

    def set_thinking_level(self, level: str) -> None:
        """Select a level; it is clamped to what the model can do."""
        if level not in LEVELS:
            raise ExtensionError(f"there is no thinking level {level!r}: {', '.join(LEVELS)}")
        adjust.set_level(self.agent, level)

    def register_provider(self, path: str, name: str, config: dict[str, Any]) -> None:
        """Add or change a provider, at once."""
        self.registry.extra.register_provider(name, config, source=path)
        self._refresh(name)

    def unregister_provider(self, path: str, name: str) -> None:
        """Take back what was registered."""
        self.registry.extra.unregister_provider(name)
        self._refresh(name)

    def register_virtual_model(self, path: str, model: dict[str, Any]) -> None:
        """Add a model that sends each request to another one."""
        self.registry.extra.register_virtual_model(model, source=path)

    def unregister_virtual_model(self, path: str, provider: str, model_id: str) -> None:
        """Remove it."""
        self.registry.extra.unregister_virtual_model(provider, model_id)

    def _refresh(self, provider: str) -> None:
        """The model in use may be another one by the same name now."""
        if self._conversation is None:
            return
        model = self.harness.model
        if model["provider"] == provider:
            self.harness.model = self.registry.book.find(provider, model["id"]) or model


def _named(model: Any) -> tuple[str, str]:
    """Provider and id of a model in either form. Raises ExtensionError."""
    if isinstance(model, str) and "/" in model:
        provider, _, model_id = model.partition("/")
        return provider, model_id
    keys = ("provider", "id")
    if isinstance(model, dict) and all(isinstance(model.get(key), str) for key in keys):
        return model["provider"], model["id"]
    raise ExtensionError('a model is a dict with provider and id, or "provider/id"')
