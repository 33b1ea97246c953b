"""The table of `--list-models`.

    for line in table(usable_book(models), "gpt"): print(line)

    provider  model      context  max-out  thinking  images
    openai    gpt-5-pro  400K     128K     yes       yes

Scripted models (`demo`) are listed only when they are asked for by name.
"""

from __future__ import annotations

from pi.models.book import SCRIPTED
from pi.text.collate import sort_key
from pi.text.fuzzy import matching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.models.book import Book
    from pi.request import Model

HEADER = ("provider", "model", "context", "max-out", "thinking", "images")


def table(book: Book, search: str = "") -> list[str]:
    """The lines that list the models of a book, those that fit a search text. [] for no models.

    The columns are padded with blanks, the last one too.
    """
    found = listed(book, search)
    if not found:
        return []
    rows = [HEADER, *(_row(model) for model in found)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADER))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]


def listed(book: Book, search: str = "") -> list[Model]:
    """The models of a book that fit a search text, by provider and id."""
    models = [model for provider in book.providers() for model in book.models(provider)]
    if search.strip():
        models = matching(search, models, lambda model: f"{model['provider']} {model['id']}")
    if search.strip().lower() in SCRIPTED:
        models += [model for model in book.with_id(search.strip()) if model not in models]
    return sorted(models, key=lambda m: (sort_key(m["provider"]), sort_key(m["id"])))


def no_match(search: str) -> str:
    """What to say when a search text fits no model."""
    return f'No usable model matches "{search}".'


def tokens(count: float) -> str:
    """A number of tokens, short: 128000 -> "128K", 4096 -> "4.1K", 2000000 -> "2M"."""
    for size, unit in ((1_000_000, "M"), (1_000, "K")):
        if count >= size:
            value = count / size
            is_tie = value * 4 % 2 == 1  # x.25 and x.75: halves go up, not to the even digit
            text = f"{value + 0.01 if is_tie else value:.1f}"
            return f"{value:.0f}{unit}" if value % 1 == 0 else f"{text}{unit}"
    return f"{count:.0f}" if count == int(count) else str(count)


def _row(model: Model) -> tuple[str, ...]:
    cells = (
        model["provider"],
        model["id"],
        tokens(model["contextWindow"]),
        tokens(model["maxTokens"]),
        "yes" if model.get("reasoning") else "no",
        "yes" if "image" in model.get("input", ()) else "no",
    )
    return tuple("".join(c if c.isprintable() else "\ufffd" for c in cell) for cell in cells)
