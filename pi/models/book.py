"""Every model pi knows: those that ship with it, the user's own, and those of local servers.

    book = Book(config.load(path), Catalog(), has_key=keys.usable)
    book.usable("anthropic")                        whether its models can be asked
    book.find("anthropic", "claude-opus-5-5")       a model, by exact provider and id
    book.with_id("gpt-oss-120b")                    models of that id, at any provider
    book.mentioning("opus", "anthropic")            models with that text in id or name
    book.split("openrouter/z-ai/glm-5")             ("openrouter", "z-ai/glm-5")
    book.models("anthropic")                        all models of a provider
    book.problems                                   what was wrong with the user's own, so far

A file of the catalogue is read when a question needs it, and no sooner. A model whose wire format
pi does not speak yet is found by `find`, so that it can be named in an error, and nowhere else.

The `demo` model and the `faux` one of the tests are at hand under their own names only.
"""

from __future__ import annotations

from pi.models.added import is_virtual
from pi.models.catalog import FORMER_IDS
from pi.models.extra import Extra
from pi.models.merge import with_entry
from pi.providers.registry import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from typing import Any

    from pi.models.catalog import Catalog
    from pi.models.config import Config
    from pi.request import Model

SCRIPTED = ("demo", "faux")
"""Providers that are no service: their models answer from a script and need no key."""


def _any(provider: str) -> bool:
    return True


def _none(provider: str) -> bool:
    return False


def _no_servers(only: str | None) -> list[Model]:
    return []


