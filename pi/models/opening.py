"""Everything about models and keys of one run, joined together.

    models = open_models("/home/u/.pi/agent", os.environ)
    choice = choose(Want(model="sonnet"), models, settings)
    client = Client(transport, authoriser(models.keys, transport))
    models.warnings                        what was wrong with models.json and auth.json

Nothing but `models.json` is read until somebody asks.
"""

from __future__ import annotations

from pi import paths
from pi.auth.resolve import Keys
from pi.auth.value import Values
from pi.models import config, overlay
from pi.models.book import Book
from pi.models.catalog import Catalog
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.request import Model


class Models(Value):
    """The models, the keys to them, and the file where a user describes own ones."""

    book: Book
    keys: Keys
    models_path: str

    @property
    def warnings(self) -> list[str]:
        """What was wrong with the files, so far; lines for stderr."""
        return [*self.book.problems, *self.keys.warnings]


def open_models(agent_dir: str, environ: Mapping[str, str]) -> Models:
    """The models and keys of an agent directory and an environment. Never raises for content."""
    path = paths.models_file(agent_dir)
    own = config.load(path)
    catalog = Catalog(overlay.reader(agent_dir))
    keys = Keys(paths.auth_file(agent_dir), own, catalog, Values(environ))

    def probe(only: str | None) -> list[Model]:
        from pi.models.local import find  # noqa: PLC0415 - only without any key

        return find(environ, only)

    return Models(Book(own, catalog, has_key=keys.usable, probe=probe), keys, path)
