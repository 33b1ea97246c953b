"""Configuration files: JSON objects that people write by hand and programs change.

    read_object(path)                  {"theme": "dark"}; None when there is no such file
    read_object(path, lenient=True)    // comments and trailing commas are allowed
    change(path, edit)                 edit(object) changes it in place; written back atomically

Everything that is wrong with a file is a `FileError`: one line with the file's path, and for bad
JSON with line and column. Such a file is never written to. A number too large for a float is read
as the largest one: written as Infinity, it would spoil the file.

The lock is `<file>.flock`, not `<file>.lock`: the latter is a folder the reference makes for its
own lock, and a file in its place would stop it for good.
"""

from __future__ import annotations

import json
import os
import re

from pi import files
from pi.errors import UsageError
from pi.settings.kind import describe
from pi.text.number import float_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LIMIT_BYTES = 16 * 1024 * 1024
LOCK_TIMEOUT_S = 10.0


class FileError(UsageError):
    """A configuration file that cannot be used. `path` is its path."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


def read_object(path: str, *, lenient: bool = False) -> dict[str, Any] | None:
    """The object in a file; None when there is no file, {} when it is empty. Raises FileError."""
    try:
        data = files.read_bounded(path, LIMIT_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror or error})") from None
    return parse_object(data.decode("utf-8", "replace"), path, lenient=lenient)


def parse_object(text: str, path: str, *, lenient: bool = False) -> dict[str, Any]:
    """The object a file's text stands for; a byte order mark is passed over. Raises FileError."""
    text = text.removeprefix("\ufeff")
    try:
        value = _loads(text, path)
    except FileError:
        if not lenient:
            raise
        value = _loads(strict_json(text), path)
    if not isinstance(value, dict):
        raise FileError(path, f"expected an object, got {describe(value)}")
    return value


def _loads(text: str, path: str) -> Any:
    if not text.strip():
        return {}
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=float_of)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise FileError(path, f"not valid JSON at {place}: {error.msg}") from None
    except RecursionError:
        raise FileError(path, "cannot be read: something in it is nested too deeply") from None
    except ValueError as error:
        raise FileError(path, f"not valid JSON: {error}") from None


def change(path: str, edit: Callable[[dict[str, Any]], object], *, mode: int | None = None) -> None:
    """Let `edit` change the object in a file, in place, under a lock; then write it back.

    A missing file or folder is made (folders for the owner only); other keys and the order of keys
    stay. `mode` is the file's mode, None for the usual one. If `edit` raises or changes nothing,
    nothing is written. Raises FileError, also for a file that is not valid JSON: it stays as it is.
    """
    try:
        files.make_folder(os.path.dirname(path), 0o700)
        with files.FileLock(f"{os.path.realpath(path)}.flock", timeout_s=LOCK_TIMEOUT_S):
            data = read_object(path)
            before = json.dumps(data)
            data = {} if data is None else data
            edit(data)
            if json.dumps(data) != before:
                files.replace_atomically(path, dump(data), mode=mode)
    except OSError as error:
        raise FileError(path, f"cannot be written ({error.strerror or error})") from None
    except RecursionError:
        raise FileError(path, "cannot be written: something in it is nested too deeply") from None


def dump(data: dict[str, Any]) -> bytes:
    """An object as such a file holds it: indented by two, non-ASCII as it is where it can be."""
    try:
        return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:  # a lone surrogate: only an escape can keep it
        return (json.dumps(data, indent=2) + "\n").encode()


_LENIENT = (
    r'"(?:\\.|[^"\\])*"?'  # a string, which is left alone
    r"|//[^\n]*"  # a comment
    r"|,(?=(?:\s|//[^\n]*)*[}\]])"  # a comma with nothing after it
)
"""What is not left as it is; compiled when it is first needed, since that takes half a ms."""


def strict_json(text: str) -> str:
    """`text` without `//` comments and trailing commas; blanks take their place.

    What is left keeps its line and column, so a problem is reported where it is.
    """
    return re.sub(_LENIENT, _blanked, text, flags=re.DOTALL)


def _blanked(found: re.Match[str]) -> str:
    return found[0] if found[0][0] == '"' else " " * len(found[0])


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")
