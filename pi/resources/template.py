"""Prompt templates: Markdown files that are commands, with places for arguments.

    template, problems = load_template("/home/u/.pi/agent/prompts/review.md")
    template.name                           "review"
    arguments('one "two three"')            ["one", "two three"]
    filled("$1: $@", ["one", "two"])        "one: one two"

    $1 $2 ...           an argument, empty if missing        ${1:-x}     with something in its place
    $@ $ARGUMENTS       all, with spaces between             ${@:-x}     the same
    ${@:2} ${@:2:3}     from the second on; three of them

What an argument holds is never looked at for places. Source: `contracts.md` section 7.
"""

from __future__ import annotations

import os
import re

from pi.resources import frontmatter
from pi.resources.skill import read_text
from pi.text.unicode import clean, shown
from pi.text.yamlsubset import YamlError
from pi.value import Value

MAX_DESCRIPTION = 60
_PLACE = (
    r"\$\{([0-9]+|ARGUMENTS|@):-([^}]*)\}"
    r"|\$\{@:([0-9]+)(?::([0-9]+))?\}"
    r"|\$(ARGUMENTS|@|[0-9]+)"
)
_PLACE_WITHOUT_BRACES = r"(?!)()()()()|\$(ARGUMENTS|@|[0-9]+)"
_FAR = 1 << 20  # no prompt has that many arguments


class Template(Value):
    """A template that was found; `body` has the places."""

    name: str
    description: str
    hint: str
    body: str
    path: str


def load_template(path: str) -> tuple[Template | None, list[str]]:
    """The template of a file, and what is wrong with it, with the file's path."""
    try:
        front, body = frontmatter.read(read_text(path))
    except OSError as error:
        return None, [f"{shown(path)}: cannot be read ({error.strerror}); template not loaded"]
    except YamlError as error:
        return None, [f"{shown(path)}: {error}; template not loaded"]
    name = shown(clean(os.path.basename(path))).removesuffix(".md")
    described, hint = (front.get(key) for key in ("description", "argument-hint"))
    if not isinstance(described, str) or not described:
        described = _first_line(body)
    hint = hint if isinstance(hint, str) else ""
    return Template(name, clean(described), clean(hint), body, path), []


def _first_line(body: str) -> str:
    line = next((line for line in body.split("\n") if line.strip()), "")
    return line if len(line) <= MAX_DESCRIPTION else f"{line[:MAX_DESCRIPTION]}..."


def arguments(text: str) -> list[str]:
    """The arguments of a command line.

    White space separates, and quotes keep it, but only where an argument begins; inside them a
    backslash takes the same quote as it is. A quote that is not closed is text.
    """
    found = []
    at = _start_of_word(text, 0)
    while at < len(text):
        word, at = _word(text, at)
        found.append(word)
        at = _start_of_word(text, at)
    return found


def _start_of_word(text: str, at: int) -> int:
    return re.compile(r"\s*").match(text, at).end()


def _word(text: str, at: int) -> tuple[str, int]:
    """The argument that begins at a place, and where it ends."""
    quoted, mark = "", text[at]
    if mark in "'\"":
        closed = rf"{mark}((?:[^{mark}\\]|\\{mark}|\\(?!{mark}))*){mark}"
        match = re.compile(closed).match(text, at)
        if match:
            quoted, at = match[1].replace(f"\\{mark}", mark), match.end()
    plain = re.compile(r"\S*").match(text, at)  # what follows a quote at once is of the same word
    return quoted + plain[0], plain.end()


def filled(body: str, words: list[str]) -> str:
    """A template's text with arguments in its places."""
    everything = " ".join(words)

    def fill(match: re.Match[str]) -> str:
        target, default, start, length, simple = match.groups()
        if start is not None:
            first = max(_number(start) - 1, 0)
            last = None if length is None else first + _number(length)
            return " ".join(words[first:last])
        name = target or simple
        if name in ("@", "ARGUMENTS"):
            value = everything
        else:
            at = _number(name)
            value = words[at - 1] if 0 < at <= len(words) else ""
        return value or default or ""

    last = body.rfind("}") + 1  # behind it nothing is worth looking for a closing brace
    head, tail = body[:last], body[last:]
    return re.sub(_PLACE, fill, head) + re.sub(_PLACE_WITHOUT_BRACES, fill, tail)


def _number(digits: str) -> int:
    return int(digits) if len(digits) < 7 else _FAR
