"""A choice of models: the patterns of `--models` and of the `enabledModels` setting.

    scope(book, ["anthropic/*opus*", "gpt-oss:high"])
    # Scope([Scoped({...}, None), Scoped({...}, "high")], [])

A pattern with `*`, `?` or `[` is a glob over `provider/id` or over the id alone; any other is
looked up like `--model`, except that a model of several providers is taken from each of them.
`book` is one of usable models only. Source: the reference's cli page, driven.
"""

from __future__ import annotations

from pi.models.reference import Match, exact, is_same, resolve
from pi.providers.thinking import LEVELS
from pi.text import glob
from pi.text.collate import sort_key
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pi.models.book import Book
    from pi.request import Model


class Scoped(Value):
    """A model of a choice, and the thinking level its pattern asked for."""

    model: Model
    level: str | None


class Scope(Value):
    """The models that were chosen, in the order of their patterns, and what went wrong."""

    models: list[Scoped]
    warnings: list[str]

    def find(self, model: Model | None) -> Scoped | None:
        """The entry of a model, if it is among those chosen."""
        return next((scoped for scoped in self.models if is_same(scoped.model, model)), None)


def scope(book: Book, patterns: Iterable[str]) -> Scope:
    """The usable models that a list of patterns chooses."""
    result = Scope([], [])
    for pattern in patterns:
        match = _chosen(book, pattern, result)
        if not match.models:
            result.warnings.append(f'no usable model matches "{pattern}"')
        for model in match.models:
            if result.find(model) is None:
                result.models.append(Scoped(model, match.level))
    return result


def _chosen(book: Book, pattern: str, result: Scope) -> Match:
    if any(character in pattern for character in "*?["):
        return _globbed(book, pattern, result)
    match = resolve(book, pattern, _always, lenient=True)
    if match is None:
        return Match([])
    if match.warning:
        result.warnings.append(match.warning)
    _warn_of_several(pattern, match.models, result)
    return match


def _always(provider: str) -> bool:
    return True


def _globbed(book: Book, pattern: str, result: Scope) -> Match:
    base, _, suffix = pattern.rpartition(":")
    level = suffix if suffix in LEVELS else None
    text = base if level else pattern
    literal = exact(book, text, _always)  # an id such as `name[1m]` is no glob
    if literal:
        _warn_of_several(pattern, literal, result)
        return Match(literal, level)
    try:
        matches = glob.compile(text, ignore_case=True).fullmatch
    except glob.GlobError as error:
        result.warnings.append(f'"{pattern}": {error}')
        return Match([])
    models = (model for provider in book.providers() for model in book.models(provider))
    return Match(
        [m for m in models if matches(f"{m['provider']}/{m['id']}") or matches(m["id"])], level
    )


def _warn_of_several(pattern: str, models: list[Model], result: Scope) -> None:
    providers = sorted({model["provider"] for model in models}, key=sort_key)
    if len(providers) > 1:
        names = ", ".join(providers)
        result.warnings.append(f'"{pattern}" is offered by {names}; provider/id means only one')
