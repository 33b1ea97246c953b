"""Asking a terminal, with a limit on how long that may take.

    data = ask(0, 1, colors.QUERY, colors.is_complete, limit_s=0.1)

While it waits the terminal does not echo, and lines are not gathered. What was typed meanwhile is
lost. Nothing is asked in the background, where changing the terminal would stop the process.
"""

from __future__ import annotations

import os
import select
import termios
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_S = 0.1
_MOST_BYTES = 1 << 16
_LOCAL = 3  # index of the local modes in what tcgetattr gives
_CONTROL = 6  # of the control characters


def ask(
    source: int,
    target: int,
    question: bytes,
    is_complete: Callable[[bytes], bool],
    limit_s: float = LIMIT_S,
) -> bytes:
    """What a terminal answers to a question within the limit; b"" where it cannot be asked."""
    if not is_in_front(source):
        return b""
    try:
        before = termios.tcgetattr(source)
        quiet = termios.tcgetattr(source)
        quiet[_LOCAL] &= ~(termios.ICANON | termios.ECHO)
        quiet[_CONTROL][termios.VMIN], quiet[_CONTROL][termios.VTIME] = 0, 0
        termios.tcsetattr(source, termios.TCSANOW, quiet)
    except termios.error:
        return b""
    try:
        os.write(target, question)
        return _gathered(source, is_complete, monotonic() + limit_s)
    except OSError:  # the terminal is gone
        return b""
    finally:
        termios.tcsetattr(source, termios.TCSAFLUSH, before)


def is_in_front(source: int) -> bool:
    """Whether a descriptor is a terminal whose foreground process this is."""
    try:
        return os.isatty(source) and os.tcgetpgrp(source) == os.getpgrp()
    except OSError:
        return False


def _gathered(source: int, is_complete: Callable[[bytes], bool], end: float) -> bytes:
    data = b""
    while not is_complete(data) and len(data) < _MOST_BYTES:
        left = end - monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            break
        part = os.read(source, 4096)
        if not part:
            break
        data += part
    return data
