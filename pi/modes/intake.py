"""What a run is told: standard input, `@files` and messages, put together to prompts.

Plain concatenation without separators: trimmed stdin, then a block for each file, then the first
message; what was done to pictures stands at its end. Source: `contracts.md` section 1.
"""

from __future__ import annotations

import os
from _thread import start_new_thread
from queue import SimpleQueue

from pi.agent.reception import Said
from pi.errors import Cancelled, UsageError
from pi.text.imagefmt import detect
from pi.text.unicode import clean, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.assembly.assembly import Pictures
    from pi.cancel import CancelToken

_BOM = "\ufeff"
_BLANKS = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""White space as the reference trims it."""
_READ_BYTES = 1 << 16


def read_stdin(descriptor: int, token: CancelToken) -> str:
    """Piped standard input, trimmed; "" when it is a terminal, closed or only white space.

    It is read on a thread, so that a signal ends the waiting for a writer that never closes.
    Raises Cancelled.
    """
    try:
        if os.isatty(descriptor):
            return ""
    except OSError:
        return ""
    inbox: SimpleQueue[bytes | None] = SimpleQueue()
    undo = token.on_cancel(lambda: inbox.put(None))
    start_new_thread(lambda: inbox.put(_read_all(descriptor)), ())
    data = inbox.get()
    undo()
    if data is None:
        raise Cancelled(token.reason)
    return decode(data).strip(_BLANKS)


def confirm(question: str) -> bool:
    """Ask on stderr and read the answer, one line, from standard input; what follows stays there.

    Raises UsageError when there is nobody to answer.
    """
    os.write(2, f"{clean(question)} [y/N] ".encode())
    answer = b""
    try:
        while not answer.endswith(b"\n") and (character := os.read(0, 1)):
            answer += character
    except OSError:
        answer = b""
    if not answer:
        raise UsageError("no answer on standard input; --fork copies a session without asking")
    agreed = answer.strip().lower() in (b"y", b"yes")
    if not agreed:
        os.write(2, b"Aborted.\n")
    return agreed


def _read_all(descriptor: int) -> bytes:
    parts = []
    try:
        while part := os.read(descriptor, _READ_BYTES):
            parts.append(part)
    except OSError:  # not open for reading: it has nothing to say
        return b""
    return b"".join(parts)


def prompts(
    stdin: str,
    files: list[str],
    messages: list[str],
    cwd: str,
    pictures: Pictures,
) -> list[Said]:
    """The prompts of a run; none when there is nothing to say.

    Raises UsageError for a file that cannot be read.
    """
    words, images, notes = stdin, [], []
    for name in files:
        path = os.path.abspath(os.path.join(cwd, os.path.expanduser(name)))
        part, picture, note = _file_parts(path, pictures)
        words += part
        images += picture
        notes += note
    words += clean(messages[0]) if messages else ""
    first = [Said(words, images, notes)] if words or images or notes else []
    return [*first, *(Said(clean(message)) for message in messages[1:] if message)]


def _file_parts(path: str, pictures: Pictures) -> tuple[str, list[Any], list[str]]:
    """(text, image blocks, notes) of a file argument; its bytes say what it is, not its name."""
    data = _read(path)
    if not data:
        return "", [], []
    mime_type = detect(data)
    if mime_type is None:
        return f'<file name="{path}">\n{decode(data).removeprefix(_BOM)}\n</file>\n', [], []
    block = f'<file name="{path}"></file>\n'
    return block, *pictures.prepared(data, mime_type)


def _read(path: str) -> bytes:
    if not os.path.exists(path):
        raise UsageError(f"File not found: {path}")
    if not os.path.isfile(path):
        raise UsageError(f"Not a file: {path}")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}") from None
