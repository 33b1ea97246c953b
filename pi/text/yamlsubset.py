"""YAML as people write it in front matter: a subset, and which line is outside of it.

    parse("name: x\\ntags: [a, b]\\nmetadata:\\n  v: 1\\n")
    # {"name": "x", "tags": ["a", "b"], "metadata": {"v": 1}}
    parse("a: [1")                          YamlError: line 1: the list is not closed

Understood: mappings and lists in block and flow style, plain and quoted scalars over several lines,
literal (|) and folded (>) text, comments. Scalars mean what YAML 1.2's core schema says: null,
booleans, numbers, else text. Not understood, and told: anchors, aliases, tags, directives, complex
keys, several documents. Source: the YAML 1.2.2 specification.
"""

from __future__ import annotations

import re

from pi.text import yamlscalar
from pi.text.yamlscalar import YamlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["YamlError", "parse"]

MAX_DEPTH = 40
_HEADER = r"([|>])([+-]?)([1-9]?)([+-]?)[ \t]*(#.*)?"
_KEY_BEGINS = r"[^\s\[\]{},#&*!|>'\"%@`?:-]|[?:-][^\s]"
_KEY_ENDS = r":(?:[ \t]+|$)"


def parse(text: str, first_line: int = 1) -> Any:
    """The value a text stands for; None for an empty one. Raises YamlError.

    `first_line` is what its first line is called in an error.
    """
    reader = _Reader(text.split("\n"), first_line)
    if reader.peek() is None:
        return None
    value = reader.node(0)
    if reader.peek() is not None:
        raise reader.trouble("this does not belong to what is above it; is it indented rightly?")
    return value


