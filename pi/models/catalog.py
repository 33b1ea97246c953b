"""The models and providers that ship with pi, read only as far as they are needed.

    catalog = Catalog()
    catalog.provider("anthropic")            {"name": "Anthropic", "keys": [...], ...}
    catalog.find("anthropic", "claude-opus-5-5")
    catalog.mentioning("anthropic", "opus")  models whose line has that text, to be looked at
    catalog.models("anthropic")              all of them

The data is `pi/data/providers.json` and one `pi/data/models/<provider>.json` per provider, with
`defaults` on its first line and one model a line: a single model costs one file and one line to
parse instead of hundreds. `build/catalog.py` writes these files.
"""

from __future__ import annotations

import json

from pi import runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.request import Model

FORMER_IDS = {"azure-openai-responses": "azure"}
"""Provider ids of earlier versions -> today's; files and commands may still use them."""


class Catalog:
    """The built-in data. `read(name)` gives the bytes of a data file, FileNotFoundError if none.

    Models it returns belong to the caller.
    """

    def __init__(self, read: Callable[[str], bytes] = runtime.read_data) -> None:
        self._read = read
        self._providers: dict[str, dict[str, Any]] | None = None
        self._shelves: dict[str, _Shelf | None] = {}

    def providers(self) -> dict[str, dict[str, Any]]:
        """Every provider by id, the preferred ones first. Only read it."""
        if self._providers is None:
            self._providers = json.loads(self._read("providers.json"))
        return self._providers

    def provider(self, provider: str) -> dict[str, Any] | None:
        """What is known of a provider; None for one that does not ship with pi."""
        return self.providers().get(provider)

    def ships(self, provider: str) -> bool:
        """Whether models of a provider are among the data."""
        return self._shelf(provider) is not None

    def models(self, provider: str) -> list[Model]:
        """All models of a provider, in their order in the data."""
        shelf = self._shelf(provider)
        return shelf.all() if shelf else []

    def find(self, provider: str, model_id: str) -> Model | None:
        """The model of exactly this id."""
        shelf = self._shelf(provider)
        return shelf.find(model_id) if shelf else None

    def mentioning(self, provider: str, text: str) -> list[Model]:
        """The models whose line of data has `text`, upper and lower case alike.

        That is every model with it in its id or name, and perhaps others.
        """
        shelf = self._shelf(provider)
        return shelf.mentioning(text) if shelf else []

    def _shelf(self, provider: str) -> _Shelf | None:
        if provider not in self._shelves:
            try:
                text = self._read(f"models/{provider}.json").decode()
                self._shelves[provider] = _Shelf(provider, text)
            except FileNotFoundError:
                self._shelves[provider] = None
        return self._shelves[provider]


class _Shelf:
    """The models of one provider as text; a line is parsed when it is asked for."""

    def __init__(self, provider: str, text: str) -> None:
        head, *self._lines = text.rstrip("\n").removesuffix("]}").rstrip("\n").split("\n")
        self._defaults = {"provider": provider, **json.loads(f"{head}]}}")["defaults"]}
        self._text = text
        self._lower = ""

    def all(self) -> list[Model]:
        rows = json.loads(f"[{''.join(self._lines)}]")
        return [{**self._defaults, **row} for row in rows]

    def find(self, model_id: str) -> Model | None:
        start = f'{{"id":{json.dumps(model_id, ensure_ascii=False)},'
        if f"\n{start}" not in self._text:
            return None
        return next(self._model(line) for line in self._lines if line.startswith(start))

    def mentioning(self, text: str) -> list[Model]:
        self._lower = self._lower or self._text.lower()
        quoted = json.dumps(text.lower(), ensure_ascii=False)[1:-1]
        if quoted not in self._lower:
            return []
        lowered = self._lower.split("\n")[1:]  # the first line is the defaults
        pairs = zip(self._lines, lowered, strict=False)
        return [self._model(line) for line, lower in pairs if quoted in lower]

    def _model(self, line: str) -> Model:
        return {**self._defaults, **json.loads(line.removesuffix(","))}
