"""Everything about models and keys of one run, joined together.

    models = open_models("/home/u/.pi/agent", os.environ)
    choice = choose(Want(model="sonnet"), models, settings)
    client = Client(transport, authoriser(models.keys, transport))
    models.warnings                        what was wrong with models.json and auth.json
    models.extra                           what extensions add

Nothing but `models.json` is read until somebody asks.
"""

from __future__ import annotations

from pi import paths
from pi.auth.resolve import Keys
from pi.auth.value import Values
from pi.models import config, overlay
from pi.models.added import is_virtual
from pi.models.book import Book
from pi.models.catalog import Catalog
from pi.models.extra import Extra
from pi.providers import registry
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.request import Model
    from pi.session import Session


class Models(Value):
    """The models, the keys to them, and the file where a user describes own ones.

    `extra` is what extensions add to the book.
    """

    book: Book
    keys: Keys
    models_path: str
    extra: Extra

    @property
    def warnings(self) -> list[str]:
        """What was wrong with the files, so far; lines for stderr."""
        return [*self.book.problems, *self.keys.warnings]

    def codec_of(self, model: Model) -> Any:
        """What speaks with a model: its wire format, or its extension. Raises UsageError."""
        added = self.extra.stream_of(model)
        if added is None:
            return registry.load(model["api"])
        from pi.models.speech import Speech  # noqa: PLC0415 - only with such an extension

        return Speech(added, self.keys, self.extra.foreign)

    def route(self, *asked: Any) -> tuple[Model, str]:
        """The real model of a request to a virtual one; see `pi.models.virtual.Router`."""
        from pi.models.virtual import Router  # noqa: PLC0415 - only with such a model

        return Router(self.book, self.extra)(*asked)

    def measured(self, model: Model, session: Session) -> Model:
        """The model whose limits count in a session: of a virtual one, the one that answered."""
        if not is_virtual(model):
            return model
        from pi.models import virtual  # noqa: PLC0415 - only with such a model

        return virtual.measured(self.book, model, session.tree.walk())


def open_models(agent_dir: str, environ: Mapping[str, str]) -> Models:
    """The models and keys of an agent directory and an environment. Never raises for content."""
    path = paths.models_file(agent_dir)
    own = config.load(path)
    catalog = Catalog(overlay.reader(agent_dir))
    extra = Extra(catalog, own)
    keys = Keys(paths.auth_file(agent_dir), own, catalog, Values(environ), extra=extra)

    def probe(only: str | None) -> list[Model]:
        from pi.models.local import find  # noqa: PLC0415 - only without any key

        return find(environ, only)

    def refresh(names: list[str]) -> list[str]:
        from pi.models.refresh import Refresher  # noqa: PLC0415 - only with such an extension

        return Refresher(extra, keys, environ)(names)

    extra.refresh_with(refresh)
    book = Book(own, catalog, has_key=keys.usable, probe=probe, extra=extra)
    return Models(book, keys, path, extra)
