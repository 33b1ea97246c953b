"""Errors in threads that extensions start: a report like that of a handler, not a traceback.

    watch(extension)            its threads are reported from now on
    release(extension)          no more

Such a thread is known by the modules that its error went through. Errors of all other threads go to
`threading.excepthook` as it was, and so do those of threads that are left from an earlier loading.
"""

from __future__ import annotations

import threading

from pi.events import ExtensionFault
from pi.extensions.blame import blame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

    from pi.extensions.extension import Extension

EVENT = "thread"
"""What such an error is reported as."""

_watched: dict[str, Extension] = {}
_before: list[Callable[[Any], object]] = []  # what was called before us, the last one counts


def watch(extension: Extension) -> None:
    """Report what is raised in threads that run the extension's modules."""
    _watched[extension.module] = extension
    if threading.excepthook is not _told:
        _before[:] = [threading.excepthook]
        threading.excepthook = _told


def release(extension: Extension) -> None:
    """Report nothing of this extension any more."""
    _watched.pop(extension.module, None)


def _told(failure: Any) -> None:
    """The hook: `failure` has exc_type, exc_value, exc_traceback and thread."""
    extension = _owner(failure.exc_traceback)
    if extension is None or failure.exc_value is None:
        _before[-1](failure)
        return
    error = blame(failure.exc_value, extension)
    extension.line.report(ExtensionFault(extension.path, EVENT, error))


def _owner(trace: TracebackType | None) -> Extension | None:
    """The extension whose module is innermost in a traceback."""
    found = None
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        found = _watched.get(str(name).partition(".")[0], found)
        trace = trace.tb_next
    return found
