"""What a text such as `--model sonnet:high` refers to.

    resolve(book, "openrouter/z-ai/glm-5", usable)     Match([{...}], None, None)
    resolve(book, "sonnet:high", usable)               Match([{...}], "high", None)
    resolve(book, "gpt-oss-120b", usable)              Match([{...groq}, {...cerebras}], None, None)
    resolve(book, "nonsense", usable)                  None

In this order: `provider/id`, the whole text as an id, a part of an id or name; then the same with
a `:level` taken off. The named provider wins when it can be used, since that is what the form
means; else another one that has a model of that whole id and can be used. `usable(provider)` says
whether there are credentials; it only decides between providers, so that a first key can be given
on the command line. Source: the reference's cli page, driven.
"""

from __future__ import annotations

from pi.providers.thinking import LEVELS
from pi.text.collate import sort_key
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.models.book import Book
    from pi.request import Model


class Match(Value):
    """What was found: one model, or several providers' that are equally good.

    `level` is the thinking level the text ended in; `warning` says what of it was passed over.
    """

    models: list[Model]
    level: str | None = None
    warning: str | None = None


def resolve(
    book: Book,
    text: str,
    usable: Callable[[str], bool],
    *,
    provider: str | None = None,
    lenient: bool = False,
) -> Match | None:
    """The models a text refers to, None if there are none; `provider` narrows to one provider.

    With `lenient` an unknown `:level` is dropped with a warning; else it is part of the id.
    """
    text = text.strip()
    if not text:
        return None
    models = exact(book, text, usable, provider) or _alike(book, text, usable, provider)
    if models:
        return Match(models)
    base, _, suffix = text.rpartition(":")
    if not base or not (lenient or suffix in LEVELS):
        return None
    inner = resolve(book, base, usable, provider=provider, lenient=lenient)
    if inner is None:
        return None
    if suffix in LEVELS:
        return Match(inner.models, None if inner.warning else suffix, inner.warning)
    known = ", ".join(LEVELS)
    return Match(inner.models, None, f'"{text}": no thinking level "{suffix}"; levels are {known}')


def exact(
    book: Book, text: str, usable: Callable[[str], bool], provider: str | None = None
) -> list[Model]:
    """The model of a text read as `provider/id` or as an id; several where providers tie.

    After a provider's name a part of an id or name is enough.
    """
    named = _named(book, text, provider)
    if named and (provider or usable(named["provider"])):
        return [named]
    others = [model for model in book.with_id(text, provider) if not is_same(model, named)]
    candidates = [named, *others] if named else others
    if len({model["provider"] for model in candidates}) < 2:
        return candidates[:1]
    within_reach = [model for model in others if usable(model["provider"])]
    if len(within_reach) == 1:
        return within_reach
    return [named] if named and not within_reach else candidates


def is_same(one: Model | None, other: Model | None) -> bool:
    """Whether two models are the same one, by provider and id."""
    if one is None or other is None:
        return False
    return (one["provider"], one["id"]) == (other["provider"], other["id"])


def _named(book: Book, text: str, provider: str | None) -> Model | None:
    """The model of a text read as `provider/id`."""
    parts = book.split(text)
    if parts is None or (provider and parts[0] != provider):
        return None
    name, rest = parts
    found = book.with_id(rest, name) or book.with_id(text, name)
    return found[0] if found else _best(book.mentioning(rest, name))


def _alike(
    book: Book, text: str, usable: Callable[[str], bool], provider: str | None
) -> list[Model]:
    """The best model that has a text in its id or name, and its namesakes at other providers."""
    found = book.mentioning(text, provider)
    if len({model["provider"] for model in found}) > 1:
        found = [model for model in found if usable(model["provider"])] or found
    best = _best(found)
    if best is None:
        return []
    namesakes = [model for model in found if model["id"] == best["id"]]
    is_one = len({model["provider"] for model in namesakes}) == 1
    return [best] if is_one else namesakes


def _best(models: list[Model]) -> Model | None:
    """Of several models the latest, names before dated versions; None of none."""
    names = [model for model in models if not _is_dated(model["id"])]
    return max(names or models, key=lambda model: sort_key(model["id"]), default=None)


def _is_dated(model_id: str) -> bool:
    """Whether an id ends in a date, as `claude-sonnet-4-5-20250929` does."""
    date = model_id[-9:]
    return len(date) == 9 and date[0] == "-" and date[1:].isascii() and date[1:].isdigit()
