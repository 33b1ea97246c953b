"""A session whose entries the program around it keeps: in a database, in its own files, anywhere.

    session = HostedSession.of("/home/u/app", keep=rows.append)                  a new one
    session = HostedSession.of("/home/u/app", rows, keep=rows.append)            going on with it

`keep` gets each entry, a plain JSON dict, in order and one at a time, before it counts. What it
raises is told as a SessionError, and the session is then as it was before. Nothing is written to
the disk by the session itself.
"""

from __future__ import annotations

import os

from pi.errors import PiError, SessionError
from pi.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from pi.store.format import Entry


class HostedSession(Session):
    """See the module's head."""

    @classmethod
    def of(
        cls,
        cwd: str,
        entries: Iterable[Entry] = (),
        *,
        keep: Callable[[Entry], object],
        session_id: str | None = None,
    ) -> HostedSession:
        """A session of the project `cwd` that has `entries` already and hands new ones to `keep`.

        Give the same `session_id` each time: prompt caches of providers go by it.
        """
        session = cls.create(
            os.path.abspath(cwd), None, session_id=session_id, entries=list(entries)
        )
        session.hand_to(keep)
        return session

    def hand_to(self, keep: Callable[[Entry], object]) -> None:
        """Hand new entries to `keep` from now on."""
        self._file = _Keeper(keep)


class _Keeper:
    """What stands where `pi.store.file.SessionFile` would."""

    path = None

    def __init__(self, keep: Callable[[Entry], object]) -> None:
        self._keep = keep

    def store(self, make: Callable[[], tuple[bytes, Entry]]) -> Entry:
        """Hand over a new entry. Raises SessionError."""
        entry: Any = make()[1]
        try:
            self._keep(entry)
        except PiError:
            raise
        except Exception as error:
            raise SessionError(f"an entry could not be kept: {error}") from error
        return entry

    def sync(self) -> None:
        """Nothing waits: an entry was kept when it was stored."""

    def close(self) -> None:
        """Nothing is held."""
