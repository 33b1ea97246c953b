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
    rest = text.lstrip()
    while rest:
        word, rest = _next_word(rest)
        found.append(word)
        rest = rest.lstrip()
    return found


def _next_word(text: str) -> tuple[str, str]:
    """The first argument of a text, which begins with it, and the rest."""
    quoted, tail = "", text
    mark = text[0]
    if mark in "'\"":
        match = re.match(rf"{mark}((?:[^{mark}\\]|\\{mark}?)*){mark}", text)
        if match:
            quoted, tail = match[1].replace(f"\\{mark}", mark), text[match.end() :]
    plain = re.match(r"\S*", tail)[0]  # what follows a quote at once belongs to the same word
    return quoted + plain, tail[len(plain) :]


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

    return re.sub(_PLACE, fill, body)


def _number(digits: str) -> int:
    return int(digits) if len(digits) < 7 else _FAR
