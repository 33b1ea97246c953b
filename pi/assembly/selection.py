"""Which session a run works in: new, continued, opened, forked or kept in memory.

Source: `contracts.md` section 5 and the reference's command-line page, "Sessions".
"""

from __future__ import annotations

import os

from pi import paths
from pi.errors import UsageError
from pi.session import Session
from pi.store import find
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.assembly.configuration import Configuration
    from pi.flags import Arguments
    from pi.store.find import Place

_CONFLICTS = (
    ("fork", ("session", "continue", "no-session")),
    ("session-id", ("session", "continue")),
)


class Opened(Value):
    """A session, the folder to work in, and whether there is a conversation to go on with."""

    session: Session
    cwd: str
    resumes: bool


def open_session(
    configured: Configuration, arguments: Arguments, confirm: Callable[[str], bool]
) -> Opened | None:
    """The session the flags ask for; None when `confirm` was asked whether to copy another
    folder's session into this one and said no. Raises UsageError or SessionError.
    """
    _check_flags(arguments)
    place = _place(configured, arguments)
    session = _chosen(place, arguments, confirm)
    if session is None:
        return None
    name = arguments.get("name")
    if name is not None:
        session.set_name(name)
    resumes = session.is_begun()
    # Going on in this folder works in this folder, whatever spelling of it the session has.
    cwd = session.cwd if arguments.get("session") else place.cwd
    return Opened(session, cwd, resumes)


def _check_flags(arguments: Arguments) -> None:
    for flag, others in _CONFLICTS:
        for other in others:
            if arguments.get(flag) is not None and arguments.get(other):
                raise UsageError(f"--{flag} cannot be combined with --{other}")
    name = arguments.get("name")
    if name is not None and not name.strip():
        raise UsageError("--name requires a value")


def _place(configured: Configuration, arguments: Arguments) -> Place:
    folder = paths.custom_sessions_dir(
        configured.environ,
        configured.cwd,
        arguments.get("session-dir"),
        configured.settings.get("sessionDir"),
    )
    if folder is None:
        return find.project_place(configured.agent_dir, configured.cwd)
    return find.shared_place(folder, configured.cwd)


def _chosen(place: Place, arguments: Arguments, confirm: Callable[[str], bool]) -> Session | None:
    session_id = arguments.get("session-id")
    if arguments.get("no-session"):
        return Session.in_memory(place.cwd, session_id=session_id)
    if arguments.get("fork") is not None:
        return _forked(place, arguments.get("fork"), session_id)
    if arguments.get("session"):
        return _referred(place, arguments.get("session"), confirm)
    if session_id is not None:
        path = find.with_id(place, session_id)
        return Session.open(path, cwd=place.cwd) if path else _created(place, session_id)
    latest = find.latest(place) if arguments.get("continue") else None
    return Session.open(latest, cwd=place.cwd) if latest else _created(place, None)


def _created(place: Place, session_id: str | None) -> Session:
    session = Session.create(place.cwd, place.folder, session_id=session_id)
    if session_id is not None:
        session.warnings.append(f"no session has the id {session_id} yet; creating it")
    return session


def _referred(place: Place, reference: str, confirm: Callable[[str], bool]) -> Session | None:
    found = find.resolve(place, reference)
    if found.is_elsewhere:
        if not confirm(
            f"Session {found.id} belongs to another folder: {found.cwd}\n"
            "Copy it into this folder and go on here?"
        ):
            return None
        return Session.fork(found.path, place.cwd, place.folder)
    session = Session.open(found.path, cwd=place.cwd)
    find.check_cwd(session.path, session.cwd)
    return session


def _forked(place: Place, reference: str, session_id: str | None) -> Session:
    found = find.resolve(place, reference)
    if session_id is not None:
        find.check_id_is_free(place, session_id)
    if not os.path.exists(found.path):
        raise UsageError(f"File not found: {found.path}")
    return Session.fork(found.path, place.cwd, place.folder, session_id=session_id)
