"""Where in an extension something went wrong, for one line to the user.

blame(error, "/x/guard.py", "/x")       "TypeError: 'int' object is not iterable (guard.py:12)"
"""

from __future__ import annotations

import os

from pi.errors import PiError
from pi.extensions.extension import ENTRIES
from pi.text.unicode import clean, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from pi.extensions.extension import Extension

_LIMIT = 500


def blame(error: BaseException, extension: Extension) -> str:
    """One line: the error's type, its text and the last line of the extension it went through."""
    if isinstance(error, SyntaxError):
        where = _spot(error.filename or extension.path, error.lineno, extension)
        return f"{type(error).__name__}: {_text(error.msg)} ({where})"
    place = _last(error.__traceback__, extension)
    name = type(error).__name__
    text = _text(error)
    told = f"{name}: {text}" if text else name
    told = text if isinstance(error, PiError) else told
    return f"{told} ({place})" if place else told


def reason(error: BaseException) -> str:
    """What a model is told of an error of a tool."""
    name = type(error).__name__
    try:
        text = clean(str(error))
    except Exception:  # noqa: BLE001 - an extension's own __str__
        text = ""
    if text and (type(error) is Exception or isinstance(error, PiError)):
        return text
    return f"{name}: {text}" if text else name


def _last(trace: TracebackType | None, extension: Extension) -> str:
    """The innermost line of the extension's own files."""
    found = ""
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if path == extension.path or path.startswith(extension.root + os.sep):
            found = _spot(path, trace.tb_lineno, extension)
        trace = trace.tb_next
    return found


def _spot(path: str, line: int | None, extension: Extension) -> str:
    """A place in a file: guard.py:12; in an extension that is a folder, guard/helper.py:3."""
    top = extension.root
    if os.path.basename(extension.path) in ENTRIES:
        top = os.path.dirname(top)
    inside = path.startswith(extension.root + os.sep)
    name = os.path.relpath(path, top) if inside else os.path.basename(path)
    return shown(f"{name}:{line}" if line else name)


def _text(error: object) -> str:
    try:
        words = str(error)
    except Exception:  # noqa: BLE001 - an extension's own __str__
        return "an error that cannot be shown"
    line = shown(" ".join(words.split()))
    return line if len(line) <= _LIMIT else line[: _LIMIT - 3] + "..."