class _Reader:
    """The lines, and the one that is read next."""

    def __init__(self, lines: list[str], first_line: int) -> None:
        self.lines = lines
        self.at = 0
        self._first_line = first_line

    def trouble(self, problem: str, at: int | None = None) -> YamlError:
        return YamlError((self.at if at is None else at) + self._first_line, problem)

    def peek(self) -> tuple[int, str] | None:
        """(indentation, text) of the next line that says something; None at the end."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            text = line.lstrip(" ")
            if text.startswith("\t") and text.strip():
                raise self.trouble("indented with a tab; use spaces")
            if text.strip() and not text.startswith("#"):
                return len(line) - len(text), text.rstrip()
            self.at += 1
        return None

    def node(self, depth: int) -> Any:
        """The value that begins with the next line."""
        if depth > MAX_DEPTH:
            raise self.trouble("nested too deeply")
        indent, text = self.peek()
        if _is_item(text):
            return self._items(indent, depth)
        if self._is_key(text):
            return self._mapping(indent, depth)
        self.at += 1
        return self._value(text, indent - 1, depth)

    def _items(self, indent: int, depth: int) -> list[Any]:
        found = []
        while (line := self.peek()) is not None and line[0] == indent and _is_item(line[1]):
            rest = line[1][1:].lstrip()
            if _is_item(rest) or self._is_key(rest):  # it continues below what follows the dash
                self.lines[self.at] = " " * (indent + len(line[1]) - len(rest)) + rest
                found.append(self.node(depth + 1))
            else:
                self.at += 1
                found.append(self._value(rest, indent, depth))
        return found

    def _mapping(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self.peek()) is not None and line[0] == indent and not _is_item(line[1]):
            key, rest = self._key(line[1])
            if key in found:
                raise self.trouble(f"the key {key!r} is there twice")
            self.at += 1
            below = self.peek() if not rest or rest.startswith("#") else None
            if below is not None and below[0] == indent and _is_item(below[1]):
                found[key] = self._items(indent, depth + 1)
            else:
                found[key] = self._value(rest, indent, depth)
        return found

    def _is_key(self, text: str) -> bool:
        if text[:1] in ("'", '"'):
            end = yamlscalar.end_of_quote(text)
            return end is not None and re.match(r"[ \t]*:(?:[ \t]|$)", text[end:]) is not None
        return re.match(_KEY_BEGINS, text) is not None and re.search(_KEY_ENDS, text) is not None

    def _key(self, text: str) -> tuple[str, str]:
        if text[:1] in ("'", '"') and self._is_key(text):
            end = yamlscalar.end_of_quote(text)
            key = yamlscalar.unquoted(text[:end], self.at + self._first_line)
            return key, text[end:].lstrip()[1:].lstrip()
        match = re.search(_KEY_ENDS, text) if self._is_key(text) else None
        if match is None or " #" in text[: match.start()]:
            raise self.trouble(_no_key(text))
        return text[: match.start()].rstrip(), text[match.end() :]

    def _value(self, rest: str, indent: int, depth: int) -> Any:
        """What follows a key or a dash; the reader stands on the line after it."""
        start = self.at - 1
        if not rest or rest.startswith("#"):
            line = self.peek()
            return self.node(depth + 1) if line is not None and line[0] > indent else None
        if rest[0] in "|>":
            return self._block_text(rest, indent, start)
        if rest[0] in "'\"[{":
            return self._enclosed(rest, start)
        if rest[0] in "&*!":
            what = {"&": "an anchor", "*": "an alias", "!": "a tag"}[rest[0]]
            raise self.trouble(
                f"{what} ({rest[0]}) is not understood; quote it if it is text", start
            )
        if rest.startswith(("? ", "- ")):
            raise self.trouble(f"{rest[0]} is not understood here", start)
        if rest[0] in "%@`]},":
            raise self.trouble(f"a value that begins with {rest[0]} must be in quotes", start)
        return yamlscalar.resolved(self._plain(rest, indent, start))

    def _plain(self, rest: str, indent: int, start: int) -> str:
        """A scalar without quotes; deeper lines continue it, until one with a comment."""
        text, is_over = _without_comment(rest)
        self._check_plain(text, start)
        parts = [text]
        while not is_over and self.at < len(self.lines):
            line = self.lines[self.at]
            stripped = line.strip()
            if stripped and (len(line) - len(line.lstrip(" ")) <= indent or stripped[0] == "#"):
                break
            text, is_over = _without_comment(stripped)
            self._check_plain(text, self.at)
            parts.append(text)
            self.at += 1
        return yamlscalar.folded(parts).rstrip("\n")

    def _check_plain(self, text: str, at: int) -> None:
        if ": " in text or ":\t" in text or text.endswith(":"):
            raise self.trouble('a value with ": " in it must be in quotes', at)

    def _enclosed(self, rest: str, start: int) -> Any:
        """A quoted scalar or a flow collection, which may go on over the next lines."""
        text, value, end = self._closed(rest, start)
        lines = text.count("\n", 0, end)
        self.at += lines
        left = text[end:].split("\n", 1)[0]
        if left.strip() and not left.lstrip(" \t").startswith("#"):
            raise self.trouble(f"{left.strip()!r} is left over behind the value", start + lines)
        return value

    def _closed(self, rest: str, start: int) -> tuple[str, Any, int]:
        """As many lines as it takes to close what `rest` opens, its value, and where it ends."""
        count = 0
        while True:
            text = "\n".join([rest, *self.lines[self.at : self.at + count]])
            try:
                return text, *yamlscalar.read_enclosed(text, start + self._first_line)
            except YamlError:
                if self.at + count >= len(self.lines):
                    raise
            count = count * 2 + 1

    def _block_text(self, header: str, indent: int, start: int) -> str:
        match = re.fullmatch(_HEADER, header)
        if match is None or (match[2] and match[4]):
            raise self.trouble(f"{header!r} begins no text; quote it if it is the value", start)
        own = max(indent, 0) + int(match[3]) if match[3] else None
        lines: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            depth = len(line) - len(line.lstrip(" "))
            if line.strip(" ") and own is None and depth > indent:
                own = depth
            if line.strip(" ") and (own is None or depth < own):
                break
            lines.append(line[own:] if own is not None else "")
            self.at += 1
        return yamlscalar.block_text(lines, match[1] == ">", match[2] or match[4])


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith(("- ", "-\t"))


def _no_key(text: str) -> str:
    if text.startswith("? "):
        return "a key after ? is not understood"
    if text.startswith("%"):
        return "a directive (%) is not understood"
    if text[:1] in "&*!":
        return f"{text[0]} is not understood here"
    return "expected `key: value`"


def _without_comment(text: str) -> tuple[str, bool]:
    """A line of a plain scalar without its comment, and whether there was one."""
    match = re.search(r"[ \t]#", text)
    return (text[: match.start()].rstrip(), True) if match else (text, False)