class Book:
    """What can be asked for. Models it returns are to be read only.

    `has_key(provider)` says whether there are credentials, `probe(provider or None)` asks local
    servers for their models, `formats` are the wire formats pi speaks. `extra` is what extensions
    add.
    """

    def __init__(
        self,
        config: Config,
        catalog: Catalog,
        *,
        has_key: Callable[[str], bool] = _none,
        probe: Callable[[str | None], list[Model]] = _no_servers,
        formats: Container[str] = FORMATS,
        extra: Extra | None = None,
    ) -> None:
        self.problems = list(config.problems)
        self._config = config
        self._catalog = catalog
        self._has_key = has_key
        self._probe = probe
        self._formats = formats
        self._extra = extra or Extra(catalog, config)
        self._scripted = [name for name in SCRIPTED if name not in config.entries]
        self._accepts: Callable[[str], bool] = _any
        self._overlaid: dict[str, tuple[int, list[Model]]] = {}
        self._local: dict[str, list[Model]] = {}

    # --- providers -------------------------------------------------------------------------------

    def providers(self) -> list[str]:
        """The ids of all providers, preferred ones first; neither broken nor scripted ones."""
        added = (*self._config.entries, *self._extra.names())
        known = [*self._catalog.providers(), *added, *self._local]
        return [
            name
            for name in dict.fromkeys(known)
            if name not in self._config.broken and self._accepts(name)
        ]

    def among(self, accepts: Callable[[str], bool]) -> Book:
        """This book without the providers that `accepts` refuses."""
        book = object.__new__(Book)
        book.__dict__.update(self.__dict__, _accepts=accepts)
        return book

    def provider_named(self, name: str) -> str | None:
        """The id of a provider by any spelling; None for a name nobody has."""
        lower = name.strip().lower()
        lower = FORMER_IDS.get(lower, lower)
        described = (*self._config.entries, *self._config.broken, *self._extra.names())
        own = (*described, *self._local, *self._scripted)
        for provider in own:
            if provider.lower() == lower:
                return provider if self._accepts(provider) else None
        return lower if self._catalog.provider(lower) and self._accepts(lower) else None

    def broken(self, provider: str) -> str | None:
        """Why nothing of a provider can be used: its entry in `models.json` is wrong."""
        return self._config.broken.get(provider)

    def name_of(self, provider: str) -> str:
        """What a provider is called."""
        row = self._catalog.provider(provider) or {}
        return self.entry(provider).get("name") or row.get("name") or provider

    def takes_key(self, provider: str) -> bool:
        """Whether a provider can be used with a key; some know only logins."""
        row = self._catalog.provider(provider)
        return row is None or bool(row.get("keys"))

    def entry(self, provider: str) -> dict[str, Any]:
        """What `models.json` says about a provider, else an extension; {} if nothing."""
        added = self._extra.provider(provider)
        return self._config.entry(provider) or (added.entry if added else {})

    def split(self, text: str) -> tuple[str, str] | None:
        """A reference's provider and the rest after the slash; the longest provider id counts."""
        best = None
        at = text.find("/")
        while at >= 0:
            provider = self.provider_named(text[:at])
            if provider is not None and text[at + 1 :].strip():
                best = (provider, text[at + 1 :].strip())
            at = text.find("/", at + 1)
        return best

    def usable(self, provider: str) -> bool:
        """Whether models of a provider can be asked: it has a key, or needs none."""
        if provider in self._local or provider in self._scripted:
            return True
        return self._has_key(provider) or self._extra.is_free(provider)

    def supports(self, model: Model) -> bool:
        """Whether pi speaks a model's wire format."""
        return (
            model["api"] in self._formats
            or is_virtual(model)
            or self._extra.stream_of(model) is not None
        )

    # --- models ----------------------------------------------------------------------------------

    def models(self, provider: str, *, any_format: bool = False) -> list[Model]:
        """All models of a provider that can be spoken to, or really all of them."""
        return [model for model in self._all(provider) if any_format or self.supports(model)]

    def find(self, provider: str, model_id: str) -> Model | None:
        """The model of exactly this provider and id, in any wire format."""
        if provider in self._scripted:
            return _scripted(provider) if model_id == provider else None
        if self._is_plain(provider):
            return self._catalog.find(provider, model_id)
        return next((model for model in self._all(provider) if model["id"] == model_id), None)

    def with_id(
        self, text: str, provider: str | None = None, *, any_format: bool = False
    ) -> list[Model]:
        """The models whose whole id is `text`, upper and lower case alike."""
        lower = text.lower()
        some = self._mentioning(text, provider, any_format)
        found = [model for model in some if model["id"].lower() == lower]
        if not found and provider is None and lower in self._scripted:
            return [_scripted(lower)]
        return found

    def mentioning(self, text: str, provider: str | None = None) -> list[Model]:
        """The models that have `text` in their id or name, upper and lower case alike."""
        lower = text.lower()
        return [
            model
            for model in self._mentioning(text, provider)
            if lower in model["id"].lower() or lower in model["name"].lower()
        ]

    def default_of(self, provider: str) -> str | None:
        """The id of the model a provider starts with; None where nobody chose one."""
        return (self._catalog.provider(provider) or {}).get("default")

    def improvised(self, provider: str, model_id: str, level: str | None) -> Model:
        """A model of a provider that has others, under an id nobody knows.

        It is taken to be like the provider's usual one, except that its price is unknown; asking
        for a thinking `level` makes it one that thinks.
        """
        models = [model for model in self.models(provider) if not is_virtual(model)]
        usual = next((m for m in models if m["id"] == self.default_of(provider)), models[0])
        model = {key: value for key, value in usual.items() if key not in ("cost", "promptCache")}
        model.update(id=model_id, name=model_id)
        if level not in (None, "off"):
            model["reasoning"] = True
        return model

    # --- local servers ---------------------------------------------------------------------------

    def discover(self, only: str | None = None) -> None:
        """Ask local servers, or the one of that name, what models they have. Never raises.

        A server the user describes in `models.json` is left to that description.
        """
        found: dict[str, list[Model]] = {}
        for model in self._probe(only):
            found.setdefault(model["provider"], []).append(model)
        self._local.update({name: found[name] for name in found if not self.entry(name)})

    def refresh(self) -> None:
        """Have the providers of extensions say anew what models they have. Never raises."""
        self._tell(self._extra.ask(self._extra.names(), again=True))

    # --- inside ----------------------------------------------------------------------------------

    def _is_plain(self, provider: str) -> bool:
        """Whether a provider's models are just what the catalogue says."""
        described = (*self._config.broken, *self._config.entries, *self._extra.names())
        return provider not in (*self._local, *self._scripted, *described)

    def _mentioning(
        self, text: str, provider: str | None, any_format: bool = False
    ) -> Iterator[Model]:
        """Every model with `text` somewhere, and others: to be looked at."""
        for name in [provider] if provider else self.providers():
            plain = self._is_plain(name)
            some = self._catalog.mentioning(name, text) if plain else self._all(name)
            yield from (model for model in some if any_format or self.supports(model))

    def _all(self, provider: str) -> list[Model]:
        if provider in self._config.broken:
            return []
        if provider in self._scripted:
            return [_scripted(provider)]
        if provider in self._local:
            return self._local[provider]
        self._tell(self._extra.ask([provider]))
        version, models = self._overlaid.get(provider, (-1, []))
        if version != self._extra.version:
            models = self._layered(provider)
            self._overlaid[provider] = (self._extra.version, models)
        return models

    def _layered(self, provider: str) -> list[Model]:
        """The catalogue's models, what an extension makes of them, and `models.json` over it."""
        models, problems = self._extra.layer(provider, self._catalog.models(provider))
        entry = self._config.entry(provider)
        if entry:
            models, wrong = with_entry(provider, models, entry)
            where = f"{self._config.path}: provider {provider}"
            problems += [f"{where}: {problem}" for problem in wrong]
        self._tell(problems)
        virtual = self._extra.virtual_models(provider)
        hidden = {model["id"] for model in virtual}
        return [model for model in models if model["id"] not in hidden] + virtual

    def _tell(self, problems: list[str]) -> None:
        self.problems += [problem for problem in problems if problem not in self.problems]


def _scripted(provider: str) -> Model:
    if provider == "demo":
        from pi.providers.demo import MODEL  # noqa: PLC0415 - only when it is named

        return MODEL
    from pi.providers.faux import faux_model  # noqa: PLC0415 - only when it is named

    return faux_model(None)
