"""A session as the lines of a session file, for another machine; secrets are masked."""

from __future__ import annotations

from pi.export import target
from pi.text.jsontext import dump_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.session import Session
    from pi.text.secret import Mask


def export(session: Session, path: str, mask: Mask | None = None) -> str:
    """Write a session's lines; returns the path. `mask` counts what it masked.

    Raises PiError.
    """
    header, entries = target.masked(session, mask)
    lines = b"".join(dump_bytes(line) + b"\n" for line in (header, *entries))
    return target.write(path, lines, session.path)
