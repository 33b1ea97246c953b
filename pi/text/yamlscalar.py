"""The scalars and flow collections of `pi.text.yamlsubset`.

    resolved("12")                          12
    read_enclosed('[a, "b"] # c', 1)        (["a", "b"], 8): the value, and where it ended
    folded(["a", "b", "", "c"])             "a b\\nc"

Source: the YAML 1.2.2 specification, chapters 7, 8 and 10.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 40
MAX_DIGITS = 1000

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\",
    "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEX = {"x": 2, "u": 4, "U": 8}
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


class YamlError(ValueError):
    """A text that cannot be read. `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line


def resolved(text: str) -> Any:
    """What a plain scalar means: null, a boolean, a number, or the text itself."""
    for spelling in (text, text.lower() if text in (text.title(), text.upper()) else text):
        if spelling in _WORDS:
            return _WORDS[spelling]
    if len(text) > MAX_DIGITS:
        return text
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    if re.fullmatch(r"0o[0-7]+|0x[0-9a-fA-F]+", text):
        return int(text, 0)
    if re.fullmatch(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", text):
        return float(text)
    return text


def folded(lines: list[str]) -> str:
    """Lines as one: a line end becomes a space, and of several all but the first stay."""
    text = ""
    ends = 0
    for at, line in enumerate(lines):
        if at:
            ends += 1
        if line or not at:
            text += (" " if ends == 1 else "\n" * (ends - 1)) if at else ""
            text += line
            ends = 0
    return text + "\n" * ends


def block_text(lines: list[str], is_folded: bool, chomping: str) -> str:
    """The text of a literal or folded block; `chomping` is "", "-" (no final line end) or "+"."""
    kept = len(lines)
    while kept and not lines[kept - 1].strip(" "):
        kept -= 1
    body = lines[:kept]
    text = _fold_block(body) if is_folded else "\n".join(body)
    if chomping == "+":
        return text + "\n" * (len(lines) - kept + bool(body))
    return text + ("\n" if body and not chomping else "")


def _fold_block(lines: list[str]) -> str:
    """As `folded`, but the ends of lines that are further indented stay, and those around them."""
    text = ""
    ends = 0
    was_deep = True
    for at, line in enumerate(lines):
        ends += bool(at)
        if not line:
            continue
        is_deep = line[0] in " \t"
        if at:
            is_joined = not (is_deep or was_deep) and ends > 0
            text += (" " if ends == 1 else "\n" * (ends - 1)) if is_joined else "\n" * ends
        text, ends, was_deep = text + line, 0, is_deep
    return text


def end_of_quote(text: str, start: int = 0) -> int | None:
    """Where the quoted scalar that begins at a place has ended; None if it is not closed."""
    pattern = r"'(?:[^']|'')*'" if text[start] == "'" else r'"(?:[^"\\]|\\.)*"'
    match = re.compile(pattern, re.DOTALL).match(text, start)
    return match.end() if match else None


def unquoted(text: str, line: int) -> str:
    """The text of a quoted scalar, given with its quotes. Raises YamlError."""
    inner = text[1:-1]
    if text[0] == "'":
        return _joined(inner).replace("''", "'")
    inner = re.sub(r"(?<!\\)((?:\\\\)*)\\[ \t]*\n[ \t]*", r"\1", inner)  # an escaped line end
    parts = re.split(r"(\\x..|\\u.{4}|\\U.{8}|\\.)", _joined(inner), flags=re.DOTALL)
    return "".join(_unescaped(part, line) if at % 2 else part for at, part in enumerate(parts))


def _joined(text: str) -> str:
    if "\n" not in text:
        return text
    first, *middle, last = text.split("\n")
    return folded(
        [first.rstrip(" \t"), *(part.strip(" \t") for part in middle), last.lstrip(" \t")]
    )


def _unescaped(escape: str, line: int) -> str:
    kind, digits = escape[1], escape[2:]
    if kind in _HEX and re.fullmatch(r"[0-9a-fA-F]+", digits) and int(digits, 16) <= 0x10FFFF:
        return chr(int(digits, 16))
    if kind not in _ESCAPES:
        raise YamlError(line, f"the escape {escape} is not understood")
    return _ESCAPES[kind]


def read_enclosed(text: str, line: int) -> tuple[Any, int]:
    """The quoted scalar or flow collection that `text` begins with, and where it has ended.

    Raises YamlError; `line` is the number of the first line.
    """
    reader = _Flow(text, line)
    return reader.value(0), reader.at


class _Flow:
    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.at = 0
        self._line = line

    def trouble(self, problem: str, at: int | None = None) -> YamlError:
        here = self.at if at is None else at
        return YamlError(self._line + self.text.count("\n", 0, here), problem)

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise self.trouble("nested too deeply")
        char = self.text[self.at : self.at + 1]
        if char in ("'", '"'):
            return self._quoted()
        if char == "[":
            return self._list(depth)
        if char == "{":
            return self._map(depth)
        if char and char in "&*!":
            raise self.trouble(f"{char} is not understood here")
        return resolved(self._plain())

    def _quoted(self) -> str:
        start = self.at
        end = end_of_quote(self.text, start)
        if end is None:
            raise self.trouble("the quote is not closed")
        self.at = end
        try:
            return unquoted(self.text[start:end], 0)
        except YamlError as error:
            raise self.trouble(str(error).partition(": ")[2], start) from None

    def _plain(self) -> str:
        match = re.compile(r"(?:[^,\[\]{}:#]|:(?![\s,\[\]{}])|(?<![\s,\[{])#)*").match(
            self.text, self.at
        )
        if not match[0].strip():
            raise self.trouble("a value is missing")
        self.at = match.end()
        return folded([part.strip() for part in match[0].strip().split("\n")])

    def _list(self, depth: int) -> list[Any]:
        found = []
        start = self.at
        self.at += 1
        while self._more("]", "the list is not closed", start):
            item = self.value(depth + 1)
            self._blanks()
            if self.text.startswith(":", self.at):
                raise self.trouble("a pair in a list needs braces: {key: value}")
            found.append(item)
            self._separator("]", "the list is not closed", start)
        return found

    def _map(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        start = self.at
        self.at += 1
        while self._more("}", "the brace is not closed", start):
            key = self._quoted() if self.text[self.at] in "'\"" else self._plain()
            if key in found:
                raise self.trouble(f"the key {key!r} is there twice")
            self._blanks()
            found[key] = None
            if self.text.startswith(":", self.at):
                self.at += 1
                self._blanks()
                if self.text[self.at : self.at + 1] not in (",", "}"):
                    found[key] = self.value(depth + 1)
            self._separator("}", "the brace is not closed", start)
        return found

    def _more(self, end: str, problem: str, start: int) -> bool:
        """Go on to the next entry; False, and behind the end, when there is none."""
        self._blanks()
        if self.at >= len(self.text):
            raise self.trouble(problem, start)
        if self.text[self.at] != end:
            return True
        self.at += 1
        return False

    def _separator(self, end: str, problem: str, start: int) -> None:
        self._blanks()
        char = self.text[self.at : self.at + 1]
        if char == ",":
            self.at += 1
        elif char != end:
            raise self.trouble(problem, start)

    def _blanks(self) -> None:
        self.at = re.compile(r"(?:\s|(?:(?<=\s)|^)#[^\n]*)*").match(self.text, self.at).end()
