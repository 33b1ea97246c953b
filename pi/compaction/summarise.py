"""Making the summary of a plan, by asking a model through `ask`.

    summary = summarise(plan, ask, window=128_000, focus=None)
    summary.text, summary.usage

`ask(system, text) -> Message` gives the finished answer to one request; it raises ProviderError
when there is none. A plan takes one request, or two when it splits a turn. A record that does not
fit the model is summarised piece by piece, each piece bringing the notes of those before up to
date.
"""

from __future__ import annotations

from pi.compaction import wording
from pi.compaction.estimate import CHARS_PER_TOKEN
from pi.compaction.keep import keep, without_lists
from pi.compaction.serialise import serialise
from pi.cost import summed
from pi.errors import PiError, ProviderError
from pi.messages import text_of, tool_calls
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pi.compaction.branch import Leaving
    from pi.compaction.plan import Plan
    from pi.messages import Message, Usage

    Ask = Callable[[str, str], Message]
    Request = Callable[[list[str], str | None], str]

SMALLEST_PIECE_CHARS = 4000
"""A piece that is refused as too long is halved; one of this size is not."""


class Summary(Value):
    """A finished summary; `usage` is None when no request was needed."""

    text: str
    usage: Usage | None


class BranchWish(Value):
    """How a branch is to be summarised.

    `focus` is what the user wants stressed; with `is_whole` it stands in for all of what is asked
    for. `reserve_tokens` of the window are not filled with the branch.
    """

    focus: str | None = None
    is_whole: bool = False
    reserve_tokens: int = 16_384


def summarise(
    plan: Plan, ask: Ask, *, window: int | None = None, focus: str | None = None
) -> Summary:
    """The whole text a compaction entry stores for `plan`. Raises PiError.

    `window` are the tokens the summarising model takes, `focus` is what the user wants stressed.
    """
    usages: list[Usage] = []
    write = _writer(ask, usages)
    limit = None if window is None else window * CHARS_PER_TOKEN
    previous = plan.previous_summary and without_lists(plan.previous_summary)

    def history(paragraphs: list[str]) -> str:
        return wording.history_request(paragraphs, None, focus)

    def prefix(paragraphs: list[str]) -> str:
        return wording.prefix_request(paragraphs, focus)

    parts = [
        _notes(serialise(plan.history), _requests(history, focus), write, limit, previous),
        _notes(serialise(plan.prefix), _requests(prefix, focus), write, limit),
    ]
    if parts[1]:
        parts[1] = f"{wording.SPLIT_HEADING}\n\n{parts[1]}"
    text = "\n\n---\n\n".join(part for part in parts if part)
    kept = keep([*plan.history, *plan.prefix], plan.previous_summary, plan.prefix)
    return Summary(text + kept.text() + plan.files.text(), _total(usages))


def summarise_branch(
    leaving: Leaving, ask: Ask, *, window: int | None = None, wish: BranchWish
) -> Summary:
    """The whole text a branch summary stores for a branch that is left. Raises PiError."""
    usages: list[Usage] = []
    write = _writer(ask, usages)

    def first(parts: list[str]) -> str:
        return wording.branch_request(parts, wish.focus, is_whole=wish.is_whole)

    limit = None if window is None else window * CHARS_PER_TOKEN
    text = _notes(serialise(leaving.messages), _requests(first, wish.focus), write, limit) or ""
    kept = keep(leaving.messages, None, ())
    return Summary(text + kept.text() + leaving.files.text(), _total(usages))


def _total(usages: list[Usage]) -> Usage | None:
    """What all requests used; its cost says, as that of an answer does, whether it was reported."""
    if not usages:
        return None
    total = summed(usages)
    is_reported = all((each.get("cost") or {}).get("totalFromProvider") is True for each in usages)
    return {**total, "cost": {**total["cost"], "totalFromProvider": is_reported}}


def _writer(ask: Ask, usages: list[Usage]) -> Callable[[str], str]:
    """A function from a request to the notes that answer it, which also collects the usages."""

    def write(text: str) -> str:
        message = ask(wording.SYSTEM, text)
        usages.append(message["usage"])
        return _read(message)

    return write


def _requests(first: Callable[[list[str]], str], focus: str | None) -> Request:
    """Asks for the first piece of a record by `first`, for further ones to be worked in."""
    return lambda parts, notes: (
        first(parts) if notes is None else wording.history_request(parts, notes, focus)
    )


def _notes(
    paragraphs: list[str],
    request: Request,
    write: Callable[[str], str],
    limit: int | None,
    notes: str | None = None,
) -> str | None:
    """`notes` after each piece of the record was worked in; a piece that is refused is halved."""
    for piece in pieces(paragraphs, limit):
        notes = _piece_notes(piece, request, write, notes)
    return notes


def _piece_notes(
    piece: list[str],
    request: Request,
    write: Callable[[str], str],
    notes: str | None,
) -> str | None:
    try:
        return write(request(piece, notes))
    except ProviderError as error:
        size = sum(map(len, piece))
        if error.kind != "context_overflow" or size <= SMALLEST_PIECE_CHARS:
            raise
    return _notes(piece, request, write, size // 2 + 1, notes)


def pieces(paragraphs: list[str], limit: int | None) -> Iterator[list[str]]:
    """`paragraphs` in order, in groups of no more than `limit` characters (None: in one)."""
    group: list[str] = []
    room = limit
    for paragraph in paragraphs:
        for part in _cut(paragraph, limit):
            if limit is not None and group and len(part) > room:
                yield group
                group, room = [], limit
            group.append(part)
            room = None if limit is None else room - len(part)
    if group:
        yield group


def _cut(paragraph: str, limit: int | None) -> list[str]:
    if limit is None or len(paragraph) <= limit:
        return [paragraph]
    return [paragraph[at : at + limit] for at in range(0, len(paragraph), limit)]


def _read(message: Message) -> str:
    """The notes in an answer. Raises PiError for one that is no finished text."""
    if tool_calls(message):
        raise PiError("Summarization failed: the model called a tool instead of writing")
    if message.get("stopReason") == "length":
        raise PiError("Summarization failed: the summary was cut at the output token limit")
    text = text_of(message).strip()
    if not text:
        raise PiError("Summarization failed: the model wrote nothing")
    return text
