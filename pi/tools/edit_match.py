"""Finding what an edit means to replace, and replacing it without touching anything else.

    source = Source(b"one\\r\\ntwo\\r\\n")
    splices = plan(source, [("two", "2\\n3")], "a.txt")     # raises ToolError: missing, twice, ...
    source.apply(splices)                                  # b"one\\r\\n2\\r\\n3\\r\\n"

A *plain* text has LF for every line end (CRLF, CR), no byte-order mark, and the offsets of this
module. All edits are matched against the plain text of the file as it was. The ladder of matches:

  exact      each old text occurs in the plain text
  loose      as soon as one does not: all are looked for in the loose text, in which every line is
             NFKC-normalised, without blanks at its end, and with plain quotes, dashes and spaces

Whether an old text occurs once is always counted in the loose text. After a loose match the lines
it touches are rewritten in their loose form; all other bytes stay. A new line end is the one of the
line where its replacement starts. Source: `contracts.md` section 6 and the reference's results.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import pairwise

from pi.errors import ToolError
from pi.text.latepattern import LatePattern
from pi.text.lossless import decode, encode, seen
from pi.text.unicode import REPLACEMENT
from pi.tools.edit_hint import nearest
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Edit = tuple[str, str]  # old text, new text

BOM = b"\xef\xbb\xbf"

_LINE_END = LatePattern("\r\n?")
_UNDECODED = LatePattern(f"[\ud800-\udfff{REPLACEMENT}]")
_BLANKS = "\t\v\f \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_PLAIN_FORMS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys((*map(chr, range(0x2002, 0x200B)), "\xa0", "\u202f", "\u205f", "\u3000"), " ")
)


class Splice(Value):
    """Put `raw`, with its final line ends, in the place of plain[start:end]."""

    start: int
    end: int
    raw: str


class _Match(Value):
    """Where the old text of the edit `index` is, and what comes there, with LF.

    `touched` is the last offset that belongs to it: blanks that are not in the loose text may
    reach into the line that begins at `end`.
    """

    start: int
    end: int
    new: str
    index: int
    touched: int


class Source:
    """A file's content, and the way from plain offsets to its bytes."""

    def __init__(self, data: bytes) -> None:
        self.bom = BOM if data.startswith(BOM) else b""
        self.raw = decode(data[len(self.bom) :])
        self.plain, self._shrunk = self.raw, []
        if "\r" in self.raw:
            self.plain = plain(self.raw)
            # plain offsets of the line ends that are two characters long
            pairs = (match.start() for match in re.finditer("\r\n", self.raw))
            self._shrunk = [at - count for count, at in enumerate(pairs)]
        self.seen = seen(self.plain)

    def raw_at(self, offset: int) -> int:
        """The raw offset of a plain one."""
        return offset + bisect_left(self._shrunk, offset)

    def line_end(self, offset: int) -> str:
        """The line end of the line an offset is in; the one before it if it has none, else LF."""
        at = self.plain.find("\n", offset)
        if at < 0:
            at = self.plain.rfind("\n", 0, offset)
        if at < 0:
            return "\n"
        begin = self.raw_at(at)
        return self.raw[begin : self.raw_at(at + 1)]

    def apply(self, splices: Sequence[Splice]) -> bytes:
        """The new content. The splices must be in order and apart."""
        parts, at = [], 0
        for splice in splices:
            parts += [self.raw[self.raw_at(at) : self.raw_at(splice.start)], splice.raw]
            at = splice.end
        parts.append(self.raw[self.raw_at(at) :])
        return self.bom + encode("".join(parts))


def plain(text: str) -> str:
    """The text with LF for every line end."""
    return _LINE_END.sub("\n", text) if "\r" in text else text


def loose(text: str) -> str:
    """The plain text in the form in which loose matches are looked for; as many lines."""
    return "\n".join([line.rstrip(_BLANKS) for line in _simple(text).split("\n")])


def _simple(text: str) -> str:
    """The text with simple forms of characters: NFKC, plain quotes, dashes and spaces."""
    if text.isascii():
        return text
    import unicodedata  # noqa: PLC0415 - 1 MB of tables

    return unicodedata.normalize("NFKC", text).translate(_PLAIN_FORMS)


def plan(source: Source, edits: Sequence[Edit], path: str) -> list[Splice]:
    """The splices that make the edits, in order. Raises ToolError with the reason if one fails."""
    pairs = [_as_plain(source, old, new) for old, new in edits]
    _refuse_empty(pairs, path)
    loosened = loose(source.plain)
    shown = seen(loosened)
    is_exact = all(old in source.seen for old, _ in pairs)
    text = source.seen if is_exact else shown
    matches = []
    for index, (old, new) in enumerate(pairs):
        span = _find(text, old) if is_exact else _find_loose(text, old)
        if span is None:
            raise ToolError(_missing_text(source.seen, old, path, index, len(pairs)))
        key = loose(old)
        _refuse_repeated(*((shown, key) if key else (text, old)), path, index, len(pairs))
        start, end, touched = span
        matches.append(_Match(start, end, new, index, touched))
    matches.sort(key=lambda match: match.start)
    _refuse_overlap(matches, path)
    if is_exact:
        return [_exact_splice(source, match) for match in matches]
    return _loose_splices(source, loosened, matches)


def _find(text: str, wanted: str) -> tuple[int, int, int] | None:
    """Start, end and last touched offset of a text, None if it does not occur."""
    start = text.find(wanted)
    end = start + len(wanted)
    return (start, end, end - 1) if start >= 0 else None


