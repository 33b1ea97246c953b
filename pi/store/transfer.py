"""Taking a session file over into a folder of sessions, as it is: its id and its working directory.

copy_in("/tmp/shared.jsonl", "/home/u/.pi/agent/sessions/--p--", HOST)  ->  the path of the copy
"""

from __future__ import annotations

import os

from pi.errors import SessionError
from pi.store.load import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.store.host import Host


def copy_in(path: str, folder: str, host: Host) -> str:
    """Copy a session file into a folder, byte by byte; returns the path of the copy.

    A file that is in the folder already stays. Where the name is taken, the copy gets a number.
    Raises SessionError if there is no such file, it is no session, or it cannot be copied.
    """
    path = os.path.abspath(path)
    try:
        data = host.disk.read(path)
    except FileNotFoundError:
        raise SessionError(f"File not found: {path}") from None
    except OSError as error:
        raise _failure("read", path, error) from error
    load(data, path, host)
    try:
        if os.path.realpath(os.path.dirname(path)) == os.path.realpath(folder):
            return path
        return _written(data, os.path.basename(path), folder, host)
    except OSError as error:
        raise _failure("copy", path, error) from error


def _written(data: bytes, name: str, folder: str, host: Host) -> str:
    stem, ending = os.path.splitext(name)
    number = 0
    while True:
        target = os.path.join(folder, f"{stem}-{number}{ending}" if number else name)
        try:
            host.disk.copy_new(target, data)
        except FileExistsError:
            number += 1
            continue
        return target


def _failure(what: str, path: str, error: OSError) -> SessionError:
    return SessionError(f"Could not {what} the session file {path}: {error.strerror or error}")
