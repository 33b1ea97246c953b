"""The model that `--provider` and `--model` name, or why they name none.

    Naming(book, keys, text="sonnet:high").model()     ({...}, "high")

A model nobody knows, of a provider that is known, is used under the id that was given: catalogues
age faster than programs.
"""

from __future__ import annotations

from pi.errors import NoModelError, UsageError
from pi.models.added import is_virtual
from pi.models.reference import resolve
from pi.models.server import SERVERS
from pi.providers.thinking import LEVELS
from pi.text.collate import sort_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.auth.resolve import Keys
    from pi.models.book import Book
    from pi.models.reference import Match
    from pi.request import Model

_SEE = "`pi --list-models` shows what there is"


class Naming:
    """One reading of the two flags. `warnings` grows with what deserves a word.

    `thinking` is the level of `--thinking`, if any; `has_own_key` says that `--api-key` was given:
    then no other credential decides between providers.
    """

    def __init__(
        self,
        book: Book,
        keys: Keys,
        *,
        text: str,
        provider: str | None = None,
        thinking: str | None = None,
        has_own_key: bool = False,
    ) -> None:
        self.warnings: list[str] = []
        self._book = book
        self._keys = keys
        self._text = text.strip()
        self._provider_text = provider
        self._thinking = thinking
        self._has_own_key = has_own_key

    def model(self) -> tuple[Model, str | None]:
        """The model, and the level its name ended in. Raises NoModelError, UsageError."""
        provider = self._provider()
        match = self._resolve(provider)
        if match is None:
            return self._by_new_id(provider)
        if len(match.models) > 1:
            self._refuse_named()
            raise UsageError(self._several(match.models))
        return match.models[0], match.level

    def _provider(self) -> str | None:
        name = self._provider_text
        if name is None:
            return None
        provider = self._book.provider_named(name)
        if provider is None and name.lower() in SERVERS:
            self._book.discover(name.lower())
            provider = self._book.provider_named(name)
        if provider is None:
            raise NoModelError(f'no provider is called "{name}"; {_SEE}')
        self._insist_on(provider)
        return provider

    def _resolve(self, provider: str | None) -> Match | None:
        """The match of the text. Local servers are asked where nothing else can be meant."""
        match = resolve(self._book, self._text, self._decides, provider=provider)
        if match and any(self._book.usable(model["provider"]) for model in match.models):
            return match
        server = self._text.partition("/")[0].lower()
        if match is None and server in SERVERS and self._book.provider_named(server) is None:
            self._book.discover(server)
        elif not self._has_own_key and not self._keys.any():
            self._book.discover()
        else:
            return match
        return resolve(self._book, self._text, self._decides, provider=provider)

    def _decides(self, provider: str) -> bool:
        return not self._has_own_key and self._book.usable(provider)

    def _several(self, models: list[Model]) -> str:
        names = sorted((f"{model['provider']}/{model['id']}" for model in models), key=sort_key)
        if self._has_own_key:
            why = "--api-key does not say which of them it is for"
        elif any(self._book.usable(model["provider"]) for model in models):
            why = "more than one of them can be used"
        else:
            why = "none of them has a key"
        return (
            f'--model "{self._text}" can be any of {", ".join(names)}, and {why}; '
            "name one as provider/id or add --provider"
        )

    def _by_new_id(self, provider: str | None) -> tuple[Model, str | None]:
        """A model of a known provider under an id that pi has not heard of. Raises NoModelError."""
        text = self._text
        parts = self._book.split(text)
        if parts is not None and provider in (None, parts[0]):
            provider, text = parts
        if provider is None or not text:
            self._refuse_unspoken(self._book.with_id(text, any_format=True))
            raise NoModelError(f'no model matches "{text}"; {_SEE}')
        base, _, suffix = text.rpartition(":")
        has_level = bool(base) and suffix in LEVELS and not self._thinking
        model_id, level = (base, suffix) if has_level else (text, None)
        self._refuse_unspoken(self._book.with_id(model_id, provider, any_format=True))
        self._insist_on(provider)
        if all(is_virtual(model) for model in self._book.models(provider)):
            raise NoModelError(f'{provider} has no model "{model_id}"; {_SEE}')
        self.warnings.append(f'{provider} has no model "{model_id}" that pi knows; using it anyway')
        return self._book.improvised(provider, model_id, level or self._thinking), level

    def _insist_on(self, provider: str) -> None:
        """Raise NoModelError unless pi can speak to some model of a provider."""
        problem = self._book.broken(provider)
        if problem:
            raise UsageError(problem)
        if not self._book.models(provider):
            self._refuse_unspoken(self._book.models(provider, any_format=True))
            raise NoModelError(f"{provider} has no models: give it some in models.json")

    def _refuse_named(self) -> None:
        """Raise NoModelError if the text names a model that pi cannot speak to, as provider/id."""
        provider, rest = self._book.split(self._text) or ("", "")
        if provider:
            for model_id in (rest, rest.rpartition(":")[0]):
                self._refuse_unspoken(self._book.with_id(model_id, provider, any_format=True))

    def _refuse_unspoken(self, models: list[Model]) -> None:
        for model in models:
            if not self._book.supports(model):
                raise NoModelError(
                    f'{model["provider"]}/{model["id"]} speaks "{model["api"]}", '
                    "which pi does not speak yet"
                )