def _find_loose(text: str, old: str) -> tuple[int, int, int] | None:
    """Where an old text is in the loose text, with the blanks at its end if they are there too."""
    key = loose(old)
    blanks = _simple(old)[len(_simple(old).rstrip(_BLANKS)) :].rpartition("\n")[2]
    span = _find(text, key + blanks) if blanks and key else None
    if span is not None or not key:
        return span
    span = _find(text, key)
    if span is None or not blanks:
        return span
    start, end, touched = span
    takes_blank_line = key.endswith("\n") and text[end : end + 1] in ("", "\n")
    return start, end, end if takes_blank_line else touched


def _as_plain(source: Source, old: str, new: str) -> Edit:
    """An edit as plain texts, without the file's byte-order mark, which readers are shown."""
    if source.bom and old.startswith("\ufeff"):
        old, new = old[1:], new.removeprefix("\ufeff")
    return plain(old), plain(new)


# --- what is refused -----------------------------------------------------------------------------


def _refuse_empty(pairs: list[Edit], path: str) -> None:
    for index, (old, _) in enumerate(pairs):
        if not old:
            name = "oldText" if len(pairs) == 1 else f"edits[{index}].oldText"
            raise ToolError(f"{name} must not be empty: give the text of {path} to replace.")


def _refuse_repeated(shown: str, wanted: str, path: str, index: int, edits: int) -> None:
    count = shown.count(wanted)
    if count < 2:
        return
    lines, at = [], -1
    for _ in range(min(count, 5)):
        at = shown.find(wanted, at + 1 if at < 0 else at + len(wanted))
        lines.append(str(shown.count("\n", 0, at) + 1))
    what = "the text" if edits == 1 else f"edits[{index}]"
    listed = ", ".join(lines) + (", ..." if count > len(lines) else "")
    raise ToolError(
        f"Found {count} occurrences of {what} in {path}."
        f" They begin in lines {listed}; add lines around the one you mean to oldText."
    )


def _refuse_overlap(matches: list[_Match], path: str) -> None:
    for before, after in pairwise(matches):
        if after.start < before.end:
            raise ToolError(
                f"edits[{before.index}] and edits[{after.index}] overlap in {path}:"
                " make one edit of them, or shorten their old texts."
            )


def _missing_text(text: str, old: str, path: str, index: int, edits: int) -> str:
    what = "the exact text" if edits == 1 else f"edits[{index}]"
    hint = nearest(text, old)
    return (
        f"Could not find {what} in {path}."
        " Blanks and line breaks count; copy oldText from the file as it is now." + hint
    )


# --- replacing -----------------------------------------------------------------------------------


def _exact_splice(source: Source, match: _Match) -> Splice:
    replaced = source.plain[match.start : match.end]
    new = _restored(replaced, match.new).replace("\n", source.line_end(match.start))
    return Splice(match.start, match.end, new)


def _restored(replaced: str, new: str) -> str:
    """`new` with the undecodable bytes of what it replaces, where it names as many of them."""
    old_marks = _UNDECODED.findall(replaced)
    if not old_marks or new.count(REPLACEMENT) != len(old_marks):
        return new
    marks = iter(old_marks)
    return _UNDECODED.sub(lambda _: next(marks), new)


class _Lines:
    """Line starts of a text: offset -> line number and back, counted from 0."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._size = len(text)

    def number(self, offset: int) -> int:
        """The line an offset is in."""
        return bisect_right(self._starts, offset) - 1

    def start(self, number: int) -> int:
        """Where a line starts; the end of the text for a line after the last."""
        return self._starts[number] if number < len(self._starts) else self._size


def _loose_splices(source: Source, loosened: str, matches: list[_Match]) -> list[Splice]:
    """One splice for each stretch of lines that matches touch."""
    lines, plain_lines = _Lines(loosened), _Lines(source.plain)
    stretches: list[tuple[int, int, list[_Match]]] = []
    for match in matches:
        first, last = lines.number(match.start), lines.number(match.touched)
        if stretches and first <= stretches[-1][1]:
            begun, _, joined = stretches.pop()
            stretches.append((begun, last, [*joined, match]))
        else:
            stretches.append((first, last, [match]))
    splices = []
    for first, last, touching in stretches:
        start, end = plain_lines.start(first), plain_lines.start(last + 1)
        parts = []
        at = lines.start(first)
        for match in touching:
            parts.append(_with_ends(source, loosened, lines, plain_lines, at, match.start))
            ending = source.line_end(plain_lines.start(lines.number(match.start)))
            replaced = loosened[match.start : match.end]
            parts.append(_restored(replaced, match.new).replace("\n", ending))
            at = match.end
        parts.append(_with_ends(source, loosened, lines, plain_lines, at, lines.start(last + 1)))
        splices.append(Splice(start, end, "".join(parts)))
    return splices


def _with_ends(
    source: Source, loosened: str, lines: _Lines, plain_lines: _Lines, *span: int
) -> str:
    """A piece of the loose text, with the line ends that its lines have in the file."""
    begin, end = span
    number = lines.number(begin)
    pieces = loosened[begin:end].split("\n")
    parts = [pieces[0]]
    for offset, piece in enumerate(pieces[1:]):
        parts += [source.line_end(plain_lines.start(number + offset)), piece]
    return "".join(parts)
