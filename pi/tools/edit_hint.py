"""What a file has that comes nearest to a text it does not have, for an error message.

    nearest(content, "def  main():\\n    run()")
    "\\n\\nNearest text, line 12:\\ndef main():\\n    run()"

Found by the lines that are equal but for their blanks; without any, by likeness to the longest
line.
"""

from __future__ import annotations

_MAX_LINES = 20_000  # a larger file is not searched
_MAX_SHOWN = 12
_MAX_WIDTH = 300
_MAX_COMPARED = 3000
_LIKENESS = 0.6


def nearest(content: str, wanted: str) -> str:
    """A paragraph that quotes the nearest lines with their numbers; "" if nothing is near."""
    lines = content.split("\n")
    sought = wanted.strip("\n").split("\n")
    if len(lines) > _MAX_LINES:
        return ""
    start = _by_equal_lines(lines, sought)
    if start is None:
        start = _by_likeness(lines, sought)
    if start is None:
        return ""
    first = max(0, start)
    shown = lines[first : max(first + 1, min(start + len(sought), first + _MAX_SHOWN))]
    numbers = f"line {first + 1}"
    if len(shown) > 1:
        numbers = f"lines {first + 1}-{first + len(shown)}"
    return f"\n\nNearest text, {numbers}:\n" + "\n".join(map(_cut, shown))


def _by_equal_lines(lines: list[str], sought: list[str]) -> int | None:
    """The start for which most lines agree, blanks aside; the first of the best."""
    places: dict[str, list[int]] = {}
    for at, line in enumerate(sought):
        key = _squeezed(line)
        if key:
            places.setdefault(key, []).append(at)
    votes: dict[int, int] = {}
    for number, line in enumerate(lines):
        for at in places.get(_squeezed(line), ())[:_MAX_SHOWN]:
            votes[number - at] = votes.get(number - at, 0) + 1
    return max(votes, key=lambda start: (votes[start], -start)) if votes else None


def _by_likeness(lines: list[str], sought: list[str]) -> int | None:
    longest = max(sought, key=len)
    key = _squeezed(longest)[:_MAX_WIDTH]
    if len(key) < 3:
        return None
    from difflib import SequenceMatcher  # noqa: PLC0415 - 5 ms, for failed edits only

    matcher = SequenceMatcher(b=key, autojunk=False)
    best, found = _LIKENESS, None
    for number, line in enumerate(lines[:_MAX_COMPARED]):
        candidate = _squeezed(line)[:_MAX_WIDTH]
        matcher.set_seq1(candidate)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            ratio = matcher.ratio()
            if ratio > best:
                best, found = ratio, number
    return None if found is None else found - sought.index(longest)


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _cut(line: str) -> str:
    return line if len(line) <= _MAX_WIDTH else f"{line[:_MAX_WIDTH]}..."
