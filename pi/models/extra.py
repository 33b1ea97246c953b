"""What extensions add to the models of a run: providers, and virtual models.

    extra = Extra(catalog, config)
    extra.register_provider("acme", {"baseUrl": ..., "apiKey": "$ACME_KEY", "models": [...]})
    extra.register_virtual_model({"provider": "router", "id": "auto", "route": route})
    extra.layer("acme", catalog.models("acme"))     those models as the extension makes them
    extra.find_virtual(model)                       how requests to a virtual model are routed
    extra.version                                   changes whenever something here does

A registration of the same name replaces the one before it; taking it away brings back what ships
with pi. `models.json` goes over all of it. What a config may hold: `pi.models.registration`.
"""

from __future__ import annotations

from pi.errors import UsageError
from pi.models.merge import replaced, with_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from pi.models.added import Added, Virtual
    from pi.models.catalog import Catalog
    from pi.models.config import Config
    from pi.models.foreign import Foreign
    from pi.request import Model


class Extra:
    """All registrations of a run. See the module's head."""

    def __init__(self, catalog: Catalog, config: Config) -> None:
        self.version = 0
        self._catalog = catalog
        self._config = config
        self._added: dict[str, Added] = {}
        self._virtual: dict[tuple[str, str], Virtual] = {}
        self._fetched: dict[str, list[dict[str, Any]] | None] = {}
        self._refresh: Callable[[list[str]], list[str]] = lambda names: []
        self._foreign: Foreign | None = None

    def refresh_with(self, refresh: Callable[[list[str]], list[str]]) -> None:
        """From now on `refresh(providers)` asks them for their models, for `ask`."""
        self._refresh = refresh

    # --- what extensions do ----------------------------------------------------------------------

    def register_provider(
        self, name: str, config: Mapping[str, Any], source: str = "an extension"
    ) -> None:
        """Add a provider, or change one that ships with pi. Raises UsageError."""
        from pi.models import registration  # noqa: PLC0415 - only with extensions

        self._added[name] = registration.provider(name, config, source, self._catalog)
        self._change(name)

    def unregister_provider(self, name: str) -> None:
        """Take a provider away again; its virtual models stay."""
        if self._added.pop(name, None) is not None:
            self._change(name)

    def register_virtual_model(
        self, definition: Mapping[str, Any], source: str = "an extension"
    ) -> None:
        """Add a model that sends each request to another one. Raises UsageError."""
        from pi.models import registration  # noqa: PLC0415 - only with extensions

        made = registration.virtual(definition, source)
        provider, model_id = made.model["provider"], made.model["id"]
        if self._is_real(provider, model_id):
            raise UsageError(
                f"{source}: {provider}/{model_id} is a real model: give the virtual one another id"
            )
        self._virtual[provider, model_id] = made
        self.version += 1

    def unregister_virtual_model(self, provider: str, model_id: str) -> None:
        """Take a virtual model away again."""
        if self._virtual.pop((provider, model_id), None) is not None:
            self.version += 1

    def clear(self) -> None:
        """Forget everything: the extensions are loaded anew."""
        for store in (self._added, self._virtual, self._fetched):
            store.clear()
        self.version += 1

    @property
    def foreign(self) -> Foreign:
        """What calls the functions that extensions brought; one for all, since it keeps threads."""
        if self._foreign is None:
            from pi.models.foreign import Foreign  # noqa: PLC0415 - only with extensions

            self._foreign = Foreign()
        return self._foreign

    # --- what the models are made of -------------------------------------------------------------

    def names(self) -> list[str]:
        """The providers something was added to."""
        return list(dict.fromkeys([*self._added, *(provider for provider, _ in self._virtual)]))

    def provider(self, name: str) -> Added | None:
        """What an extension says about a provider."""
        return self._added.get(name)

    def is_free(self, name: str) -> bool:
        """Whether a provider needs no key: it answers itself, or has nothing but virtual models."""
        added = self._added.get(name)
        if added is not None:
            return added.is_free
        known = self._catalog.provider(name) is not None or self._config.entry(name) is not None
        return not known and any(provider == name for provider, _ in self._virtual)

    def layer(self, name: str, models: list[Model]) -> tuple[list[Model], list[str]]:
        """A provider's models as its extension makes them, and what is wrong with some of them.

        `models` are those that ship with pi; they are changed and belong to the result.
        """
        added = self._added.get(name)
        if added is None:
            return models, []
        fetched = self._fetched.get(name)
        entry = added.entry if fetched is None else {**added.entry, "models": fetched}
        over = replaced if added.replaces or fetched is not None else with_entry
        found, problems = over(name, models, entry)
        return found, [f"{added.source}: provider {name}: {problem}" for problem in problems]

    def virtual_models(self, name: str) -> list[Model]:
        """The virtual models that are listed under a provider."""
        return [made.model for (provider, _), made in self._virtual.items() if provider == name]

    def find_virtual(self, model: Model) -> Virtual | None:
        """The registration of a virtual model; None when it was taken away."""
        return self._virtual.get((model["provider"], model["id"]))

    def stream_of(self, model: Model) -> Added | None:
        """The provider whose extension answers requests to a model, if one does."""
        added = self._added.get(model["provider"])
        if added is None or added.stream is None or model["api"] != added.entry["api"]:
            return None
        return added

    # --- newer lists of models -------------------------------------------------------------------

    def ask(self, names: Iterable[str], *, again: bool = False) -> list[str]:
        """Ask providers for their models, those that were not asked yet or all with `again`.

        Returns what went wrong. Raises nothing.
        """
        due = [
            name
            for name in names
            if name in self._added
            and self._added[name].refresh is not None
            and (again or name not in self._fetched)
        ]
        return self._refresh(due) if due else []

    def note(self, name: str, rows: list[dict[str, Any]] | None) -> None:
        """Keep the models a provider has now; None where it did not say, which leaves the last."""
        if rows is not None or name not in self._fetched:
            self._fetched[name] = rows
            self.version += 1

    # --- inside ----------------------------------------------------------------------------------

    def _change(self, name: str) -> None:
        self._fetched.pop(name, None)
        self.version += 1

    def _is_real(self, provider: str, model_id: str) -> bool:
        added = self._added.get(provider)
        replaces = added is not None and added.replaces
        if not replaces and self._catalog.find(provider, model_id) is not None:
            return True
        entries = (self._config.entry(provider), added.entry if added else None)
        rows = [row for entry in entries for row in (entry or {}).get("models") or ()]
        return any(row["id"] == model_id for row in rows)
