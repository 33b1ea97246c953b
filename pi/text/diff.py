"""Line differences of two texts: a unified patch, and a numbered display for people.

    changes = compare(old, new)            [Change(" ", ["a\\n"]), Change("-", ["b\\n"]), ...]
    sections = [Section(changes)]          or several, of the stretches that were compared
    patch(sections, "a.txt")               "--- a.txt", "+++ a.txt", "@@ -1,2 +1,2 @@", " a", ...
    display(sections)                      " 1 a", "-2 b", "+2 c"
    first_changed_line(sections)           2

Lines end in LF. The display numbers kept and removed lines as in the old text, added ones as in the
new one, and marks left-out lines with "...". Both show four lines of context. Source of the method:
E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986); of the formats: POSIX diff
and the reference's edit results.

Known limit: where more than MAX_EDITS lines differ, the whole stretch counts as replaced.
"""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Link = tuple["Link | None", str, int]  # what came before, the kind, how many lines

CONTEXT = 4
MAX_EDITS = 1000

_KEPT, _REMOVED, _ADDED = " ", "-", "+"
_NO_NEWLINE = "\\ No newline at end of file\n"


class Change(Value):
    """A run of lines of one kind: kept " ", removed "-" or added "+"; each with its LF."""

    kind: str
    lines: list[str]


class Section(Value):
    """A stretch of the texts that was compared, and the numbers of its first line in both.

    What is between two sections is equal in both texts.
    """

    changes: list[Change]
    old: int = 1
    new: int = 1


class _Row(Value):
    """A line with the numbers it has or would have; counted from 1."""

    kind: str
    text: str
    old: int
    new: int


def compare(old: str, new: str) -> list[Change]:
    """The shortest way from one text to the other, as runs that cover both completely."""
    a, b = _lines(old), _lines(new)
    runs = _runs(_shortest(a, b, MAX_EDITS))
    changes = []
    x = y = 0
    for kind, count in runs:
        source, at = (b, y) if kind == _ADDED else (a, x)
        changes.append(Change(kind, source[at : at + count]))
        x += count if kind != _ADDED else 0
        y += count if kind != _REMOVED else 0
    return changes


def first_changed_line(sections: Sequence[Section]) -> int | None:
    """The number, in the new text, of the first line that differs; None if none does."""
    rows = (row for section in sections for row in _rows(section))
    return next((row.new for row in rows if row.kind != _KEPT), None)


def patch(sections: Sequence[Section], name: str) -> str:
    """A unified diff of a file."""
    parts = [f"--- {name}\n+++ {name}\n"]
    for rows in (hunk for section in sections for hunk in _hunks(_rows(section))):
        old = [row for row in rows if row.kind != _ADDED]
        new = [row for row in rows if row.kind != _REMOVED]
        parts.append(f"@@ -{_range(rows[0].old, old)} +{_range(rows[0].new, new)} @@\n")
        for row in rows:
            parts.append(row.kind + row.text)
            if not row.text.endswith("\n"):
                parts.append("\n" + _NO_NEWLINE)
    return "".join(parts)


def display(sections: Sequence[Section], total: int = 0) -> str:
    """Numbered lines; `total` is the largest number to leave room for."""
    stretches = [_rows(section) for section in sections]
    hunks = [hunk for rows in stretches for hunk in _hunks(rows)]
    if not hunks:
        return ""
    width = len(str(max(total, *(_number(row) for hunk in hunks for row in hunk))))
    gap = f" {'':{width}} ..."
    parts = [gap] if hunks[0][0].old > 1 else []
    for at, hunk in enumerate(hunks):
        if at > 0:
            parts.append(gap)
        for row in hunk:
            text = row.text.removesuffix("\n")
            parts.append(f"{row.kind}{_number(row):>{width}} {text}")
    if hunks[-1][-1] is not stretches[-1][-1]:
        parts.append(gap)
    return "\n".join(parts)


def _number(row: _Row) -> int:
    return row.new if row.kind == _ADDED else row.old


def _range(first: int, rows: list[_Row]) -> str:
    return f"{first},{len(rows)}" if rows else f"{first - 1},0"


