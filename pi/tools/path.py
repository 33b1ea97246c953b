"""What a model wrote for a path, as an absolute path.

    resolve("src/a.py", "/home/ann/p", "/home/ann")              "/home/ann/p/src/a.py"
    resolve("@a.py", ...)     "/home/ann/p/a.py": models copy the @ of a mention
    resolve("~/b", ...)       "/home/ann/b"
    resolve("file:///tmp/c%20d", ...)                            "/tmp/c d"
    on_disk("/tmp/Shot 9.41 AM.png")      the same, or the name it really has, or None

Odd spaces (U+00A0, U+2000 to U+200A, U+202F, U+205F, U+3000) stand for a plain one, for models
cannot tell them apart. Source: the reference's tools.
"""

from __future__ import annotations

import os
import re

from pi.errors import ToolError
from pi.text.unicode import REPLACEMENT, clean

_ODD_SPACES = dict.fromkeys((0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " ")
_PLAIN_QUOTES = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNKNOWN = re.compile(f"{REPLACEMENT}+")


def resolve(given: str, cwd: str, home: str) -> str:
    """The absolute, normalised path; it need not exist. An empty path is `cwd`.

    A leading @ is dropped unless only the name with it exists; likewise odd spaces become plain
    ones unless the name with them exists. Raises ToolError for a path that no file can have.
    """
    text = clean(given)
    plain = text.translate(_ODD_SPACES)
    if plain != text:
        literal = _absolute(_without_at(text, cwd, home), cwd, home)
        if os.path.lexists(literal):
            return literal
    return _absolute(_without_at(plain, cwd, home), cwd, home)


def on_disk(path: str) -> str | None:
    """`path` if it exists, or the one existing path that differs from it only in spelling.

    Names typed by people and copied by models differ from stored ones: macOS puts U+202F before AM
    and PM, curly quotes into names, and stores decomposed accents; names that are not UTF-8 were
    shown with U+FFFD.
    """
    if os.path.lexists(path):
        return path
    parent, name = os.path.split(path)
    folder = on_disk(parent) if parent != path else None
    if folder is None:
        return None
    try:
        names = os.listdir(folder)
    except OSError:  # a file, or a folder we may not read: nothing to be found there
        return None
    wanted = _folded(name)
    found = [candidate for candidate in names if _folded(candidate) == wanted]
    return os.path.join(folder, found[0]) if len(found) == 1 else None


def _without_at(text: str, cwd: str, home: str) -> str:
    if not text.startswith("@"):
        return text
    bare = text[1:]
    first = text.split("/", 1)[0]
    has_at = len(first) > 1 and os.path.lexists(_absolute(first, cwd, home))
    return text if has_at and not os.path.lexists(_absolute(bare, cwd, home)) else bare


def _absolute(text: str, cwd: str, home: str) -> str:
    if text == "~" or text.startswith("~/"):
        text = home + text[1:]
    elif text.startswith("file://"):
        text = _from_url(text)
    if "\0" in text:
        raise ToolError(f"Invalid path {text!r}: it has a NUL character")
    path = os.path.normpath(os.path.join(cwd, text))
    return path[1:] if path.startswith("//") else path  # POSIX lets two slashes stand


def _from_url(url: str) -> str:
    """The path of a file URL, without query and fragment."""
    host, slash, rest = url.removeprefix("file://").partition("/")
    if host not in ("", "localhost"):
        raise ToolError(f'Invalid path {url!r}: a file URL has no host, or the host "localhost"')
    path = re.split("[?#]", slash + rest, maxsplit=1)[0].encode()
    return os.fsdecode(_ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), path))


def _folded(name: str) -> str:
    """What spellings of one name have in common."""
    if name.isascii():
        return name
    import unicodedata  # noqa: PLC0415 - 1 MB of tables, for odd names only

    plain = clean(name).translate(_ODD_SPACES).translate(_PLAIN_QUOTES)
    return _UNKNOWN.sub(REPLACEMENT, unicodedata.normalize("NFC", plain))
