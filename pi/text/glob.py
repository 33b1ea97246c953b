"""Globs: file name patterns, turned into regular expressions for whole paths.

    compile("*.py").fullmatch("a.py")                 one name
    compile("src/**/*.{ts,tsx}").fullmatch("src/a/b.ts")
    source("a*b")                                     "a[^/]*b", without braces, for `ignore`

    *       any run of characters but /          ?     one character but /
    [ab-d]  one of these; [!a] and [^a] negate; [[:alpha:]] and its kin; \\ takes the next as it is
    **      as a whole component: any number of components; elsewhere the same as *
    {a,b}   either; may be nested and may hold slashes (`compile` only)

Matching costs about the product of the lengths of pattern and path, whatever the pattern: each run
between two stars is matched where it is found first and not looked for again, which is enough,
since the stars around it take up the rest.

Source: git's gitignore page; the reference's results. Known limit: one pattern may not stand for
more than MAX_ALTERNATIVES after its braces are expanded.
"""

from __future__ import annotations

import re
from itertools import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ALTERNATIVES = 1000

_NAMED_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\t-\\r ",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}

_STAR = "*"
_GLOBSTAR = "**"
_SLASH = "/"
_ANY = "[^/]*"


class GlobError(ValueError):
    """A pattern that cannot be read; the text says what is wrong with it."""


def compile(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:  # noqa: A001 - as re's
    """The expression that matches, with `fullmatch`, what `pattern` does. Raises GlobError."""
    numbers = count()
    sources = [source(each, numbers) for each in expand(pattern)]
    return re.compile("|".join(f"(?:{each})" for each in sources), re.I * ignore_case)


def expand(pattern: str) -> list[str]:
    """The patterns without braces that one with braces stands for, in order. Raises GlobError."""
    done: list[str] = []
    todo = [pattern]
    while todo:
        each = todo.pop()
        group = _first_group(each)
        if group is None:
            done.append(each)
        else:
            begin, end, parts = group
            todo += [each[:begin] + part + each[end:] for part in reversed(parts)]
        if len(done) + len(todo) > MAX_ALTERNATIVES:
            raise GlobError(f"the braces stand for more than {MAX_ALTERNATIVES} patterns")
    return done


def source(pattern: str, numbers: Iterator[int] | None = None) -> str:
    """The expression, as text, for a pattern without braces; for use with `fullmatch`.

    Expressions that are joined into one take their group names from the same `numbers`.
    Raises GlobError.
    """
    numbers = count() if numbers is None else numbers
    runs: list[list[list[str]]] = [[]]  # components, cut at each **
    components = _components(_tokens(pattern))
    for component in components:
        if component == [_GLOBSTAR]:
            runs.append([])
        else:
            runs[-1].append(component)
    texts = ["/".join(_component(each, numbers) for each in run) for run in runs]
    if len(runs) == 1:
        return texts[0]
    begin = f"{texts[0]}/" if runs[0] else ""
    for run, text in zip(runs[1:-1], texts[1:-1], strict=True):
        if run:
            begin += _once(f"(?:[^/]*/)*?{text}/", numbers)
    if runs[-1]:
        return f"{begin}(?s:.*/)?{texts[-1]}"
    return begin + ("(?s:.+)" if begin else "(?s:.*)")


def _component(tokens: list[str], numbers: Iterator[int]) -> str:
    """The expression for what stands between two slashes."""
    runs = [""]
    for token in tokens:
        if token in (_STAR, _GLOBSTAR):
            runs.append("")
        else:
            runs[-1] += token
    if len(runs) == 1:
        return runs[0]
    middle = [_once(f"[^/]*?{run}", numbers) for run in runs[1:-1] if run]
    return f"{runs[0]}{''.join(middle)}{_ANY}{runs[-1]}"


def _once(expression: str, numbers: Iterator[int]) -> str:
    """An atomic group: matched in the first way that fits, for good (Python 3.10 has none)."""
    name = f"g{next(numbers)}"
    return f"(?=(?P<{name}>{expression}))(?P={name})"


def _components(tokens: Iterator[str]) -> list[list[str]]:
    components: list[list[str]] = [[]]
    for token in tokens:
        if token == _SLASH:
            components.append([])
        else:
            components[-1].append(token)
    return components


def _tokens(pattern: str) -> Iterator[str]:
    """Expressions for single characters, and the marks for stars and slashes."""
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            end = at
            while pattern.startswith("*", end):
                end += 1
            yield _GLOBSTAR if end > at else _STAR
            at = end
        elif char == "?":
            yield "[^/]"
        elif char == "[":
            expression, at = _class(pattern, at)
            yield expression
        elif char == "\\":
            if at == len(pattern):
                raise GlobError("nothing follows the last \\")
            yield _SLASH if pattern[at] == "/" else re.escape(pattern[at])
            at += 1
        else:
            yield _SLASH if char == "/" else re.escape(char)


def _class(pattern: str, at: int) -> tuple[str, int]:
    """The expression for a class that opened before `at`, and where it ends."""
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    begin, members = at, ""
    while at == begin or not pattern.startswith("]", at):
        if pattern.startswith("[:", at):
            end = pattern.find(":]", at)
            name = pattern[at + 2 : end] if end >= 0 else ""
            if name in _NAMED_CLASSES:
                members += _NAMED_CLASSES[name]
                at = end + 2
                continue
        low, at = _class_character(pattern, at)
        high = low
        if pattern.startswith("-", at) and not pattern.startswith("-]", at):
            high, at = _class_character(pattern, at + 1)
        members += re.escape(low)  # also of a range that is upside down, and else empty
        if low < high:
            members += f"-{re.escape(high)}"
    if negated:
        return f"[^/{members}]", at + 1
    return f"(?!/)[{members}]", at + 1


def _class_character(pattern: str, at: int) -> tuple[str, int]:
    at += pattern.startswith("\\", at)
    if at >= len(pattern):
        raise GlobError("a [ is not closed by ]; to mean the character, write [[]")
    return pattern[at], at + 1


def _first_group(pattern: str) -> tuple[int, int, list[str]] | None:
    """Where the first braces begin and end, and what they hold, cut at their commas."""
    depth = begin = cut = 0
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = _class(pattern, at + 1)[1] - 1
        elif char == "{":
            depth += 1
            if depth == 1:
                begin, cut = at, at + 1
        elif depth and char == "}":
            depth -= 1
            if depth == 0:
                return begin, at + 1, [*parts, pattern[cut:at]]
        elif depth == 1 and char == ",":
            parts.append(pattern[cut:at])
            cut = at + 1
        at += 1
    if depth:
        raise GlobError("a { is not closed by }; to mean the character, write [{]")
    return None