def _lines(text: str) -> list[str]:
    """The lines with their LF; splitlines would split at other characters too."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _rows(section: Section) -> list[_Row]:
    rows = []
    old, new = section.old, section.new
    for change in section.changes:
        for line in change.lines:
            rows.append(_Row(change.kind, line, old, new))
            old += change.kind != _ADDED
            new += change.kind != _REMOVED
    return rows


def _hunks(rows: list[_Row]) -> list[list[_Row]]:
    """The changed rows with their context; neighbours whose contexts touch are one."""
    spans: list[list[int]] = []
    for at, row in enumerate(rows):
        if row.kind == _KEPT:
            continue
        begin, end = max(0, at - CONTEXT), min(len(rows), at + CONTEXT + 1)
        if spans and begin <= spans[-1][1]:
            spans[-1][1] = end
        else:
            spans.append([begin, end])
    return [rows[begin:end] for begin, end in spans]


def _runs(link: Link | None) -> list[tuple[str, int]]:
    """A path in order; of an addition and the removal after it, the removal comes first."""
    steps: list[tuple[str, int]] = []
    while link is not None:
        link, kind, count = link
        if steps and steps[-1][0] == kind:
            steps[-1] = kind, steps[-1][1] + count
        else:
            steps.append((kind, count))
    steps.reverse()
    for at in range(1, len(steps)):
        if steps[at - 1][0] == _ADDED and steps[at][0] == _REMOVED:
            steps[at - 1 : at + 1] = [steps[at], steps[at - 1]]
    return steps


def _shortest(a: list[str], b: list[str], max_edits: int) -> Link | None:
    """Myers' greedy search: for each number of edits, how far each diagonal gets.

    A diagonal k holds the points with x - y = k, x lines into `a` and y into `b`; `paths` has the
    farthest x of each and how it was reached.
    """
    first = _slide(a, b, 0, 0)
    paths: dict[int, tuple[int, Link | None]] = {
        0: (first, (None, _KEPT, first) if first else None)
    }
    if first == len(a) == len(b):
        return paths[0][1]
    if set(a[first:]).isdisjoint(b[first:]):
        return _replaced(a, b, first)
    for edits in range(1, min(len(a) + len(b), max_edits) + 1):
        for k in range(-edits, edits + 1, 2):
            step = _step(paths, k, len(a), len(b))
            if step is None:
                paths.pop(k, None)
                continue
            x, link = step
            far = _slide(a, b, x, x - k)
            if far > x:
                link = link, _KEPT, far - x
            if far == len(a) and far - k == len(b):
                return link
            paths[k] = far, link
    return _replaced(a, b, first)


def _replaced(a: list[str], b: list[str], first: int) -> Link | None:
    """All between the equal lines at the beginning (`first`) and those at the end as replaced."""
    last = 0
    while last < min(len(a), len(b)) - first and a[-1 - last] == b[-1 - last]:
        last += 1
    link: Link | None = None
    for kind, count in (
        (_KEPT, first),
        (_REMOVED, len(a) - first - last),
        (_ADDED, len(b) - first - last),
        (_KEPT, last),
    ):
        link = (link, kind, count) if count else link
    return link


def _step(
    paths: dict[int, tuple[int, Link | None]], k: int, most_x: int, most_y: int
) -> tuple[int, Link] | None:
    """The better way onto diagonal k: a removal from the one below or an addition from above."""
    below, above = paths.get(k - 1), paths.get(k + 1)
    can_remove = below is not None and below[0] < most_x
    can_add = above is not None and 0 <= above[0] - (k + 1) < most_y
    if can_add and above and (not can_remove or (below and below[0] < above[0])):
        return above[0], (above[1], _ADDED, 1)
    if can_remove and below:
        return below[0] + 1, (below[1], _REMOVED, 1)
    return None


def _slide(a: list[str], b: list[str], x: int, y: int) -> int:
    """How far x gets along equal lines."""
    while x < len(a) and y < len(b) and a[x] == b[y]:
        x += 1
        y += 1
    return x
